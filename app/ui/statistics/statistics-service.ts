import type { Dock } from '../state/dock.ts';
import { createStore, type Store } from '../state/store.ts';

export type StatisticsTab =
  | 'messages'
  | 'conversations'
  | 'latency'
  | 'plot'
  | 'rate'
  | 'enet'
  | 'carrier'
  | 'coverage'
  | 'bytes';

export const STATISTICS_TABS: readonly StatisticsTab[] = [
  'messages',
  'conversations',
  'latency',
  'plot',
  'rate',
  'enet',
  'carrier',
  'coverage',
  'bytes',
];

export interface StatisticsService {
  readonly tab: Store<StatisticsTab>;
  readonly plotted: Store<{ readonly path: string; readonly message: string }>;
  /** Message whose bytes per field are shown, `protocol/message`. */
  readonly message: Store<string>;
  plot(path: string, message: string): void;
}

export function createStatisticsService(dock: Dock): StatisticsService {
  const tab = createStore<StatisticsTab>('messages');
  const plotted = createStore({ path: '', message: '' });
  return {
    tab,
    plotted,
    message: createStore(''),
    plot(path, message) {
      plotted.set({ path, message });
      tab.set('plot');
      dock.show('statistics');
    },
  };
}
