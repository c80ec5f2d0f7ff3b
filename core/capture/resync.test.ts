/** Streams that begin inside a frame, or lose a part of one: the frames behind it come out whole, and what is lost is a row that says so. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keepingSink } from '../export/sample-for-tests.ts';
import { defineProtocol } from '../protocol/define-protocol.ts';
import { wrapPayload } from '../protocol/framer.ts';
import type { Framing } from '../protocol/framing.ts';
import type { Protocol } from '../protocol/protocol.ts';
import { writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { integer, literal, object, string } from '../schema/builders.ts';
import { utf8Bytes, utf8Lossy } from '../schema/characters.ts';
import { concat } from './concat.ts';
import { StreamPair } from './stream-pair.ts';

const talk = (framing: Framing): Protocol =>
  defineProtocol({
    id: 'talk',
    title: 'Talk',
    transports: ['tcp', 'ws'],
    framing,
    messages: [
      { name: 'say', direction: 'both', node: object({ type: literal('say'), n: integer(), text: string() }) },
    ],
    json: { discriminator: { key: 'type', keep: true } },
  });

const plain = fc.string({ maxLength: 60 }).map((text) => text.replaceAll(/[{}[\]:\d]/g, '-'));
const say = (text: fc.Arbitrary<string>) =>
  fc.array(fc.record({ type: fc.constant('say'), n: fc.integer(), text }), { minLength: 4, maxLength: 12 });
/** What begins inside a text that looks like frames cannot be told from frames. */
const calm = say(plain);
const tricky = say(
  fc.oneof(plain, fc.string({ maxLength: 60 }), fc.constant('}{} {"type":"say"} 2:{}'), fc.constant('{}')),
);

interface Row {
  readonly gap: number | undefined;
  readonly text: string;
}
/** What is made of a stream that the capture joined in the middle. */
function read(protocol: Protocol, transport: 'tcp' | 'ws', chunks: readonly Uint8Array[], holeAfter?: number): Row[] {
  const sink = keepingSink();
  const link = { transport, serverPort: 7000 } as const;
  const ends = { client: { address: 'a', port: 1 }, server: { address: 'b', port: 7000 } };
  sink.opened({ id: 1, transport, ...ends, protocol: '', opened: 0, details: {} });
  const pair = new StreamPair(1, link, sink, () => ({ protocol, confidence: 1 }), 0, { isJoined: true });
  for (const [i, chunk] of chunks.entries()) {
    pair.push('toServer', chunk, i);
    if (i === holeAfter) pair.gap('toServer', 10, i);
  }
  pair.end('toServer', chunks.length);
  return sink.frames.map(({ bytes, gapBefore }) => ({ gap: gapBefore, text: utf8Lossy(bytes) }));
}

const MASK = Uint8Array.of(1, 2, 3, 4);
const CASES: readonly [string, 'tcp' | 'ws', Framing, (payload: Uint8Array) => Uint8Array][] = (
  [
    ['lines', { kind: 'lines' }],
    ['nul', { kind: 'nul' }],
    ['JSON by braces', { kind: 'json' }],
    ['two bytes of length', { kind: 'length-prefix', size: 2, endian: 'be' }],
    ['four bytes of length', { kind: 'length-prefix', size: 4, endian: 'le', inclusive: true }],
    ['a varint of length', { kind: 'length-prefix', size: 'varint', endian: 'le' }],
    ['decimal length', { kind: 'decimal-length', separator: ':' }],
  ] as const
).map(([name, framing]) => [name, 'tcp', framing, (payload: Uint8Array) => wrapPayload(framing, payload)] as const);

test.each([
  ...CASES,
  [
    'WebSocket',
    'tcp',
    { kind: 'message' },
    (payload: Uint8Array) => writeWireFrame(payload, 1, { mask: MASK }),
  ] as const,
])('a stream joined inside a frame goes on with the next one: %s', (_name, transport, framing, frame) => {
  const protocol = talk(framing);
  fc.assert(
    fc.property(calm, fc.nat(), fc.nat(), (values, place, split) => {
      const texts = values.map((value) => JSON.stringify(value));
      const frames = texts.map((text) => frame(utf8Bytes(text)));
      const whole = frames[0]!.length;
      // Inside the first frame, its first byte and its last ones excepted: those may be whole all the same.
      const cut = 3 + (place % (whole - 6));
      const rest = concat(frames.slice(1));
      const at = 1 + (split % (rest.length - 1));
      const rows = read(protocol, transport, [frames[0]!.subarray(cut), rest.subarray(0, at), rest.subarray(at)]);
      expect(rows).toEqual([
        { gap: whole - cut, text: '' },
        ...texts.slice(1).map((text) => ({ gap: undefined, text })),
      ]);
    }),
    { numRuns: 60 },
  );
});

test.each(CASES)('a stream joined between frames loses nothing: %s', (_name, transport, framing, frame) => {
  const protocol = talk(framing);
  fc.assert(
    fc.property(tricky, fc.integer({ min: 1, max: 40 }), (values, size) => {
      const texts = values.map((value) => JSON.stringify(value));
      const stream = concat(texts.map((text) => frame(utf8Bytes(text))));
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size));
      expect(read(protocol, transport, chunks)).toEqual(texts.map((text) => ({ gap: undefined, text })));
    }),
    { numRuns: 40 },
  );
});

test('behind a hole, frames of a length prefix are found again; the hole and what it spoilt are rows', () => {
  const framing: Framing = { kind: 'length-prefix', size: 4, endian: 'be' };
  const texts = [1, 2, 3, 4, 5].map((n) => `{"type":"say","n":${n},"text":"${'x'.repeat(30)}"}`);
  const frames = texts.map((text) => wrapPayload(framing, utf8Bytes(text)));
  // Ten bytes of the second frame are missing in its middle.
  const chunks = [
    frames[0]!,
    frames[1]!.subarray(0, 20),
    concat([frames[1]!.subarray(30), frames[2]!]),
    frames[3]!,
    frames[4]!,
  ];
  const rows = read(talk(framing), 'tcp', chunks, 1);
  expect(rows.map(({ gap, text }) => gap ?? text)).toEqual([
    texts[0],
    utf8Lossy(frames[1]!.subarray(0, 20)),
    10,
    frames[1]!.length - 30,
    ...texts.slice(2),
  ]);
});
