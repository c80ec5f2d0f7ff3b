import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createHost, type Peer } from '../index.ts';
import { lossyShim } from './lossy-shim.ts';
import { CHANNELS, TrafficSink, TrafficSource } from './traffic.ts';

/** Packets per direction and run, in relation to the standard amount; the amounts below add up to over 100 000. */
const SCALE = Number(process.env['ENET_INTEROP_SCALE'] ?? 1);
const PATIENCE_MS = 15_000 * Math.max(1, SCALE);

const directory = mkdtempSync(join(tmpdir(), 'enet-interop-'));
const cPeer = join(directory, 'peer');
const cSource = fileURLToPath(new URL('peer.c', import.meta.url));
const compiled = spawnSync('cc', ['-O2', '-o', cPeer, cSource, '-lenet'], { encoding: 'utf8' });
const noLibenet =
  compiled.status === 0 ? '' : compiled.error === undefined ? 'libenet-dev is missing' : 'no C compiler';
const noNpmEnet = canResolve('enet') ? '' : 'the npm package enet is missing';
const children = new Set<ChildProcess>();

function canResolve(name: string): boolean {
  try {
    return createRequire(import.meta.url).resolve(name) !== '';
  } catch {
    return false;
  }
}

beforeAll(() => {
  for (const reason of [noLibenet, noNpmEnet]) {
    if (reason !== '') console.warn(`SKIPPED: interoperation is not tested: ${reason}. ${compiled.stderr ?? ''}`);
  }
});
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

interface Setup {
  readonly other: 'libenet' | 'npm enet';
  /** Which end the other implementation is. */
  readonly role: 'server' | 'client';
  readonly count: number;
  readonly loss: number;
  readonly checksum?: boolean;
  readonly compression?: 'range-coder';
}

/** Starts the other implementation; gives its lines of output. */
function start({ other, role, count, checksum, compression }: Setup, port: number) {
  const compress = compression ?? 'none';
  const [command, args] =
    other === 'libenet'
      ? [cPeer, ['check', role, `${port}`, `${count}`, checksum === true ? 'checksum' : 'plain', compress]]
      : [
          process.execPath,
          [
            '--disable-warning=DEP0005',
            fileURLToPath(new URL('npm-enet-peer.ts', import.meta.url)),
            role,
            `${port}`,
            `${count}`,
            compress,
          ],
        ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    errors: () => errors,
    /** The next line that begins so. */
    line: async (beginning: string): Promise<string> => {
      for (;;) {
        const { value, done } = await lines.next();
        if (done === true) throw new Error(`${other} ended before "${beginning}": ${errors}`);
        if ((value as string).startsWith(beginning)) return value as string;
      }
    },
  };
}

/** The exchange did not come to an end, without anything wrong in what had arrived. */
class Stalled extends Error {}

/**
 * ENet doubles its wait each time the same command is lost, without end, and npm enet cannot be told to be patient. On
 * a line that loses every fifth datagram each way, some runs therefore take minutes or end in a time-out. Those, and
 * only those, are tried again.
 */
async function exchangeOnBadLine(
  setup: Setup,
): Promise<{ unreliable: number; theirUnreliable: number; resent: number }> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await exchange(setup);
    } catch (error) {
      if (!(error instanceof Stalled) || setup.loss === 0 || attempt === 6) throw error;
      console.warn(`${title(setup)}: attempt ${attempt} was too unlucky (${error.message})`);
    }
  }
}

async function exchange(setup: Setup): Promise<{ unreliable: number; theirUnreliable: number; resent: number }> {
  const { count, loss, checksum = false, compression = 'none', role } = setup;
  const host = await createHost({ address: '127.0.0.1', checksum, compression });
  const conditions = { loss, duplication: loss / 2, reordering: loss / 2, seed: count };
  const source = new TrafficSource(count);
  const sink = new TrafficSink(count);
  let shim: Awaited<ReturnType<typeof lossyShim>> | undefined;
  const through = async (port: number): Promise<number> => {
    if (loss === 0) return port;
    shim = await lossyShim(port, conditions);
    return shim.port;
  };

  let them: ReturnType<typeof start>;
  let pump: NodeJS.Timeout | undefined;
  let look: NodeJS.Timeout | undefined;
  let patienceTimer: NodeJS.Timeout | undefined;
  const patience = Promise.withResolvers<never>();
  patience.promise.catch(() => undefined);
  let peer: Peer;
  const ready = Promise.withResolvers<Peer>();
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => undefined);
  host.on('connect', (connectedPeer) => ready.resolve(connectedPeer));
  host.on('disconnect', ({ reason }) => ended.reject(new Stalled(`disconnected: ${reason}`)));
  if (role === 'server') {
    them = start(setup, 0);
    const port = Number((await them.line('port ')).slice(5));
    peer = host.connect({ address: '127.0.0.1', port: await through(port) }, { channels: CHANNELS, data: 4242 });
  } else {
    them = start(setup, await through(host.address.port));
    peer = await Promise.race([ready.promise, ended.promise]);
    expect(peer.connectData).toBe(4242);
  }
  try {
    await Promise.race([ready.promise, ended.promise]);
    peer.setTimeout(1e9, 1e9, 1e9); // a line that loses every fifth datagram would end the connection
    expect(peer.channelCount).toBe(CHANNELS);
    peer.on('packet', ({ channel, flags, data }) => sink.take(channel, flags, data));
    patienceTimer = setTimeout(() => {
      const { expected, reliable, faults } = sink;
      const wrong = [...faults, setup.other === 'libenet' ? them.errors() : ''].join(' ').trim();
      const text = `${reliable} of ${expected} reliable packets after ${PATIENCE_MS / 1000} s ${wrong}`;
      patience.reject(wrong === '' ? new Stalled(text) : new Error(text));
    }, PATIENCE_MS);
    pump = setInterval(() => {
      if (peer.roundTripTime > 250) return; // not measured yet: what is lost now would be repeated very late
      for (let i = 0; i < 200 && !source.done && peer.queuedData < 200_000; i++) {
        const { channel, flags, data } = source.next();
        peer.send(channel, { data, flags });
      }
    }, 1);
    const report = JSON.parse(await Promise.race([them.line('{'), ended.promise, patience.promise])) as Record<
      string,
      number
    >;
    const finished = Promise.withResolvers<void>();
    look = setInterval(() => void (sink.done && source.done && finished.resolve()), 5);
    await Promise.race([finished.promise, ended.promise, patience.promise]);
    expect(sink.faults).toEqual([]);
    expect(sink.reliable).toBe(sink.expected);
    expect(report, them.errors()).toMatchObject({ sent: count, reliable: report['expected'], faults: 0 });
    const { resent } = peer.statistics();
    peer.disconnectNow(77);
    if (loss === 0) expect(await them.line('disconnected')).toBe('disconnected 77');
    return { unreliable: sink.unreliable, theirUnreliable: report['unreliable']!, resent };
  } finally {
    clearTimeout(patienceTimer);
    clearInterval(pump);
    clearInterval(look);
    them.child.kill('SIGKILL');
    await host.close();
    shim?.close();
  }
}

function title({ other, role, count, loss, checksum, compression }: Setup): string {
  const extras = `${checksum === true ? ', checksums' : ''}${compression === undefined ? '' : ', compression'}`;
  return `${count} packets each way with ${other} as ${role}, ${loss * 100} % loss, duplication and reordering${extras}`;
}

const setups: Setup[] = [
  { other: 'libenet', role: 'server', count: 16_000, loss: 0 },
  { other: 'libenet', role: 'client', count: 16_000, loss: 0 },
  { other: 'libenet', role: 'server', count: 8000, loss: 0, checksum: true, compression: 'range-coder' },
  { other: 'libenet', role: 'client', count: 8000, loss: 0.05, checksum: true, compression: 'range-coder' },
  { other: 'libenet', role: 'server', count: 8000, loss: 0.05 },
  { other: 'libenet', role: 'client', count: 2500, loss: 0.2, checksum: true, compression: 'range-coder' },
  { other: 'libenet', role: 'server', count: 2500, loss: 0.2 },
  { other: 'npm enet', role: 'server', count: 7000, loss: 0 },
  { other: 'npm enet', role: 'client', count: 4000, loss: 0, compression: 'range-coder' },
  { other: 'npm enet', role: 'client', count: 2000, loss: 0.05 },
  { other: 'npm enet', role: 'server', count: 1000, loss: 0.2 },
];

for (const setup of setups) {
  const scaled = { ...setup, count: Math.round(setup.count * SCALE) };
  const reason = setup.other === 'libenet' ? noLibenet : noNpmEnet;
  // Together, since the bad lines mostly wait.
  (reason === '' ? test.concurrent : test.skip)(
    reason === '' ? title(scaled) : `${title(scaled)} (SKIPPED: ${reason})`,
    { timeout: 8 * PATIENCE_MS },
    async () => {
      const { unreliable, theirUnreliable, resent } = await exchangeOnBadLine(scaled);
      const sentUnreliable = scaled.count * 0.4;
      if (setup.loss === 0) {
        for (const got of [unreliable, theirUnreliable]) expect(got).toBeGreaterThan(sentUnreliable * 0.05);
      } else {
        expect(resent).toBeGreaterThan(0);
        for (const got of [unreliable, theirUnreliable]) expect(got).toBeGreaterThan(sentUnreliable * 0.05);
      }
    },
  );
}
