import { expect, test } from 'vitest';
import { growing, growthOf, makeLeakWatch } from './memory.ts';

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

/** Bursts of 150 after which the memory is what `memoryAt` says. */
async function bursts(
  memoryAt: (burst: number) => number,
  isOver = (): boolean => false,
): Promise<{ readonly perRun?: number; readonly count: number }> {
  let count = 0;
  const grown = await growing(() => Promise.resolve(memoryAt(count++)), 150, isOver);
  return { ...(grown === undefined ? {} : { perRun: grown.perRun }), count };
}

test('a leak of 64 KiB is sure after ten bursts', async () => {
  const leak = 64 * 1024;
  expect(await bursts((burst) => 90 * MIB + burst * 150 * leak)).toEqual({ perRun: leak, count: 11 });
});

test('a leak of 10 KiB is one when it goes on beyond what a collector takes for itself', async () => {
  const burst = 150 * 10 * 1024;
  expect(await bursts((n) => 90 * MIB + n * burst)).toEqual({ perRun: 10 * 1024, count: 46 });
  expect((await bursts((n) => 90 * MIB + Math.min(n, 20) * burst)).perRun).toBeUndefined();
  expect(
    (
      await bursts(
        (n) => 90 * MIB + n * burst,
        () => true,
      )
    ).perRun,
  ).toBeUndefined();
});
