/** One relay in a process of its own, for `relay.ts`: `relay-process.ts KIND UPSTREAM_PORT`; tells its port to the parent. */
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { startProxy } from '../core/io/proxy.ts';
import { createSystemClock } from '../core/io/system-clock.ts';
import { parseEndpointUrl } from '../core/relay/endpoint-url.ts';
import { createControl } from '../core/relay/control.ts';
import { createDice } from '../core/traffic/clock.ts';
import { TOY } from '../core/io/world-for-tests.ts';
import type { TrafficSink } from '../core/traffic/sink.ts';

const [kind, upstreamText] = process.argv.slice(2);
const upstream = Number(upstreamText);

/** Records into memory and forgets: what the relay itself costs, with a recorder that keeps up. */
function forgettingSink(): TrafficSink {
  let n = 0;
  let id = 0;
  const ring: unknown[] = Array.from({ length: 4096 });
  return {
    isFull: false,
    onDrain: () => undefined,
    nextConnectionId: () => ++id,
    opened: () => undefined,
    changed: () => undefined,
    closed: () => undefined,
    frame: (draft) => {
      ring[++n & 4095] = draft;
      return n;
    },
    update: () => undefined,
    remark: () => undefined,
  };
}

async function pipe(): Promise<number> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const socket = connect({ port: upstream, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    client.pipe(socket);
    socket.pipe(client);
    client.on('error', () => socket.destroy());
    socket.on('error', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as { port: number }).port;
}

async function interpose(): Promise<number> {
  const clock = createSystemClock();
  const proxy = await startProxy(
    { name: 'bench', listen: 'tcp://127.0.0.1:0', upstream: `tcp://127.0.0.1:${upstream}`, protocol: 'toy' },
    { protocols: [TOY], sink: forgettingSink(), clock, control: createControl({ clock, dice: createDice(1) }) },
  );
  return parseEndpointUrl(proxy.status().url!).port;
}

const port = await (kind === 'pipe' ? pipe() : interpose());
process.send!(port);
