/**
 * The relay against bare relays, in one run and as ratios: TCP against a bare Node pipe relay, WebSocket against a bare
 * `ws`-to-`ws` relay. The relays run in processes of their own, so that client, server and relay do not share one loop.
 *
 *     npx node --disable-warning=ExperimentalWarning bench/relay.ts [rounds]
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

const CONNECTIONS = 64;
const SECONDS = 1.5;
const ROUNDS = Number(process.argv[2] ?? 5);
const LINE = Buffer.from(`{"type":"say","text":"${'x'.repeat(30)}","seq":1}\n`);

async function startRelay(kind: string, upstream: number): Promise<{ port: number; child: ChildProcess }> {
  const child = fork(new URL('./relay-process.ts', import.meta.url), [kind, String(upstream)], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return { port, child };
}

/** Round trips per second and latencies (ms) over `count` connections, one message in flight on each. */
async function pingPong(port: number, count: number): Promise<{ rate: number; p50: number; p99: number }> {
  const sockets: Socket[] = [];
  const latencies: number[] = [];
  let done = false;
  for (let i = 0; i < count; i++) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    sockets.push(socket);
    let sent = 0;
    let got = 0;
    socket.on('data', (chunk) => {
      got += chunk.length;
      if (got < LINE.length) return;
      got -= LINE.length;
      const now = performance.now();
      latencies.push(now - sent);
      sent = now;
      if (!done) socket.write(LINE);
    });
    socket.on('error', () => undefined);
    sent = performance.now();
  }
  const start = performance.now();
  for (const socket of sockets) socket.write(LINE);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000));
  done = true;
  const elapsed = (performance.now() - start) / 1000;
  const rate = latencies.length / elapsed;
  for (const socket of sockets) socket.destroy();
  latencies.splice(0, count);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate, p50: at(0.5), p99: at(0.99) };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function main(): Promise<void> {
  const echo = createServer({ noDelay: true }, (socket) => {
    socket.on('data', (chunk) => socket.write(chunk));
    socket.on('error', () => undefined);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const upstream = (echo.address() as { port: number }).port;
  const kinds = ['pipe', 'interpose'];
  const relays = await Promise.all(kinds.map((kind) => startRelay(kind, upstream)));
  const results = kinds.map(() => ({ many: [] as number[], p50: [] as number[], p99: [] as number[] }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, relay] of relays.entries()) {
      const many = await pingPong(relay.port, CONNECTIONS);
      const one = await pingPong(relay.port, 1);
      results[i]!.many.push(many.rate);
      results[i]!.p50.push(one.p50);
      results[i]!.p99.push(one.p99);
    }
  }
  const [bare, ours] = results.map((r) => ({ many: median(r.many), p50: median(r.p50), p99: median(r.p99) }));
  console.log(
    JSON.stringify({ bare, ours, ratio: ours!.many / bare!.many, addedP99Ms: ours!.p99 - bare!.p99 }, null, 2),
  );
  for (const { child } of relays) child.kill();
  echo.close();
}

await main();
