import { spawn } from 'node:child_process';
import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { findTarget } from '../relay/target-rule.ts';
import { makeTrust } from './tls-peers-for-tests.ts';
import { createWorld, dial, listen, portOf, Reader, say, type World } from './world-for-tests.ts';

let world: World;
const fresh = (): World => (world = createWorld());
afterEach(() => world.end());

async function udp(host = '127.0.0.1'): Promise<UdpSocket & { port: number; hear(): Promise<[Buffer, RemoteInfo]> }> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  socket.bind(0, host);
  await once(socket, 'listening');
  world.onEnd(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const heard: [Buffer, RemoteInfo][] = [];
  const waiting: ((said: [Buffer, RemoteInfo]) => void)[] = [];
  socket.on('message', (message, from) => {
    const resolve = waiting.shift();
    if (resolve) resolve([message, from]);
    else heard.push([message, from]);
  });
  return Object.assign(socket, {
    port: socket.address().port,
    hear: (): Promise<[Buffer, RemoteInfo]> => {
      const first = heard.shift();
      return first ? Promise.resolve(first) : new Promise((resolve) => waiting.push(resolve));
    },
  });
}

test('each UDP client has an upstream port of its own, and answers find their way back', async () => {
  const { sink } = fresh();
  const server = await udp();
  const proxy = await world.start({ listen: 'udp://127.0.0.1:0', upstream: `udp://localhost:${server.port}` });
  const clients = [await udp(), await udp()];
  for (const [i, client] of clients.entries()) client.send(say(`from ${i}`), portOf(proxy), '127.0.0.1');
  const seen = [await server.hear(), await server.hear()];
  expect(new Set(seen.map(([, from]) => from.port)).size).toBe(2);
  for (const [message, from] of seen) server.send(message, from.port, from.address);
  for (const [i, client] of clients.entries()) expect((await client.hear())[0].toString()).toBe(say(`from ${i}`));
  await sink.untilFrames(4);
  expect(sink.connections.size).toBe(2);
  expect([...sink.connections.values()][0]).toMatchObject({ transport: 'udp', protocol: 'toy' });
  expect(world.control.readMeter()).toMatchObject({ exact: true, frames: 4 });
  await proxy.close();
  expect([...sink.connections.values()].map((c) => c.ending)).toEqual(['closed by the user', 'closed by the user']);
});

test('UDP over IPv6, and a server that is not there', async () => {
  const { sink } = fresh();
  const server = await udp('::1');
  const proxy = await world.start({ listen: 'udp://[::1]:0', upstream: `udp://[::1]:${server.port}` });
  const client = await udp('::1');
  client.send('over six', portOf(proxy), '::1');
  expect((await server.hear())[0].toString()).toBe('over six');
  const gone = await udp();
  const { port } = gone;
  const lonely = await world.start({
    name: 'lonely',
    listen: 'udp://127.0.0.1:0',
    upstream: `udp://127.0.0.1:${port}`,
  });
  world.onEnd(() => undefined);
  await new Promise<void>((resolve) => {
    const end = gone.close.bind(gone);
    (gone as { close: (done?: () => void) => unknown }).close = (done) => done?.();
    end(resolve);
  });
  const other = await udp();
  other.send('anyone?', portOf(lonely), '127.0.0.1');
  await sink.until(() => sink.remarks.length > 0);
  expect(sink.remarks[0]!.info.text).toContain('Nothing listens');
});

test('a datagram too large to exist cannot be injected', async () => {
  const { sink } = fresh();
  const server = await udp();
  const proxy = await world.start({ listen: 'udp://127.0.0.1:0', upstream: `udp://127.0.0.1:${server.port}` });
  (await udp()).send('x', portOf(proxy), '127.0.0.1');
  await sink.untilFrames(1);
  const inject = (size: number): unknown =>
    proxy.inject({ connection: 1, direction: 'toServer', bytes: new Uint8Array(size) });
  expect(() => inject(65_508)).toThrow(/at most 65507/);
  inject(2000);
  expect((await server.hear())[0].toString()).toBe('x');
  expect((await server.hear())[0].length).toBe(2000);
});

/** A SOCKS5 client by hand: connects and asks for a target. */
async function socksAsk(
  port: number,
  command: number,
  host: string,
  target: number,
): Promise<{ reader: Reader; reply: Uint8Array }> {
  const reader = await dial(world, port);
  reader.socket.write(Uint8Array.of(5, 1, 0));
  await reader.bytes(2);
  expect([...reader.all]).toEqual([5, 0]);
  const name = Buffer.from(host);
  reader.socket.write(
    Buffer.concat([Uint8Array.of(5, command, 0, 3, name.length), name, Uint8Array.of(target >> 8, target & 255)]),
  );
  await reader.until(() => reader.size >= 12 || reader.ended);
  return { reader, reply: reader.all.subarray(2) };
}

test('a SOCKS5 client reaches its target under the rule for it', async () => {
  const { sink } = fresh();
  const peer = await listen(world);
  const proxy = await world.start({
    listen: 'socks5://127.0.0.1:0',
    targets: [
      { match: `*:${peer.port}`, protocol: 'toy' },
      { match: '*', passThrough: true },
    ],
  });
  const { reader, reply } = await socksAsk(portOf(proxy), 1, 'localhost', peer.port);
  expect(reply[1]).toBe(0);
  reader.socket.write(`${say('through socks')}\n`);
  const server = await peer.next();
  await server.lines(1);
  expect(server.text).toBe(`${say('through socks')}\n`);
  await sink.untilFrames(1);
  expect(sink.connections.get(1)).toMatchObject({ protocol: 'toy', server: { address: 'localhost', port: peer.port } });

  const other = await listen(world);
  const second = await socksAsk(portOf(proxy), 1, '127.0.0.1', other.port);
  second.reader.socket.write('untouched');
  await (await other.next()).bytes(9);
  expect(sink.frames.length).toBe(1);
});

test('SOCKS5 says when the target refuses and when a command is not known', async () => {
  fresh();
  const peer = await listen(world);
  peer.server.close();
  await once(peer.server, 'close');
  const proxy = await world.start({ listen: 'socks5://127.0.0.1:0' });
  expect((await socksAsk(portOf(proxy), 1, '127.0.0.1', peer.port)).reply[1]).toBe(5);
  expect((await socksAsk(portOf(proxy), 2, '127.0.0.1', peer.port)).reply[1]).toBe(7);
});

test('SOCKS5 carries datagrams with UDP ASSOCIATE while the connection stays open', async () => {
  const { sink } = fresh();
  const server = await udp();
  const proxy = await world.start({ listen: 'socks5://127.0.0.1:0', targets: [{ match: '*', protocol: 'toy' }] });
  const { reader, reply } = await socksAsk(portOf(proxy), 3, '0.0.0.0', 0);
  expect(reply[1]).toBe(0);
  const relayPort = reply[8]! * 256 + reply[9]!;
  const header = Uint8Array.of(0, 0, 0, 1, 127, 0, 0, 1, server.port >> 8, server.port & 255);
  const client = await udp();
  client.send([header, Buffer.from(say('dgram'))], relayPort, '127.0.0.1');
  const [message, from] = await server.hear();
  expect(message.toString()).toBe(say('dgram'));
  server.send('back', from.port, from.address);
  expect((await client.hear())[0]).toEqual(Buffer.concat([header, Buffer.from('back')]));
  reader.socket.destroy();
  await sink.untilClosed();
  expect(sink.connections.get(1)).toMatchObject({ transport: 'udp', protocol: 'toy', ending: 'idle' });
});

test('an HTTP CONNECT client reaches its target, and hears why not', async () => {
  const { sink } = fresh();
  const peer = await listen(world);
  const proxy = await world.start({ listen: 'http://127.0.0.1:0', targets: [{ match: 'localhost', protocol: 'toy' }] });
  const client = await dial(world, portOf(proxy));
  client.socket.write(`CONNECT localhost:${peer.port} HTTP/1.1\r\nHost: x\r\n\r\n${say('early')}\n`);
  const server = await peer.next();
  await server.lines(1);
  expect(server.text).toBe(`${say('early')}\n`);
  expect(client.text).toBe('HTTP/1.1 200 Connection Established\r\n\r\n');
  await sink.untilFrames(1);

  peer.server.close();
  const refused = await dial(world, portOf(proxy));
  refused.socket.write(`CONNECT 127.0.0.1:${peer.port} HTTP/1.1\r\n\r\n`);
  await refused.until(() => refused.ended);
  expect(refused.text).toMatch(/^HTTP\/1\.1 502 Bad Gateway[\s\S]*connection refused/);
  const plain = await dial(world, portOf(proxy));
  plain.socket.write('GET http://example.com/ HTTP/1.1\r\n\r\n');
  await plain.until(() => plain.ended);
  expect(plain.text).toMatch(/^HTTP\/1\.1 405/);
});

/** Runs curl; fails loudly when it is missing. */
async function curl(...args: string[]): Promise<string> {
  const child = spawn('curl', ['--silent', '--show-error', '--max-time', '10', ...args]);
  const out: Buffer[] = [];
  const errors: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`curl failed (${code}): ${Buffer.concat(errors).toString()}`);
  return Buffer.concat(out).toString();
}

test('curl goes through SOCKS5, HTTP CONNECT and intercepted TLS', async () => {
  const { sink } = fresh();
  const { local, remote } = await makeTrust(world);
  const plain = createHttpServer((_request, response) => response.end('plain page'));
  const secure = createHttpsServer(await remote.leaf('localhost'), (_request, response) => response.end('secure page'));
  for (const server of [plain, secure]) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    world.onEnd(() => server.close());
  }
  const at = (server: typeof plain): number => (server.address() as AddressInfo).port;
  const authority = { authority: () => Promise.resolve(local) };
  const targets = [{ match: `*:${at(secure as unknown as typeof plain)}`, transport: 'tls' as const }];
  const socks = await world.start(
    { name: 's', listen: 'socks5://127.0.0.1:0', targets, tls: { ca: remote.path } },
    authority,
  );
  const http = await world.start(
    { name: 'h', listen: 'http://127.0.0.1:0', targets, tls: { ca: remote.path } },
    authority,
  );
  const securePage = `https://localhost:${at(secure as unknown as typeof plain)}/`;
  expect(await curl('--socks5-hostname', `127.0.0.1:${portOf(socks)}`, `http://localhost:${at(plain)}/`)).toBe(
    'plain page',
  );
  expect(
    await curl('--proxy', `http://127.0.0.1:${portOf(http)}`, '--proxytunnel', `http://localhost:${at(plain)}/`),
  ).toBe('plain page');
  expect(await curl('--socks5-hostname', `127.0.0.1:${portOf(socks)}`, '--cacert', local.path, securePage)).toBe(
    'secure page',
  );
  expect(await curl('--proxy', `http://127.0.0.1:${portOf(http)}`, '--cacert', local.path, securePage)).toBe(
    'secure page',
  );
  expect(sink.texts('toServer').some((t) => t.includes('GET / HTTP/1.1'))).toBe(true);
  expect(sink.texts('toClient').some((t) => t.includes('secure page'))).toBe(true);
});

test('target rules match hosts and ports with wildcards, first match first', () => {
  const rules = [
    { match: '*.game.example:443', protocol: 'a' },
    { match: '10.0.*:*', protocol: 'b' },
    { match: '[::1]:9', protocol: 'c' },
    { match: '*:4004', protocol: 'd' },
    { match: 'plain', protocol: 'e' },
  ];
  const find = (host: string, port: number): string | undefined => findTarget(rules, host, port)?.protocol;
  expect(find('EU.game.example', 443)).toBe('a');
  expect(find('game.example', 443)).toBeUndefined();
  expect(find('10.0.3.4', 1)).toBe('b');
  expect(find('::1', 9)).toBe('c');
  expect(find('anything', 4004)).toBe('d');
  expect(find('plain', 1)).toBe('e');
});

test('a stray client of the SOCKS port is let go', async () => {
  fresh();
  const proxy = await world.start({ listen: 'socks5://127.0.0.1:0' });
  const socket = connect(portOf(proxy), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.write('GET / HTTP/1.1\r\n\r\n');
  socket.resume();
  await once(socket, 'close');
});
