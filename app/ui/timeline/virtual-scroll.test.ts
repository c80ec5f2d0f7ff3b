import { expect, test } from 'vitest';
import { clampTop, isAtEnd, maxTop, thumb, topAtThumb, topShowing } from './virtual-scroll.ts';

test('the last of three million rows can be reached, by thumb and by number', () => {
  const rows = 3_000_000;
  const page = 27.5;
  const track = 600;
  const { size } = thumb({ top: 0, rows, page }, track);
  expect(topAtThumb(track - size, rows, page, track)).toBe(maxTop(rows, page));
  const top = topShowing(rows - 1, { top: 0, rows, page });
  expect(top).toBe(maxTop(rows, page));
  expect(rows - 1 + 1 - top).toBeCloseTo(page, 9);
});

test('the thumb is never smaller than it can be gripped, and never leaves its track', () => {
  for (const rows of [30, 1000, 100_000, 3_000_000, 10_000_000]) {
    for (const share of [0, 0.3, 0.9999, 1]) {
      const page = 27;
      const top = maxTop(rows, page) * share;
      const { at, size } = thumb({ top, rows, page }, 400);
      expect(size).toBeGreaterThanOrEqual(24);
      expect(at).toBeGreaterThanOrEqual(0);
      expect(at + size).toBeLessThanOrEqual(400.0001);
    }
  }
});

test('dragging the thumb to where it is moves nothing', () => {
  const [rows, page, track] = [2_000_000, 31.2, 517];
  for (const top of [0, 1, 777_777.25, maxTop(rows, page)]) {
    const { at } = thumb({ top, rows, page }, track);
    expect(topAtThumb(at, rows, page, track)).toBeCloseTo(top, 3);
  }
});

test('there is no thumb when everything fits', () => {
  expect(thumb({ top: 0, rows: 10, page: 27 }, 400)).toEqual({ at: 0, size: 0 });
});

test('showing a row moves as little as it must, and not at all when it is in sight', () => {
  const state = { top: 100, rows: 1000, page: 20 };
  expect(topShowing(110, state)).toBe(100);
  expect(topShowing(50, state)).toBe(49);
  expect(topShowing(130, state)).toBe(112);
  expect(topShowing(0, state)).toBe(0);
});

test('the position stays within the rows', () => {
  expect(clampTop(-5, 100, 20)).toBe(0);
  expect(clampTop(500, 100, 20)).toBe(80);
  expect(clampTop(5, 10, 20)).toBe(0);
});

test('the end is where the last row is in sight', () => {
  expect(isAtEnd({ top: 80, rows: 100, page: 20 })).toBe(true);
  expect(isAtEnd({ top: 79, rows: 100, page: 20 })).toBe(false);
  expect(isAtEnd({ top: 0, rows: 5, page: 20 })).toBe(true);
});
