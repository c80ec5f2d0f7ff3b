/**
 * Scrolling by our own arithmetic: browsers stop laying out near 33.5 million pixels, which is 1.5 million rows. The position is
 * kept in rows with a fraction, so every row of any session can be reached and nothing jumps.
 */
export interface ScrollState {
  /** First visible row, with the hidden share of it as a fraction. */
  readonly top: number;
  readonly rows: number;
  /** Rows that fit, with a fraction. */
  readonly page: number;
}

export const MIN_THUMB = 24;

export function maxTop(rows: number, page: number): number {
  return Math.max(0, rows - page);
}

export function clampTop(top: number, rows: number, page: number): number {
  return Math.min(Math.max(0, top), maxTop(rows, page));
}

/** True when the last row is in sight (half a row of tolerance). */
export function isAtEnd({ top, rows, page }: ScrollState): boolean {
  return top >= maxTop(rows, page) - 0.5;
}

/** Thumb of the scrollbar on a track of `track` pixels. */
export function thumb({ top, rows, page }: ScrollState, track: number): { readonly at: number; readonly size: number } {
  if (rows <= page || track <= 0) return { at: 0, size: 0 };
  const size = Math.min(track, Math.max(MIN_THUMB, (page / rows) * track));
  return { at: (top / maxTop(rows, page)) * (track - size), size };
}

/** Where dragging the thumb to `at` pixels leads. */
export function topAtThumb(at: number, rows: number, page: number, track: number): number {
  const { size } = thumb({ top: 0, rows, page }, track);
  if (track <= size) return 0;
  return clampTop((at / (track - size)) * maxTop(rows, page), rows, page);
}

/** The least movement that brings a row fully into sight, with `margin` rows around it where there is room. */
export function topShowing(index: number, state: ScrollState, margin = 1): number {
  const { top, rows, page } = state;
  const room = Math.min(margin, Math.max(0, (page - 1) / 2));
  if (index < top + room) return clampTop(index - room, rows, page);
  if (index + 1 > top + page - room) return clampTop(index + 1 - page + room, rows, page);
  return top;
}
