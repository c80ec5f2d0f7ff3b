/** One relay in a process of its own, for `relay.ts`: `relay-process.ts KIND UPSTREAM_PORT [CA_DIRECTORY]`; tells its port to the parent. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { openAuthority } from '../core/io/certificate-authority.ts';
import { startProxy } from '../core/io/proxy.ts';
import { createSystemClock } from '../core/io/system-clock.ts';
import { createControl } from '../core/relay/control.ts';
import { parseEndpointUrl } from '../core/relay/endpoint-url.ts';
import { TOY } from '../core/relay/toy-for-tests.ts';
import { createDice } from '../core/traffic/clock.ts';
import type { TrafficSink } from '../core/traffic/sink.ts';

const [kind = '', upstreamText, directory = ''] = process.argv.slice(2);
const upstream = Number(upstreamText);
const HOST = '127.0.0.1';
/** Nothing active: no handoffs to follow either. */
const LINES = { ...TOY, id: 'lines', handoffs: [], correlations: [] };

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

async function listening(server: Server | WebSocketServer): Promise<number> {
  if ('listen' in server) server.listen(0, HOST);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function join(client: Socket, socket: Socket): void {
  client.pipe(socket);
  socket.pipe(client);
  client.on('error', () => socket.destroy());
  socket.on('error', () => client.destroy());
}

/** A bare Node relay: what the language gives for nothing. */
function pipe(): Promise<number> {
  return listening(
    createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      join(client, connect({ port: upstream, host: HOST, allowHalfOpen: true, noDelay: true }));
    }),
  );
}

async function tlsPipe(): Promise<number> {
  const pair = await (await openAuthority(directory)).leaf('localhost');
  return listening(
    createTlsServer({ ...pair, noDelay: true }, (client) => {
      join(client, connectTls({ port: upstream, host: HOST, rejectUnauthorized: false }).setNoDelay(true));
    }),
  );
}

/** `ws` on both sides, every message taken and sent on: what proxies written with it do. */
function ws(perMessageDeflate: boolean): Promise<number> {
  const options = perMessageDeflate ? { threshold: 0 } : false;
  const server = new WebSocketServer({ port: 0, host: HOST, perMessageDeflate: options });
  server.on('connection', (client) => {
    const socket = new WebSocket(`ws://${HOST}:${upstream}/`, { perMessageDeflate: options });
    const early: Parameters<WebSocket['send']>[0][] = [];
    client.on('message', (data, binary) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(data, { binary });
      else early.push(data as Buffer);
    });
    socket.on('open', () => {
      for (const data of early) socket.send(data, { binary: false });
    });
    socket.on('message', (data, binary) => client.send(data, { binary }));
    client.on('close', () => socket.terminate());
    client.on('error', () => undefined);
    socket.on('error', () => undefined);
  });
  return listening(server);
}

async function interpose(scheme: 'tcp' | 'tls' | 'ws', delayMs = 0): Promise<number> {
  const clock = createSystemClock();
  const control = createControl({ clock, dice: createDice(1) });
  if (delayMs > 0)
    control.setFaults({
      seed: 1,
      faults: [{ id: 'delay', kind: 'latency', enabled: true, ms: delayMs, direction: 'toServer' }],
    });
  const proxy = await startProxy(
    {
      name: 'bench',
      listen: `${scheme}://${HOST}:0`,
      upstream: `${scheme}://${HOST}:${upstream}`,
      protocol: 'lines',
      tls: { verify: false },
    },
    { protocols: [LINES], sink: forgettingSink(), clock, control, authority: () => openAuthority(directory) },
  );
  return parseEndpointUrl(proxy.status().url!).port;
}

const KINDS: Readonly<Record<string, () => Promise<number>>> = {
  pipe,
  'tls-pipe': tlsPipe,
  ws: () => ws(false),
  'ws-deflate': () => ws(true),
  'interpose-tcp': () => interpose('tcp'),
  'interpose-tls': () => interpose('tls'),
  'interpose-ws': () => interpose('ws'),
  'interpose-delay': () => interpose('tcp', 100),
};
const port = await KINDS[kind]!();
process.send!({ port });
process.on('message', () => process.send!({ cpu: process.cpuUsage() }));
