/** The machine's clocks. */
import { performance } from 'node:perf_hooks';
import type { Clock } from '../traffic/clock.ts';

/** `now` counts milliseconds from the making of the clock. */
export function createSystemClock(): Clock {
  const start = performance.now();
  const origin = (performance.timeOrigin + start) / 1000;
  // Wall time follows the monotonic clock, so the two never disagree within a session.
  return {
    now: () => performance.now() - start,
    wall: () => origin + (performance.now() - start) / 1000,
  };
}
