/**
 * ENet throughput with 64-byte packets: a direct pair of the C library, a pair of enet-node, a pair of npm enet, and the
 * C pair through a bare enet-node relay and through Interpose's proxy, which records and decodes. Every end runs in a process of its own. Prints a table; the ratio is to the
 * direct C pair, of medians of interleaved runs.
 *
 *   npx node bench/enet.ts [RUNS [PACKETS]]
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../app/engine/start-engine.ts';
import { createHost, PacketFlag, type Peer } from '../core/enet-node/index.ts';
import { endsWithUs } from './feed/ends-with-us.ts';

const SIZE = 64;
const self = fileURLToPath(import.meta.url);

/** What one run gave. */
interface Result {
  readonly perSecond: number;
  /** Share of the packets that arrived. */
  readonly arrived: number;
}

/** A child process and its lines of output. */
function run(command: string, args: readonly string[]): { child: ChildProcess; line: () => Promise<string> } {
  const child = endsWithUs(spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] }));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    child,
    line: async () => {
      const { value, done } = await lines.next();
      if (done === true) throw new Error(`${[command, ...args].join(' ')} ended too soon`);
      return value as string;
    },
  };
}

type Side = readonly [command: string, ...args: string[]];

/** One run: a sink, perhaps a relay before it, and a flood into that. */
async function measure(sink: Side, relay: Side | undefined, flood: Side, count: number, kind: string): Promise<Result> {
  const children: ChildProcess[] = [];
  const start = ([command, ...args]: Side, ...more: string[]) => {
    const started = run(command, [...args, ...more]);
    children.push(started.child);
    return started;
  };
  try {
    const receiving = start(sink, '0');
    let port = (await receiving.line()).slice('port '.length);
    if (relay !== undefined) port = (await start(relay, port).line()).slice('port '.length);
    const sending = start(flood, port, `${count}`, `${SIZE}`, kind);
    let sent = await sending.line();
    if (sent.startsWith('port')) sent = await sending.line();
    const [, seconds] = sent.split(' ').map(Number);
    const received = Number((await receiving.line()).split(' ')[0]);
    return { perSecond: received / seconds!, arrived: received / count };
  } finally {
    for (const child of children) child.kill('SIGTERM');
  }
}

/** `sink PORT` in enet-node, as peer.c has it. */
async function nodeSink(port: number): Promise<void> {
  const host = await createHost({ address: '127.0.0.1', port });
  console.log(`port ${host.address.port}`);
  let packets = 0;
  let start = 0;
  host.on('connect', () => {
    packets = 0;
    start = performance.now();
  });
  host.on('packet', () => packets++);
  host.on('disconnect', () => console.log(`${packets} packets ${((performance.now() - start) / 1000).toFixed(6)}`));
}

/** `flood PORT COUNT SIZE KIND` in enet-node, as peer.c has it. */
async function nodeFlood(port: number, count: number, size: number, kind: string): Promise<void> {
  const host = await createHost({ address: '127.0.0.1', throttling: false });
  const peer = host.connect({ address: '127.0.0.1', port }, { channels: 3 });
  const data = new Uint8Array(size);
  let sent = 0;
  const pump = (start: number): void => {
    for (let i = 0; sent < count && peer.outgoing.size + peer.outgoingReliable.size < 500; i++) {
      // Unreliable packets are paced by a reliable one in a hundred: a flood would only fill the socket buffers.
      const paced = kind !== 'reliable' && sent % 100 === 0;
      if (paced && peer.sentReliable.size + i / 100 > 4) break;
      peer.send(0, { data, flags: paced || kind === 'reliable' ? PacketFlag.reliable : 0 });
      sent++;
    }
    if (sent < count || peer.hasOutgoing) {
      setImmediate(pump, start);
      return;
    }
    console.log(`${sent} ${((performance.now() - start) / 1000).toFixed(6)}`);
    peer.disconnect();
  };
  peer.on('connect', () => pump(performance.now()));
  peer.on('disconnect', () => process.exit(0));
}

/** `relay PORT`: passes every packet on to a connection of its own to PORT, as the real relay does with nothing active. */
async function nodeRelay(target: number): Promise<void> {
  const how = { address: '127.0.0.1', throttling: false, commandsPerDatagram: 256 };
  const front = await createHost(how);
  const back = await createHost(how);
  front.on('connect', (client, data) => {
    const server = back.connect({ address: '127.0.0.1', port: target }, { channels: client.channelCount, data });
    const early: (() => void)[] = [];
    const link = (from: Peer, to: Peer): void => {
      from.on('packet', (packet) => {
        if (!to.send(packet.channel, packet)) early.push(() => to.send(packet.channel, packet));
      });
      from.on('disconnect', ({ data: last }) => to.disconnectLater(last));
    };
    server.on('connect', () => {
      for (const send of early.splice(0)) send();
    });
    link(client, server);
    link(server, client);
  });
  console.log(`port ${front.address.port}`);
}

/** `proxy PORT`: Interpose's own, recording into a session. */
async function interposeProxy(target: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'enet-bench-proxy-'));
  const { engine } = await startEngine({
    serve: false,
    home,
    log: 'quiet',
    session: join(home, 'bench.ipsession'),
    // What the packets hold belongs to no game: the cost of the way, of recording and of a look at the bytes.
    proxies: [
      { name: 'bench', listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${target}`, protocol: 'bytes' },
    ],
  });
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  console.log(`port ${engine.proxies.list()[0]!.url!.split(':').at(-1)!}`);
}

interface NpmHost {
  address(): { port: number };
  start(interval: number): void;
  on(event: string, handler: (peer: NpmPeer) => void): void;
  connect(to: object, channels: number, data: number, done: (error: unknown, peer: NpmPeer) => void): NpmPeer;
}
interface NpmPeer {
  on(event: string, handler: () => void): void;
  send(channel: number, packet: unknown): boolean;
  disconnect(): void;
  disconnectLater(): void;
}
interface NpmEnet {
  createServer(options: object, done: (error: unknown, host: NpmHost) => void): void;
  createClient(options: object, done: (error: unknown, host: NpmHost) => void): void;
  Packet: new (data: Uint8Array, flags: number) => unknown;
}

function npmSink(port: number): void {
  const enet = createRequire(self)('enet') as NpmEnet;
  enet.createServer({ address: { address: '127.0.0.1', port }, channels: 3 }, (_error, host) => {
    host.start(1);
    console.log(`port ${host.address().port}`);
    host.on('connect', (peer) => {
      const start = performance.now();
      let packets = 0;
      peer.on('message', () => packets++);
      peer.on('disconnect', () => console.log(`${packets} packets ${(performance.now() - start) / 1000}`));
    });
  });
}

/** npm enet does not show its queues; the time is taken when everything queued is acknowledged and it disconnects. */
function npmFlood(port: number, count: number, size: number, kind: string): void {
  const enet = createRequire(self)('enet') as NpmEnet;
  enet.createClient({ channels: 3 }, (_error, host) => {
    host.start(1);
    host.connect({ address: '127.0.0.1', port }, 3, 0, (_failure, peer) => {
      const start = performance.now();
      const data = Buffer.alloc(size);
      let sent = 0;
      peer.on('disconnect', () => {
        console.log(`${sent} ${(performance.now() - start) / 1000}`);
        process.exit(0);
      });
      const pump = (): void => {
        // It drops most of an unpaced unreliable flood.
        for (let i = kind === 'reliable' ? 0 : 400; i < 500 && sent < count; i++, sent++) {
          const flags = kind === 'reliable' || sent % 100 === 0 ? PacketFlag.reliable : 0;
          peer.send(0, new enet.Packet(data, flags));
        }
        if (sent < count) setTimeout(pump, 1);
        else peer.disconnectLater();
      };
      pump();
    });
  });
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

async function table(runs: number, count: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'enet-bench-'));
  const peer = join(directory, 'peer');
  const source = fileURLToPath(new URL('../core/enet-node/interop/peer.c', import.meta.url));
  const compiled = spawnSync('cc', ['-O2', '-o', peer, source, '-lenet'], { encoding: 'utf8' });
  if (compiled.status !== 0)
    console.log(`no C library to compare with (cc and libenet-dev are needed): ${compiled.stderr}`);
  const node = (role: string): Side => [process.execPath, '--disable-warning=DEP0005', self, role];
  const contenders: { name: string; sink: Side; relay?: Side; flood: Side; count: number }[] = [
    { name: 'enet-node pair', sink: node('sink'), flood: node('flood'), count },
    { name: 'npm enet pair (1 ms)', sink: node('npm-sink'), flood: node('npm-flood'), count: Math.ceil(count / 5) },
  ];
  if (compiled.status === 0) {
    const c = { sink: [peer, 'sink'] as const, flood: [peer, 'flood'] as const, count };
    contenders.unshift({ name: 'libenet pair', ...c });
    contenders.push({ name: 'libenet pair through an enet-node relay', ...c, relay: node('relay') });
    contenders.push({ name: 'libenet pair through the recording proxy', ...c, relay: node('proxy') });
    contenders.push({ name: 'libenet to enet-node', ...c, sink: node('sink') });
    contenders.push({ name: 'enet-node to libenet', ...c, flood: node('flood') });
  }
  for (const kind of ['reliable', 'unreliable']) {
    const results = new Map<string, Result[]>(contenders.map(({ name }) => [name, []]));
    for (let i = 0; i < runs; i++) {
      for (const { name, sink, relay, flood, count: packets } of contenders) {
        results.get(name)!.push(await measure(sink, relay, flood, packets, kind));
      }
    }
    const rate = (name: string): number => median((results.get(name) ?? []).map(({ perSecond }) => perSecond));
    console.log(`\n${SIZE}-byte ${kind} packets, ${count} each, median of ${runs}`);
    for (const { name } of contenders) {
      const perSecond = rate(name);
      const arrived = median(results.get(name)!.map((result) => result.arrived));
      const ratio = results.has('libenet pair') ? (perSecond / rate('libenet pair')).toFixed(2) : '-';
      const lost = arrived < 0.9995 ? `  (${(arrived * 100).toFixed(1)} % arrived)` : '';
      console.log(
        `  ${name.padEnd(42)}${Math.round(perSecond).toString().padStart(9)} /s  ${ratio.padStart(5)} x${lost}`,
      );
    }
  }
  rmSync(directory, { recursive: true });
}

const [role = 'table', first = '', second = '', third = '', fourth = ''] = process.argv.slice(2);
if (role === 'sink') await nodeSink(Number(first));
else if (role === 'relay') await nodeRelay(Number(first));
else if (role === 'proxy') await interposeProxy(Number(first));
else if (role === 'flood') await nodeFlood(Number(first), Number(second), Number(third), fourth);
else if (role === 'npm-sink') npmSink(Number(first));
else if (role === 'npm-flood') npmFlood(Number(first), Number(second), Number(third), fourth);
else await table(Number(role === 'table' ? 3 : role), Number(first || 500_000));
