/** Fuzz campaigns on the API: one at a time, in a folder of its own, findings kept in the session too. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FindingView, FuzzArgs, FuzzStatus } from '../contract/fuzz-verbs.ts';
import type { CampaignStatus } from '../fuzz/campaign.ts';
import type { Finding } from '../fuzz/finding.ts';
import { countSends } from '../fuzz/script.ts';
import { mirrorDirection } from '../fuzz/mirror.ts';
import { toHex } from '../fuzz/script.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';
import { CampaignFolder } from './fuzz/folder.ts';
import { anyPortFor } from './fuzz/prepare-client.ts';
import { openReproduction, type ReproductionSetup } from './fuzz/reproduction.ts';
import { type StartedCampaign, startCampaign } from './fuzz/start-campaign.ts';
import { readRecording } from './session-recording.ts';

interface Running {
  readonly started: StartedCampaign;
  readonly folder: CampaignFolder;
  /** To run a finding again. */
  readonly setup: ReproductionSetup;
  readonly target: string;
  /** The seeds are frames of the session that is open. */
  readonly isOpenSession: boolean;
  status: FuzzStatus;
}

const REPRO_TIMES = 3;

export function fuzzVerbs(engine: Engine): VerbHandlers {
  let running: Running | undefined;
  let isStarting = false;
  const need = (): Running => {
    if (running === undefined) throw new EngineError('not-found', 'No campaign was started yet.');
    return running;
  };
  const tell = (): void => {
    if (running !== undefined) engine.events.soon('fuzz', () => running!.status);
  };
  const kept = new Set<string>();
  engine.onClose(async () => {
    running?.started.campaign.stop();
    await running?.started.done.catch(() => undefined);
  });

  return {
    'fuzz.start': async (args) => {
      const state = running?.status.state;
      if (isStarting || state === 'running' || state === 'paused') {
        throw new EngineError('not-allowed', 'A campaign is running; stop it before another one is started.');
      }
      isStarting = true;
      try {
        running = await begin(engine, args, (current, status) => {
          current.status = statusOf(status, current.target);
          tell();
          const isLive = status.state === 'running' || status.state === 'paused';
          for (const finding of status.findings) {
            // What is made smaller later is kept as it is then.
            if (!isLive || finding.shrunk !== undefined) void keep(engine, kept, current.folder, finding);
          }
        });
      } finally {
        isStarting = false;
      }
      kept.clear();
      tell();
      return running.status;
    },
    'fuzz.pause': ({ on }) => {
      const current = need();
      current.started.campaign.pause(on);
      current.status = statusOf(current.started.campaign.status(), current.target);
      return current.status;
    },
    'fuzz.stop': () => {
      const current = need();
      current.started.campaign.stop();
      current.status = statusOf(current.started.campaign.status(), current.target);
      tell();
      return current.status;
    },
    'fuzz.status': () => running?.status ?? null,
    'fuzz.finding': ({ id }) => {
      const current = need();
      return viewOf(findingOf(current, id), current);
    },
    'fuzz.repro': async ({ id, times = REPRO_TIMES }) => {
      const current = need();
      const finding = findingOf(current, id);
      if (isStarting || current.status.state === 'running' || current.status.state === 'paused') {
        throw new EngineError('not-allowed', 'The campaign needs the server; stop it first.');
      }
      isStarting = true;
      try {
        // The server that the campaign started ends with it.
        await current.started.done.catch(() => undefined);
        const reproduction = await openReproduction(current.setup);
        try {
          let seen = 0;
          for (let i = 0; i < times; i++) if ((await reproduction.shows(finding)) !== undefined) seen += 1;
          return { seen, times };
        } finally {
          await reproduction.close();
        }
      } finally {
        isStarting = false;
      }
    },
  };
}

function findingOf({ started }: Running, id: string): Finding {
  const finding = started.campaign.findings.find((one) => one.id === id);
  if (finding === undefined) throw new EngineError('not-found', `There is no finding ${id}.`);
  return finding;
}

async function begin(
  engine: Engine,
  args: FuzzArgs,
  onStatus: (current: Running, status: CampaignStatus) => void,
): Promise<Running> {
  if (args.session !== undefined && !existsSync(args.session)) {
    throw new EngineError('not-found', `There is no file ${args.session}.`);
  }
  if (args.session === undefined) await engine.session.settle();
  const seed = args.session ?? engine.session.path;
  const { recording, fitting } = await readRecording(seed, engine.protocols.protocols, seedFilter(args));
  const isClient = args.side === 'client';
  const to = isClient && args.to === '' ? anyPortFor(recording) : args.to;
  const endpoints = typeof to === 'string' ? [to] : Object.entries(to).map(([server, url]) => `${server}=${url}`);
  const rng = args.rng ?? 1;
  const out = args.out ?? freeFolder(dirname(seed));
  const folder = new CampaignFolder({
    path: out,
    config: {
      seed,
      to: endpoints,
      rng,
      options: [],
      protocolFiles: engine.protocols.sources.map(({ path }) => path),
      allow: [],
      ...(isClient ? { side: 'client' } : {}),
      ...(args.target === undefined || args.target === '' ? {} : { target: args.target }),
      ...(args.filter === undefined ? {} : { filter: args.filter }),
      ...(args.from === undefined ? {} : { from: args.from }),
      ...(args.cases === undefined ? {} : { cases: args.cases }),
      ...(args.seconds === undefined ? {} : { seconds: args.seconds }),
    },
    recorderWorker: engine.options.workers.recorder,
    sources: engine.protocols.sources,
    version: engine.options.version,
    resume: false,
  });
  let current: Running | undefined;
  const setup: ReproductionSetup = {
    recording,
    to,
    rng,
    ...(isClient ? { side: 'client' } : {}),
    allow: [],
    ...(args.target === undefined || args.target === '' ? {} : { target: args.target }),
  };
  const started = startCampaign({
    ...setup,
    folder,
    onStatus: (status) => {
      if (current !== undefined) onStatus(current, status);
    },
    onNote: (text) => engine.notice('info', text),
    ...(fitting === undefined ? {} : { only: fitting }),
    ...(args.from === undefined ? {} : { from: args.from }),
    ...(args.cases === undefined ? {} : { cases: args.cases }),
    ...(args.seconds === undefined ? {} : { seconds: args.seconds }),
    ...(args.maxFindings === undefined ? {} : { maxFindings: args.maxFindings }),
    ...(args.ratePerSecond === undefined ? {} : { ratePerSecond: args.ratePerSecond }),
  });
  const target = isClient ? (args.target ?? '') : endpoints.join(', ');
  current = {
    started,
    folder,
    setup,
    target,
    isOpenSession: args.session === undefined,
    status: statusOf(started.campaign.status(), target),
  };
  const mine = current;
  void started.done.then(
    (status) => onStatus(mine, status),
    (error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      onStatus(mine, { ...started.campaign.status(), state: 'failed', error: text });
    },
  );
  return current;
}

/** The open session may hold what we sent ourselves, to other servers too, and their answers: only the other side of what is under test are seeds. */
function seedFilter({ session, side, filter = '' }: FuzzArgs): { readonly filter?: string } {
  const own = session === undefined ? `origin == wire and ${side === 'client' ? 'toClient' : 'toServer'}` : '';
  const parts = [own, filter.trim() === '' ? '' : `(${filter})`].filter((part) => part !== '');
  return parts.length === 0 ? {} : { filter: parts.join(' and ') };
}

/** `fuzz-1`, `fuzz-2`, … beside the session. */
function freeFolder(beside: string): string {
  for (let i = 1; ; i++) {
    const path = join(beside, `fuzz-${i}`);
    if (!existsSync(path)) return path;
  }
}

function statusOf(status: CampaignStatus, target: string): FuzzStatus {
  const { state, cases, planned, perSecond, elapsedMs, rng, coverage, rates, findings, error } = status;
  return {
    state,
    cases,
    planned,
    perSecond,
    elapsedMs: Math.round(elapsedMs),
    rng,
    coverage,
    rates,
    findings: findings.map(summaryOf),
    unconfirmed: status.unconfirmed.map((one) => ({ title: one.title, cases: one.cases })),
    doing: status.doing,
    phases: status.phases,
    target,
    ...(error === undefined ? {} : { error }),
  };
}

function summaryOf(finding: Finding): FuzzStatus['findings'][number] {
  const { id, oracle, title, message, field, caseId, family, hits, at } = finding;
  const confirmed = `${finding.confirmed.times} of ${finding.confirmed.of}`;
  return {
    id,
    oracle,
    title,
    message,
    field,
    caseId,
    confirmed,
    sends: countSends(finding.script),
    hits,
    at: Math.round(at),
    ...(family === undefined ? {} : { family }),
  };
}

function viewOf(finding: Finding, { started, folder, isOpenSession }: Running): FindingView {
  const n = finding.said.some(({ mutated }) => mutated) ? Number(/^\d+:\d+:(\d+)/.exec(finding.caseId)?.[1]) : 0;
  const original = started.seed.messages.find(({ frame }) => frame.n === n)?.frame;
  return {
    ...summaryOf(finding),
    steps: finding.said.map(({ direction, message, summary, bytes, mutated, at }) => ({
      direction: started.seed.scene.side === 'client' ? mirrorDirection(direction) : direction,
      message,
      summary,
      hex: toHex(bytes),
      mutated,
      atMs: Math.round(at * 10) / 10,
    })),
    frame: isOpenSession ? (original?.n ?? 0) : 0,
    originalHex: original === undefined ? '' : toHex(original.bytes),
    shrunk: finding.shrunk ?? [],
    evidence: [...finding.evidence, ...finding.log.slice(-20)],
    command: folder.contextOf(finding.id).command,
    script: folder.scriptOf(finding),
    report: folder.reportOf(finding),
  };
}

/** In the session that is open, so that a finding travels with the traffic it came from. */
async function keep(engine: Engine, kept: Set<string>, folder: CampaignFolder, finding: Finding): Promise<void> {
  if (engine.session.isReadOnly || kept.has(finding.id)) return;
  kept.add(finding.id);
  try {
    await engine.session.keep('fuzz_findings', {
      id: `${folder.path}/${finding.id}`,
      time: engine.clock.wall(),
      oracle: finding.oracle,
      title: finding.title,
      report: folder.reportOf(finding),
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    engine.notice('warning', `The finding ${finding.id} could not be kept in the session: ${why}`);
  }
}
