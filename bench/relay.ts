/**
 * The proxy, recording and decoding, against bare relays and against mitmdump, in one run and as ratios: TCP and TLS against a bare
 * Node pipe relay, WebSocket against a bare `ws`-to-`ws` relay; and how well an asked delay is kept. Relays run in processes of their own, rounds alternate, figures are
 * medians of the rounds. On a busy machine the processor time per round trip is the steadier figure.
 *
 *     npx node --disable-warning=ExperimentalWarning bench/relay.ts [rounds]
 */
import { type ChildProcess, fork, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { openAuthority } from '../core/io/certificate-authority.ts';
import { endsWithUs } from './feed/ends-with-us.ts';

const ROUNDS = Number(process.argv[2] ?? 5);
const SECONDS = 1.2;
const HOST = '127.0.0.1';
const TEXT = JSON.stringify({ type: 'say', text: 'x'.repeat(30) });
const LINE = Buffer.from(`${TEXT}\n`);

/** One conversation in which a message is sent and its echo awaited, over and over. */
interface Talker {
  /** Called for each echo. */
  onEcho: () => void;
  send(): void;
  close(): void;
}
type Dial = (port: number) => Promise<Talker>;

function talkOver(socket: Socket): Talker {
  const talker: Talker = { onEcho: () => undefined, send: () => socket.write(LINE), close: () => socket.destroy() };
  let got = 0;
  socket.on('data', (chunk) => {
    got += chunk.length;
    if (got < LINE.length) return;
    got -= LINE.length;
    talker.onEcho();
  });
  socket.on('error', () => undefined);
  return talker;
}

const DIALS = {
  tcp: async (port: number) => {
    const socket = connect({ port, host: HOST, noDelay: true });
    await once(socket, 'connect');
    return talkOver(socket);
  },
  tls: async (port: number) => {
    const socket = connectTls({ port, host: HOST, servername: 'localhost', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    socket.setNoDelay(true);
    return talkOver(socket);
  },
  ws: (port: number) => dialWebSocket(port, false),
  'ws-deflate': (port: number) => dialWebSocket(port, true),
} satisfies Record<string, Dial>;

async function dialWebSocket(port: number, deflate: boolean): Promise<Talker> {
  const socket = new WebSocket(`ws://${HOST}:${port}/`, { perMessageDeflate: deflate ? { threshold: 0 } : false });
  await once(socket, 'open');
  const talker: Talker = { onEcho: () => undefined, send: () => socket.send(TEXT), close: () => socket.terminate() };
  socket.on('message', () => talker.onEcho());
  socket.on('error', () => undefined);
  return talker;
}

interface Round {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of the relay's processor time per round trip. */
  readonly cpu: number;
}

class Relay {
  readonly port: number;
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }
  static async start(kind: string, upstream: number, directory: string): Promise<Relay> {
    const child = endsWithUs(
      fork(new URL('./relay-process.ts', import.meta.url), [kind, String(upstream), directory], {
        execArgv: ['--disable-warning=ExperimentalWarning'],
      }),
    );
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    return new Relay(child, port);
  }
  async cpu(): Promise<number> {
    this.#child.send('cpu');
    const [{ cpu }] = (await once(this.#child, 'message')) as [{ cpu: number }];
    return cpu;
  }
  stop(): void {
    this.#child.kill();
  }
}

async function pingPong(relay: Relay, dial: Dial, count: number, seconds = SECONDS): Promise<Round> {
  const latencies: number[] = [];
  let done = false;
  const talkers = await Promise.all(Array.from({ length: count }, () => dial(relay.port)));
  const before = await relay.cpu();
  const start = performance.now();
  for (const talker of talkers) {
    let sent = performance.now();
    talker.onEcho = () => {
      const now = performance.now();
      latencies.push(now - sent);
      sent = now;
      if (!done) talker.send();
    };
    talker.send();
  }
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  done = true;
  const rate = latencies.length / ((performance.now() - start) / 1000);
  const cpu = ((await relay.cpu()) - before) / latencies.length;
  for (const talker of talkers) talker.close();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate, p50: at(0.5), p99: at(0.99), cpu };
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

/** Both relays in turn, round by round; the ratio is taken within a round, where the machine is the same. */
async function compare(
  title: string,
  relays: readonly [Relay, Relay],
  dial: Dial,
  count: number,
  budget?: string,
): Promise<void> {
  const rounds: [Round, Round][] = [];
  for (let i = 0; i <= ROUNDS; i++) {
    const bare = await pingPong(relays[0], dial, count);
    const ours = await pingPong(relays[1], dial, count);
    // The first round warms the compiler up.
    if (i > 0) rounds.push([bare, ours]);
  }
  const of = (read: (bare: Round, ours: Round) => number): number =>
    median(rounds.map(([bare, ours]) => read(bare, ours)));
  const line = [
    title.padEnd(34),
    `${Math.round(of((b) => b.rate))} → ${Math.round(of((_, o) => o.rate))} round trips/s`.padEnd(36),
    `ratio ${of((b, o) => o.rate / b.rate).toFixed(2)}`,
    `cpu ${of((b) => b.cpu).toFixed(1)} → ${of((_, o) => o.cpu).toFixed(1)} µs`,
    `added p50 ${of((b, o) => o.p50 - b.p50).toFixed(3)} p99 ${of((b, o) => o.p99 - b.p99).toFixed(3)} ms`,
  ].join('  ');
  console.log(`${line}${budget === undefined ? '' : `  (budget ${budget})`}`);
}

async function main(): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'interpose-bench-'));
  const echo = (socket: Socket): void => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => undefined);
  };
  const plain = createServer({ noDelay: true }, echo);
  const secure = createTlsServer(
    { ...(await (await openAuthority(directory)).leaf('localhost')), noDelay: true },
    echo,
  );
  for (const server of [plain, secure]) {
    server.listen(0, HOST);
    await once(server, 'listening');
  }
  const sockets = [false, { threshold: 0 }].map((perMessageDeflate) => {
    const server = new WebSocketServer({ port: 0, host: HOST, perMessageDeflate });
    server.on('connection', (socket) => {
      socket.on('message', (data, binary) => socket.send(data, { binary }));
      socket.on('error', () => undefined);
    });
    return server;
  });
  await Promise.all(sockets.map((server) => once(server, 'listening')));
  const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;
  const started: Relay[] = [];
  const pair = async (bare: string, ours: string, upstream: number): Promise<[Relay, Relay]> => {
    const relays = await Promise.all([bare, ours].map((kind) => Relay.start(kind, upstream, directory)));
    started.push(...relays);
    return relays as [Relay, Relay];
  };
  const compareWithMitmdump = async (
    title: string,
    kind: string,
    ours: Relay,
    upstream: number,
    dial: Dial,
    budget: string,
  ): Promise<void> => {
    if (spawnSync('mitmdump', ['--version']).error !== undefined) {
      console.log(`${`${title}, mitmdump`.padEnd(34)}  skipped: mitmdump is not installed (Debian package mitmproxy)`);
      return;
    }
    const theirs = await Relay.start(kind, upstream, directory);
    try {
      await compare(`${title}, mitmdump`, [theirs, ours], dial, 64, budget);
    } finally {
      theirs.stop();
    }
  };
  try {
    const tcp = await pair('pipe', 'interpose-tcp', portOf(plain));
    await compare('TCP, 64 connections', tcp, DIALS.tcp, 64, '≥ 0.80');
    await compare('TCP, 1 connection', tcp, DIALS.tcp, 1, 'added p99 < 1 ms');
    await compareWithMitmdump('TCP, 64 connections', 'mitmdump-tcp', tcp[1], portOf(plain), DIALS.tcp, '≥ 6');
    await compare('TLS, 16 connections', await pair('tls-pipe', 'interpose-tls', portOf(secure)), DIALS.tls, 16);
    const ws = await pair('ws', 'interpose-ws', portOf(sockets[0]!));
    await compare('WebSocket, 64 connections', ws, DIALS.ws, 64, '≥ 0.50');
    await compareWithMitmdump('WebSocket, 64 connections', 'mitmdump-ws', ws[1], portOf(sockets[0]!), DIALS.ws, '≥ 15');
    const deflate = await pair('ws-deflate', 'interpose-ws', portOf(sockets[1]!));
    await compare('WebSocket deflate, 64 connections', deflate, DIALS['ws-deflate'], 64, '≥ 0.50');
    const delaying = await Relay.start('interpose-delay', portOf(plain), directory);
    started.push(delaying);
    const delays: number[] = [];
    for (let i = 0; i < ROUNDS; i++)
      delays.push((await pingPong(delaying, DIALS.tcp, 8, 2)).p50 - (await pingPong(tcp[1], DIALS.tcp, 1, 0.3)).p50);
    console.log(
      `${'delay of 100 ms asked'.padEnd(34)}  ${median(delays).toFixed(2)} ms at the median  (budget 100 ± 3)`,
    );
  } finally {
    for (const relay of started) relay.stop();
    for (const server of [plain, secure, ...sockets]) server.close();
    await rm(directory, { recursive: true, force: true });
  }
}

await main();
process.exit(0);
