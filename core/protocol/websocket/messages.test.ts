import { deflateRawSync, constants, createDeflateRaw } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { closeReason, MessageAssembler } from './messages.ts';
import { createWireFrameReader, writeWireFrame } from './wire-frames.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const MASK = new Uint8Array([1, 2, 3, 4]);

function read(wire: Uint8Array, options = {}, cuts: readonly number[] = []) {
  const reader = createWireFrameReader();
  const assembler = new MessageAssembler(options);
  const edges = [0, ...[...cuts].map((c) => c % (wire.length + 1)).sort((a, b) => a - b), wire.length];
  return edges
    .slice(1)
    .flatMap((to, i) => reader.push(wire.slice(edges[i], to)))
    .flatMap((frame) => assembler.push(frame));
}
const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((p) => [...p]));

test('any message survives any cut, masked or not', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.array(fc.nat(5000), { maxLength: 8 }),
      (payloads, masked, cuts) => {
        const wire = join(...payloads.map((p) => writeWireFrame(p, 2, masked ? { mask: MASK } : {})));
        expect(read(wire, {}, cuts).map((m) => [...m.payload])).toEqual(payloads.map((p) => [...p]));
      },
    ),
  );
});

test('large lengths are written and read in both long forms', () => {
  for (const size of [125, 126, 65_535, 65_536, 70_000]) {
    const [message] = read(writeWireFrame(new Uint8Array(size).fill(7), 2, { mask: MASK }));
    expect(message?.payload.length).toBe(size);
  }
});

test('fragments are joined and a ping between them is a message of its own', () => {
  const wire = join(
    writeWireFrame(utf8('hel'), 1, { fin: false }),
    writeWireFrame(utf8('x'), 9),
    writeWireFrame(utf8('lo'), 0),
  );
  const messages = read(wire);
  expect(messages.map((m) => m.opcode)).toEqual(['ping', 'text']);
  expect(new TextDecoder().decode(messages[1]!.payload)).toBe('hello');
  expect(messages[1]!.fragments).toBe(2);
});

test('compressed messages share a window across messages when the context is taken over', async () => {
  const deflate = createDeflateRaw();
  const parts: Uint8Array[] = [];
  deflate.on('data', (chunk: Uint8Array) => parts.push(chunk));
  const compressed: Uint8Array[] = [];
  for (const text of ['{"type":"dahai","actor":1}', '{"type":"dahai","actor":2}', '{"type":"dahai","actor":3}']) {
    parts.length = 0;
    deflate.write(text);
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    compressed.push(join(...parts).subarray(0, -4));
  }
  const messages = read(join(...compressed.map((c) => writeWireFrame(c, 1, { rsv: 4, mask: MASK }))), {
    deflate: { noContextTakeover: false },
  });
  expect(messages.map((m) => new TextDecoder().decode(m.payload).at(-2))).toEqual(['1', '2', '3']);
  expect(compressed[2]!.length).toBeLessThan(compressed[0]!.length);
  expect(messages.every((m) => m.compressed && m.expert.length === 0)).toBe(true);
});

test('a broken compressed message is remarked, and so is everything that needed its window', () => {
  const good = deflateRawSync('hello', { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
  const messages = read(
    join(writeWireFrame(new Uint8Array([0xff, 0xff, 0xff]), 1, { rsv: 4 }), writeWireFrame(good, 1, { rsv: 4 })),
    { deflate: { noContextTakeover: false } },
  );
  expect(messages.map((m) => m.expert[0]?.code)).toEqual(['not-deflate', 'not-deflate']);
});

test('oddities are remarked and passed on', () => {
  const codes = (wire: Uint8Array) => read(wire).flatMap((m) => m.expert.map((e) => e.code));
  expect(codes(writeWireFrame(new Uint8Array([0xff]), 1))).toEqual(['not-utf8']);
  expect(codes(writeWireFrame(utf8('x'), 0))).toEqual(['stray-continuation']);
  expect(codes(join(writeWireFrame(utf8('a'), 1, { fin: false }), writeWireFrame(utf8('b'), 1)))).toEqual([
    'unfinished-message',
  ]);
  expect(codes(writeWireFrame(utf8('x'), 9, { fin: false }))).toEqual(['fragmented-control']);
  expect(codes(writeWireFrame(new Uint8Array(126), 10))).toEqual(['control-too-long']);
  expect(codes(writeWireFrame(utf8('x'), 1, { rsv: 2 }))).toEqual(['reserved-bits']);
  expect(codes(writeWireFrame(utf8('x'), 3))).toEqual(['reserved-opcode']);
  expect(codes(writeWireFrame(new Uint8Array([3, 0xed]), 8))).toEqual(['close-code']);
});

test('a close frame gives its code and reason', () => {
  expect(closeReason(join(new Uint8Array([0x03, 0xe8]), utf8('再见')))).toEqual({ code: 1000, reason: '再见' });
});

test('an impossible length ends the reading without losing bytes', () => {
  const reader = createWireFrameReader(1000);
  const huge = new Uint8Array([0x82, 127, 0xff, 0, 0, 0, 0, 0, 0, 0, 9, 9]);
  const [frame] = reader.push(huge);
  expect(frame?.broken).toContain('limit');
  expect(frame?.raw).toEqual(huge);
  expect(reader.push(new Uint8Array([5]))[0]?.raw).toEqual(new Uint8Array([5]));
});
