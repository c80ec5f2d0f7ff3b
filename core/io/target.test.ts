import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import { loopbackCertificate } from '../../fixtures/socketchat/certificate.ts';
import { createHost, PacketFlag } from '../enet-node/index.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { ConnectHow, Ending, TargetFrame } from '../replay/target.ts';
import { createTarget, type TargetOptions } from './target.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytes = (words: string): Uint8Array => new TextEncoder().encode(words);

async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** Answers each line with the same line, upper case; `bye` makes it close. */
function lineServer(socket: Socket): void {
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      if (line === 'bye') socket.end('GOODBYE\n');
      else socket.write(`${line.toUpperCase()}\n`);
    }
  });
}

class Listener {
  readonly frames: TargetFrame[] = [];
  ending: Ending | undefined;
  #wake: () => void = () => undefined;
  frame(frame: TargetFrame): void {
    this.frames.push(frame);
    this.#wake();
  }
  ended(ending: Ending): void {
    this.ending = ending;
    this.#wake();
  }
  async until(ready: () => boolean): Promise<void> {
    while (!ready()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

async function connect(url: string, how: Partial<ConnectHow> = {}, options: TargetOptions = {}) {
  const listener = new Listener();
  const target = createTarget(options);
  closers.push(() => target.close());
  const connection = await target.connect(
    { url: parseEndpointUrl(url), framing: { kind: 'lines' }, ...how },
    { frame: (frame) => listener.frame(frame), ended: (ending) => listener.ended(ending) },
  );
  return { connection, listener, target };
}

test('frames go out framed and come back cut, and the end of the server is told once with what it said last', async () => {
  const port = await portOf(createServer(lineServer));
  const { connection, listener } = await connect(`tcp://127.0.0.1:${port}`);
  connection.send({ bytes: bytes('one') });
  connection.send({ bytes: bytes('two'), wire: bytes('two\nthree\n') });
  await listener.until(() => listener.frames.length === 3);
  expect(listener.frames.map((f) => text(f.bytes))).toEqual(['ONE', 'TWO', 'THREE']);
  expect(text(listener.frames[0]!.tail)).toBe('\n');
  connection.send({ bytes: bytes('bye') });
  await listener.until(() => listener.ending !== undefined);
  expect(text(listener.frames.at(-1)!.bytes)).toBe('GOODBYE');
  expect(listener.ending).toEqual({ by: 'server', text: 'server closed' });
  expect(connection.isOpen).toBe(false);
});

test('our own end is not taken for the server’s', async () => {
  const port = await portOf(createServer(lineServer));
  const { connection, listener } = await connect(`tcp://127.0.0.1:${port}`);
  connection.end();
  await listener.until(() => listener.ending !== undefined);
  expect(listener.ending?.by).toBe('client');
});

test('a server that is not there is told in a sentence', async () => {
  const server = createServer();
  const port = await portOf(server);
  server.close();
  await expect(connect(`tcp://127.0.0.1:${port}`)).rejects.toThrow(/Nothing listens on tcp:\/\/127\.0\.0\.1:\d+/);
  await expect(connect(`ws://127.0.0.1:${port}/`)).rejects.toThrow(/Nothing listens/);
});

test('TLS is verified unless it is allowed not to be', async () => {
  const certificate = await loopbackCertificate();
  const server = createTlsServer(certificate, lineServer);
  const port = await portOf(server);
  const url = `tls://127.0.0.1:${port}`;
  await expect(connect(url)).rejects.toThrow(/not trusted/);
  for (const options of [{ ca: certificate.cert }, { verify: false }]) {
    const { connection, listener } = await connect(url, {}, options);
    connection.send({ bytes: bytes('x') });
    await listener.until(() => listener.frames.length === 1);
    expect(text(listener.frames[0]!.bytes)).toBe('X');
  }
});

test('WebSocket texts, binaries and the greeting that comes with the upgrade', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  closers.push(() => server.close());
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.send('hello');
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  const { port } = server.address() as { port: number };
  const { connection, listener } = await connect(`ws://127.0.0.1:${port}/play`, { protocols: [] });
  connection.send({ bytes: bytes('t') });
  connection.send({ bytes: new Uint8Array([1, 2]), carrier: { opcode: 'binary', compressed: false, fragments: 1 } });
  await listener.until(() => listener.frames.length === 3);
  expect(listener.frames.map((f) => [text(f.bytes), (f.carrier as { opcode: string }).opcode])).toEqual([
    ['hello', 'text'],
    ['t', 'text'],
    ['\u0001\u0002', 'binary'],
  ]);
  for (const socket of server.clients) socket.close(4001, 'enough');
  await listener.until(() => listener.ending !== undefined);
  expect(listener.ending).toEqual({ by: 'server', text: 'server closed: enough', code: 4001 });
});

test('ENet packets keep channel and reliability, several connections share one socket', async () => {
  const host = await createHost({ address: '127.0.0.1' });
  closers.push(() => host.close());
  host.on('packet', (packet) => packet.peer.send(packet.channel, { data: packet.data, flags: packet.flags }));
  const remotes = new Set<number>();
  host.on('connect', (peer) => remotes.add(peer.address.port));
  const { connection, listener, target } = await connect(`enet://127.0.0.1:${host.address.port}`, { channels: 3 });
  const second = new Listener();
  await target.connect(
    { url: parseEndpointUrl(`enet://127.0.0.1:${host.address.port}`), framing: { kind: 'message' } },
    { frame: (f) => second.frame(f), ended: (e) => second.ended(e) },
  );
  expect(remotes.size).toBe(1);
  connection.send({ bytes: bytes('a'), carrier: { channel: 2, reliable: true, unsequenced: false } });
  connection.send({ bytes: bytes('b'), carrier: { channel: 1, reliable: false, unsequenced: true } });
  await listener.until(() => listener.frames.length === 2);
  expect(listener.frames.map((f) => [text(f.bytes), f.carrier]).toSorted()).toEqual([
    ['a', { channel: 2, reliable: true, unsequenced: false }],
    ['b', { channel: 1, reliable: false, unsequenced: true }],
  ]);
  for (const peer of host.peers) {
    expect(peer.send(0, { data: bytes('bye'), flags: PacketFlag.reliable })).toBe(true);
    peer.disconnectLater(7);
  }
  await listener.until(() => listener.ending !== undefined);
  expect(text(listener.frames.at(-1)!.bytes)).toBe('bye');
  expect(listener.ending).toEqual({ by: 'server', text: 'server disconnected', code: 7 });
});

test('UDP datagrams come one frame each', async () => {
  const server = createSocket('udp4');
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => server.close());
  server.on('message', (data, from) => server.send(Buffer.from(`${data}!`), from.port, from.address));
  const { connection, listener } = await connect(`udp://127.0.0.1:${server.address().port}`);
  connection.send({ bytes: bytes('x') });
  await listener.until(() => listener.frames.length === 1);
  expect(text(listener.frames[0]!.bytes)).toBe('x!');
});
