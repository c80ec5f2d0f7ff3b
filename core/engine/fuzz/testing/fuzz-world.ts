/** For tests of fuzzing: campaigns against the worlds in `fixtures/`, each started as a process of its own. */
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RECORDER_WORKER } from '../../../../app/cli/recorder-entry.ts';
import { loadFixture } from '../../../../fixtures/index.ts';
import type { Campaign, CampaignStatus } from '../../../fuzz/campaign.ts';
import type { Closers, Visit } from '../../../io/testing/replay-world.ts';
import { makePlan } from '../../../replay/plan.ts';
import { CampaignFolder } from '../folder.ts';
import { type CampaignSetup, startCampaign } from '../start-campaign.ts';

export const ROOT = join(import.meta.dirname, '../../../..');
const NODE = `'${process.execPath}' --disable-warning=ExperimentalWarning`;

/** A world at home on fixed ports, so that it can be started again. */
export interface Home {
  /** Shell command that starts the server. */
  readonly target: string;
  /** Recorded `host:port` → URL. */
  readonly to: Readonly<Record<string, string>>;
}

/** Below those that systems give to whoever asks for any: a server that is started again finds its port as it left it. */
const PORTS = { from: 12_000, to: 32_000 };
const PORT_TRIES = 50;

/** Free for TCP and for UDP. */
export async function freePort(): Promise<number> {
  for (let i = 0; i < PORT_TRIES; i++) {
    const port = randomInt(PORTS.from, PORTS.to);
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) return port;
  }
  throw new Error('no port is free');
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = createServer();
  const isFree = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isFree) await new Promise((closed) => server.close(closed));
  return isFree;
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  await new Promise<void>((closed) => socket.close(closed));
  return isFree;
}

export async function homeOf(
  name: string,
  visit: Visit,
  bugs: readonly string[] = [],
  options: Readonly<Record<string, string>> = {},
): Promise<Home> {
  const fixture = await loadFixture(name);
  const plan = makePlan(visit.recording);
  const handed = new Set([...plan.handedOver.values()].map(({ to }) => to.port));
  const ports: string[] = [];
  const to: Record<string, string> = {};
  for (const [recorded, endpoint] of Object.entries(visit.endpoints)) {
    const port = await freePort();
    ports.push(`--port ${endpoint}=${port}`);
    const recordedPort = Number(recorded.split(':').at(-1));
    const isMet = [...visit.recording.connections.values()].some((one) => one.connection.server.port === recordedPort);
    // Where handoffs lead, the server says.
    if (!isMet || handed.has(recordedPort)) continue;
    const usual = new URL(fixture.endpoints[endpoint]!);
    to[recorded] = `${usual.protocol}//127.0.0.1:${port}${usual.pathname}`;
  }
  const flags = [
    ...bugs.map((bug) => `--bug ${bug}`),
    ...Object.entries(options).map(([key, value]) => `--option ${key}=${value}`),
  ];
  return {
    to,
    target: `exec ${NODE} '${join(ROOT, 'fixtures/run.ts')}' ${name} --port 0 ${ports.join(' ')} --pace fast ${flags.join(' ')}`,
  };
}

export interface Fuzzed {
  readonly status: CampaignStatus;
  readonly campaign: Campaign;
  readonly folder: CampaignFolder;
  readonly path: string;
}

export type FuzzHow = Partial<Omit<CampaignSetup, 'recording' | 'folder'>> & Pick<CampaignSetup, 'recording' | 'to'>;

export function folderFor(closers: Closers, how: FuzzHow, resume?: string): CampaignFolder {
  let path = resume;
  if (path === undefined) {
    const home = mkdtempSync(join(tmpdir(), 'interpose-fuzz-'));
    closers.add(() => rmSync(home, { recursive: true, force: true }));
    path = join(home, 'findings');
  }
  const { rng = 1, target, to } = how;
  return new CampaignFolder({
    path,
    config: {
      seed: 'recorded.ipsession',
      to: typeof to === 'string' ? [to] : Object.entries(to).map(([key, url]) => `${key}=${url}`),
      rng,
      options: [],
      protocolFiles: [],
      allow: [],
      ...(target === undefined ? {} : { target }),
    },
    recorderWorker: RECORDER_WORKER,
    sources: [],
    version: '0.0.0',
    resume: resume !== undefined,
  });
}

export async function fuzz(closers: Closers, how: FuzzHow): Promise<Fuzzed> {
  const folder = folderFor(closers, how);
  const { campaign, done } = await startCampaign({ rng: 1, allow: [], ...how, folder });
  closers.add(() => campaign.stop());
  const status = await done;
  return { status, campaign, folder, path: folder.path };
}
