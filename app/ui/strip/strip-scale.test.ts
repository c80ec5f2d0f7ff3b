import { expect, test } from 'vitest';
import { axisLabel, axisTimes, draggedWindow, shareOf, timeAt, zoomed } from './strip-scale.ts';

const range = { from: 0, to: 174 };

test('time and place are each other’s inverse inside the strip, and clamped outside', () => {
  for (const time of [0, 12.5, 173.9]) expect(timeAt(shareOf(time, range), range)).toBeCloseTo(time, 9);
  expect(shareOf(500, range)).toBe(1);
  expect(shareOf(-5, range)).toBe(0);
});

test('the axis has round times, not too many, at any scale', () => {
  expect(axisTimes(range, 9)).toEqual([20, 40, 60, 80, 100, 120, 140, 160]);
  for (const to of [0.01, 1, 7, 333, 86_400]) {
    const times = axisTimes({ from: 0, to }, 9);
    expect(times.length).toBeGreaterThan(2);
    expect(times.length).toBeLessThanOrEqual(9);
  }
  expect(axisLabel(0.25, { from: 0, to: 1 })).toBe('0.25 s');
});

test('a window dragged backwards is still from and to, and never empty', () => {
  expect(draggedWindow(20, 10, range)).toEqual([10, 20]);
  const [from, to] = draggedWindow(5, 5, range);
  expect(to).toBeGreaterThan(from);
});

test('zooming keeps the place under the pointer and stays in the session', () => {
  const next = zoomed(range, 0.5, 0.5, 174);
  expect(timeAt(0.5, next)).toBeCloseTo(87, 6);
  expect(zoomed(range, 1, 2, 174)).toEqual(range);
});
