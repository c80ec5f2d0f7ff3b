import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RangeCoder } from './range-coder.ts';

const coder = new RangeCoder();

function compress(input: Uint8Array): Uint8Array {
  const output = new Uint8Array(input.length * 2 + 16);
  return output.slice(0, coder.compress(input, 0, input.length, output, 0, output.length));
}

function decompress(input: Uint8Array, limit = 8192): Uint8Array {
  const output = new Uint8Array(limit);
  return output.slice(0, coder.decompress(input, 0, input.length, output, 0, limit));
}

test('the output is that of the C library, byte for byte', () => {
  const text = new TextEncoder();
  expect(Buffer.from(compress(text.encode('a'))).toString('hex')).toBe('619e619e');
  expect(Buffer.from(compress(text.encode('hello hello hello hello'))).toString('hex')).toBe(
    '68fbe0c33d7072bdd5e06ce58e',
  );
  const moves = text.encode('{"type":"move","x":12,"y":40}{"type":"move","x":13,"y":40}');
  expect(Buffer.from(compress(moves)).toString('hex')).toBe(
    '7ba7424557c37b761a4a6b187de05a9dcb59b0f7041048f3a98076d1178abd6dbdc19946144f',
  );
  // Long enough for the model to be halved and to start afresh.
  const long = Uint8Array.from({ length: 1300 }, (_, i) => ((i * i) >> 3) & 0x3f);
  expect(createHash('sha256').update(compress(long)).digest('hex')).toBe(
    '8ad521c6887fe9e204510b13798cca5e79b9ce6ee5b50f2a109bb76230362e68',
  );
});

test('whatever is compressed comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 4000 }), fc.integer({ min: 1, max: 255 }), (bytes, limit) => {
      const input = bytes.map((byte) => byte % limit);
      expect(Buffer.compare(decompress(compress(input)), input)).toBe(0);
    }),
    { numRuns: 300, seed: 1 },
  );
});

test('output that does not fit gives 0, and nothing is written past the limit', () => {
  const input = Uint8Array.from({ length: 200 }, (_, i) => (i * 101) & 0xff);
  const output = new Uint8Array(300);
  expect(coder.compress(input, 0, 200, output, 0, 50)).toBe(0);
  expect(output.subarray(50).every((byte) => byte === 0)).toBe(true);
  expect(decompress(compress(input), 199).length).toBe(0);
  expect(decompress(compress(input), 200)).toEqual(input);
});

test('nothing in, nothing out', () => {
  expect(compress(new Uint8Array(0)).length).toBe(0);
  expect(decompress(new Uint8Array(0)).length).toBe(0);
});
