/** First and last number of a run of frames. */
export type FrameRange = readonly [number, number];

/** Ascending numbers as runs. */
export function rangesOf(numbers: Iterable<number>): FrameRange[] {
  const ranges: [number, number][] = [];
  for (const n of numbers) {
    const last = ranges.at(-1);
    if (last?.[1] === n - 1) last[1] = n;
    else ranges.push([n, n]);
  }
  return ranges;
}

export function countOf(ranges: readonly FrameRange[]): number {
  return ranges.reduce((sum, [from, to]) => sum + to - from + 1, 0);
}

/** `3, 17–20 and 4 more places`. */
export function rangesText(ranges: readonly FrameRange[]): string {
  const shown = ranges.slice(0, 20).map(([from, to]) => (from === to ? `${from}` : `${from}–${to}`));
  const more = ranges.length - shown.length;
  return more === 0 ? shown.join(', ') : `${shown.join(', ')} and ${more} more places`;
}
