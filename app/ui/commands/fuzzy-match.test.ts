import { expect, test } from 'vitest';
import { fuzzyMatch } from './fuzzy-match.ts';

test('all words found is better than some, and none is nothing', () => {
  expect(fuzzyMatch('hold mov', 'Hold frames like this GPMSG_BEINGS_MOVE')?.share).toBe(1);
  expect(fuzzyMatch('hold xyz', 'Hold frames like this')?.share).toBe(0.5);
  expect(fuzzyMatch('xyz', 'Hold frames like this')).toBeNull();
});

test('a word start counts more than the middle of a word', () => {
  const start = fuzzyMatch('for', 'Forward all held frames')?.score ?? 0;
  const middle = fuzzyMatch('for', 'Transform all frames')?.score ?? 0;
  expect(start).toBeGreaterThan(middle);
});

test('the spans say what to underline', () => {
  expect(fuzzyMatch('next held', 'Next held frame')?.spans).toEqual([
    [0, 4],
    [5, 9],
  ]);
});
