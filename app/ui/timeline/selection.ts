/** Selected frames, by number: they survive filters, tails and reconnects. Ranges, because a session has millions. */
import { createStore, type Store } from '../state/store.ts';

export type FrameRange = readonly [from: number, to: number];

export interface FrameSelection {
  /** The frame the inspector shows; 0 when none. */
  readonly focus: number;
  /** Where Shift extends from. */
  readonly anchor: number;
  /** Inclusive ranges of frame numbers, apart and in order. */
  readonly ranges: readonly FrameRange[];
}

export const NOTHING: FrameSelection = { focus: 0, anchor: 0, ranges: [] };

export type SelectionStore = Store<FrameSelection>;

export function createSelection(): SelectionStore {
  return createStore(NOTHING);
}

export function selectOne(n: number): FrameSelection {
  return n === 0 ? NOTHING : { focus: n, anchor: n, ranges: [[n, n]] };
}

export function extendTo(selection: FrameSelection, n: number): FrameSelection {
  if (selection.anchor === 0) return selectOne(n);
  const range: FrameRange = [Math.min(selection.anchor, n), Math.max(selection.anchor, n)];
  return { focus: n, anchor: selection.anchor, ranges: [range] };
}

/** Ctrl+click: adds or takes away one frame. */
export function toggle(selection: FrameSelection, n: number): FrameSelection {
  if (!isSelected(selection, n)) return { focus: n, anchor: n, ranges: merge([...selection.ranges, [n, n]]) };
  const ranges = selection.ranges.flatMap(([from, to]): FrameRange[] => {
    if (n < from || n > to) return [[from, to]];
    const rest: FrameRange[] = [];
    if (from < n) rest.push([from, n - 1]);
    if (n < to) rest.push([n + 1, to]);
    return rest;
  });
  return { focus: n, anchor: n, ranges };
}

export function isSelected(selection: FrameSelection, n: number): boolean {
  return selection.ranges.some(([from, to]) => n >= from && n <= to);
}

/** True when more than one frame can be meant. */
export function isMany(selection: FrameSelection): boolean {
  const [first] = selection.ranges;
  return selection.ranges.length > 1 || (first !== undefined && first[0] !== first[1]);
}

/** The selection as a filter, for everything that takes one. */
export function selectionFilter(selection: FrameSelection): string {
  return selection.ranges
    .map(([from, to]) => (from === to ? `frame.n == ${from}` : `(frame.n >= ${from} and frame.n <= ${to})`))
    .join(' or ');
}

function merge(ranges: readonly FrameRange[]): readonly FrameRange[] {
  const sorted = [...ranges].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && from <= last[1] + 1) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}
