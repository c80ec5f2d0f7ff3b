import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SEVERITIES } from '../schema/expert-info.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import { decodeRowBatch, encodeRowBatch } from './row-batch.ts';
import type { Row } from './rows.ts';

const row = (n: number, more: Partial<Row> = {}): Row => ({
  n,
  time: 1_790_000_000.123456,
  conn: 3,
  direction: 'toServer',
  origin: 'wire',
  fate: 'forwarded',
  protocol: 'mjsonp',
  message: 'dahai',
  summary: 'P2 discards 5mr',
  size: 61,
  expertCount: 0,
  partner: 0,
  answerMs: Number.NaN,
  batch: 1,
  marked: false,
  commented: false,
  waitedMs: 0,
  handoff: false,
  touchedBy: [],
  isControl: false,
  columns: [],
  color: -1,
  ...more,
});

test('rows come out of a batch as they went in', () => {
  const rows = [
    row(1),
    row(2, { direction: 'toClient', worst: 'warning', expertCount: 2, partner: 1, answerMs: 12.5, columns: [] }),
    row(3, {
      message: '',
      summary: '位置同期 🀄',
      marked: true,
      commented: true,
      handoff: true,
      touchedBy: ['rename, politely', 'slow'],
      isControl: true,
      color: 4,
    }),
  ];
  const batch = decodeRowBatch(encodeRowBatch({ kind: 'answer', id: 77, start: 1000, total: 2_000_000 }, rows));
  expect(batch).toMatchObject({ kind: 'answer', id: 77, start: 1000, count: 3, total: 2_000_000 });
  expect(batch.rows()).toEqual(rows);
});

test('an empty batch is a header and nothing else', () => {
  const bytes = encodeRowBatch({ kind: 'live', id: 1, start: 0, total: 0 }, []);
  expect(bytes.length).toBe(24);
  expect(decodeRowBatch(bytes).rows()).toEqual([]);
});

test('equal texts are stored once', () => {
  const many = Array.from({ length: 256 }, (_, i) => row(i + 1));
  const bytes = encodeRowBatch({ kind: 'live', id: 1, start: 0, total: 256 }, many);
  expect(bytes.length).toBe(24 + 256 * 60 + 4 * 4 + 'mjsonpdahaiP2 discards 5mr'.length);
});

test('a batch that lies in a larger buffer is read from its own offset', () => {
  const bytes = encodeRowBatch({ kind: 'live', id: 1, start: 5, total: 6 }, [row(6, { columns: ['a', ''] })]);
  const larger = new Uint8Array(bytes.length + 7);
  larger.set(bytes, 7);
  expect(decodeRowBatch(larger.subarray(7)).row(0).columns).toEqual(['a', '']);
});

test('any rows survive the round trip', () => {
  const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
  const any = fc.record({
    n: u32,
    time: fc.double({ noNaN: true, noDefaultInfinity: true }),
    conn: u32,
    direction: fc.constantFrom('toServer' as const, 'toClient' as const),
    origin: fc.constantFrom(...ORIGINS),
    fate: fc.constantFrom(...FATES),
    protocol: fc.string({ unit: 'grapheme' }),
    message: fc.string({ unit: 'grapheme' }),
    summary: fc.string({ unit: 'grapheme' }),
    size: u32,
    worst: fc.constantFrom(...SEVERITIES),
    expertCount: fc.integer({ min: 0, max: 0xffff }),
    partner: u32,
    answerMs: fc.float(),
    batch: fc.integer({ min: 0, max: 0xffff }),
    marked: fc.boolean(),
    commented: fc.boolean(),
    waitedMs: fc.float(),
    handoff: fc.boolean(),
    touchedBy: fc.array(fc.stringMatching(/^[^\n]+$/), { maxLength: 3 }),
    isControl: fc.boolean(),
    columns: fc.tuple(fc.string(), fc.string()),
    color: fc.integer({ min: -1, max: 1000 }),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 20 }), (rows) => {
      const batch = decodeRowBatch(encodeRowBatch({ kind: 'live', id: 9, start: 0, total: 20 }, rows));
      expect(batch.rows()).toEqual(rows);
    }),
  );
});

test('bytes of another version, cut bytes and random bytes are refused, never misread', () => {
  const bytes = encodeRowBatch({ kind: 'answer', id: 1, start: 0, total: 1 }, [row(1)]);
  expect(() => decodeRowBatch(bytes.with(0, 9))).toThrow(/version 9/);
  for (let size = 0; size < bytes.length; size++)
    expect(() => decodeRowBatch(bytes.subarray(0, size))).toThrow(RangeError);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (random) => {
      try {
        decodeRowBatch(random).rows();
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
