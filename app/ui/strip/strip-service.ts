/** The overview's data and window: asks for buckets as the session grows, narrows every view to a window. */
import type { Strip } from '../../../core/contract/rows.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Mirror } from '../engine-client/mirror.ts';
import { createStore, type Store } from '../state/store.ts';
import type { TimelineView } from '../timeline/view.ts';
import { type StripRange, type TimeWindow, zoomed } from './strip-scale.ts';

export interface StripService {
  readonly data: Store<Strip | null>;
  /** The same span, only of the frames the view shows; null while it shows all. */
  readonly shown: Store<Strip | null>;
  readonly range: Store<StripRange>;
  /** Narrowed to a part of the session, not growing with it. */
  readonly zoom: Store<StripRange | null>;
  setWindow(window: TimeWindow | undefined): void;
  clear(): void;
  around(at: number): void;
  zoomBy(share: number, factor: number): void;
}

const BUCKETS = 240;
const REFRESH_MS = 500;

export function createStripService(client: EngineClient, mirror: Mirror, view: TimelineView): StripService {
  const data = createStore<Strip | null>(null);
  const shown = createStore<Strip | null>(null);
  const range = createStore<StripRange>({ from: 0, to: 1 });
  const zoom = createStore<StripRange | null>(null);
  let isAsking = false;
  let isDirty = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const end = (): number => {
    const session = mirror.session.get();
    if (session === null) return 1;
    const last = session.recording && !session.readOnly ? Date.now() / 1000 : session.ended;
    return Math.max(1, last - session.began);
  };

  const ask = async (): Promise<void> => {
    if (isAsking || client.line.get().phase !== 'ready') {
      isDirty = true;
      return;
    }
    isAsking = true;
    isDirty = false;
    const wanted = zoom.get() ?? { from: 0, to: end() };
    try {
      const { filter, hidden } = view.spec.get();
      const isNarrowed = filter.trim() !== '' || (hidden ?? []).length > 0;
      const { view: id } = view.status.get();
      const [strip, part] = await Promise.all([
        client.request('view.strip', { ...wanted, buckets: BUCKETS }),
        isNarrowed && id !== 0 ? client.request('view.strip', { ...wanted, buckets: BUCKETS, view: id }) : null,
      ]);
      range.set(wanted);
      shown.set(part);
      data.set(strip);
    } catch {
      // Without an overview the timeline still works.
    } finally {
      isAsking = false;
      if (isDirty) later();
    }
  };
  const later = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      void ask();
    }, REFRESH_MS);
  };

  client.onReady(() => void ask());
  mirror.growth.subscribe(later);
  mirror.session.subscribe(later);
  view.status.subscribe(later);
  zoom.subscribe(() => void ask());

  const setWindow = (window: TimeWindow | undefined): void => {
    if (window === undefined) {
      const { window: _gone, ...rest } = view.spec.get();
      if (_gone !== undefined) view.replace(rest);
    } else view.change({ window });
  };
  return {
    data,
    shown,
    range,
    zoom,
    setWindow,
    clear: () => setWindow(undefined),
    around(at) {
      const { from, to } = range.get();
      const half = Math.max(0.25, (to - from) / 60);
      setWindow([Math.max(0, at - half), at + half]);
    },
    zoomBy(share, factor) {
      const next = zoomed(range.get(), share, factor, end());
      zoom.set(next.to - next.from >= end() * 0.999 ? null : next);
    },
  };
}
