import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import { SEVERITIES } from '../schema/expert-info.ts';
import {
  CHUNK_FRAMES,
  directionOf,
  FLAG,
  FrameIndex,
  fateOf,
  flagsOf,
  originOf,
  severityRank,
  withFate,
  withoutWorst,
  withWorst,
  worstOf,
} from './frame-index.ts';

test('flags keep direction, origin, fate and severity apart from one another', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('toServer' as const, 'toClient' as const),
      fc.constantFrom(...ORIGINS),
      fc.constantFrom(...FATES),
      fc.constantFrom(...FATES),
      fc.constantFrom(...SEVERITIES),
      fc.boolean(),
      (direction, origin, fate, later, severity, control) => {
        let flags = flagsOf(direction, origin, fate, control) | FLAG.decoded | FLAG.marked;
        expect([directionOf(flags), originOf(flags), fateOf(flags)]).toEqual([direction, origin, fate]);
        flags = withWorst(withFate(flags, later), severityRank(severity));
        expect([directionOf(flags), originOf(flags), fateOf(flags), worstOf(flags)]).toEqual([
          direction,
          origin,
          later,
          severity,
        ]);
        expect(worstOf(withWorst(flags, severityRank('note')))).toBe(severity);
        expect(worstOf(withoutWorst(flags))).toBeUndefined();
        expect((flags & FLAG.control) !== 0).toBe(control);
        expect(flags & (FLAG.decoded | FLAG.marked)).toBe(FLAG.decoded | FLAG.marked);
      },
    ),
  );
});

test('times are kept to 20 µs; those that are too far away, and large sizes, are looked up', () => {
  const index = new FrameIndex();
  const times = [1_790_000_000, 1_790_000_000.000_02, 1_789_999_999, 1_790_080_000, 1_790_200_000, 0];
  const sizes = [0, 1, 65_534, 65_535, 65_536, 10_000_000];
  index.far = { time: (n) => times[n - 1]!, size: (n) => sizes[n - 1]! };
  times.forEach((time, i) => {
    index.reserve(i + 1);
    index.put(i + 1, time, 1, sizes[i]!, 0);
  });
  times.forEach((time, i) => {
    expect(Math.abs(index.time(i + 1) - time)).toBeLessThanOrEqual(1e-5);
    expect(index.size(i + 1)).toBe(sizes[i]);
  });
});

test('a stored block comes back as it was, and anything else is refused', () => {
  const index = new FrameIndex();
  const frames = CHUNK_FRAMES + 10;
  index.reserve(frames);
  index.count = frames;
  for (let n = 1; n <= frames; n++)
    index.put(n, 1000 + n / 1000, n % 7, n % 999, flagsOf('toClient', 'wire', 'dropped', false));
  const again = new FrameIndex();
  again.reserve(frames);
  expect(again.unpack(0, index.pack(0, frames))).toBe(CHUNK_FRAMES);
  expect(again.unpack(1, index.pack(1, frames))).toBe(10);
  for (const n of [1, 2, CHUNK_FRAMES, CHUNK_FRAMES + 1, frames]) {
    expect([again.time(n), again.conn(n), again.size(n), again.flags(n)]).toEqual([
      index.time(n),
      index.conn(n),
      index.size(n),
      index.flags(n),
    ]);
  }
  const stored = index.pack(1, frames);
  expect(again.unpack(1, stored.subarray(0, stored.length - 1))).toBe(0);
  expect(again.unpack(1, new Uint8Array(0))).toBe(0);
  expect(again.unpack(1, stored.with(0, 9))).toBe(0);
  expect(() => again.time(CHUNK_FRAMES * 3)).toThrow(RangeError);
});

test('the first frame at or after a time is found by halving', () => {
  const index = new FrameIndex();
  index.reserve(100);
  index.count = 100;
  for (let n = 1; n <= 100; n++) index.put(n, 1000 + n, 1, 1, 0);
  expect(index.firstAt(0)).toBe(1);
  expect(index.firstAt(1050)).toBe(50);
  expect(index.firstAt(1050.5)).toBe(51);
  expect(index.firstAt(2000)).toBe(101);
});
