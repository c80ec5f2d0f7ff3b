/**
 * The view the timeline shows: its filter, its rows by index, how far the engine has looked. Asks for windows, takes tails, opens
 * itself again after a reconnect. Not React: rows arrive up to sixty times a second.
 */
import type { FindWhat } from '../../../core/contract/verbs.ts';
import type { Row, ViewSpec, ViewStatus } from '../../../core/contract/rows.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import { PAGE, RowCache } from '../engine-client/row-cache.ts';
import { createStore, type ReadonlyStore, type Store } from '../state/store.ts';

export type ViewPhase = 'closed' | 'changing' | 'ready';

export interface ViewState extends ViewStatus {
  readonly phase: ViewPhase;
}

export interface TimelineView {
  readonly spec: ReadonlyStore<ViewSpec>;
  readonly status: ReadonlyStore<ViewState>;
  /** New rows stay in sight. Stops at the first upward scroll. */
  readonly follow: Store<boolean>;
  row(index: number): Row | undefined;
  /** Sees to it that `[start, end)` is or will be there. */
  need(start: number, end: number): void;
  /** Rows or their number changed: draw again. */
  onChange(listener: () => void): () => void;
  /** Another session is open: the same view of that. */
  reopen(): void;
  change(part: Partial<ViewSpec>): void;
  /** A whole new spec: the way to take a part away. */
  replace(spec: ViewSpec): void;
  cancel(): void;
  refresh(): void;
  indexOf(n: number): Promise<{ readonly index: number; readonly exact: boolean }>;
  find(from: number, what: FindWhat, back?: boolean): Promise<number | null>;
  /** The row itself, fetched when it is not at hand. */
  fetchRow(index: number): Promise<Row | undefined>;
}

const EMPTY: ViewState = {
  view: 0,
  shown: 0,
  hidden: 0,
  scanned: 0,
  total: 0,
  done: true,
  elapsedMs: 0,
  phase: 'closed',
};

export function createTimelineView(client: EngineClient, initial: ViewSpec): TimelineView {
  const spec = createStore<ViewSpec>(initial);
  const status = createStore<ViewState>(EMPTY);
  const follow = createStore(true);
  const cache = new RowCache();
  const listeners = new Set<() => void>();
  let generation = 0;
  const changed = (): void => {
    for (const listener of listeners) listener();
  };

  const apply = (next: ViewStatus, phase: ViewPhase = 'ready'): void => {
    // Rows before the last ones changed place: what is shown stays until it is fetched anew.
    if (next.view === status.get().view && next.revision !== status.get().revision) cache.markStale();
    status.set({ ...next, phase });
    changed();
  };

  const open = async (): Promise<void> => {
    const mine = ++generation;
    try {
      const opened = await client.request('view.open', { spec: spec.get(), follow: true });
      if (mine !== generation) return;
      cache.clear();
      apply(opened);
    } catch {
      if (mine === generation) status.set({ ...status.get(), phase: 'closed' });
    }
  };

  const send = async (): Promise<void> => {
    const { view } = status.get();
    if (view === 0 || client.line.get().phase !== 'ready') return;
    const mine = ++generation;
    status.update((now) => ({ ...now, phase: 'changing', done: false, elapsedMs: 0 }));
    try {
      const next = await client.request('view.change', { view, spec: spec.get() });
      if (mine !== generation) return;
      cache.clear();
      apply(next);
    } catch {
      // The filter bar checks filters before they get here; what still fails leaves the old rows standing.
      if (mine === generation) status.update((now) => ({ ...now, phase: 'ready', done: true }));
    }
  };

  const ask = async (page: number): Promise<void> => {
    const { view } = status.get();
    const mine = generation;
    try {
      const batch = await client.rows({ view, start: page * PAGE, count: PAGE });
      if (mine !== generation) return;
      if (batch.count === 0) cache.forgetAsk(page);
      cache.put(batch);
      changed();
    } catch {
      if (mine === generation) cache.forgetAsk(page);
    }
  };

  client.onReady(() => void open());
  client.on('grew', (data) => {
    const now = status.get();
    const mine = data.views.find((each) => each.view === now.view);
    if (mine !== undefined && now.phase === 'ready') apply(mine);
  });
  client.onLiveRows((batch) => {
    const now = status.get();
    if (batch.id !== now.view || now.phase !== 'ready') return;
    cache.put(batch);
    if (batch.total > now.shown) status.set({ ...now, shown: batch.total });
    changed();
  });
  const refresh = (): void => {
    cache.markStale();
    changed();
  };
  client.on('held', refresh);
  client.on('notice', refresh);

  return {
    spec,
    status,
    follow,
    row: (index) => cache.row(index),
    need(start, end) {
      if (status.get().phase !== 'ready') return;
      for (const page of cache.missing(Math.max(0, start), Math.min(end, status.get().shown))) void ask(page);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reopen: () => void open(),
    change(part) {
      spec.update((now) => ({ ...now, ...part }));
      void send();
    },
    replace(next) {
      spec.set(next);
      void send();
    },
    cancel() {
      const { view } = status.get();
      if (view !== 0)
        void client.request('view.cancel', { view }).then(
          (next) => apply(next),
          () => undefined,
        );
    },
    refresh,
    indexOf: (n) => client.request('view.indexOf', { view: status.get().view, n }),
    async find(from, what, back = false) {
      const found = await client.request('view.find', { view: status.get().view, from, what, back });
      return found?.index ?? null;
    },
    async fetchRow(index) {
      const known = cache.row(index);
      if (known !== undefined) return known;
      const batch = await client.rows({ view: status.get().view, start: index, count: 1 });
      return batch.count > 0 ? batch.row(0) : undefined;
    },
  };
}
