import { expect, test } from 'vitest';
import { growthOf, makeLeakWatch } from './memory.ts';

const MIB = 1024 * 1024;

/** Feeds a watch with the memory after each of 2000 cases. */
function watched(memoryAt: (cases: number) => number): boolean {
  const watch = makeLeakWatch(50 * MIB);
  for (let cases = 0; cases <= 2000; cases += 10) watch.sample(cases, cases * 30, () => memoryAt(cases));
  return watch.isSuspicious();
}

test('growth that goes on is suspicious', () => {
  expect(watched((cases) => 50 * MIB + cases * 64 * 1024)).toBe(true);
});

test('a server that takes what it needs and then no more is not', () => {
  expect(watched((cases) => 50 * MIB + Math.min(cases, 600) * 256 * 1024)).toBe(false);
});

test('a collector that takes and gives back is not', () => {
  expect(watched((cases) => 80 * MIB + (cases % 400) * 128 * 1024)).toBe(false);
});

test('little growth is not', () => {
  expect(watched((cases) => 50 * MIB + cases * 1024)).toBe(false);
});

test('where memory cannot be read, nothing is', () => {
  const watch = makeLeakWatch(undefined);
  for (let cases = 0; cases < 2000; cases += 10) watch.sample(cases, cases * 30, () => cases * MIB);
  expect(watch.isSuspicious()).toBe(false);
});

test('bursts grow steadily only when each of them does, by about as much', () => {
  const steady = [100, 110, 120, 131, 141, 150].map((mib) => mib * MIB);
  expect(growthOf(steady, 150)).toMatchObject({ isSteady: true, total: 50 * MIB });
  const once = [100, 150, 150, 150, 150, 150].map((mib) => mib * MIB);
  expect(growthOf(once, 150).isSteady).toBe(false);
});
