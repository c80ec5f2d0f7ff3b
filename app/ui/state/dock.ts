/** The lower (or right-hand) area: which tool is open, and how large it is. */
import { createStore, type Store } from './store.ts';

export type DockTab =
  | 'inspector'
  | 'compose'
  | 'holds'
  | 'replay'
  | 'diff'
  | 'fuzz'
  | 'statistics'
  | 'expert'
  | 'connections';

export const DOCK_TABS: readonly DockTab[] = [
  'inspector',
  'compose',
  'holds',
  'replay',
  'diff',
  'fuzz',
  'statistics',
  'expert',
  'connections',
];

export interface Dock {
  readonly tab: Store<DockTab>;
  readonly isOpen: Store<boolean>;
  /** Timeline or lanes above it. */
  readonly mainView: Store<'timeline' | 'lanes'>;
  show(tab: DockTab): void;
}

export function createDock(): Dock {
  const tab = createStore<DockTab>('inspector');
  const isOpen = createStore(true);
  return {
    tab,
    isOpen,
    mainView: createStore<'timeline' | 'lanes'>('timeline'),
    show(next) {
      tab.set(next);
      isOpen.set(true);
    },
  };
}
