/** socks5:// listeners (RFC 1928): CONNECT and UDP ASSOCIATE, each target treated by the first rule that matches. */
import type { Socket } from 'node:net';
import type { Socket as UdpSocket } from 'node:dgram';
import { type EndpointUrl, printHostPort } from '../relay/endpoint-url.ts';
import { findTarget, upstreamOf } from '../relay/target-rule.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Endpoint } from '../traffic/frame.ts';
import { checkHost, type Listening, listenTcp } from './listener.ts';
import type { ProxyContext } from './proxy-context.ts';
import { carry, endpointOf } from './stream-carrier.ts';
import { bindUdp, expire } from './udp-carrier.ts';
import { UdpSession, viewOf } from './udp-session.ts';
import { WireReader } from './wire-reader.ts';

const CONNECT = 1;
const UDP_ASSOCIATE = 3;
const SUCCEEDED = 0;
const GENERAL_FAILURE = 1;
const HOST_UNREACHABLE = 4;
const REFUSED = 5;
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_NOT_SUPPORTED = 8;
const SWEEP_MS = 5000;

export function listenSocks(context: ProxyContext, url: EndpointUrl): Promise<Listening> {
  checkHost(url, context.spec.allowRemote);
  return listenTcp(url, (socket) => {
    socket.on('error', () => undefined);
    void serve(context, socket).catch(() => socket.destroy());
  });
}

async function serve(context: ProxyContext, socket: Socket): Promise<void> {
  const reader = new WireReader(socket);
  const [version = 0, methodCount = 0] = await reader.take(2);
  if (version !== 5) {
    socket.destroy();
    return;
  }
  const methods = await reader.take(methodCount);
  if (!methods.includes(0)) {
    socket.end(Uint8Array.of(5, 0xff));
    return;
  }
  socket.write(Uint8Array.of(5, 0));
  const [, command = 0, , type = 0] = await reader.take(4);
  const target = await readAddress(reader, type);
  if (target === undefined) socket.end(reply(ADDRESS_NOT_SUPPORTED));
  else if (command === CONNECT) await connect(context, socket, target);
  else if (command === UDP_ASSOCIATE) await associate(context, socket);
  else socket.end(reply(COMMAND_NOT_SUPPORTED));
}

async function readAddress(reader: WireReader, type: number): Promise<Endpoint | undefined> {
  const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? (await reader.take(1))[0]! : undefined;
  if (size === undefined) return undefined;
  const host = await reader.take(size);
  const [high = 0, low = 0] = await reader.take(2);
  return { address: printAddress(type, host), port: high * 256 + low };
}

function printAddress(type: number, bytes: Uint8Array): string {
  if (type === 3) return new TextDecoder().decode(bytes);
  if (type === 1) return bytes.join('.');
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push((bytes[i]! * 256 + bytes[i + 1]!).toString(16));
  return groups.join(':');
}

async function connect(context: ProxyContext, socket: Socket, target: Endpoint): Promise<void> {
  const rule = findTarget(context.spec.targets ?? [], target.address, target.port);
  const transport = rule?.transport ?? 'tcp';
  await carry(
    context,
    { ...context.targetTreatment(rule), transport },
    socket,
    upstreamOf(rule, target.address, target.port),
    {
      passThrough: rule?.passThrough === true,
      connected: (upstream) => {
        socket.write(reply(SUCCEEDED, { address: upstream.localAddress ?? '0.0.0.0', port: upstream.localPort ?? 0 }));
      },
      refused: (error) => {
        socket.end(reply(failureOf(error)));
      },
    },
  );
}

function failureOf(error: unknown): number {
  const code = error instanceof EngineError ? (error.cause as NodeJS.ErrnoException | undefined)?.code : undefined;
  if (code === 'ECONNREFUSED') return REFUSED;
  return code === 'ENOTFOUND' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH' ? HOST_UNREACHABLE : GENERAL_FAILURE;
}

/** Datagrams through a socket that lives as long as the TCP connection; one connection of ours per target. */
async function associate(context: ProxyContext, socket: Socket): Promise<void> {
  const client = endpointOf(socket);
  const host = (socket.localAddress ?? '127.0.0.1').replace(/^::ffff:(?=\d+\.)/, '');
  const udp = await bindUdp({ scheme: 'udp', host, port: 0, path: '' });
  const sessions = new Map<string, UdpSession>();
  const sweep = setInterval(() => expire(sessions.values(), context.deps.clock.now()), SWEEP_MS);
  const end = (): void => {
    clearInterval(sweep);
    context.opening.delete(end);
    for (const session of sessions.values()) session.expire();
    udp.close();
    socket.destroy();
  };
  context.opening.add(end);
  socket.once('close', end);
  socket.once('end', () => socket.destroy());
  socket.resume();
  udp.on('message', (message, from) => {
    if (from.address !== client.address) return;
    datagram(context, udp, sessions, viewOf(message), { address: from.address, port: from.port });
  });
  socket.write(reply(SUCCEEDED, { address: host, port: udp.address().port }));
}

function datagram(
  context: ProxyContext,
  udp: UdpSocket,
  sessions: Map<string, UdpSession>,
  message: Uint8Array,
  client: Endpoint,
): void {
  const read = readDatagramHeader(message);
  if (read === undefined) return;
  const { target, header } = read;
  const key = `${client.port} ${printHostPort(target.address, target.port)}`;
  let session = sessions.get(key);
  if (session === undefined) {
    const rule = findTarget(context.spec.targets ?? [], target.address, target.port);
    const upstream = upstreamOf(rule, target.address, target.port);
    session = new UdpSession({
      context,
      how: { ...context.targetTreatment(rule), transport: 'udp' },
      client,
      target: { address: upstream.host, port: upstream.port },
      reply: (bytes) => udp.send([header, bytes], client.port, client.address),
      ended: () => sessions.delete(key),
    });
    sessions.set(key, session);
  }
  session.received(message.subarray(header.length));
}

/** Fragments are not put together (few programs send them); such datagrams are dropped, as the standard allows. */
function readDatagramHeader(message: Uint8Array): { target: Endpoint; header: Uint8Array } | undefined {
  const [, , fragment, type = 0] = message;
  if (fragment !== 0) return undefined;
  const at = type === 3 ? 5 : 4;
  const size = type === 1 ? 4 : type === 4 ? 16 : type === 3 ? message[4] : undefined;
  if (size === undefined || message.length < at + size + 2) return undefined;
  const port = message[at + size]! * 256 + message[at + size + 1]!;
  const address = printAddress(type, message.subarray(at, at + size));
  return { target: { address, port }, header: message.slice(0, at + size + 2) };
}

function reply(code: number, bound: Endpoint = { address: '0.0.0.0', port: 0 }): Uint8Array {
  const isV6 = bound.address.includes(':');
  const address = isV6 ? bytesOfV6(bound.address) : bound.address.split('.').map(Number);
  return Uint8Array.of(5, code, 0, isV6 ? 4 : 1, ...address, bound.port >> 8, bound.port & 255);
}

function bytesOfV6(text: string): number[] {
  const [left = '', right] = text.replace(/%.*$/, '').split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').map((g) => Number.parseInt(g, 16)));
  const head = groups(left);
  const tail = right === undefined ? [] : groups(right);
  const all = [...head, ...Array.from({ length: Math.max(0, 8 - head.length - tail.length) }, () => 0), ...tail];
  return all.slice(0, 8).flatMap((g) => [g >> 8, g & 255]);
}
