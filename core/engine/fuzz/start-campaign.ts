/** A campaign with everything it needs around it: sockets, the target's process, a folder. For the command line and the API. */
import { connect } from 'node:net';
import { crc32 } from 'node:zlib';
import { Campaign, type CampaignOptions, type CampaignStatus } from '../../fuzz/campaign.ts';
import { pickVisits, textOf } from '../../fuzz/pick-visits.ts';
import { makeSeed, type Seed } from '../../fuzz/seed.ts';
import type { Stage } from '../../fuzz/run-script.ts';
import { visitsIn } from '../../fuzz/visits.ts';
import type { Watched } from '../../fuzz/world.ts';
import { BoundTarget } from '../../io/target-bound.ts';
import type { CertificateAuthority } from '../../io/certificate-authority.ts';
import { createFuzzTarget } from '../../io/target-fuzz.ts';
import { TargetProcess } from '../../io/target-process.ts';
import { createSystemClock } from '../../io/system-clock.ts';
import { createSystemTimer } from '../../io/system-timer.ts';
import { type EndpointMap, endpointsFor, resolveEndpoints } from '../../replay/endpoints.ts';
import { makePlan } from '../../replay/plan.ts';
import type { RecordedConnection, Recording } from '../../replay/recording.ts';
import type { Target } from '../../replay/target.ts';
import { type EndpointUrl, isLoopback } from '../../relay/endpoint-url.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { CampaignFolder } from './folder.ts';
import { compareAt, forkedAt } from './fork-state.ts';
import { prepareClient } from './prepare-client.ts';

type CampaignBudget = Pick<
  CampaignOptions,
  'rng' | 'cases' | 'seconds' | 'maxFindings' | 'ratePerSecond' | 'lanes' | 'reuse' | 'confirm' | 'onStatus' | 'onNote'
>;

export interface CampaignSetup extends CampaignBudget {
  readonly recording: Recording;
  readonly only?: ReadonlySet<number>;
  /** Client frame behind which the mutated messages begin; everything up to it is played before each case. */
  readonly from?: number;
  readonly to: EndpointMap;
  /** Which side is under test. Default: the server. A client is started for each case, and `to` is where it is listened for. */
  readonly side?: 'client';
  /** Shell command that starts the target. */
  readonly target?: string;
  /** Side client: the target plays every recorded client, not one of them. */
  readonly allClients?: boolean;
  /** Side client: who signs for the servers it reaches over TLS. */
  readonly authority?: () => Promise<CertificateAuthority>;
  /** Hosts beyond this machine that may be fuzzed. */
  readonly allow: readonly string[];
  readonly folder: CampaignFolder;
}

export interface StartedCampaign {
  readonly campaign: Campaign;
  readonly seed: Seed;
  /** Each server where it really is: for a client under test, where it is listened for. */
  readonly to: EndpointMap;
  /** Resolves when it is over and everything it started has ended. */
  readonly done: Promise<CampaignStatus>;
}

/** @throws EngineError when the target is not allowed, or the recording gives nothing to fuzz with */
export async function startCampaign(setup: CampaignSetup): Promise<StartedCampaign> {
  try {
    return await started(setup);
  } catch (error) {
    setup.folder.closeFailed();
    throw error;
  }
}

async function started(setup: CampaignSetup): Promise<StartedCampaign> {
  const world = await prepare(setup);
  const { to, close } = world;
  const { folder, from } = setup;
  let made: Pick<StartedCampaign, 'campaign' | 'seed'>;
  try {
    made = campaignIn(setup, world);
  } catch (error) {
    await close();
    throw error;
  }
  const { campaign, seed } = made;
  const run = async (): Promise<CampaignStatus> => {
    let hasBegun = false;
    try {
      await folder.endLeftBehind();
      // Each case has a client of its own: there is no state that it could be in.
      if (from !== undefined && setup.side !== 'client') {
        const state = await stateAt(setup, from, world);
        setup.onNote?.(state);
      }
      const status = await campaign.run();
      hasBegun = status.state !== 'failed';
      for (const finding of campaign.findings) folder.saveTexts(finding);
      folder.minimiseCorpus();
      return status;
    } finally {
      await close();
      if (hasBegun) folder.close();
      else folder.closeFailed();
    }
  };
  return { campaign, seed, to, done: run() };
}

function campaignIn(setup: CampaignSetup, world: Prepared): Pick<StartedCampaign, 'campaign' | 'seed'> {
  const { folder, from, side } = setup;
  const seed = from === undefined ? world.seed : forkedAt(world.seed, from);
  folder.useScene(seed.scene);
  if (side === 'client' && typeof world.to !== 'string') folder.useListening(world.to);
  const campaign = new Campaign({
    ...setup,
    // One client at a time.
    ...(side === 'client' ? { lanes: 1 } : {}),
    seed,
    stage: world.stage,
    watched: world.process,
    keeper: folder,
    corpus: folder.corpus,
    firstTag: ((Date.now() / 7) % 1_000_000) | 0,
    ...(folder.resumed === undefined ? {} : { resumed: folder.resumed }),
  });
  campaign.restore(folder.earlier);
  const given = typeof setup.to === 'string' || side === 'client' ? [] : Object.keys(setup.to);
  const leftOut = given.filter((key) => !Object.keys(world.to).includes(key));
  if (leftOut.length > 0) setup.onNote?.(`The filter leaves out ${leftOut.join(', ')}: nothing is sent there.`);
  if (world.note !== undefined) setup.onNote?.(world.note);
  return { campaign, seed };
}

async function stateAt(
  setup: CampaignSetup,
  from: number,
  { stage, process: target, recording, to }: Prepared,
): Promise<string> {
  if (target.isManaged) await target.restart();
  const { clock } = stage;
  return compareAt({ recording, to, from }, { target: stage.target, clock, timer: createSystemTimer() });
}

export interface Prepared {
  /** What is played of it, and where its servers are. */
  readonly recording: Recording;
  /** Each server where it really is: for a client, the ports that were free. */
  readonly to: EndpointMap;
  readonly seed: Seed;
  readonly stage: Stage;
  readonly process: Watched;
  /** What is not played of the recording, for people. */
  readonly note?: string;
  close(): Promise<void>;
}

export async function prepare(
  setup: Pick<
    CampaignSetup,
    'recording' | 'only' | 'from' | 'to' | 'side' | 'target' | 'allClients' | 'authority' | 'allow'
  > & {
    readonly folder?: CampaignFolder;
  },
): Promise<Prepared> {
  if (setup.side === 'client') return prepareClient(setup);
  if (setup.only !== undefined && !setup.recording.frames.some(({ n }) => setup.only!.has(n))) throw noneFits();
  const chosen = setup.only === undefined ? setup.recording : forServersOf(setup.recording, setup.only);
  const picked = pickVisits(chosen, setup);
  const { recording } = picked;
  const to = endpointsFor(recording, setup.recording, setup.to);
  const note = textOf(picked);
  const plan = makePlan(recording);
  const endpoints = resolveEndpoints(plan, to);
  const seed = makeSeed(plan, endpoints, setup.only, visitsIn(recording));
  if (seed.messages.length === 0) throw noneFits();
  const clock = createSystemClock();
  const target = guarded(createFuzzTarget({ verify: false }), setup.allow);
  const urls = [...seed.scene.connections.values()].flatMap(({ url }) => (url === undefined ? [] : [url]));
  for (const url of urls) checkAllowed(url, setup.allow);
  const process = new TargetProcess({
    ...(setup.target === undefined ? {} : { command: setup.target }),
    reach: reaching(urls, target, seed),
    onEnd: () => bound.processEnded(),
    onGroup: (pid) => setup.folder?.noteTarget(pid),
  });
  const bound = new BoundTarget(target, () => process.isRunning);
  const stage: Stage = {
    target: bound,
    clock,
    after: (ms, ring) => {
      const timer = setTimeout(ring, ms);
      return () => clearTimeout(timer);
    },
    checksum: (bytes, before) => crc32(bytes, before),
  };
  return {
    recording,
    to,
    seed,
    stage,
    process,
    ...(note === undefined ? {} : { note }),
    async close() {
      await target.close();
      await process.stop();
    },
  };
}

function noneFits(): EngineError {
  return new EngineError('bad-request', 'No client message fits the filter, so there is nothing to mutate.');
}

/** A filter chooses what is fuzzed, and with it the servers: those it leaves out need no URL. */
function forServersOf(recording: Recording, only: ReadonlySet<number>): Recording {
  const serverOf = ({ connection: { server } }: RecordedConnection): string => `${server.address} ${server.port}`;
  const chosen = new Set(recording.frames.flatMap(({ n, conn }) => (only.has(n) ? [conn] : [])));
  const journeys = new Set([...chosen].flatMap((id) => recording.connections.get(id)?.connection.journey ?? []));
  const servers = new Set<string>();
  for (const [id, known] of recording.connections) {
    const { journey } = known.connection;
    if (chosen.has(id) || (journey !== undefined && journeys.has(journey))) servers.add(serverOf(known));
  }
  const connections = new Map([...recording.connections].filter(([, known]) => servers.has(serverOf(known))));
  return { ...recording, connections, frames: recording.frames.filter(({ conn }) => connections.has(conn)) };
}

function checkAllowed(url: EndpointUrl, allow: readonly string[]): void {
  if (isLoopback(url.host) || allow.includes(url.host)) return;
  throw new EngineError(
    'not-allowed',
    `${url.host} is not this machine. Fuzz only what is yours; if it is, allow it: --allow ${url.host}, or Allowed hosts in the app.`,
  );
}

/** Also where a handoff message leads, which is what the server says. */
function guarded(target: Target, allow: readonly string[]): Target {
  return {
    async connect(how, events) {
      checkAllowed(how.url, allow);
      return target.connect(how, events);
    },
    close: () => target.close(),
  };
}

const REACH_MS = 1000;
/** Nobody says that nobody listens on a UDP port: asked again soon, and waited for longer each time. */
const REACH_ENET_MS = { least: 40, most: 400, by: 1.25 };

/** Whether every server of the recording takes connections. */
function reaching(urls: readonly EndpointUrl[], target: Target, seed: Seed): () => Promise<boolean> {
  let enetMs = REACH_ENET_MS.least;
  return async () => {
    const isReached = await reach(urls, target, seed, enetMs);
    enetMs = isReached ? REACH_ENET_MS.least : Math.min(REACH_ENET_MS.most, enetMs * REACH_ENET_MS.by);
    return isReached;
  };
}

async function reach(urls: readonly EndpointUrl[], target: Target, seed: Seed, enetMs: number): Promise<boolean> {
  for (const url of urls) {
    if (url.scheme === 'udp') continue;
    if (url.scheme !== 'enet') {
      if (!(await reachTcp(url))) return false;
      continue;
    }
    const known = [...seed.scene.connections.values()].find((one) => one.url === url);
    try {
      const connection = await target.connect(
        { url, framing: known?.recorded.framing ?? { kind: 'message' }, timeoutMs: enetMs },
        { frame: () => undefined, ended: () => undefined },
      );
      connection.end();
    } catch {
      return false;
    }
  }
  return true;
}

function reachTcp({ host, port }: EndpointUrl): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const over = (answer: boolean): void => {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(REACH_MS, () => over(false));
    // Trying again and again where nobody listens, a connection may happen to be made from the port to itself.
    socket.once('connect', () => over(socket.localPort !== port));
    socket.once('error', () => over(false));
  });
}
