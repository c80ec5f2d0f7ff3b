/** Time ↔ place on the strip, and where its axis has labels. Pure. */

export interface StripRange {
  /** Seconds since the session began. */
  readonly from: number;
  readonly to: number;
}

export type TimeWindow = readonly [from: number, to: number];

/** An end that moves with the newest frame. */
export const PINNED = 1e9;

export function shareOf(time: number, range: StripRange): number {
  const width = range.to - range.from;
  return width <= 0 ? 0 : Math.min(1, Math.max(0, (time - range.from) / width));
}

export function timeAt(share: number, range: StripRange): number {
  return range.from + Math.min(1, Math.max(0, share)) * (range.to - range.from);
}

/** Round times within the range, at most `most` of them. */
export function axisTimes(range: StripRange, most: number): readonly number[] {
  const width = range.to - range.from;
  if (width <= 0 || most < 1) return [];
  const raw = width / most;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const times: number[] = [];
  for (let i = Math.floor(range.from / step) + 1; i * step < range.to - step * 0.2; i++) times.push(i * step);
  return times;
}

/** `20 s`, `0.25 s`, `12 min`. */
export function axisLabel(time: number, range: StripRange): string {
  const width = range.to - range.from;
  if (width > 1200 && time % 60 === 0) return `${Math.round(time / 60)} min`;
  const digits = width >= 20 ? 0 : width >= 2 ? 1 : width >= 0.2 ? 2 : 3;
  return `${time.toFixed(digits)} s`;
}

/** The window after a drag, in order and at least a thousandth of the range wide. */
export function draggedWindow(a: number, b: number, range: StripRange): TimeWindow {
  const least = (range.to - range.from) / 1000;
  const from = Math.min(a, b);
  return [from, Math.max(Math.max(a, b), from + least)];
}

/** Zooms around a place, within `[0, end]`. */
export function zoomed(range: StripRange, share: number, factor: number, end: number): StripRange {
  const width = Math.min(end, Math.max(0.01, (range.to - range.from) * factor));
  const at = timeAt(share, range);
  const from = Math.max(0, Math.min(end - width, at - width * share));
  return { from, to: from + width };
}
