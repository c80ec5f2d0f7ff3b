import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { WebSocketServer } from 'ws';
import { afterEach, expect, test } from 'vitest';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { openAuthority, removeAuthority } from './certificate-authority.ts';
import { dialTls, listenTls, makeTrust, scratch, type Trust } from './tls-peers-for-tests.ts';
import { dialWebSocket, Ears } from './websocket-peers-for-tests.ts';
import { createWorld, dial, listen, portOf, say, type World } from './world-for-tests.ts';
import type { RunningProxy } from './proxy.ts';

const OPENSSL = 'openssl';

let world: World;
let trust: Trust;
const fresh = async (): Promise<void> => {
  world = createWorld();
  trust = await makeTrust(world);
  const { local } = trust;
  const start = world.start;
  (world as { start: World['start'] }).start = (spec, deps) =>
    start(spec, { authority: () => Promise.resolve(local), ...deps });
};
afterEach(() => world.end());

const between = (port: number, spec: Partial<ProxySpec> = {}): Promise<RunningProxy> =>
  world.start({
    listen: 'tls://127.0.0.1:0',
    upstream: `tls://127.0.0.1:${port}`,
    ...spec,
    tls: { ca: trust.remote.path, serverName: 'localhost', ...spec.tls },
  });

test('TLS on both sides: the client sees our leaf, the server is verified, frames are plain', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote, { ALPNProtocols: ['toy/2', 'toy/1'] });
  const proxy = await between(peer.port);
  const client = await dialTls(world, portOf(proxy), {
    ca: trust.local.certificate,
    ALPNProtocols: ['toy/1', 'other'],
  });
  const server = await peer.next();
  expect(client.socket.authorized).toBe(true);
  expect(client.socket.getPeerCertificate().issuer.O).toBe('Interpose local authority');
  expect(client.socket.alpnProtocol).toBe('toy/1');
  expect(server.socket.alpnProtocol).toBe('toy/1');
  client.socket.write(`${say('secret')}\n`);
  await server.lines(1);
  server.socket.end(`${say('yes')}\n`);
  await client.until(() => client.ended);
  expect(client.text).toBe(`${say('yes')}\n`);
  client.socket.end();
  await world.sink.untilClosed();
  expect(world.sink.texts()).toEqual([say('secret'), say('yes')]);
  expect(world.sink.connections.get(1)).toMatchObject({
    transport: 'tls',
    ending: 'server closed',
    details: {
      tls: 'TLSv1.3',
      serverName: 'localhost',
      alpn: 'toy/1',
      'upstream.verified': true,
      'upstream.certificate': 'localhost',
    },
  });
  expect(world.control.readMeter().exact).toBe(true);
});

test('a plain client reaches a TLS server, and a TLS client a plain server', async () => {
  await fresh();
  const secure = await listenTls(world, trust.remote);
  const outward = await between(secure.port, { listen: 'tcp://127.0.0.1:0' });
  const plainClient = await dial(world, portOf(outward));
  plainClient.socket.write(`${say('out')}\n`);
  const secureServer = await secure.next();
  await secureServer.lines(1);
  expect(secureServer.text).toBe(`${say('out')}\n`);

  const plain = await listen(world);
  const inward = await world.start({
    name: 'in',
    listen: 'tls://127.0.0.1:0',
    upstream: `tcp://127.0.0.1:${plain.port}`,
  });
  const secureClient = await dialTls(world, portOf(inward), { ca: trust.local.certificate });
  const plainServer = await plain.next();
  plainServer.socket.write(`${say('in')}\n`);
  await secureClient.lines(1);
  expect(secureClient.text).toBe(`${say('in')}\n`);
});

test('a TLS server that resets while the client still shakes hands harms nobody', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port);
  const client = await dial(world, portOf(proxy));
  // A client that says hello, and then nothing.
  client.socket.write(await clientHello());
  const { socket } = await peer.next();
  // The proxy has shaken hands with the server when it answers the client.
  await client.until(() => client.text.length > 0);
  peer.resetAll();
  await once(socket, 'close');
  client.socket.end();
  await world.sink.untilClosed();
  expect(world.sink.connections.get(1)!.ending).toBe('TLS failed');
  // The proxy goes on.
  const again = await dialTls(world, portOf(proxy), { ca: trust.local.certificate });
  expect(again.socket.authorized).toBe(true);
});

/** The first bytes of a TLS client. */
function clientHello(): Promise<Buffer> {
  return new Promise((resolve) => {
    const wire = new Duplex({
      read: () => undefined,
      write: (chunk: Buffer) => resolve(chunk),
    });
    connect({ socket: wire, servername: 'localhost' }).on('error', () => undefined);
  });
}

test('an upstream that cannot be verified is refused with an explanation, unless verification is off', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const strict = await world.start({ listen: 'tls://127.0.0.1:0', upstream: `tls://localhost:${peer.port}` });
  const refused = await dialTls(world, portOf(strict), { ca: trust.local.certificate });
  await refused.until(() => refused.closed);
  await world.sink.untilClosed();
  expect(world.sink.connections.get(1)!.ending).toBe('TLS failed');
  expect(world.sink.remarks[0]!.info).toMatchObject({ code: 'tls-failed', severity: 'error' });
  expect(world.sink.remarks[0]!.info.text).toMatch(/signed by nobody this machine trusts.*tls\.verify/);

  const lax = await world.start({
    name: 'lax',
    listen: 'tls://127.0.0.1:0',
    upstream: `tls://localhost:${peer.port}`,
    tls: { verify: false },
  });
  const client = await dialTls(world, portOf(lax), { ca: trust.local.certificate });
  client.socket.write(`${say('hi')}\n`);
  const server = await peer.next();
  await server.lines(1);
  expect(world.sink.connections.get(2)!.details['upstream.verified']).toBe(false);
});

test('a certificate for another name is refused and said so', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote, { host: 'other.example' });
  const proxy = await between(peer.port);
  const client = await dialTls(world, portOf(proxy), { ca: trust.local.certificate });
  await client.until(() => client.closed);
  await world.sink.until(() => world.sink.remarks.length > 0);
  expect(world.sink.remarks[0]!.info.text).toContain('for another name');
});

test('a client that pins its certificate fails with an explanation', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port);
  const client = await dialTls(world, portOf(proxy), { ca: trust.remote.certificate });
  await client.until(() => client.closed);
  expect(client.error).toBeDefined();
  await world.sink.until(() => world.sink.remarks.length > 0);
  expect(world.sink.remarks[0]!.info.text).toMatch(/tls\.passThrough/);
});

test('a listed host is passed through untouched', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port, { tls: { passThrough: ['*.example', 'local*'] } });
  const client = await dialTls(world, portOf(proxy), { ca: trust.remote.certificate });
  const server = await peer.next();
  expect(client.socket.authorized).toBe(true);
  client.socket.write('unseen');
  await server.bytes(6);
  expect(world.sink.frames).toEqual([]);
  expect(world.sink.connections.get(1)!.details).toEqual({ passThrough: true, serverName: 'localhost' });
});

test('a client that speaks no TLS is told', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port);
  const client = await dial(world, portOf(proxy));
  client.socket.write('GET / HTTP/1.1\r\n\r\n');
  await client.until(() => client.closed);
  await world.sink.until(() => world.sink.remarks.length > 0);
  expect(world.sink.remarks[0]!.info.text).toContain('does not speak TLS');
});

test('a client certificate is presented upstream, and one is asked of the client', async () => {
  await fresh();
  const directory = await scratch(world);
  const pair = await trust.remote.leaf('player.example');
  await writeFile(join(directory, 'client.pem'), pair.cert);
  await writeFile(join(directory, 'client-key.pem'), pair.key);
  const peer = await listenTls(world, trust.remote, { requestCert: true, rejectUnauthorized: false });
  const proxy = await between(peer.port, {
    tls: { cert: join(directory, 'client.pem'), key: join(directory, 'client-key.pem'), requestCert: true },
  });
  await dialTls(world, portOf(proxy), { ca: trust.local.certificate, ...pair });
  const server = await peer.next();
  expect(server.socket.getPeerCertificate().subject.CN).toBe('player.example');
  await world.sink.until(() => world.sink.connections.get(1)?.details['client.certificate'] !== undefined);
  expect(world.sink.connections.get(1)!.details['client.certificate']).toBe('player.example');
});

test('a minimum version is kept on both sides', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote, { maxVersion: 'TLSv1.2' });
  const proxy = await between(peer.port, { tls: { minVersion: 'TLSv1.3' } });
  const client = await dialTls(world, portOf(proxy), { ca: trust.local.certificate });
  await client.until(() => client.closed);
  await world.sink.until(() => world.sink.remarks.length > 0);
  expect(world.sink.remarks[0]!.info.code).toBe('tls-failed');
});

test('session secrets are logged for both sides when asked', async () => {
  await fresh();
  const directory = await scratch(world);
  const keyLog = join(directory, 'keys.log');
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port, { tls: { keyLog } });
  const client = await dialTls(world, portOf(proxy), { ca: trust.local.certificate });
  client.socket.write(`${say('x')}\n`);
  const server = await peer.next();
  await server.lines(1);
  await expect
    .poll(() => (existsSync(keyLog) ? readFile(keyLog, 'utf8') : ''))
    .toMatch(/(CLIENT_TRAFFIC_SECRET_0 [\s\S]*){2}/);
  expect((await stat(keyLog)).mode & 0o777).toBe(0o600);
});

test('wss on both sides keeps HTTP/1.1 and carries frames', async () => {
  await fresh();
  const server = createHttpsServer({ ...(await trust.remote.leaf('localhost')), ALPNProtocols: ['h2', 'http/1.1'] });
  const sockets = new WebSocketServer({ server });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  world.onEnd(() => {
    sockets.close();
    server.close();
  });
  const proxy = await world.start({
    listen: 'wss://127.0.0.1:0',
    upstream: `wss://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tls: { ca: trust.remote.path, serverName: 'localhost' },
  });
  const arrives = once(sockets, 'connection');
  const client = await dialWebSocket(world, `wss://localhost:${portOf(proxy)}/game`, { ca: trust.local.certificate });
  const [socket] = (await arrives) as [import('ws').WebSocket];
  const ears = new Ears(socket);
  client.socket.send(say('hello'));
  await ears.count(1);
  socket.close(1000, 'done');
  await client.count(1);
  expect(client.heard).toEqual([{ kind: 'close', data: '1000 done' }]);
  await world.sink.untilFrames(3);
  expect(world.sink.texts('toServer')[0]).toBe(say('hello'));
  expect(world.sink.connections.get(1)).toMatchObject({ transport: 'wss', details: { request: 'GET /game HTTP/1.1' } });
});

test('openssl s_client talks through tls://', async () => {
  await fresh();
  const peer = await listenTls(world, trust.remote);
  const proxy = await between(peer.port);
  const child = spawn(OPENSSL, [
    's_client',
    '-connect',
    `127.0.0.1:${portOf(proxy)}`,
    '-servername',
    'localhost',
    '-CAfile',
    trust.local.path,
    '-verify_return_error',
    '-quiet',
  ]);
  world.onEnd(() => child.kill());
  const failed = once(child, 'error').then(([error]) =>
    Promise.reject(new Error(`openssl is missing: ${String(error)}`)),
  );
  failed.catch(() => undefined);
  child.stdin.write(`${say('from openssl')}\n`);
  const server = await Promise.race([peer.next(), failed]);
  await server.lines(1);
  expect(server.text).toBe(`${say('from openssl')}\n`);
});

test('the authority is made once, for its owner only, and can be removed', async () => {
  await fresh();
  const directory = join(await scratch(world), 'ca');
  const [first, second] = await Promise.all([openAuthority(directory), openAuthority(directory)]);
  expect(first).toBe(second);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, 'interpose-ca-key.pem'))).mode & 0o777).toBe(0o600);
  expect(dirname(first.path)).toBe(directory);
  expect(first.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  expect(await first.leaf('Game.Example')).toBe(await first.leaf('game.example'));
  await removeAuthority(directory);
  const next = await openAuthority(directory);
  expect(next.fingerprint).not.toBe(first.fingerprint);
});

test('a damaged authority says what to do', async () => {
  await fresh();
  const directory = await scratch(world);
  await writeFile(join(directory, 'interpose-ca.pem'), 'not a certificate');
  await writeFile(join(directory, 'interpose-ca-key.pem'), 'nor a key');
  await expect(openAuthority(directory)).rejects.toMatchObject({
    code: 'bad-config',
    message: expect.stringContaining('ca remove'),
  });
});

test('listening for TLS without an authority is refused', async () => {
  world = createWorld();
  await expect(world.start({ listen: 'tls://127.0.0.1:0', upstream: 'tcp://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'bad-config',
  });
});
