import { expect, test } from 'vitest';
import { decodeRowBatch, encodeRowBatch, type RowBatch } from '../../../core/contract/row-batch.ts';
import type { Row } from '../../../core/contract/rows.ts';
import { PAGE, RowCache } from './row-cache.ts';

const row = (n: number, summary = ''): Row => ({
  n,
  time: n,
  conn: 1,
  direction: 'toServer',
  origin: 'wire',
  fate: 'forwarded',
  protocol: 'p',
  message: 'm',
  summary,
  size: 1,
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
});

function batch(start: number, count: number, total = 1e6, summary = ''): RowBatch {
  const rows = Array.from({ length: count }, (_, i) => row(start + i + 1, summary));
  return decodeRowBatch(encodeRowBatch({ kind: 'live', id: 1, start, total }, rows));
}

test('a batch over the edge of a page is found on both sides', () => {
  const cache = new RowCache();
  cache.put(batch(PAGE - 2, 4));
  expect(cache.row(PAGE - 3)).toBeUndefined();
  expect([PAGE - 2, PAGE - 1, PAGE, PAGE + 1].map((index) => cache.row(index)?.n)).toEqual([
    PAGE - 1,
    PAGE,
    PAGE + 1,
    PAGE + 2,
  ]);
  expect(cache.row(PAGE + 2)).toBeUndefined();
});

test('a page is asked for once, and again only when the answer failed', () => {
  const cache = new RowCache();
  expect(cache.missing(0, 10)).toEqual([0]);
  expect(cache.missing(0, 10)).toEqual([]);
  cache.forgetAsk(0);
  expect(cache.missing(5, PAGE + 5)).toEqual([0, 1]);
});

test('rows that came as a tail need not be asked for', () => {
  const cache = new RowCache();
  cache.put(batch(100, 30));
  expect(cache.missing(100, 130)).toEqual([]);
  expect(cache.missing(99, 130)).toEqual([0]);
});

test('stale rows stay in sight until the new ones are there', () => {
  const cache = new RowCache();
  cache.put(batch(0, PAGE, 1e6, 'old'));
  cache.markStale();
  expect(cache.row(3)?.summary).toBe('old');
  expect(cache.missing(0, 10)).toEqual([0]);
  cache.put(batch(0, PAGE, 1e6, 'new'));
  expect(cache.row(3)?.summary).toBe('new');
  expect(cache.missing(0, 10)).toEqual([]);
});

test('the newest of several batches wins', () => {
  const cache = new RowCache();
  cache.put(batch(0, 10, 1e6, 'first'));
  expect(cache.row(4)?.summary).toBe('first');
  cache.put(batch(4, 1, 1e6, 'second'));
  expect(cache.row(4)?.summary).toBe('second');
  expect(cache.row(5)?.summary).toBe('first');
});

test('memory stays flat however far one scrolls: the page not looked at for longest goes', () => {
  const cache = new RowCache(8);
  for (let p = 0; p < 100; p++) {
    cache.put(batch(p * PAGE, PAGE));
    cache.missing(0, 1);
  }
  expect(cache.pageCount).toBeLessThanOrEqual(8);
  expect(cache.row(0)?.n).toBe(1);
  expect(cache.row(50 * PAGE)).toBeUndefined();
  expect(cache.row(99 * PAGE)?.n).toBe(99 * PAGE + 1);
});
