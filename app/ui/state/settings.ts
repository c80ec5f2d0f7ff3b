/** What the user chose and this browser remembers. Broken or foreign content falls back to the default. */
import { createStore, type Store } from './store.ts';

export type ThemeChoice = 'system' | 'light' | 'dark';
export type DockSide = 'bottom' | 'right';
export type TimeMode = 'session' | 'wall' | 'reference';

export interface ColorRule {
  readonly filter: string;
  readonly color: string;
}

export interface SavedFilter {
  readonly name: string;
  readonly text: string;
}

export interface Settings {
  readonly theme: ThemeChoice;
  readonly contrast: 'system' | 'more';
  readonly rowHeight: 22 | 28;
  readonly dockSide: DockSide;
  /** Heights of the dock that were dragged, by tool; the others have one of their own. */
  readonly dockHeights: Readonly<Record<string, number>>;
  readonly dockWidth: number;
  readonly columnWidths: Readonly<Record<string, number>>;
  readonly hiddenColumns: readonly string[];
  /** Field paths shown as columns. */
  readonly fieldColumns: readonly string[];
  readonly timeMode: TimeMode;
  readonly filterHistory: readonly string[];
  readonly savedFilters: readonly SavedFilter[];
  /** `protocol/message` hidden with one click. */
  readonly hiddenMessages: readonly string[];
  readonly colors: readonly ColorRule[];
  readonly keys: Readonly<Record<string, string>>;
  readonly lanesBy: 'connection' | 'client';
}

export const DEFAULT_SETTINGS: Settings = {
  theme: 'system',
  contrast: 'system',
  rowHeight: 22,
  dockSide: 'bottom',
  dockHeights: {},
  dockWidth: 620,
  columnWidths: {},
  hiddenColumns: [],
  fieldColumns: [],
  timeMode: 'session',
  filterHistory: [],
  savedFilters: [],
  hiddenMessages: [],
  colors: [],
  keys: {},
  lanesBy: 'client',
};

const KEY = 'interpose.settings';

export type SettingsStore = Store<Settings> & { change(part: Partial<Settings>): void };

export function createSettings(storage: Pick<Storage, 'getItem' | 'setItem'>): SettingsStore {
  const store = createStore(read(storage));
  store.subscribe(() => {
    try {
      storage.setItem(KEY, JSON.stringify(store.get()));
    } catch {
      // A full or forbidden storage costs remembering, nothing else.
    }
  });
  return { ...store, change: (part) => store.update((current) => ({ ...current, ...part })) };
}

function read(storage: Pick<Storage, 'getItem'>): Settings {
  try {
    return readSettings(JSON.parse(storage.getItem(KEY) ?? '{}'));
  } catch {
    return DEFAULT_SETTINGS;
  }
}

/** What was kept, as far as it fits. */
export function readSettings(kept: unknown): Settings {
  if (typeof kept !== 'object' || kept === null) return DEFAULT_SETTINGS;
  const result: Record<string, unknown> = { ...DEFAULT_SETTINGS };
  for (const [name, fallback] of Object.entries(DEFAULT_SETTINGS)) {
    const value = (kept as Record<string, unknown>)[name];
    if (value !== undefined && sameShape(value, fallback)) result[name] = value;
  }
  return result as unknown as Settings;
}

function sameShape(value: unknown, like: unknown): boolean {
  return typeof value === typeof like && Array.isArray(value) === Array.isArray(like) && value !== null;
}
