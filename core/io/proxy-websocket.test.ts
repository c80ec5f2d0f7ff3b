import { request } from 'node:http';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import type { WebSocketCarrier } from '../traffic/frame.ts';
import { connected, createWorld, portOf, say, type World } from './world-for-tests.ts';
import { DEFLATE, dialWebSocket, listenWebSocket, upgradeByHand } from './websocket-peers-for-tests.ts';

let world: World;
const fresh = (): World => (world = createWorld());
afterEach(() => world.end());

const MASK = new Uint8Array([1, 2, 3, 4]);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const carriers = (): WebSocketCarrier[] => world.sink.frames.map((f) => f.carrier as WebSocketCarrier);

async function pair(
  options: Parameters<typeof listenWebSocket>[1] = {},
  client: Parameters<typeof dialWebSocket>[2] = {},
) {
  const peer = await listenWebSocket(world, options);
  const proxy = await world.start({ listen: 'ws://127.0.0.1:0', upstream: `ws://127.0.0.1:${peer.port}` });
  const one = await dialWebSocket(world, `ws://127.0.0.1:${portOf(proxy)}/room?id=7`, client);
  const other = await peer.next();
  return { peer, proxy, client: one, server: other };
}

test('messages, pings and closes pass as they are and each is a frame', async () => {
  const { sink } = fresh();
  const { client, server } = await pair(
    { handleProtocols: () => 'game.v2' },
    { protocols: ['game.v1', 'game.v2'], headers: { cookie: 'who=me' } },
  );
  expect(client.socket.protocol).toBe('game.v2');
  client.socket.send(say('hi'));
  client.socket.send(new Uint8Array([1, 2, 3]));
  client.socket.ping('are you there');
  await server.count(3);
  server.socket.send(say('back'));
  await client.count(2);
  client.socket.close(4001, 'bored');
  await Promise.all([server.count(4), client.count(3)]);
  expect(server.heard.map((h) => [h.kind, h.data])).toEqual([
    ['text', say('hi')],
    ['binary', '010203'],
    ['ping', 'are you there'],
    ['close', '4001 bored'],
  ]);
  expect(client.heard.map((h) => h.kind)).toEqual(['pong', 'text', 'close']);
  await sink.untilClosed();
  expect(
    carriers()
      .map((c) => c.opcode)
      .sort(),
  ).toEqual(['binary', 'close', 'close', 'ping', 'pong', 'text', 'text']);
  const connection = sink.connections.get(1)!;
  expect(connection.details).toMatchObject({
    request: 'GET /room?id=7 HTTP/1.1',
    response: 'HTTP/1.1 101 Switching Protocols',
    'request.cookie': 'who=me',
    'response.sec-websocket-protocol': 'game.v2',
  });
  expect(sink.frames[0]!.bytes).toEqual(bytes(say('hi')));
});

test('compressed messages are inflated beside the relay and pass unchanged', async () => {
  const { sink, control } = fresh();
  const { client, server } = await pair({ perMessageDeflate: DEFLATE }, { perMessageDeflate: DEFLATE });
  const texts = Array.from({ length: 50 }, (_, i) => say(`the same long text over and over ${i}`, i));
  for (const text of texts) {
    client.socket.send(text);
    server.socket.send(text);
  }
  await Promise.all([server.count(50), client.count(50)]);
  expect(server.texts).toEqual(texts);
  await sink.untilFrames(100);
  expect(sink.texts('toServer')).toEqual(texts);
  expect(sink.texts('toClient')).toEqual(texts);
  expect(carriers().every((c) => c.compressed)).toBe(true);
  expect(control.readMeter()).toMatchObject({ exact: true, changedOnPurpose: 0 });
});

test('after an edit, a drop, a copy and an injection the rest of a compressed direction still arrives', async () => {
  const { sink, control } = fresh();
  const { client, server, proxy } = await pair({ perMessageDeflate: DEFLATE }, { perMessageDeflate: DEFLATE });
  control.setRules([
    { id: 'edit', enabled: true, when: 'seq == 10', actions: [{ do: 'set', path: 'text', value: 'edited' }] },
    { id: 'drop', enabled: true, when: 'seq == 20', actions: [{ do: 'drop' }] },
    { id: 'copy', enabled: true, when: 'seq == 30', actions: [{ do: 'duplicate', times: 1 }] },
  ]);
  const texts = Array.from({ length: 40 }, (_, i) => say(`the same long text over and over ${i}`, i));
  for (const text of texts) server.socket.send(text);
  await client.count(40);
  proxy.inject({ connection: 1, direction: 'toClient', bytes: bytes(say('ours')), carrier: { compressed: true } });
  await client.count(41);
  server.socket.send(say('the same long text again'));
  await client.count(42);
  const expected = texts.flatMap((text, i) =>
    i === 10 ? [say('edited', 10)] : i === 20 ? [] : i === 30 ? [text, text] : [text],
  );
  expect(client.texts).toEqual([...expected, say('ours'), say('the same long text again')]);
  await sink.untilFrames(42);
  expect(sink.frames[10]).toMatchObject({ fate: 'edited', touchedBy: ['edit'] });
  expect(sink.frames[20]!.fate).toBe('dropped');
  expect(sink.frames[40]!.origin).toBe('injected');
  expect(control.readMeter().exact).toBe(true);
});

test('a window of eight bits and contexts that are not kept survive an edit', async () => {
  const { control } = fresh();
  const options = { ...DEFLATE, serverMaxWindowBits: 9, clientNoContextTakeover: true };
  const { client, server } = await pair({ perMessageDeflate: options }, { perMessageDeflate: options });
  control.setRules([{ id: 'r', enabled: true, when: 'seq == 1', actions: [{ do: 'set', path: 'seq', value: 100 }] }]);
  for (let i = 0; i < 4; i++) {
    client.socket.send(say('x'.repeat(2000), i));
    server.socket.send(say('x'.repeat(2000), i));
  }
  await Promise.all([client.count(4), server.count(4)]);
  const expected = [0, 100, 2, 3].map((n) => say('x'.repeat(2000), n));
  expect(client.texts).toEqual(expected);
  expect(server.texts).toEqual(expected);
});

test('injected messages have the opcode, fragments and mask asked for', async () => {
  fresh();
  const { client, server, proxy } = await pair();
  proxy.inject({
    connection: 1,
    direction: 'toServer',
    bytes: bytes('a binary one'),
    carrier: { opcode: 'binary', fragments: 3 },
  });
  proxy.inject({ connection: 1, direction: 'toServer', bytes: bytes('hey'), carrier: { opcode: 'ping' } });
  proxy.inject({ connection: 1, direction: 'toClient', bytes: bytes(say('to you')) });
  await Promise.all([server.count(2), client.count(2)]);
  expect(server.heard).toEqual([
    { kind: 'binary', data: Buffer.from('a binary one').toString('hex') },
    { kind: 'ping', data: 'hey' },
  ]);
  expect(client.texts).toEqual([say('to you')]);
});

test('a refused upgrade and plain HTTP on the same port pass through', async () => {
  const { sink } = fresh();
  const peer = await listenWebSocket(world);
  peer.server.options.verifyClient = (_info: unknown, done: (ok: boolean, code: number, text: string) => void) =>
    done(false, 403, 'no');
  const proxy = await world.start({ listen: 'ws://127.0.0.1:0', upstream: `ws://127.0.0.1:${peer.port}` });
  await expect(dialWebSocket(world, `ws://127.0.0.1:${portOf(proxy)}/`)).rejects.toThrow('403');
  const page = request({ port: portOf(proxy), host: '127.0.0.1', path: '/index.html' });
  page.end();
  const [response] = (await once(page, 'response')) as [{ statusCode: number; resume(): void }];
  expect(response.statusCode).toBe(426);
  response.resume();
  await sink.until(() => sink.remarks.length === 2);
  expect(sink.remarks.map((r) => r.info.code)).toEqual(['not-upgraded', 'not-upgraded']);
  expect(sink.frames).toEqual([]);
});

test('a message of 64 MiB passes, also one frame at a time', async () => {
  const { control, sink } = fresh();
  const { client, server } = await pair({ perMessageDeflate: false }, { perMessageDeflate: false });
  control.setRules([{ id: 'never', enabled: true, when: 'frame.size == 1', actions: [{ do: 'drop' }] }]);
  const big = Buffer.alloc(64 * 1024 * 1024, 7);
  client.socket.send(big);
  await server.count(1);
  expect(server.heard[0]!.data.length).toBe(big.length * 2);
  await sink.untilFrames(1);
  expect(sink.frames[0]!.bytes.length).toBe(big.length);
  expect(control.readMeter().exact).toBe(true);
}, 30_000);

/** In the spirit of the Autobahn test suite: what a peer may or may not send. */
const CASES: Readonly<Record<string, readonly Uint8Array[]>> = {
  'empty text': [writeWireFrame(bytes(''), 1)],
  'a length of 125, 126 and 65536': [125, 126, 65_536].map((n) => writeWireFrame(new Uint8Array(n), 2)),
  'a text in fragments': ['Hel', 'lo', '!'].map((t, i) => writeWireFrame(bytes(t), i === 0 ? 1 : 0, { fin: i === 2 })),
  'a ping between fragments': [
    writeWireFrame(bytes('Hel'), 1, { fin: false }),
    writeWireFrame(bytes('ping'), 9),
    writeWireFrame(bytes('lo'), 0),
  ],
  'ten pings in a row': Array.from({ length: 10 }, (_, i) => writeWireFrame(bytes(`${i}`), 9)),
  'a ping of 125 bytes and one of 126': [125, 126].map((n) => writeWireFrame(new Uint8Array(n), 9)),
  'a fragmented ping': [writeWireFrame(bytes('a'), 9, { fin: false }), writeWireFrame(bytes('b'), 0)],
  'an unasked pong': [writeWireFrame(bytes('?'), 10)],
  'reserved bits': [1, 2, 4, 7].map((rsv) => writeWireFrame(bytes('x'), 1, { rsv })),
  'reserved opcodes': [3, 4, 5, 6, 7, 11, 12, 15].map((opcode) => writeWireFrame(bytes('x'), opcode)),
  'text that is not UTF-8': [writeWireFrame(new Uint8Array([0xce, 0xba, 0xe1, 0xbd, 0xff]), 1)],
  'UTF-8 split inside a character': [
    writeWireFrame(new Uint8Array([0xce]), 1, { fin: false }),
    writeWireFrame(new Uint8Array([0xba]), 0),
  ],
  'a continuation of nothing': [writeWireFrame(bytes('lost'), 0), writeWireFrame(bytes('next'), 1)],
  'a message begun inside another': [writeWireFrame(bytes('one'), 1, { fin: false }), writeWireFrame(bytes('two'), 1)],
  'a masked frame to the client': [writeWireFrame(bytes('masked'), 1, { mask: MASK })],
  'close codes': [1000, 1001, 1005, 1006, 1016, 3000, 4999, 5000, 65_535].map((code) =>
    writeWireFrame(new Uint8Array([code >> 8, code & 255, 0x62, 0x79, 0x65]), 8),
  ),
  'an empty close and one of one byte': [writeWireFrame(bytes(''), 8), writeWireFrame(new Uint8Array([3]), 8)],
  'data after a close': [writeWireFrame(new Uint8Array([3, 232]), 8), writeWireFrame(bytes('late'), 1)],
  'a length of more than the relay keeps': [new Uint8Array([0x82, 127, 0, 0, 0x10, 0, 0, 0, 0, 0, 1, 2, 3])],
  'bytes that are no frame': [new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  'the end in the middle of a frame': [writeWireFrame(new Uint8Array(100), 2).subarray(0, 50)],
};

for (const mode of ['cut-through', 'frame at a time'] as const) {
  for (const [name, frames] of Object.entries(CASES)) {
    test(`${name} reaches the far side byte for byte, ${mode}`, async () => {
      const { control } = fresh();
      if (mode === 'frame at a time')
        control.setRules([{ id: 'never', enabled: true, when: 'frame.size == 12345', actions: [{ do: 'drop' }] }]);
      const { client, server } = await connected(world, { listen: 'ws://127.0.0.1:0' });
      const before = await upgradeByHand(client, server);
      const sent = Buffer.concat(frames);
      server.socket.write(sent.subarray(0, 3));
      await new Promise((resolve) => setImmediate(resolve));
      server.socket.end(sent.subarray(3));
      await client.until(() => client.ended);
      expect(client.all.subarray(before.client)).toEqual(new Uint8Array(sent));
      expect(control.readMeter().exact).toBe(true);
      client.socket.end();
      await world.sink.untilClosed();
      expect(world.sink.frames.length).toBeGreaterThan(0);
    });
  }
}
