import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { CampaignFolder, commandFor, readConfig, type CampaignConfig } from '../../../core/engine/fuzz/folder.ts';
import { endpointsOf } from '../../../core/engine/fuzz/prepare-client.ts';
import { startCampaign } from '../../../core/engine/fuzz/start-campaign.ts';
import type { CampaignStatus } from '../../../core/fuzz/campaign.ts';
import type { Finding } from '../../../core/fuzz/finding.ts';
import type { RuleOutcome } from '../../../core/fuzz/ledger.ts';
import { junitOf } from '../../../core/fuzz/report.ts';
import { countSends } from '../../../core/fuzz/script.ts';
import { timingText } from '../../../core/fuzz/timing.ts';
import { readFileSync } from 'node:fs';
import { type Invocation, UsageError } from '../command.ts';
import { readFilter } from '../decoded-file.ts';
import { loadRecording } from '../load-recording.ts';
import { withConfig } from '../fuzz-config.ts';
import { print, progress } from '../output.ts';
import { ownAuthority } from '../own-authority.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { untilEnded } from '../until-ended.ts';
import { VERSION } from '../version.ts';

/** A campaign, or a finding once more. Exit code 1 when something was found. */
export async function fuzz(invocation: Invocation): Promise<number> {
  const [word, finding] = invocation.operands;
  if (word === 'repro') {
    if (finding === undefined) throw new UsageError('fuzz repro needs the folder of a finding, such as findings/F1');
    return (await import('../fuzz-repro.ts')).repro(finding, invocation);
  }
  if (word !== undefined) throw new UsageError(`fuzz has no "${word}"; there is "fuzz repro FINDING"`);
  const resume = invocation.flag('resume');
  const config = {
    ...(resume ? readConfig(needed(invocation, 'out')) : configOf(invocation)),
    ...limitsOf(invocation),
  };
  const out = needed(invocation, 'out');
  if (resume) sayPassedOver(invocation);
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
  const { campaign, done } = await startCampaign({
    ...config,
    recording,
    ...(filter.isEmpty ? {} : { only: fitting }),
    to: endpointsOf(config),
    authority: ownAuthority,
    folder,
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
  say(
    config.side === 'client'
      ? `fuzzing the client started by: ${config.target}; rng ${config.rng}; Ctrl-C stops`
      : `fuzzing ${config.to.join(', ')}${config.target === undefined ? '' : `, started by: ${config.target}`}; rng ${config.rng}; Ctrl-C stops`,
  );
  void untilEnded().then(() => {
    say('stopping; a second signal ends it at once');
    campaign.stop();
  });
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
  else if (status.state !== 'failed' || status.cases > 0) {
    for (const finding of status.findings) print(lineOf(finding, folder.folderOf(finding.id)));
    printEnd(status, campaign.outcomes, campaign.rules, out);
  }
  if (status.state === 'failed') throw new UsageError(status.error ?? 'the campaign failed');
  return status.findings.length > 0 ? 1 : 0;
}

function needed(invocation: Invocation, ...names: readonly string[]): string {
  const missing = names.filter((name) => invocation.text(name) === undefined).map((name) => `--${name}`);
  if (missing.length > 0)
    throw new UsageError(
      `fuzz needs ${missing.join(', ').replace(/, ([^,]*)$/, ' and $1')}; "interpose help fuzz" shows an example`,
    );
  return invocation.text(names[0]!)!;
}

function configOf(invocation: Invocation): CampaignConfig {
  const side = sideOf(invocation);
  const isClient = side === 'client';
  const seed = needed(invocation, 'seed', isClient ? 'target' : 'to', 'out');
  const target = invocation.text('target');
  const as = invocation.text('as');
  const filter = invocation.text('filter');
  const from = wholeFrom(invocation, 'from-frame', 1);
  return {
    seed,
    to: invocation.texts(isClient ? 'listen' : 'to'),
    ...(isClient ? { side } : {}),
    ...(invocation.flag('all-clients') ? { allClients: true } : {}),
    ...(target === undefined ? {} : { target }),
    rng: wholeFrom(invocation, 'rng', 0) ?? 1,
    ...(as === undefined ? {} : { as }),
    options: invocation.texts('option'),
    protocolFiles: invocation.texts('protocol-file'),
    ...(filter === undefined ? {} : { filter }),
    ...(from === undefined ? {} : { from }),
    allow: invocation.texts('allow'),
  };
}

/** What may be chosen anew for a campaign that goes on. */
function limitsOf(invocation: Invocation): Partial<CampaignConfig> {
  const cases = wholeFrom(invocation, 'cases', 1);
  const seconds = aboveZero(invocation, 'time');
  const maxFindings = wholeFrom(invocation, 'max-findings', 1);
  const ratePerSecond = aboveZero(invocation, 'rate');
  const lanes = wholeFrom(invocation, 'lanes', 1);
  const reuse = wholeFrom(invocation, 'reuse', 1);
  return {
    ...(cases === undefined ? {} : { cases }),
    ...(seconds === undefined ? {} : { seconds }),
    ...(maxFindings === undefined ? {} : { maxFindings }),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(lanes === undefined ? {} : { lanes }),
    ...(reuse === undefined ? {} : { reuse }),
  };
}

function wholeFrom(invocation: Invocation, name: string, least: number): number | undefined {
  const number = invocation.number(name);
  if (number === undefined || (Number.isSafeInteger(number) && number >= least)) return number;
  throw new UsageError(`--${name} takes a whole number, ${least} or more, not ${number}`);
}

function aboveZero(invocation: Invocation, name: string): number | undefined {
  const number = invocation.number(name);
  if (number === undefined || number > 0) return number;
  throw new UsageError(`--${name} takes a number above 0, not ${number}`);
}

/** A campaign that goes on is the one that was started. */
const FIXED = [
  'seed',
  'to',
  'target',
  'side',
  'listen',
  'rng',
  'filter',
  'as',
  'option',
  'from-frame',
  'allow',
  'corpus',
  'protocol-file',
];

function sayPassedOver(invocation: Invocation): void {
  const given = FIXED.filter((name) => invocation.text(name) !== undefined).map((name) => `--${name}`);
  if (given.length > 0) say(`it goes on as it was started; passed over: ${given.join(', ')}`);
}

function sideOf(invocation: Invocation): 'client' | undefined {
  const side = invocation.text('side') ?? 'server';
  if (side !== 'client' && side !== 'server') throw new UsageError(`--side is client or server, not "${side}"`);
  if (side === 'client' && invocation.text('to') !== undefined)
    throw new UsageError('a client connects to us: --listen says where, in place of --to');
  if (side === 'server' && invocation.text('listen') !== undefined)
    throw new UsageError('--listen is for --side client; a server is fuzzed at --to');
  if (side === 'server' && invocation.flag('all-clients')) throw new UsageError('--all-clients is for --side client');
  return side === 'client' ? side : undefined;
}

function lineOf(finding: Finding, folder: string): string {
  const { times, of } = finding.confirmed;
  const sends = countSends(finding.script);
  const upTo = finding.isSmallest === true || finding.oracle === 'memory' ? '' : 'at most ';
  return `${finding.id}: ${times} of ${of}, ${upTo}${sends} message${sends === 1 ? '' : 's'}${sends < finding.sendsBefore ? ` (of ${finding.sendsBefore})` : ''}; ${commandFor(folder)}`;
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
