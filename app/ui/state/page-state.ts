/** What this page shows, kept for a reload of this tab: filter, time window, chosen frame and field, open tool. */
import type { ViewSpec } from '../../../core/contract/rows.ts';
import { DOCK_TABS, type DockTab } from './dock.ts';

export interface PageState {
  readonly filter: string;
  readonly window?: readonly [number, number];
  readonly focus: number;
  readonly field: string;
  readonly tab: DockTab;
  readonly mainView: 'timeline' | 'lanes';
}

const KEY = 'interpose.page';
const NOTHING: PageState = { filter: '', focus: 0, field: '', tab: 'inspector', mainView: 'timeline' };

export function readPageState(storage: Pick<Storage, 'getItem'>): PageState {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<PageState>;
    const window = Array.isArray(kept.window) && kept.window.length === 2 ? kept.window.map(Number) : [];
    const [from, to] = window;
    return {
      filter: typeof kept.filter === 'string' ? kept.filter : '',
      focus: typeof kept.focus === 'number' ? kept.focus : 0,
      field: typeof kept.field === 'string' ? kept.field : '',
      tab: DOCK_TABS.find((tab) => tab === kept.tab) ?? 'inspector',
      mainView: kept.mainView === 'lanes' ? 'lanes' : 'timeline',
      ...(from !== undefined && to !== undefined && from < to ? { window: [from, to] as const } : {}),
    };
  } catch {
    return NOTHING;
  }
}

/** Writes at most four times a second, and once more when the page goes. */
export function keepPageState(storage: Pick<Storage, 'setItem'>, read: () => PageState): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    try {
      storage.setItem(KEY, JSON.stringify(read()));
    } catch {
      // A full storage costs the memory of this tab, nothing else.
    }
  };
  addEventListener('pagehide', write);
  return () => {
    timer ??= setTimeout(write, 250);
  };
}

export function initialSpec(
  page: PageState,
  settings: {
    readonly hiddenMessages: readonly string[];
    readonly fieldColumns: readonly string[];
    readonly colors: ViewSpec['colors'];
  },
): ViewSpec {
  return {
    filter: page.filter,
    hidden: settings.hiddenMessages,
    columns: settings.fieldColumns,
    ...(settings.colors === undefined ? {} : { colors: settings.colors }),
    ...(page.window === undefined ? {} : { window: page.window }),
  };
}
