/** Any segmentation, order, duplication and overlap of what was sent gives the same frames; nothing makes it throw or grow. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepingSink } from '../export/sample-for-tests.ts';
import { defineProtocol } from '../protocol/define-protocol.ts';
import { writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { literal, object } from '../schema/builders.ts';
import { utf8Bytes, utf8Lossy } from '../schema/characters.ts';
import { createDice } from '../traffic/clock.ts';
import { looksLikeEnet } from '../enet-node/wire.ts';
import { CaptureTraffic } from './capture-traffic.ts';
import type { Packet } from './packet.ts';
import { type PacketEnd, tcpPacket, udpPacket } from './packet-builder.ts';

const lines = defineProtocol({
  id: 'lines',
  title: 'Lines',
  transports: ['tcp'],
  framing: { kind: 'lines' },
  messages: [{ name: 'line', direction: 'both', node: object({ type: literal('line') }) }],
  json: { discriminator: { key: 'type', keep: true } },
});
const choose = () => ({ protocol: lines, confidence: 1 });
const v4 = (last: number): Uint8Array => Uint8Array.of(10, 0, 0, last);
const client: PacketEnd = { address: v4(1), port: 40_000, station: 1 };
const server: PacketEnd = { address: v4(2), port: 7000, station: 2 };

function packetOf(bytes: Uint8Array, n: number, link = 1): Packet {
  return { n, time: 1000 + n / 1000, link, bytes, length: bytes.length };
}

/** Cuts a stream into segments that together cover it: pieces in order, some again, some with a part of their neighbours. */
const cuts = fc.record({
  sizes: fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }),
  again: fc.array(fc.tuple(fc.nat(1000), fc.integer({ min: 1, max: 60 })), { maxLength: 20 }),
  seed: fc.nat(),
  first: fc.integer({ min: 0, max: 0xffff_ffff }),
});

function captured(
  stream: Uint8Array,
  how: { sizes: number[]; again: [number, number][]; seed: number; first: number },
  inOrder: boolean,
): Packet[] {
  const pieces: [number, number][] = [];
  for (let at = 0, i = 0; at < stream.length; i++) {
    const size = Math.min(how.sizes[i % how.sizes.length]!, stream.length - at);
    pieces.push([at, size]);
    at += size;
  }
  for (const [at, size] of how.again) {
    const from = at % stream.length;
    pieces.push([from, Math.min(size, stream.length - from)]);
  }
  const dice = createDice(how.seed);
  const order = inOrder
    ? pieces
    : pieces
        .map((piece) => ({ piece, key: dice.next() }))
        .sort((a, b) => a.key - b.key)
        .map((each) => each.piece);
  const syn = { sequence: how.first, acknowledgement: 0, syn: true };
  const packets = [tcpPacket(client, server, syn, new Uint8Array(0))];
  for (const [at, size] of order) {
    const fields = { sequence: (how.first + 1 + at) >>> 0, acknowledgement: 1, ack: true };
    packets.push(tcpPacket(client, server, fields, stream.subarray(at, at + size)));
  }
  return packets.map((bytes, i) => packetOf(bytes, i + 1));
}

function framesOf(packets: readonly Packet[]): string[] {
  const sink = keepingSink();
  const traffic = new CaptureTraffic({ sink, choose });
  for (const packet of packets) traffic.push(packet);
  traffic.end();
  expect(sink.remarks).toEqual([]);
  return sink.frames.map((frame) => utf8Lossy(frame.bytes));
}

test('lines come out the same however TCP cut, mixed, repeated and overlapped them, from any sequence number', () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z]{1,30}$/), { minLength: 1, maxLength: 30 }), cuts, (texts, how) => {
      const stream = utf8Bytes(texts.map((text) => `${text}\n`).join(''));
      expect(framesOf(captured(stream, how, false))).toEqual(texts);
    }),
    { numRuns: 400 },
  );
});

test('WebSocket messages come out the same however TCP cut them', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 200 }), { minLength: 1, maxLength: 12 }), cuts, (texts, how) => {
      const upgrade = utf8Bytes('GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      const answer = utf8Bytes('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      const sent = texts.map((text) => writeWireFrame(utf8Bytes(text), 1, { mask: Uint8Array.of(1, 2, 3, 4) }));
      const stream = Uint8Array.from(sent.flatMap((part) => [...part]));
      // The messages follow the upgrade, which both sides have agreed on before.
      const later = { ...how, first: (how.first + upgrade.length) >>> 0 };
      const [, ...messages] = captured(stream, later, false);
      const opening = [
        tcpPacket(client, server, { sequence: how.first, acknowledgement: 0, syn: true }, new Uint8Array(0)),
        tcpPacket(client, server, { sequence: (how.first + 1) >>> 0, acknowledgement: 1, ack: true }, upgrade),
        tcpPacket(server, client, { sequence: 1, acknowledgement: (later.first + 1) >>> 0, ack: true }, answer),
      ].map((bytes, at) => packetOf(bytes, at + 1));
      expect(framesOf([...opening, ...messages])).toEqual(texts);
    }),
    { numRuns: 200 },
  );
});

test('IP fragments in any order give the datagram they were', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 4000 }),
      fc.nat(),
      fc.integer({ min: 1, max: 60 }),
      (payload, seed, eighths) => {
        // What could be ENet is read as ENet.
        fc.pre(!looksLikeEnet(payload));
        const whole = udpPacket(client, server, payload);
        const [head, body] = [whole.subarray(0, 34), whole.subarray(34)];
        const dice = createDice(seed);
        const parts: { bytes: Uint8Array; key: number }[] = [];
        for (let at = 0; at < body.length; at += eighths * 8) {
          const part = body.subarray(at, at + eighths * 8);
          const bytes = new Uint8Array(34 + part.length);
          bytes.set(head);
          bytes.set(part, 34);
          const view = new DataView(bytes.buffer);
          view.setUint16(16, 20 + part.length);
          view.setUint16(20, (at / 8) | (at + part.length < body.length ? 0x2000 : 0));
          parts.push({ bytes, key: dice.next() });
        }
        const sink = keepingSink();
        const traffic = new CaptureTraffic({ sink, choose: () => undefined });
        for (const [i, { bytes }] of parts.sort((a, b) => a.key - b.key).entries())
          traffic.push(packetOf(bytes, i + 1));
        traffic.end();
        expect(sink.frames.map((frame) => frame.bytes)).toEqual([payload]);
      },
    ),
    { numRuns: 200 },
  );
});

test('both sides closing at once, in either order, end a connection once; the ports may then be used again', () => {
  for (const firstCloser of [client, server]) {
    const sink = keepingSink();
    const traffic = new CaptureTraffic({ sink, choose });
    let n = 0;
    const say = (from: PacketEnd, sequence: number, flags: object, text = ''): void => {
      const to = from === client ? server : client;
      traffic.push(packetOf(tcpPacket(from, to, { sequence, acknowledgement: 0, ...flags }, utf8Bytes(text)), ++n));
    };
    for (const start of [100, 90_000]) {
      say(client, start, { syn: true });
      say(server, start, { syn: true, ack: true });
      say(client, start + 1, { ack: true }, 'hi\n');
      const other = firstCloser === client ? server : client;
      const next = (end: PacketEnd): number => start + 1 + (end === client ? 3 : 0);
      say(firstCloser, next(firstCloser), { fin: true, ack: true });
      say(other, next(other), { fin: true, ack: true });
      say(firstCloser, next(firstCloser) + 1, { ack: true });
    }
    traffic.end();
    expect(sink.connections.map((c) => c.ending)).toEqual(
      Array.from({ length: 2 }, () => (firstCloser === client ? 'client closed' : 'server closed')),
    );
    expect(sink.frames.map((f) => f.conn)).toEqual([1, 2]);
  }
});

test('forty thousand streams at once keep within their limit, and each says its line', () => {
  let id = 0;
  let open = 0;
  let frames = 0;
  const sink = {
    ...keepingSink(),
    nextConnectionId: () => ++id,
    opened: () => void open++,
    changed: () => undefined,
    closed: () => void open--,
    frame: () => ++frames,
  };
  const traffic = new CaptureTraffic({ sink, choose, maxConnections: 5_000 });
  let n = 0;
  for (let i = 0; i < 40_000; i++) {
    const from: PacketEnd = { address: Uint8Array.of(10, 1, i >> 8, i & 255), port: 1024 + i, station: 1 };
    const syn = { sequence: i, acknowledgement: 0, syn: true };
    traffic.push(packetOf(tcpPacket(from, server, syn, new Uint8Array(0)), ++n));
    const line = { sequence: i + 1, acknowledgement: 0, ack: true };
    traffic.push(packetOf(tcpPacket(from, server, line, utf8Bytes('hi\n')), ++n));
  }
  expect(open).toBeLessThanOrEqual(5_001);
  traffic.end();
  expect(open).toBe(0);
  expect(frames).toBe(40_000);
});

/** Packets that are almost right: real headers with wrong parts, over a few addresses, so that they meet each other's streams. */
function* oddPackets(count: number, seed: number): Generator<Packet> {
  const dice = createDice(seed);
  const links = [1, 0, 101, 108, 113, 228, 229, 276, 12, 55];
  for (let n = 1; n <= count; n++) {
    const payload = Uint8Array.from({ length: dice.below(40) }, () => dice.below(256));
    const from = { ...client, port: 40_000 + dice.below(20) };
    const isToServer = dice.below(2) === 0;
    const [a, b] = isToServer ? [from, server] : [server, from];
    const flags = { syn: dice.below(8) === 0, ack: dice.below(3) > 0, fin: dice.below(12) === 0 };
    // Near each other, near the wrap, or anywhere.
    const sequence = [dice.below(2000), 0xffff_ff00 + dice.below(512), dice.below(0xffff_ffff)][dice.below(3)]!;
    const bytes =
      dice.below(4) === 0
        ? udpPacket(a, b, payload)
        : tcpPacket(a, b, { sequence: sequence >>> 0, acknowledgement: dice.below(0xffff_ffff), ...flags }, payload);
    for (let i = dice.below(4); i > 0; i--) bytes[dice.below(bytes.length)] = dice.below(256);
    const cut = dice.below(10) === 0 ? bytes.subarray(0, dice.below(bytes.length)) : bytes;
    yield {
      n,
      time: 1000 + n / 10_000,
      link: dice.below(20) === 0 ? links[dice.below(links.length)]! : 1,
      bytes: cut,
      length: bytes.length,
    };
  }
}

/** `PACKETS=1000000` for the full count. */
const PACKETS = Number(process.env.PACKETS ?? 60_000);

test(`${PACKETS} random packets never throw, and what is kept of them stays small`, () => {
  let frames = 0;
  let open = 0;
  let mostOpen = 0;
  let id = 0;
  const sink = {
    ...keepingSink(),
    nextConnectionId: () => ++id,
    opened: () => void (mostOpen = Math.max(mostOpen, ++open)),
    changed: () => undefined,
    closed: () => void open--,
    frame: () => ++frames,
    remark: () => undefined,
  };
  const traffic = new CaptureTraffic({ sink, choose: () => undefined, maxConnections: 1000 });
  const collect = (globalThis as { gc?: () => void }).gc;
  const memory = (): number => {
    collect?.();
    return process.memoryUsage().heapUsed;
  };
  let early = 0;
  let n = 0;
  for (const packet of oddPackets(PACKETS, 7)) {
    traffic.push(packet);
    if (++n === Math.floor(PACKETS / 2)) early = memory();
  }
  const late = memory();
  traffic.end();
  expect(frames).toBeGreaterThan(0);
  expect(mostOpen).toBeLessThan(3000);
  expect(open).toBe(0);
  // The second half adds no more than the limits of waiting data allow.
  if (PACKETS >= 1_000_000) expect(late - early).toBeLessThan(64 * 1024 * 1024);
});
