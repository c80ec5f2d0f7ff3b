import { expect, test } from 'vitest';
import { extendTo, isMany, isSelected, NOTHING, selectionFilter, selectOne, toggle } from './selection.ts';

test('extending goes from the anchor, whichever way', () => {
  const down = extendTo(selectOne(10), 14);
  expect(down.ranges).toEqual([[10, 14]]);
  expect(extendTo(down, 7)).toMatchObject({ focus: 7, anchor: 10, ranges: [[7, 10]] });
});

test('a toggled frame is added, and taken out of the middle of a range', () => {
  const two = toggle(selectOne(5), 9);
  expect(two.ranges).toEqual([
    [5, 5],
    [9, 9],
  ]);
  const range = extendTo(selectOne(1), 10);
  expect(toggle(range, 4).ranges).toEqual([
    [1, 3],
    [5, 10],
  ]);
});

test('neighbours become one range', () => {
  expect(toggle(selectOne(5), 6).ranges).toEqual([[5, 6]]);
});

test('three million frames are one range, not three million numbers', () => {
  const all = { focus: 1, anchor: 1, ranges: [[1, 3_000_000]] as const };
  expect(isSelected(all, 2_999_999)).toBe(true);
  expect(isSelected(all, 3_000_001)).toBe(false);
  expect(isMany(all)).toBe(true);
  expect(selectionFilter(all)).toBe('(frame.n >= 1 and frame.n <= 3000000)');
});

test('nothing is selected to begin with, and selecting frame 0 is nothing', () => {
  expect(selectOne(0)).toEqual(NOTHING);
  expect(isMany(selectOne(3))).toBe(false);
  expect(selectionFilter(toggle(selectOne(3), 8))).toBe('frame.n == 3 or frame.n == 8');
});
