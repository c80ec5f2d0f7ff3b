/** Where the timeline stands: position, follow-tail, and the way there. Drawn by the surface, moved by wheel, thumb and commands. */
import type { TimelineView } from './view.ts';
import { clampTop, isAtEnd, maxTop, topShowing, type ScrollState } from './virtual-scroll.ts';

export interface TimelineScroll {
  state(): ScrollState;
  /** Rows that fit now. */
  setPage(rows: number): void;
  /** Moves by rows (fractions allowed). Upward stops following; reaching the end starts it again. */
  by(rows: number): void;
  to(top: number): void;
  /** The least movement that shows the row; from far away it comes to the middle. Following stops unless it is in sight at the end. */
  reveal(index: number): void;
  center(index: number): void;
  toEnd(): void;
  onMove(listener: () => void): () => void;
}

export function createTimelineScroll(view: TimelineView): TimelineScroll {
  let top = 0;
  let page = 1;
  let rows = 0;
  const listeners = new Set<() => void>();
  const state = (): ScrollState => ({ top, rows, page });
  const moved = (): void => {
    for (const listener of listeners) listener();
  };
  const settle = (next: number): void => {
    top = clampTop(next, rows, page);
    view.follow.set(isAtEnd(state()));
    moved();
  };
  const sync = (): void => {
    rows = view.status.get().shown;
    top = view.follow.get() ? maxTop(rows, page) : clampTop(top, rows, page);
    moved();
  };
  view.onChange(sync);
  view.follow.subscribe(() => {
    if (view.follow.get()) sync();
    else moved();
  });

  return {
    state,
    setPage(fit) {
      page = Math.max(1, fit);
      sync();
    },
    by(delta) {
      if (delta < 0) view.follow.set(false);
      settle(top + delta);
    },
    to: settle,
    reveal(index) {
      const next = topShowing(index, state());
      if (next === top) return;
      settle(Math.abs(next - top) > page ? Math.round(index - page / 2) : next);
    },
    center: (index) => settle(index - page / 2 + 0.5),
    toEnd() {
      view.follow.set(true);
      sync();
    },
    onMove(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
