import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { createDice } from '../traffic/clock.ts';
import { connected, createWorld, dial, listen, portOf, say, type World } from './world-for-tests.ts';

let world: World;
const fresh = (...args: Parameters<typeof createWorld>): World => (world = createWorld(...args));
afterEach(() => world.end());

test('bytes pass both ways as they came and every frame is recorded', async () => {
  const { sink } = fresh();
  const { client, server } = await connected(world);
  client.socket.write(`${say('hello')}\r\n`);
  await server.bytes(1);
  await server.lines(1);
  expect(server.text).toBe(`${say('hello')}\r\n`);
  server.socket.write(`${say('a')}\n${say('b')}\n`);
  await client.lines(2);
  await sink.untilFrames(3);
  expect(sink.texts('toServer')).toEqual([say('hello')]);
  expect(sink.texts('toClient')).toEqual([say('a'), say('b')]);
  expect(new TextDecoder().decode(sink.frames[0]!.tail)).toBe('\r\n');
  expect(world.control.readMeter()).toMatchObject({ exact: true, frames: 3, changedOnPurpose: 0 });
});

test('a stream cut at random places arrives as it was sent, in both modes and while they change', async () => {
  const { sink, control } = fresh();
  const { client, server } = await connected(world);
  const dice = createDice(7);
  const lines = Array.from(
    { length: 3000 },
    (_, i) => `${say('x'.repeat(dice.below(120)), i)}${dice.below(2) ? '\r\n' : '\n'}`,
  );
  const bytes = new TextEncoder().encode(lines.join(''));
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + dice.below(400);
    client.socket.write(bytes.subarray(at, at + size));
    server.socket.write(bytes.subarray(at, at + size));
    at += size;
    if (dice.below(30) === 0) {
      const on = dice.below(2) === 0;
      control.setRules(on ? [{ id: 'never', enabled: true, when: 'seq == 0', actions: [{ do: 'drop' }] }] : []);
    }
    if (dice.below(4) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all([server.bytes(bytes.length), client.bytes(bytes.length)]);
  expect(server.all).toEqual(bytes);
  expect(client.all).toEqual(bytes);
  await sink.untilFrames(6000);
  expect(sink.texts('toServer')).toEqual(lines.map((l) => l.trimEnd()));
  expect(control.readMeter()).toMatchObject({ exact: true, bytes: bytes.length * 2 });
});

test('a half-closed connection stays open the other way', async () => {
  fresh();
  const { client, server } = await connected(world);
  client.socket.end(`${say('last')}\n`);
  await server.until(() => server.ended);
  expect(server.text).toBe(`${say('last')}\n`);
  server.socket.write(`${say('still here')}\n`);
  await client.lines(1);
  server.socket.end();
  await client.until(() => client.ended);
  await world.sink.untilClosed();
  expect([...world.sink.connections.values()][0]).toMatchObject({ ending: 'client closed', protocol: 'toy' });
});

test('a reset on one side is a reset on the other', async () => {
  fresh();
  const { client, server } = await connected(world);
  server.socket.resetAndDestroy();
  await client.until(() => client.closed);
  expect(client.error?.code).toBe('ECONNRESET');
  await world.sink.untilClosed();
  expect([...world.sink.connections.values()][0]!.ending).toBe('server reset');
});

test('the upstream may be absent and come back without restarting the proxy', async () => {
  const { sink } = fresh();
  const first = await listen(world);
  const { port } = first;
  first.server.close();
  await once(first.server, 'close');
  const proxy = await world.start({ upstream: `tcp://127.0.0.1:${port}` });
  const refused = await dial(world, portOf(proxy));
  await refused.until(() => refused.closed);
  expect(refused.error?.code).toBe('ECONNRESET');
  await sink.untilClosed();
  expect(sink.connections.get(1)).toMatchObject({ ending: 'connect refused' });
  expect(sink.remarks[0]!.info.text).toContain('connection refused');
  const back = await listen(world, '127.0.0.1', port);
  const client = await dial(world, portOf(proxy));
  const server = await back.next();
  client.socket.write(`${say('again')}\n`);
  await server.lines(1);
  expect(server.text).toBe(`${say('again')}\n`);
});

test('the upstream can be changed at run time and live connections stay', async () => {
  fresh();
  const { proxy, client, server } = await connected(world);
  const second = await listen(world);
  await proxy.update({ ...proxy.status().spec, upstream: `tcp://127.0.0.1:${second.port}` });
  const later = await dial(world, portOf(proxy));
  const other = await second.next();
  later.socket.write(`${say('new')}\n`);
  client.socket.write(`${say('old')}\n`);
  await Promise.all([other.lines(1), server.lines(1)]);
  expect(other.text).toBe(`${say('new')}\n`);
  expect(server.text).toBe(`${say('old')}\n`);
});

test('many clients on several proxies at once keep apart', async () => {
  const { sink } = fresh();
  const peers = await Promise.all([listen(world), listen(world), listen(world, '::1')]);
  const hosts = ['127.0.0.1', 'localhost', '[::1]'];
  const proxies = await Promise.all(
    peers.map((peer, i) =>
      world.start({
        name: `p${i}`,
        listen: i === 2 ? 'tcp://[::1]:0' : 'tcp://127.0.0.1:0',
        upstream: `tcp://${hosts[i]}:${peer.port}`,
      }),
    ),
  );
  for (const peer of peers) peer.server.on('connection', (socket) => socket.on('data', (chunk) => socket.write(chunk)));
  const clients = await Promise.all(
    proxies.flatMap((proxy, i) =>
      Array.from({ length: 20 }, () => dial(world, portOf(proxy), i === 2 ? '::1' : '127.0.0.1')),
    ),
  );
  clients.forEach((client, i) => client.socket.write(`${say(`client ${i}`)}\n`));
  await Promise.all(clients.map((client) => client.lines(1)));
  clients.forEach((client, i) => expect(client.text).toBe(`${say(`client ${i}`)}\n`));
  await sink.untilFrames(120);
  expect(proxies.map((p) => p.status().connections)).toEqual([20, 20, 20]);
  expect(proxies.map((p) => p.status().frames)).toEqual([40, 40, 40]);
});

test('a slow reader makes the sender wait', async () => {
  fresh();
  const { client, server } = await connected(world, { protocol: 'auto' });
  server.socket.pause();
  const total = 64 * 1024 * 1024;
  const block = new Uint8Array(1024 * 1024).fill(10);
  let sent = 0;
  let blocked = false;
  for (let i = 0; i < 64; i++) {
    sent += block.length;
    if (!client.socket.write(block)) blocked = true;
  }
  expect(blocked).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  await client.until(() => client.socket.writableLength > 0);
  expect(client.socket.writableLength).toBeGreaterThan(0);
  server.socket.resume();
  await server.bytes(total);
  expect(server.size).toBe(sent);
}, 30_000);

test('a full recorder pauses the sockets until it drains', async () => {
  const { sink } = fresh();
  const { client, server } = await connected(world);
  sink.fill();
  client.socket.write(`${say('one')}\n`);
  await server.lines(1);
  client.socket.write(`${say('two')}\n`);
  // A round trip past the proxy proves that it had the time to read.
  const bystander = await listen(world);
  const other = await dial(world, bystander.port);
  other.socket.write('x');
  await (await bystander.next()).bytes(1);
  expect(sink.frames.length).toBe(1);
  sink.empty();
  await server.lines(2);
  expect(server.text).toBe(`${say('one')}\n${say('two')}\n`);
});

test('an unknown protocol is recorded read by read and passes as it is', async () => {
  const { sink } = fresh();
  const { client, server } = await connected(world, { protocol: 'auto' });
  const noise = new Uint8Array(300).map((_, i) => (i * 37) & 0xff);
  client.socket.write(noise);
  await server.bytes(300);
  client.socket.end();
  await server.until(() => server.ended);
  await sink.untilFrames(1);
  expect(Buffer.concat(sink.frames.map((f) => f.bytes))).toEqual(Buffer.from(noise));
});

test('a protocol is recognised by its first bytes', async () => {
  const { sink } = fresh();
  const { client, server } = await connected(world, { protocol: 'auto' });
  client.socket.write(`${say('hello')}\n${say('again')}\n`);
  await server.lines(2);
  await sink.untilFrames(2);
  expect(sink.connections.get(1)!.protocol).toBe('toy');
  expect(sink.texts()).toEqual([say('hello'), say('again')]);
});

test('listening beyond loopback needs to be allowed', async () => {
  fresh();
  await expect(world.start({ listen: 'tcp://0.0.0.0:0', upstream: 'tcp://127.0.0.1:1' })).rejects.toMatchObject({
    code: 'not-allowed',
  });
  const proxy = await world.start({ listen: 'tcp://0.0.0.0:0', upstream: 'tcp://127.0.0.1:1', allowRemote: true });
  expect(proxy.status().url).toMatch(/^tcp:\/\/0\.0\.0\.0:\d+$/);
});

test('a taken port, a bad URL, a missing upstream and an unknown protocol are clear errors', async () => {
  fresh();
  const peer = await listen(world);
  const upstream = 'tcp://127.0.0.1:1';
  await expect(world.start({ listen: `tcp://127.0.0.1:${peer.port}`, upstream })).rejects.toMatchObject({
    code: 'port-taken',
  });
  await expect(world.start({ listen: 'tcp:/127.0.0.1', upstream })).rejects.toMatchObject({ code: 'bad-url' });
  await expect(world.start({ upstream: 'udp://127.0.0.1:4' })).rejects.toMatchObject({ code: 'bad-url' });
  await expect(world.start({})).rejects.toMatchObject({ code: 'bad-config' });
  await expect(world.start({ upstream, protocol: 'nope' })).rejects.toMatchObject({ code: 'unknown-protocol' });
});

test('a client over the connection limit is reset', async () => {
  fresh();
  const { proxy } = await connected(world, { maxConnections: 1 });
  const second = await dial(world, portOf(proxy));
  await second.until(() => second.closed);
  expect(second.error?.code).toBe('ECONNRESET');
  expect(world.sink.remarks[0]!.info.text).toContain('limit of 1');
});

test('closing a connection or the proxy closes both sides', async () => {
  fresh();
  const { proxy, client, server, id } = await connected(world);
  proxy.closeConnection(id);
  await Promise.all([client.until(() => client.ended), server.until(() => server.ended)]);
  client.socket.end();
  server.socket.end();
  await world.sink.untilClosed();
  expect(world.sink.connections.get(id)!.ending).toBe('closed by the user');
  expect(() => proxy.closeConnection(id)).toThrow(/not open/);
  const next = await dial(world, portOf(proxy));
  await proxy.close();
  await next.until(() => next.ended || next.closed);
  expect(proxy.status().state).toBe('stopped');
});

test('a flipped bit on the way out turns the meter red and names the frame', async () => {
  let flip = false;
  const tamper = (bytes: Uint8Array): Uint8Array => {
    if (!flip) return bytes;
    const copy = Uint8Array.from(bytes);
    copy[3]! ^= 1;
    return copy;
  };
  fresh({ deps: { tamper } });
  const { client, server } = await connected(world);
  client.socket.write(`${say('fine')}\n`);
  await server.lines(1);
  expect(world.control.readMeter().exact).toBe(true);
  flip = true;
  client.socket.write(`${say('broken')}\n`);
  await server.lines(2);
  expect(world.control.readMeter()).toMatchObject({ exact: false, firstDifference: 2 });
});
