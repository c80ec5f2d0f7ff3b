import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CampaignFolder, commandFor, readConfig, type CampaignConfig } from '../../../core/engine/fuzz/folder.ts';
import { anyPortFor } from '../../../core/engine/fuzz/prepare-client.ts';
import { startCampaign } from '../../../core/engine/fuzz/start-campaign.ts';
import type { CampaignStatus } from '../../../core/fuzz/campaign.ts';
import type { Finding } from '../../../core/fuzz/finding.ts';
import type { RuleOutcome } from '../../../core/fuzz/ledger.ts';
import { junitOf } from '../../../core/fuzz/report.ts';
import { countSends } from '../../../core/fuzz/script.ts';
import { timingText } from '../../../core/fuzz/timing.ts';
import { readEndpointMap } from '../../../core/replay/endpoints.ts';
import { readFileSync } from 'node:fs';
import { type Invocation, UsageError } from '../command.ts';
import { readFilter } from '../decoded-file.ts';
import { loadRecording } from '../load-recording.ts';
import { withConfig } from '../fuzz-config.ts';
import { print, progress } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { VERSION } from '../version.ts';

/** A campaign, or a finding once more. Exit code 1 when something was found. */
export async function fuzz(invocation: Invocation): Promise<number> {
  const [word, finding] = invocation.operands;
  if (word === 'repro') {
    if (finding === undefined) throw new UsageError('fuzz repro needs the folder of a finding, such as findings/F1');
    return (await import('../fuzz-repro.ts')).repro(finding, invocation);
  }
  if (word !== undefined) throw new UsageError(`fuzz has no "${word}"; there is "fuzz repro FINDING"`);
  const out = needed(invocation, 'out');
  const resume = invocation.flag('resume');
  const config = resume ? readConfig(out) : configOf(invocation);
  const choice = readProtocolChoice(resume ? withConfig(invocation, config) : invocation);
  const filter = readFilter(resume ? withConfig(invocation, config) : invocation, choice);
  const { recording, fitting, problems } = await loadRecording(config.seed, choice, filter);
  for (const problem of problems) say(problem);
  const folder = new CampaignFolder({
    path: out,
    config,
    recorderWorker: RECORDER_WORKER,
    sources: config.protocolFiles.map((path) => ({ path, text: readFileSync(path, 'utf8') })),
    version: VERSION,
    resume,
    corpus: invocation.texts('corpus'),
  });
  const isJson = invocation.flag('json');
  const told = new Set<string>();
  const maxFindings = invocation.number('max-findings');
  const ratePerSecond = invocation.number('rate');
  const lanes = invocation.number('lanes');
  const reuse = invocation.number('reuse');
  if (reuse !== undefined && (!Number.isInteger(reuse) || reuse < 1))
    throw new UsageError(`--reuse is a number of cases, 1 or more, not ${reuse}`);
  const cases = invocation.number('cases') ?? config.cases;
  const seconds = invocation.number('time') ?? config.seconds;
  say(
    config.side === 'client'
      ? `fuzzing the client started by: ${config.target}; rng ${config.rng}; Ctrl-C stops`
      : `fuzzing ${config.to.join(', ')}${config.target === undefined ? '' : `, started by: ${config.target}`}; rng ${config.rng}; Ctrl-C stops`,
  );
  const { campaign, done } = startCampaign({
    recording,
    ...(filter.isEmpty ? {} : { only: fitting }),
    ...(config.from === undefined ? {} : { from: config.from }),
    to: readEndpointMap(config.to.length > 0 ? config.to : [anyPortFor(recording)]),
    rng: config.rng,
    ...(config.side === undefined ? {} : { side: config.side }),
    allow: config.allow,
    folder,
    ...(config.target === undefined ? {} : { target: config.target }),
    ...(cases === undefined ? {} : { cases }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(maxFindings === undefined ? {} : { maxFindings }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(lanes === undefined ? {} : { lanes }),
    ...(reuse === undefined ? {} : { reuse }),
    onNote: say,
    onStatus: (status) => {
      for (const finding of status.findings) {
        if (told.has(finding.id)) continue;
        told.add(finding.id);
        if (!isJson) print(`${finding.id} ${finding.oracle}: ${finding.title}`);
      }
      progress(
        `${status.cases} of ${status.planned || '?'} cases, ${Math.round(status.perSecond)}/s, ${status.findings.length} findings; ${status.doing.slice(0, 80)}`,
      );
    },
  });
  const stop = (): void => {
    say('stopping');
    campaign.stop();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  const status = await done;
  progress('');
  const junit = invocation.text('junit');
  if (junit !== undefined) {
    mkdirSync(dirname(junit), { recursive: true });
    writeFileSync(
      junit,
      junitOf(status.findings, { cases: status.cases, seconds: status.elapsedMs / 1000, to: config.to.join(', ') }),
    );
  }
  if (isJson) print(JSON.stringify(jsonOf(status, campaign.outcomes, campaign.rules), null, 2));
  else {
    for (const finding of status.findings) print(lineOf(finding, folder.folderOf(finding.id)));
    printEnd(status, campaign.outcomes, campaign.rules, out);
  }
  if (status.state === 'failed') throw new UsageError(status.error ?? 'the campaign failed');
  return status.findings.length > 0 ? 1 : 0;
}

function needed(invocation: Invocation, name: string): string {
  const text = invocation.text(name);
  if (text === undefined) throw new UsageError(`fuzz needs --${name}; "interpose help fuzz" shows an example`);
  return text;
}

function configOf(invocation: Invocation): CampaignConfig {
  const target = invocation.text('target');
  const as = invocation.text('as');
  const filter = invocation.text('filter');
  const from = invocation.number('from-frame');
  const cases = invocation.number('cases');
  const seconds = invocation.number('time');
  const side = sideOf(invocation);
  const isClient = side === 'client';
  needed(invocation, isClient ? 'target' : 'to');
  return {
    seed: needed(invocation, 'seed'),
    to: invocation.texts(isClient ? 'listen' : 'to'),
    ...(isClient ? { side } : {}),
    ...(target === undefined ? {} : { target }),
    rng: invocation.number('rng') ?? 1,
    ...(as === undefined ? {} : { as }),
    options: invocation.texts('option'),
    protocolFiles: invocation.texts('protocol-file'),
    ...(filter === undefined ? {} : { filter }),
    ...(from === undefined ? {} : { from }),
    allow: invocation.texts('allow'),
    ...(cases === undefined ? {} : { cases }),
    ...(seconds === undefined ? {} : { seconds }),
  };
}

function sideOf(invocation: Invocation): 'client' | undefined {
  const side = invocation.text('side') ?? 'server';
  if (side !== 'client' && side !== 'server') throw new UsageError(`--side is client or server, not "${side}"`);
  if (side === 'client' && invocation.text('to') !== undefined)
    throw new UsageError('a client connects to us: --listen says where, in place of --to');
  return side === 'client' ? side : undefined;
}

function lineOf(finding: Finding, folder: string): string {
  const { times, of } = finding.confirmed;
  const sends = countSends(finding.script);
  return `${finding.id}: ${times} of ${of}, ${sends} message${sends === 1 ? '' : 's'}${sends < finding.sendsBefore ? ` (of ${finding.sendsBefore})` : ''}; ${commandFor(folder)}`;
}

function printEnd(
  status: CampaignStatus,
  outcomes: Readonly<Record<string, number>>,
  rules: readonly RuleOutcome[],
  out: string,
): void {
  const took = (status.elapsedMs / 1000).toFixed(1);
  const { coverage } = status;
  print(
    `${status.state}: ${status.cases} cases in ${took} s (${Math.round(status.perSecond)} a second, ${status.skipped} passed over), ${status.findings.length} finding${status.findings.length === 1 ? '' : 's'} in ${out}`,
  );
  print(
    `mutated ${coverage.messagesMutated} of ${coverage.messagesTotal} messages; ${coverage.replies} kinds of answers, ${coverage.transitions} transitions; ${Object.entries(
      outcomes,
    )
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${count} ${name}`)
      .join(', ')}`,
  );
  print(`time: ${timingText(status.phases)}`);
  for (const { title, cases } of status.unconfirmed)
    print(`not confirmed: ${title} (${cases.slice(0, 3).join(', ')}${cases.length > 3 ? ', …' : ''})`);
  if (rules.length === 0) return;
  const counts = new Map<string, number>();
  for (const { outcome } of rules) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  print(`rules of the game broken: ${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')}`);
  const told = rules.filter((one) => one.isTold === true && one.outcome === 'accepted');
  for (const text of new Set(told.map(({ message, rule }) => `${message}: ${rule}`)))
    print(`accepted, which may be right: ${text}`);
}

function jsonOf(
  status: CampaignStatus,
  outcomes: Readonly<Record<string, number>>,
  rules: readonly unknown[],
): unknown {
  return {
    ...status,
    outcomes,
    rules,
    findings: status.findings.map(({ script, said: _said, ...rest }) => ({ ...rest, sends: countSends(script) })),
  };
}

function say(text: string): void {
  process.stderr.write(`interpose: ${text}\n`);
}
