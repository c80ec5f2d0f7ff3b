import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHex, toHex } from '../schema/characters.ts';
import { createFramer, wrapPayload } from './framer.ts';
import type { Cut, Framing } from './framing.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (made: Uint8Array): string => new TextDecoder().decode(made);
const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));

/** Pushes the stream in pieces of the given sizes, over and over. */
function cutAll(framing: Framing, stream: Uint8Array, sizes: readonly number[], maxFrame?: number): Cut[] {
  const framer = createFramer(framing, maxFrame === undefined ? {} : { maxFrame });
  const cuts: Cut[] = [];
  for (let at = 0, turn = 0; at < stream.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? stream.length);
    // A copy each: a framer may not rely on chunks being part of one buffer.
    cuts.push(...framer.push(stream.slice(at, at + size)));
    at += size;
  }
  cuts.push(...framer.end());
  expect(framer.pending).toBe(0);
  expect(toHex(join(cuts.map((cut) => cut.raw)))).toBe(toHex(stream));
  return cuts;
}

const good = (cuts: readonly Cut[]): string[] =>
  cuts.filter((cut) => cut.expert.length === 0).map((cut) => toHex(cut.payload));
const codes = (cuts: readonly Cut[]): (string | undefined)[] =>
  cuts.flatMap((cut) => cut.expert.map((info) => info.code));

const custom: Framing = {
  kind: 'custom',
  name: 'start byte, length, end byte',
  cutter: {
    cut: (buffer) => {
      if (buffer[0] !== 0x02) return null;
      const length = buffer[1];
      if (length === undefined || buffer.length < length + 3) return { size: 0, head: 0, tail: 0 };
      return buffer[length + 2] === 0x03 ? { size: length + 3, head: 2, tail: 1 } : null;
    },
    wrap: (payload) => join([Uint8Array.of(2, payload.length), payload, Uint8Array.of(3)]),
  },
};

/** Each framing with payloads it can carry. */
const FRAMINGS: readonly (readonly [string, Framing, fc.Arbitrary<Uint8Array>])[] = [
  ['lines', { kind: 'lines' }, fc.string({ unit: 'binary' }).map((line) => bytes(line.replaceAll(/[\r\n]/g, '')))],
  ['NUL', { kind: 'nul' }, fc.uint8Array({ maxLength: 30 }).map((data) => data.filter((byte) => byte !== 0))],
  ...([1, 2, 4, 8] as const).flatMap((size) =>
    (['be', 'le'] as const).flatMap((endian) =>
      [false, true].map((inclusive): readonly [string, Framing, fc.Arbitrary<Uint8Array>] => [
        `length of ${size} bytes, ${endian}${inclusive ? ', itself included' : ''}`,
        { kind: 'length-prefix', size, endian, inclusive },
        fc.uint8Array({ maxLength: 100 }),
      ]),
    ),
  ),
  ['length as varint', { kind: 'length-prefix', size: 'varint', endian: 'le' }, fc.uint8Array({ maxLength: 300 })],
  [
    'length as varint, itself included',
    { kind: 'length-prefix', size: 'varint', endian: 'le', inclusive: true },
    fc.uint8Array({ minLength: 120, maxLength: 140 }),
  ],
  ['decimal length', { kind: 'decimal-length', separator: ':' }, fc.uint8Array({ maxLength: 120 })],
  [
    'JSON by braces',
    { kind: 'json' },
    fc
      .oneof(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue()), fc.array(fc.jsonValue()))
      .map((value) => bytes(JSON.stringify(value))),
  ],
  ['fixed size', { kind: 'fixed', size: 7 }, fc.uint8Array({ minLength: 7, maxLength: 7 })],
  ['custom cutter', custom, fc.uint8Array({ maxLength: 200 })],
];

describe('any chunking gives the frames that were sent', () => {
  test.each(FRAMINGS)('%s', (_name, framing, payloads) => {
    fc.assert(
      fc.property(
        fc.array(payloads, { maxLength: 12 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        (sent, sizes) => {
          const stream = join(sent.map((payload) => wrapPayload(framing, payload)));
          const cuts = cutAll(framing, stream, sizes);
          expect(codes(cuts)).toEqual([]);
          expect(cuts.map((cut) => toHex(cut.payload))).toEqual(sent.map((payload) => toHex(payload)));
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('recovery after garbage: one remarked cut, and what follows decodes', () => {
  const chunkings: readonly number[][] = [[1], [3], [7, 2], [1000]];

  test('length prefixes', () => {
    const framing: Framing = { kind: 'length-prefix', size: 4, endian: 'be' };
    const frames = ['hello', 'brave', 'new', 'world'].map((one) => wrapPayload(framing, bytes(one)));
    const stream = join([frames[0] as Uint8Array, fromHex('ffffffffffffffffff'), ...frames.slice(1)]);
    for (const sizes of chunkings) {
      const cuts = cutAll(framing, stream, sizes);
      expect(good(cuts).map((hex) => text(fromHex(hex)))).toEqual(['hello', 'brave', 'new', 'world']);
      expect(codes(cuts)).toEqual(['garbage']);
    }
  });

  test('garbage at the end of a length-prefixed stream ends in one cut', () => {
    const framing: Framing = { kind: 'length-prefix', size: 4, endian: 'le' };
    const stream = join([wrapPayload(framing, bytes('one')), new Uint8Array(50).fill(0xee)]);
    for (const sizes of chunkings) expect(codes(cutAll(framing, stream, sizes))).toEqual(['garbage']);
  });

  test('decimal lengths right before a JSON value', () => {
    const framing: Framing = { kind: 'decimal-length', separator: '' };
    const detecting: Framing = { kind: 'detect', candidates: [framing, { kind: 'lines' }, { kind: 'json' }] };
    for (const one of [framing, detecting]) {
      const framer = createFramer(one);
      const cuts = [...bytes('7{"a":1}2{}')].flatMap((byte) => framer.push(Uint8Array.of(byte)));
      expect(cuts.map((cut) => new TextDecoder().decode(cut.payload))).toEqual(['{"a":1}', '{}']);
    }
  });

  test('a decimal length on a line of its own is no line, however it is cut', () => {
    const framer = createFramer({
      kind: 'detect',
      candidates: [{ kind: 'decimal-length', separator: '\n' }, { kind: 'lines' }, { kind: 'json' }],
    });
    const cuts = ['7\n', '{"a"', ':1}2', '\n{}'].flatMap((part) => framer.push(bytes(part)));
    expect(cuts.map((cut) => new TextDecoder().decode(cut.payload))).toEqual(['{"a":1}', '{}']);
  });

  test('decimal lengths', () => {
    const framing: Framing = { kind: 'decimal-length', separator: ':' };
    const stream = bytes('3:abcxyz5:hello2:hi');
    for (const sizes of chunkings) {
      const cuts = cutAll(framing, stream, sizes);
      expect(good(cuts).map((hex) => text(fromHex(hex)))).toEqual(['abc', 'hello', 'hi']);
      expect(codes(cuts)).toEqual(['garbage']);
    }
  });

  test('JSON: bytes outside any value, a broken value, an unfinished one', () => {
    const stream = join([bytes('{"a":"}{\\"","b":[1]}  xx yy\n{"c":"你'), bytes('好"}[1]{"open":')]);
    for (const sizes of chunkings) {
      const cuts = cutAll({ kind: 'json' }, stream, sizes);
      expect(cuts.map((cut) => text(cut.payload))).toEqual([
        '{"a":"}{\\"","b":[1]}',
        '  xx yy\n',
        '{"c":"你好"}',
        '[1]',
        '{"open":',
      ]);
      expect(codes(cuts)).toEqual(['garbage', 'truncated']);
    }
  });

  test('blanks before a JSON value are the head of its frame, blanks at the end are no error', () => {
    const cuts = cutAll({ kind: 'json' }, bytes(' \r\n{"a":1}\n{"b":2}\n'), [4]);
    expect(cuts.map((cut) => text(cut.payload))).toEqual(['{"a":1}', '{"b":2}', '']);
    expect(cuts.map((cut) => cut.expert.map((info) => info.severity))).toEqual([[], [], ['note']]);
  });

  test('an unclosed string that swallows the stream is given up at the next object that parses', () => {
    const stream = bytes(`{"a":"never closed ${'x'.repeat(300)} {"b":1}{"c":2}${'{"d":3}'.repeat(60)}`);
    const cuts = cutAll({ kind: 'json' }, stream, [64], 256);
    const values = good(cuts).map((hex) => text(fromHex(hex)));
    expect(codes(cuts)[0]).toBe('frame-too-long');
    expect(values.slice(-3)).toEqual(['{"d":3}', '{"d":3}', '{"d":3}']);
    expect(values.length).toBeGreaterThan(20);
  });

  test('lines longer than the limit are cut and remarked, the next line is whole', () => {
    const stream = bytes(`short\n${'y'.repeat(250)}\nafter\n`);
    for (const sizes of chunkings) {
      const cuts = cutAll({ kind: 'lines' }, stream, sizes, 100);
      expect(good(cuts).map((hex) => text(fromHex(hex)))).toEqual(['short', 'after']);
      expect(codes(cuts)).toEqual(['frame-too-long', 'frame-too-long', 'garbage']);
    }
  });

  test('a custom cutter that refuses bytes, or throws, is asked again further on', () => {
    const stream = join([wrapPayload(custom, bytes('one')), fromHex('ffffffff'), wrapPayload(custom, bytes('two'))]);
    for (const sizes of chunkings) {
      const cuts = cutAll(custom, stream, sizes);
      expect(good(cuts).map((hex) => text(fromHex(hex)))).toEqual(['one', 'two']);
      expect(codes(cuts)).toEqual(['garbage']);
    }
    const throwing: Framing = {
      kind: 'custom',
      name: 'bad',
      cutter: {
        cut: () => {
          throw new Error('x');
        },
        wrap: (payload) => payload,
      },
    };
    expect(codes(cutAll(throwing, bytes('abc'), [1]))).toEqual(['garbage']);
  });

  test('nothing is lost and nothing loops on random bytes, whatever the framing', () => {
    for (const [, framing] of FRAMINGS) {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 1, max: 50 }), (stream, size) => {
          cutAll(framing, stream, [size], 64);
        }),
        { numRuns: 60 },
      );
    }
  });

  test('a CR before the line feed belongs to the delimiter', () => {
    const cuts = cutAll({ kind: 'lines' }, bytes('a\r\nb\nc'), [2]);
    expect(cuts.map((cut) => [text(cut.payload), cut.raw.length])).toEqual([
      ['a', 3],
      ['b', 2],
      ['c', 1],
    ]);
    expect(codes(cuts)).toEqual(['truncated']);
  });

  test('a frame within one chunk is a view of the chunk, not a copy', () => {
    const chunk = bytes('one\ntwo\nthr');
    const [first, second] = createFramer({ kind: 'lines' }).push(chunk);
    expect([first?.raw.buffer, second?.payload.buffer]).toEqual([chunk.buffer, chunk.buffer]);
  });

  test('cuts stay as they were when more bytes come', () => {
    const framer = createFramer({ kind: 'lines' });
    const kept: Cut[] = [];
    for (const piece of ['ab', 'c\nde', 'f\ng', 'h\n', 'ij', 'k\n']) kept.push(...framer.push(bytes(piece)));
    expect(kept.map((cut) => text(cut.raw))).toEqual(['abc\n', 'def\n', 'gh\n', 'ijk\n']);
  });

  test('a million one-byte chunks of one frame stay linear', () => {
    const framer = createFramer({ kind: 'json' });
    const one = Uint8Array.of(0x61);
    framer.push(bytes('{"a":"'));
    for (let count = 0; count < 1_000_000; count += 1) framer.push(one);
    expect(framer.push(bytes('"}'))[0]?.payload.length).toBe(1_000_008);
  });
});

describe('detection', () => {
  const candidates: readonly Framing[] = [
    { kind: 'length-prefix', size: 4, endian: 'be' },
    { kind: 'length-prefix', size: 4, endian: 'le' },
    { kind: 'decimal-length', separator: ':' },
    { kind: 'lines' },
    { kind: 'nul' },
    { kind: 'json' },
  ];
  const payloads = ['{"Command":"01","Name":"a}{\\""}', '{"Command":"04","Message":"你好"}', '{"Command":"03"}'].map(
    bytes,
  );

  test('tells every candidate from its first bytes, under any chunking', () => {
    for (const framing of candidates) {
      const stream = join(payloads.map((payload) => wrapPayload(framing, payload)));
      for (const sizes of [[1], [2, 5], [1000]]) {
        const framer = createFramer({ kind: 'detect', candidates });
        const cuts: Cut[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn += 1) {
          const size = sizes[turn % sizes.length] as number;
          cuts.push(...framer.push(stream.slice(at, at + size)));
          at += size;
        }
        expect(framer.framing).toEqual(framing);
        cuts.push(...framer.end());
        expect(good(cuts)).toEqual(payloads.map(toHex));
      }
    }
  });

  test('a first value without anything behind it is not held back', () => {
    const framer = createFramer({ kind: 'detect', candidates });
    expect(framer.push(bytes('{"a":1}')).length).toBe(1);
    expect(framer.framing.kind).toBe('json');
    // Injected payloads need the delimiter that shows only now.
    framer.push(bytes('\n{"a":2}\n'));
    expect(framer.framing.kind).toBe('lines');
  });

  test('garbage first still ends in a decision', () => {
    const framer = createFramer({ kind: 'detect', candidates });
    const cuts = [...framer.push(fromHex('fffefdfc')), ...framer.push(bytes('{"a":1}')), ...framer.end()];
    expect(cuts.map((cut) => text(cut.payload)).at(-1)).toBe('{"a":1}');
  });
});
