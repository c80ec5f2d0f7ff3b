/** One relay in a process of its own, for `relay.ts`: `relay-process.ts KIND UPSTREAM_PORT DIRECTORY`; tells its port to the parent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join as joinPath } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { WebSocket, WebSocketServer } from 'ws';
import { startEngine } from '../app/engine/start-engine.ts';
import { openAuthority } from '../core/io/certificate-authority.ts';
import { parseEndpointUrl } from '../core/relay/endpoint-url.ts';
import { endsWithUs } from './feed/ends-with-us.ts';

const [kind = '', upstreamText, directory = ''] = process.argv.slice(2);
const upstream = Number(upstreamText);
const HOST = '127.0.0.1';
let other: ChildProcess | undefined;
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

/** The engine as `interpose proxy` starts it: recording to a session file and decoding. */
async function interpose(scheme: 'tcp' | 'tls' | 'ws', delayMs = 0): Promise<number> {
  const { engine } = await startEngine({
    session: joinPath(directory, `${kind}-${process.pid}.ipsession`),
    serve: false,
    home: directory,
    authorityFolder: directory,
    proxies: [
      {
        name: 'bench',
        listen: `${scheme}://${HOST}:0`,
        upstream: `${scheme}://${HOST}:${upstream}`,
        protocol: 'json',
        tls: { verify: false },
      },
    ],
  });
  if (delayMs > 0)
    await engine.call('faults.set', {
      plan: {
        seed: 1,
        faults: [{ id: 'delay', kind: 'latency', enabled: true, ms: delayMs, direction: 'toServer' }],
      },
    });
  const [proxy] = await engine.call('proxies.list', {});
  return parseEndpointUrl(proxy!.url!).port;
}

/** mitmdump with its own defaults, in the mode that does the same work. */
async function mitmdump(scheme: 'tcp' | 'ws'): Promise<number> {
  const free = createServer();
  const port = await listening(free);
  free.close();
  other = endsWithUs(
    spawn(
      'mitmdump',
      [
        '-q',
        '--listen-host',
        HOST,
        '-p',
        String(port),
        '--mode',
        `reverse:http://${HOST}:${upstream}`,
        '--set',
        `confdir=${directory}`,
        ...(scheme === 'tcp' ? ['--rawtcp', '--tcp-hosts', '.*'] : []),
      ],
      { stdio: 'inherit' },
    ),
  );
  for (let tries = 0; tries < 200; tries++) {
    if (await canConnect(port)) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, HOST, () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
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
  'mitmdump-tcp': () => mitmdump('tcp'),
  'mitmdump-ws': () => mitmdump('ws'),
};
const port = await KINDS[kind]!();
process.send!({ port });
process.on('message', () => process.send!({ cpu: microseconds() }));

/** Processor time so far, of this process or of the one it started in its place. */
function microseconds(): number {
  if (other === undefined) {
    const { user, system } = process.cpuUsage();
    return user + system;
  }
  const [utime, stime] = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number);
  return ((utime! + stime!) * 1e6) / 100;
}
