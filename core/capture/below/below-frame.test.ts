import { expect, test } from 'vitest';
import { createWebSocketCodecs } from '../../relay/websocket-codec.ts';
import { headersOf, createWireFrameReader, writeWireFrame } from '../../protocol/websocket/wire-frames.ts';
import type { FieldNode } from '../../schema/nodes.ts';
import type { WebSocketCarrier } from '../../traffic/frame.ts';
import { joinHeads, packCommandHead, writeDatagram } from '../../enet-node/wire.ts';
import { belowValues, belowView } from './below-frame.ts';

const text = (words: string): Uint8Array => new TextEncoder().encode(words);
const headersIn = (...raw: Uint8Array[]): Uint8Array =>
  headersOf(raw.flatMap((bytes) => createWireFrameReader().push(bytes)));
const enet = { channel: 1, reliable: true, unsequenced: false };

/** Every node with its place, and proof that children lie in their parents, in order. */
function fields(node: FieldNode, into: Record<string, [unknown, number, number]> = {}, path = ''): typeof into {
  let last = node.start;
  for (const child of node.children) {
    expect(child.start >= node.start && child.end <= node.end && child.start <= child.end).toBe(true);
    // Bits share their byte.
    if (child.bits === undefined) expect(child.start >= last).toBe(true);
    last = child.bits === undefined ? child.end : last;
    const name = path === '' ? child.name : `${path}.${child.name}`;
    if (child.children.length === 0) into[name] = [child.value, child.start, child.end];
    fields(child, into, name);
  }
  return into;
}

test('a masked message shows its frames as they crossed the wire', () => {
  const mask = Uint8Array.of(1, 2, 3, 4);
  const [first, second] = [
    writeWireFrame(text('Hel'), 1, { fin: false, mask }),
    writeWireFrame(text('lo'), 0, { fin: true, mask }),
  ];
  const carrier: WebSocketCarrier = { opcode: 'text', compressed: false, fragments: 2 };
  const frame = { carrier, bytes: text('Hello'), headers: headersIn(first!, second!) };
  const { bytes, root } = belowView(frame)!;
  expect([...bytes]).toEqual([...first!, ...second!]);
  expect(fields(root)).toMatchObject({
    'text.fin': [false, 0, 1],
    'text.opcode': [1, 0, 1],
    'text.mask': [true, 1, 2],
    'text.length': [3, 1, 2],
    'text.maskingKey': [mask, 2, 6],
    'text.payload': [first!.subarray(6), 6, 9],
    'continuation.fin': [true, 9, 10],
    'continuation.payload': [second!.subarray(6), 15, 17],
  });
  expect(belowValues(frame)).toMatchObject([
    { opcode: 'text', fin: false, length: 3, maskingKey: '01020304' },
    { opcode: 'continuation', fin: true, length: 2 },
  ]);
});

test('of a compressed message, and of a long one, the headers are shown alone', () => {
  const raw = writeWireFrame(new Uint8Array(300), 1, { rsv: 4 });
  const carrier: WebSocketCarrier = { opcode: 'text', compressed: true, fragments: 1 };
  const { bytes, root } = belowView({ carrier, bytes: text('longer'), headers: headersIn(raw) })!;
  expect([...bytes]).toEqual([0xc1, 126, 1, 44]);
  expect(fields(root)).toMatchObject({ 'text.rsv1': [true, 0, 1], 'text.length': [300, 2, 4] });
  const long = new Uint8Array(70_000);
  const large = belowView({
    carrier: { opcode: 'binary', compressed: false, fragments: 1 },
    bytes: long,
    headers: headersIn(writeWireFrame(long, 2)),
  })!;
  expect(large.bytes.length).toBe(10);
  expect(fields(large.root)).toMatchObject({ 'binary.length': [70_000, 2, 10] });
});

test('the relay keeps the headers of what it passes, also of a ping between two fragments', () => {
  const { toServer, toClient } = createWebSocketCodecs(() => undefined);
  toServer.push(
    text('GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\n\r\n'),
  );
  toClient.push(text('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'));
  const parts = [
    writeWireFrame(text('a'), 1, { fin: false }),
    writeWireFrame(text('?'), 9),
    writeWireFrame(text('b'), 0),
  ];
  const units = parts.flatMap((part) => toClient.push(part)).filter(({ isFrame }) => isFrame);
  expect(units.map(({ headers }) => [...headers!])).toEqual([
    [0x89, 1],
    [0x01, 1, 0x80, 1],
  ]);
});

test('an ENet packet in fragments shows the datagrams, the commands and its bytes in their places', () => {
  const payload = Uint8Array.from({ length: 5 }, (_, i) => 0x50 + i);
  const heads = [0, 1].map((fragmentNumber) => {
    const part = payload.subarray(fragmentNumber * 3, fragmentNumber * 3 + 3);
    const values = {
      startSequence: 9,
      fragmentCount: 2,
      fragmentNumber,
      totalLength: 5,
      fragmentOffset: fragmentNumber * 3,
    };
    const datagram = writeDatagram({
      peerId: 3,
      sessionId: 1,
      sentTime: 0x1234,
      checksumWith: 7,
      commands: [
        { name: 'ping', acknowledge: true },
        {
          name: 'sendFragment',
          acknowledge: true,
          channel: 1,
          values: { ...values, dataLength: part.length },
          payload: part,
        },
      ],
    });
    return packCommandHead(datagram, datagram.length, 8, 12, false);
  });
  const frame = { carrier: enet, bytes: payload, headers: joinHeads(heads) };
  const { bytes, root } = belowView(frame)!;
  expect(bytes.length).toBe(2 * (8 + 24) + 5);
  const seen = fields(root);
  expect(seen).toMatchObject({
    'datagram 1.hasSentTime': [true, 0, 1],
    'datagram 1.sessionId': [1, 0, 1],
    'datagram 1.peerId': [3, 0, 2],
    'datagram 1.sentTime': [0x1234, 2, 4],
    'datagram 1.checksum': [expect.any(Number), 4, 8],
    'sendFragment 1.acknowledge': [true, 8, 9],
    'sendFragment 1.channel': [1, 9, 10],
    'sendFragment 1.startSequence': [9, 12, 14],
    'sendFragment 1.payload': [payload.subarray(0, 3), 32, 35],
    'datagram 2.peerId': [3, 35, 37],
    'sendFragment 2.fragmentNumber': [1, 55, 59],
    'sendFragment 2.payload': [payload.subarray(3), 67, 69],
  });
  expect(belowValues(frame)).toMatchObject([
    {
      command: 'sendFragment',
      fragmentNumber: 0,
      position: 12,
      datagram: { size: 39, peerId: 3, checksum: expect.any(Number) },
    },
    { command: 'sendFragment', fragmentNumber: 1, datagram: { size: 38 } },
  ]);
});

test('headers that are damaged give what is readable; none give nothing', () => {
  expect(belowView({ carrier: {}, bytes: text('x') })).toBeUndefined();
  expect(belowValues({ carrier: {}, bytes: text('x') })).toEqual([]);
  expect(belowView({ carrier: enet, bytes: text('x'), headers: Uint8Array.of(1, 2, 3) })).toBeUndefined();
  const carrier: WebSocketCarrier = { opcode: 'text', compressed: false, fragments: 1 };
  expect(belowValues({ carrier, bytes: text('x'), headers: Uint8Array.of(0x81, 1, 0x81) })).toHaveLength(1);
});
