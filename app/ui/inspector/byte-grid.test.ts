import { expect, test } from 'vitest';
import { byteClasses, gapClasses } from './byte-grid.ts';
import { dataReads } from './data-reads.ts';

const selected = { start: 17, end: 19 };

test('a range has edges only where it ends', () => {
  expect(byteClasses(17, 16, { selected })).toBe(' s st sb sl');
  expect(byteClasses(18, 16, { selected })).toBe(' s st sb sr2');
  expect(byteClasses(16, 16, { selected })).toBe('');
});

test('a range over several lines is one outline', () => {
  const parent = { start: 8, end: 40 };
  expect(byteClasses(8, 16, { parent })).toContain(' pl');
  expect(byteClasses(24, 16, { parent })).not.toContain(' pt');
  expect(byteClasses(12, 16, { parent })).not.toContain(' pb');
  expect(byteClasses(39, 16, { parent })).toContain(' pr');
});

test('the gap in the middle belongs to a range that crosses it', () => {
  expect(gapClasses(23, 16, { parent: { start: 20, end: 28 } })).toBe(' p pt pb');
  expect(gapClasses(23, 16, { parent: { start: 24, end: 28 } })).toBe('');
});

test('the dashed outline stays out of the text side, edited bytes are marked on both', () => {
  const ranges = { grand: { start: 0, end: 32 }, edited: new Set([3]) };
  expect(byteClasses(3, 16, ranges, true)).toBe(' e');
  expect(byteClasses(3, 16, ranges)).toContain(' g');
});

test('loose bytes are read as the numbers they could be', () => {
  const reads = (bytes: readonly number[]): Record<string, string> =>
    Object.fromEntries(dataReads(Uint8Array.from(bytes)).map((read) => [read.as, read.value]));
  expect(reads([0x05, 0xcc])).toMatchObject({
    'u16 be': '1\u2009484',
    'u16 le': '52\u2009229',
    bits: '00000101 11001100',
  });
  expect(reads([0x3f, 0x80, 0, 0])['f32 be']).toBe('1');
  expect(reads([0xff])['i8']).toBe('-1');
  expect(reads([...new TextEncoder().encode('勇者')])['text']).toBe('“勇者”');
  expect(reads([0xff, 0xfe, 0xfd])['text']).toBeUndefined();
});
