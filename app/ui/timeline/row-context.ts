/** What rows need beyond themselves: when the session began, how time is shown. */
import type { Mirror } from '../engine-client/mirror.ts';
import type { SettingsStore } from '../state/settings.ts';
import { createStore, type Store } from '../state/store.ts';
import type { CellContext } from './row-cells.ts';

export interface RowContext extends Store<CellContext> {
  /** Times are shown relative to this wall clock. */
  setReference(time: number): void;
}

export function createRowContext(mirror: Mirror, settings: SettingsStore): RowContext {
  const store = createStore<CellContext>({ began: 0, timeMode: settings.get().timeMode, reference: 0 });
  mirror.session.subscribe(() => {
    const began = mirror.session.get()?.began ?? 0;
    if (began !== store.get().began) store.update((now) => ({ ...now, began }));
  });
  settings.subscribe(() => {
    const { timeMode } = settings.get();
    if (timeMode !== store.get().timeMode) store.update((now) => ({ ...now, timeMode }));
  });
  return {
    ...store,
    setReference(reference) {
      store.update((now) => ({ ...now, reference }));
      settings.change({ timeMode: 'reference' });
    },
  };
}
