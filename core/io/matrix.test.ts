/** Every carrier × everything a user may do with its traffic, on real sockets. One test per cell. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { afterEach, expect, test } from 'vitest';
import type { Rule, RuleAction } from '../traffic/control.ts';
import type { Transport } from '../traffic/frame.ts';
import type { RunningProxy } from './proxy.ts';
import { dialEnet, type EnetEars, listenEnetPeer } from './enet-peers-for-tests.ts';
import { dialTls, listenTls, makeTrust } from './tls-peers-for-tests.ts';
import { dialWebSocket, Ears, listenWebSocket } from './websocket-peers-for-tests.ts';
import { connected, createWorld, portOf, type Reader, say, type World } from './world-for-tests.ts';

let world: World;
afterEach(() => world.end());

/** One side of a connection, whatever carries it: says messages and hears them. */
interface Side {
  say(text: string): void;
  /** Waits until so many were heard; gives all heard. */
  hear(count: number): Promise<readonly string[]>;
}
interface Pair {
  readonly proxy: RunningProxy;
  readonly client: Side;
  readonly server: Side;
}

const lines = (reader: Reader): Side => ({
  say: (text) => void reader.socket.write(`${text}\n`),
  hear: async (count) => {
    await reader.lines(count);
    return reader.text.split('\n').slice(0, -1);
  },
});
const messages = (ears: Ears): Side => ({
  say: (text) => ears.socket.send(text),
  hear: async (count) => {
    await ears.count(count);
    return ears.texts;
  },
});
const packets = (ears: EnetEars): Side => ({
  say: (text) => ears.say(text),
  hear: async (count) => {
    await ears.count(count);
    return ears.heard.map((h) => h.text);
  },
});

async function udpSide(
  send: (text: string, socket: ReturnType<typeof createSocket>, from: AddressInfo | undefined) => void,
) {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  world.onEnd(() => new Promise<void>((resolve) => socket.close(() => resolve())));
  const heard: string[] = [];
  let from: AddressInfo | undefined;
  let wake = (): void => undefined;
  socket.on('message', (message, info) => {
    heard.push(message.toString());
    from = { address: info.address, port: info.port, family: 'IPv4' };
    wake();
  });
  const side: Side = {
    say: (text) => send(text, socket, from),
    hear: async (count) => {
      while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return heard;
    },
  };
  return { side, port: socket.address().port };
}

const PAIRS: Readonly<Record<Transport, () => Promise<Pair>>> = {
  async tcp() {
    const { proxy, client, server } = await connected(world);
    return { proxy, client: lines(client), server: lines(server) };
  },
  async tls() {
    const { local, remote } = await makeTrust(world);
    const peer = await listenTls(world, remote);
    const proxy = await world.start(
      {
        listen: 'tls://127.0.0.1:0',
        upstream: `tls://127.0.0.1:${peer.port}`,
        tls: { ca: remote.path, serverName: 'localhost' },
      },
      { authority: () => Promise.resolve(local) },
    );
    const client = await dialTls(world, portOf(proxy), { ca: local.certificate });
    return { proxy, client: lines(client), server: lines(await peer.next()) };
  },
  async ws() {
    const peer = await listenWebSocket(world, { perMessageDeflate: { threshold: 0 } });
    const proxy = await world.start({ listen: 'ws://127.0.0.1:0', upstream: `ws://127.0.0.1:${peer.port}` });
    const client = await dialWebSocket(world, `ws://127.0.0.1:${portOf(proxy)}/`, {
      perMessageDeflate: { threshold: 0 },
    });
    return { proxy, client: messages(client), server: messages(await peer.next()) };
  },
  async wss() {
    const { local, remote } = await makeTrust(world);
    const https = createHttpsServer(await remote.leaf('localhost'));
    const sockets = new WebSocketServer({ server: https });
    https.listen(0, '127.0.0.1');
    await once(https, 'listening');
    world.onEnd(() => {
      for (const socket of sockets.clients) socket.terminate();
      https.close();
    });
    const proxy = await world.start(
      {
        listen: 'wss://127.0.0.1:0',
        upstream: `wss://127.0.0.1:${(https.address() as AddressInfo).port}`,
        tls: { ca: remote.path, serverName: 'localhost' },
      },
      { authority: () => Promise.resolve(local) },
    );
    const arrives = once(sockets, 'connection');
    const client = await dialWebSocket(world, `wss://localhost:${portOf(proxy)}/`, { ca: local.certificate });
    const [socket] = (await arrives) as [WebSocket];
    return { proxy, client: messages(client), server: messages(new Ears(socket)) };
  },
  async enet() {
    const peer = await listenEnetPeer(world);
    const proxy = await world.start({ listen: 'enet://127.0.0.1:0', upstream: `enet://127.0.0.1:${peer.port}` });
    const client = await dialEnet(world, portOf(proxy));
    const server = await peer.next();
    await world.sink.until(() => proxy.connections.length > 0);
    return { proxy, client: packets(client), server: packets(server) };
  },
  async udp() {
    const server = await udpSide((text, socket, from) => socket.send(text, from!.port, from!.address));
    const proxy = await world.start({ listen: 'udp://127.0.0.1:0', upstream: `udp://127.0.0.1:${server.port}` });
    const client = await udpSide((text, socket) => socket.send(text, portOf(proxy), '127.0.0.1'));
    return { proxy, client: client.side, server: server.side };
  },
};

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const rule = (when: string, ...actions: RuleAction[]): Rule => ({ id: 'r', when, enabled: true, actions });
const frames = (): string[] => world.sink.frames.map((f) => `${f.direction} ${new TextDecoder().decode(f.bytes)}`);

/** A first round trip: the connection is there, its protocol is known. */
async function greeted(pair: Pair): Promise<void> {
  pair.client.say(say('hello'));
  await pair.server.hear(1);
  pair.server.say(say('welcome'));
  await pair.client.hear(1);
  await world.sink.untilFrames(2);
}

const CELLS: Readonly<Record<string, (pair: Pair) => Promise<void>>> = {
  async inspect() {
    const [first] = world.sink.frames;
    expect(frames()).toEqual([`toServer ${say('hello')}`, `toClient ${say('welcome')}`]);
    expect(world.sink.connections.get(first!.conn)).toMatchObject({ protocol: 'toy', proxy: 'proxy' });
    expect(first).toMatchObject({ origin: 'wire', fate: 'forwarded' });
  },
  async hold({ client, server }) {
    world.control.setBreakpoints([
      { id: 'b', filter: 'text == "stop"', enabled: true, limitMs: 0, onLimit: 'forward' },
    ]);
    client.say(say('stop'));
    client.say(say('behind'));
    await world.sink.untilFrames(4);
    expect(world.control.held()).toMatchObject([{ n: 3, direction: 'toServer', message: 'say' }]);
    server.say(say('the other way is free'));
    await client.hear(2);
    world.control.decide([3], { action: 'forward' });
    expect((await server.hear(3)).slice(1)).toEqual([say('stop'), say('behind')]);
    await world.sink.until(() => (world.sink.frames[2]!.heldMs ?? 0) > 0);
  },
  async edit({ client, server }) {
    world.control.setRules([rule('text == "change me"', { do: 'set', path: 'text', value: 'changed' })]);
    client.say(say('change me', 5));
    client.say(say('not me', 6));
    expect((await server.hear(3)).slice(1)).toEqual([say('changed', 5), say('not me', 6)]);
    await world.sink.until(() => world.sink.frames[2]?.fate === 'edited');
    expect(world.sink.frames[2]).toMatchObject({
      bytes: bytes(say('change me', 5)),
      sent: bytes(say('changed', 5)),
      touchedBy: ['r'],
    });
  },
  async 'inject to server'({ proxy, client, server }) {
    const [n] = proxy.inject({ connection: 1, direction: 'toServer', bytes: bytes(say('ours')) });
    client.say(say('theirs'));
    expect((await server.hear(3)).slice(1)).toEqual([say('ours'), say('theirs')]);
    expect(world.sink.frames[n! - 1]).toMatchObject({ origin: 'injected', direction: 'toServer' });
  },
  async 'inject to client'({ proxy, client, server }) {
    proxy.inject({ connection: 1, direction: 'toClient', bytes: bytes(say('ours')) });
    expect((await client.hear(2)).at(-1)).toBe(say('ours'));
    server.say(say('theirs'));
    expect((await client.hear(3)).at(-1)).toBe(say('theirs'));
  },
  async drop({ client, server }) {
    world.control.setRules([rule('text == "gone"', { do: 'drop' })]);
    client.say(say('gone'));
    client.say(say('kept'));
    expect((await server.hear(2)).slice(1)).toEqual([say('kept')]);
    await world.sink.until(() => world.sink.frames[2]?.fate === 'dropped');
  },
  async delay({ client, server }) {
    world.control.setFaults({
      seed: 1,
      faults: [{ id: 'slow', kind: 'latency', enabled: true, ms: 60, direction: 'toServer' }],
    });
    const start = performance.now();
    client.say(say('late'));
    expect((await server.hear(2)).at(-1)).toBe(say('late'));
    expect(performance.now() - start).toBeGreaterThanOrEqual(59);
    await world.sink.until(() => (world.sink.frames[2]?.heldMs ?? 0) >= 60);
    expect(world.sink.frames[2]).toMatchObject({ fate: 'delayed', touchedBy: ['slow'] });
  },
  async record({ client, server }) {
    for (let i = 0; i < 50; i++) {
      client.say(say('up', i));
      server.say(say('down', i));
    }
    await Promise.all([client.hear(51), server.hear(51)]);
    await world.sink.untilFrames(102);
    expect(world.sink.frames.map((f) => f.n)).toEqual(Array.from({ length: 102 }, (_, i) => i + 1));
    for (const [direction, text] of [
      ['toServer', 'up'],
      ['toClient', 'down'],
    ] as const) {
      expect(world.sink.texts(direction).slice(1)).toEqual(Array.from({ length: 50 }, (_, i) => say(text, i)));
    }
  },
  async 'byte-exact pass-through'({ client, server }) {
    const odd = '{ "seq" : 1.0e0,"text":"\\u0041\\/", "type":"say" , "x":[ ] }';
    world.control.setRules([rule('text == "never"', { do: 'drop' })]);
    client.say(odd);
    expect((await server.hear(2)).at(-1)).toBe(odd);
    world.control.setRules([]);
    client.say(odd);
    server.say(odd);
    expect((await server.hear(3)).at(-1)).toBe(odd);
    expect((await client.hear(2)).at(-1)).toBe(odd);
    expect(world.control.readMeter()).toMatchObject({ exact: true, changedOnPurpose: 0 });
  },
};

for (const transport of ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'] as const) {
  for (const [name, check] of Object.entries(CELLS)) {
    test(`${transport}: ${name}`, async () => {
      world = createWorld();
      const pair = await PAIRS[transport]();
      await greeted(pair);
      await check(pair);
    });
  }
}
