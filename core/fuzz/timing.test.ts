import { expect, test } from 'vitest';
import { Timing, timingText } from './timing.ts';

test('what one of several lanes does counts by its share, what stops them all in full, and restarts within it apart', async () => {
  let now = 0;
  const timing = new Timing(() => now);
  const takes = (ms: number) => async (): Promise<void> => void (now += ms);
  await timing.during('cases', 4, takes(400));
  await timing.during('crashes', 1, async () => {
    now += 50;
    await timing.during('restarts', 1, takes(300));
  });
  expect(timing.report(600)).toEqual({ cases: 100, crashes: 50, restarts: 300, waiting: 150 });
});

test('the largest comes first, and nothing is said of what took no time', () => {
  expect(timingText({ cases: 100, crashes: 1, restarts: 299, waiting: 0 })).toBe('restarts 75 %, cases 25 %');
});
