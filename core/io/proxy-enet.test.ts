import { afterEach, expect, test } from 'vitest';
import { belowValues, belowView } from '../capture/below/below-frame.ts';
import { enetValues } from '../capture/below/enet.ts';
import { createDice } from '../traffic/clock.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { dialEnet, listenEnetPeer } from './enet-peers-for-tests.ts';
import { createWorld, portOf, say, type World } from './world-for-tests.ts';

let world: World;
const fresh = (): World => (world = createWorld());
afterEach(() => world.end());

async function pair(options: Parameters<typeof dialEnet>[2] = {}, spec: Partial<ProxySpec> = {}, query = '') {
  const { checksum = false, compression = 'none' } = options;
  const peer = await listenEnetPeer(world, { checksum, compression });
  const proxy = await world.start({
    listen: `enet://127.0.0.1:0${query}`,
    upstream: `enet://127.0.0.1:${peer.port}${query}`,
    ...spec,
  });
  const client = await dialEnet(world, portOf(proxy), options);
  const server = await peer.next();
  await world.sink.until(() => proxy.connections.length > 0);
  return { peer, proxy, client, server };
}

test('channel count, connect data, flags and channels are the same on both sides', async () => {
  const { sink } = fresh();
  const { client, server } = await pair({ channels: 3, data: 4711 });
  expect(server.peer.channelCount).toBe(3);
  expect(server.data).toBe(4711);
  client.say(say('reliable'), 0, 1);
  await server.count(1);
  client.say(say('unreliable'), 1, 0);
  await server.count(2);
  client.say(say('unsequenced'), 2, 2);
  await server.count(3);
  expect(server.heard).toEqual([
    { channel: 0, reliable: true, unsequenced: false, text: say('reliable') },
    { channel: 1, reliable: false, unsequenced: false, text: say('unreliable') },
    { channel: 2, reliable: false, unsequenced: true, text: say('unsequenced') },
  ]);
  await sink.untilFrames(3);
  sink.frames.forEach((f, i) => expect(server.heard[i]).toMatchObject(f.carrier));
  expect(sink.connections.get(1)).toMatchObject({
    transport: 'enet',
    protocol: 'toy',
    details: { channels: 3, connectData: 4711, 'upstream.channels': 3 },
  });
  expect(world.control.readMeter()).toMatchObject({ exact: true, frames: 3 });
});

test('many messages of any size both ways arrive whole and in order on each channel', async () => {
  fresh();
  const { client, server } = await pair({ channels: 2 }, { protocol: 'auto' });
  const dice = createDice(3);
  const messages = Array.from({ length: 400 }, (_, i) => {
    const bytes = new Uint8Array(1 + dice.below(i % 50 === 0 ? 60_000 : 300));
    for (let j = 0; j < bytes.length; j++) bytes[j] = dice.below(256);
    return bytes;
  });
  messages.forEach((bytes, i) => {
    client.say(bytes, i % 2);
    server.say(bytes, i % 2);
  });
  await Promise.all([client.count(400), server.count(400)]);
  for (const ears of [client, server]) {
    for (const channel of [0, 1]) {
      const got = ears.packets.filter((_, i) => ears.heard[i]!.channel === channel);
      expect(got).toEqual(messages.filter((_, i) => i % 2 === channel));
    }
  }
  expect(world.control.readMeter().exact).toBe(true);
});

test('disconnects carry their data to the other side, from either side', async () => {
  const { sink } = fresh();
  const one = await pair();
  one.client.peer.disconnect(77);
  await one.server.until(() => one.server.gone !== undefined);
  expect(one.server.gone).toMatchObject({ reason: 'remote', data: 77 });
  await sink.untilClosed();
  expect(sink.connections.get(1)!.ending).toBe('client disconnected (77)');
  const client = await dialEnet(world, portOf(one.proxy));
  const server = await one.peer.next();
  server.say(say('last words'));
  server.peer.disconnectLater(9);
  await client.until(() => client.gone !== undefined);
  expect(client.heard.map((h) => h.text)).toEqual([say('last words')]);
  expect(client.gone).toMatchObject({ reason: 'remote', data: 9 });
  await sink.untilClosed(2);
  expect(sink.connections.get(2)!.ending).toBe('server disconnected (9)');
});

test('a side that falls silent is timed out, and the other side finds out as if the line were cut', async () => {
  const { sink } = fresh();
  const [one, two] = [await pair(), await pair()];
  // A line that is known to be quick is given up after five seconds; at first ENet takes it for a slow one.
  for (const { client, server } of [one, two]) {
    for (let i = 0; i < 80; i++) {
      client.say(say('quick'));
      server.say(say('quick'));
    }
    await Promise.all([client.count(80), server.count(80)]);
    for (const { peer } of [client, server]) peer.setTimeout(1, 500, 1000);
  }
  // Gone without a word.
  one.client.peer.reset();
  two.server.peer.reset();
  await Promise.all([
    one.server.until(() => one.server.gone !== undefined),
    two.client.until(() => two.client.gone !== undefined),
  ]);
  expect([one.server.gone!.reason, two.client.gone!.reason]).toEqual(['timeout', 'timeout']);
  await sink.untilClosed(2);
  expect([1, 2].map((id) => sink.connections.get(id)!.ending)).toEqual(['client timed out', 'server timed out']);
}, 60_000);

test('IPv6 is spoken on both sides', async () => {
  const { sink } = fresh();
  const peer = await listenEnetPeer(world, { address: '::1' });
  const proxy = await world.start({ listen: 'enet://[::1]:0', upstream: `enet://[::1]:${peer.port}` });
  const client = await dialEnet(world, portOf(proxy), { address: '::1' });
  const server = await peer.next();
  client.say(say('over six'));
  await server.count(1);
  expect(server.heard[0]!.text).toBe(say('over six'));
  await sink.untilFrames(1);
  expect(sink.connections.get(1)).toMatchObject({ client: { address: '::1' }, server: { address: '::1' } });
});

test('a server that refuses or is absent ends the client, and may come back', async () => {
  const { sink } = fresh();
  const peer = await listenEnetPeer(world);
  peer.host.on('connect', (other) => other.disconnectNow(5));
  const proxy = await world.start({ listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${peer.port}` });
  const client = await dialEnet(world, portOf(proxy));
  await client.until(() => client.gone !== undefined);
  expect(client.gone!.data).toBe(5);
  await sink.untilClosed();
  const gone = await listenEnetPeer(world);
  const { port } = gone;
  await gone.host.close();
  await proxy.update({ ...proxy.status().spec, upstream: `enet://127.0.0.1:${port}` });
  const lost = await dialEnet(world, portOf(proxy));
  await lost.until(() => lost.gone !== undefined);
  await sink.untilClosed(2);
  expect(sink.remarks.at(-1)!.info.text).toContain('No ENet server answered');
  const back = await listenEnetPeer(world, {}, port);
  const again = await dialEnet(world, portOf(proxy));
  again.say(say('hello again'));
  const server = await back.next();
  await server.count(1);
  expect(server.heard[0]!.text).toBe(say('hello again'));
}, 20_000);

test('held messages keep both peers alive, and only their own channel waits', async () => {
  const { control } = fresh();
  const { client, server } = await pair({ channels: 2 });
  for (const ears of [client, server]) ears.peer.setTimeout(1, 600, 600);
  control.setBreakpoints([{ id: 'b', filter: 'text == "stop"', enabled: true, limitMs: 0, onLimit: 'forward' }]);
  client.say(say('stop'), 0);
  client.say(say('behind'), 0);
  client.say(say('beside'), 1);
  await server.count(1);
  expect(server.heard[0]).toMatchObject({ channel: 1, text: say('beside') });
  // Longer than the time-out: both sides are still served.
  await new Promise((resolve) => setTimeout(resolve, 1200));
  expect([client.gone, server.gone]).toEqual([undefined, undefined]);
  control.decide([1], { action: 'edit', bytes: new TextEncoder().encode(say('go on')) });
  await server.count(3);
  expect(server.heard.slice(1).map((h) => h.text)).toEqual([say('go on'), say('behind')]);
  expect(control.readMeter().exact).toBe(true);
});

test('messages are injected with channel and reliability chosen; a channel that does not exist is refused', async () => {
  fresh();
  const { client, server, proxy } = await pair({ channels: 2 });
  const bytes = new TextEncoder().encode(say('ours'));
  proxy.inject({ connection: 1, direction: 'toServer', bytes, carrier: { channel: 1, reliable: false } });
  proxy.inject({ connection: 1, direction: 'toClient', bytes });
  await Promise.all([server.count(1), client.count(1)]);
  expect(server.heard[0]).toEqual({ channel: 1, reliable: false, unsequenced: false, text: say('ours') });
  expect(client.heard[0]).toMatchObject({ channel: 0, reliable: true });
  expect(() => proxy.inject({ connection: 1, direction: 'toServer', bytes, carrier: { channel: 2 } })).toThrow(
    /no channel 2/,
  );
});

test('checksums and compression are spoken when the URL says so', async () => {
  fresh();
  const { client, server } = await pair(
    { checksum: true, compression: 'range-coder' },
    {},
    '?checksum&compression=range-coder',
  );
  client.say(say('x'.repeat(500)));
  await server.count(1);
  expect(server.heard[0]!.text).toBe(say('x'.repeat(500)));
  await expect(world.start({ listen: 'enet://127.0.0.1:0?zip', upstream: 'enet://127.0.0.1:1' })).rejects.toMatchObject(
    { code: 'bad-url' },
  );
});

/** What a proxied connection's commands are called, and which way they went. */
const commandsOf = (): string[] =>
  world.sink.bare.flatMap(({ direction, headers }) =>
    enetValues(headers).map(({ command }) => `${direction === 'toServer' ? '→' : '←'} ${command}`),
  );

test.each([[{}], [{ tap: true }]])('each message has the ENet commands that carried it (%o)', async (how) => {
  const { sink } = fresh();
  const { client, server } = await pair({ channels: 2 }, { protocol: 'auto', ...how });
  client.say(say('whole'), 1);
  await server.count(1);
  server.say(say('x'.repeat(4000)), 0);
  await client.count(1);
  await sink.untilFrames(2);
  const [whole, inParts] = sink.frames.map((frame) => belowValues(frame));
  expect(whole).toMatchObject([{ command: 'sendReliable', channel: 1, reliableSequence: 1 }]);
  expect(whole![0]).toMatchObject({ dataLength: say('whole').length, datagram: { sentTime: expect.any(Number) } });
  expect(
    inParts!.map(({ command, fragmentNumber, fragmentCount }) => [command, fragmentNumber, fragmentCount]),
  ).toEqual([0, 1, 2].map((i) => ['sendFragment', i, 3]));
  // The tree's bytes are what crossed the wire: header, command, payload.
  const { bytes, root } = belowView(sink.frames[0]!)!;
  expect(root.children.map(({ name }) => name)).toEqual(['datagram', 'sendReliable']);
  expect(new TextDecoder().decode(bytes.subarray(4 + 6))).toBe(say('whole'));
  // Commands without a message cost something: only who asks gets them.
  expect(sink.bare).toEqual([]);
});

test.each([[{}], [{ tap: true }]])('commands that bring no message are recorded when asked for (%o)', async (how) => {
  const { sink } = fresh();
  const { client, server } = await pair({ channels: 2 }, { carrierCommands: true, ...how });
  client.say(say('hello'));
  await server.count(1);
  server.say(say('you too'));
  await client.count(1);
  client.peer.ping();
  await sink.until(() => commandsOf().includes('→ ping'));
  client.peer.disconnect(5);
  await sink.untilClosed();
  await sink.until(() => commandsOf().some((text) => text.endsWith('disconnect')));
  const told = commandsOf();
  expect(told[0]).toBe('→ connect');
  expect(told).toContain('← verifyConnect');
  expect(told).toContain('→ acknowledge');
  expect(told).toContain('← acknowledge');
  expect(new Set(sink.bare.map(({ conn }) => conn))).toEqual(new Set([1]));
  for (const { time, mono } of sink.bare) expect([time, mono].every(Number.isFinite)).toBe(true);
});

test('a tap forwards datagrams untouched and sees the messages all the same', async () => {
  const { sink, control } = fresh();
  const { client, server, proxy } = await pair({ channels: 2, data: 3 }, { tap: true });
  control.setRules([{ id: 'r', enabled: true, when: '', actions: [{ do: 'drop' }] }]);
  client.say(say('to you'), 1);
  await server.count(1);
  server.say(say('to me'));
  await client.count(1);
  await sink.untilFrames(2);
  expect(sink.texts()).toEqual([say('to you'), say('to me')]);
  expect(sink.frames[0]).toMatchObject({ fate: 'forwarded', carrier: { channel: 1, reliable: true } });
  expect(sink.connections.get(1)).toMatchObject({
    protocol: 'toy',
    details: { tap: true, channels: 2, connectData: 3 },
  });
  expect(() => proxy.inject({ connection: 1, direction: 'toServer', bytes: new Uint8Array(1) })).toThrow(
    /turn tap off/,
  );
  client.peer.disconnect(6);
  await Promise.all([sink.untilClosed(), server.until(() => server.gone !== undefined)]);
  expect(server.gone).toMatchObject({ data: 6 });
  expect(sink.connections.get(1)!.ending).toBe('client disconnected (6)');
});

test('closing the proxy tells both sides', async () => {
  fresh();
  const { client, server, proxy } = await pair();
  await proxy.close();
  await Promise.all([client.until(() => client.gone !== undefined), server.until(() => server.gone !== undefined)]);
  expect(world.sink.connections.get(1)!.ending).toBe('closed by the user');
});
