/** The filter being typed: checked and completed as it grows, applied on Enter, never before. */
import type { Completion, FilterCheck } from '../../../core/contract/verbs.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { SettingsStore } from '../state/settings.ts';
import { createStore, type ReadonlyStore, type Store } from '../state/store.ts';
import type { TimelineView } from '../timeline/view.ts';

export interface DraftState {
  readonly text: string;
  /** Caret, offset into the text. */
  readonly at: number;
  /** What the engine says about exactly this text; null while it is being asked. */
  readonly check: FilterCheck | null;
  readonly completions: readonly Completion[];
  /** Index of the marked completion; -1: the list is closed. */
  readonly marked: number;
}

export interface FilterDraft {
  readonly state: ReadonlyStore<DraftState>;
  /** Asks for the input to take the focus. */
  readonly focusRequests: Store<number>;
  type(text: string, at: number): void;
  moveCaret(at: number): void;
  mark(index: number): void;
  /** Takes the marked completion; the new text and caret, or null when the list is closed. */
  take(index?: number): { readonly text: string; readonly at: number } | null;
  closeList(): void;
  /** Applies the draft, or another text. False when it cannot be read. */
  apply(text?: string): Promise<boolean>;
  /** Adds a condition to the applied filter and applies that. */
  add(condition: string, exclude?: boolean): Promise<boolean>;
}

const WAIT_MS = 70;
const HISTORY = 30;

export function createFilterDraft(client: EngineClient, view: TimelineView, settings: SettingsStore): FilterDraft {
  const applied = view.spec.get().filter;
  const state = createStore<DraftState>({
    text: applied,
    at: applied.length,
    check: null,
    completions: [],
    marked: -1,
  });
  const focusRequests = createStore(0);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  const ask = async (complete: boolean): Promise<void> => {
    const mine = ++asked;
    const { text, at } = state.get();
    const [check, completions] = await Promise.all([
      text.trim() === '' ? null : client.request('filter.check', { text }).catch(() => null),
      complete ? client.request('filter.complete', { text, at }).catch(() => []) : [],
    ]);
    if (mine !== asked) return;
    state.update((now) => ({
      ...now,
      check,
      completions: completions.slice(0, 40),
      marked: completions.length > 0 ? 0 : -1,
    }));
  };

  const remember = (text: string): void => {
    if (text.trim() === '') return;
    const { filterHistory } = settings.get();
    settings.change({ filterHistory: [text, ...filterHistory.filter((each) => each !== text)].slice(0, HISTORY) });
  };

  const apply = async (given?: string): Promise<boolean> => {
    const text = (given ?? state.get().text).trim();
    asked++;
    clearTimeout(timer);
    if (text !== '') {
      const check = await client.request('filter.check', { text });
      if (!check.ok) {
        state.set({ text, at: text.length, check, completions: [], marked: -1 });
        return false;
      }
    }
    state.set({ text, at: text.length, check: null, completions: [], marked: -1 });
    remember(text);
    if (text !== view.spec.get().filter) view.change({ filter: text });
    return true;
  };

  return {
    state,
    focusRequests,
    type(text, at) {
      state.update((now) => {
        if (text === now.text) return { ...now, at };
        const completions = stillFitting(now.completions, now.text, text, at);
        return { ...now, text, at, check: null, completions, marked: completions.length > 0 ? 0 : -1 };
      });
      clearTimeout(timer);
      timer = setTimeout(() => void ask(true), WAIT_MS);
    },
    moveCaret: (at) => state.update((now) => (now.at === at ? now : { ...now, at })),
    mark(index) {
      const { length } = state.get().completions;
      if (length > 0) state.update((now) => ({ ...now, marked: (index + length) % length }));
    },
    take(index) {
      const { completions, marked, text } = state.get();
      const chosen = completions[index ?? marked];
      if (chosen === undefined) return null;
      const next = text.slice(0, chosen.from) + chosen.text + text.slice(chosen.to);
      const at = chosen.from + chosen.text.length;
      state.update((now) => ({ ...now, text: next, at, check: null, completions: [], marked: -1 }));
      clearTimeout(timer);
      timer = setTimeout(() => void ask(false), WAIT_MS);
      return { text: next, at };
    },
    closeList: () => state.update((now) => ({ ...now, completions: [], marked: -1 })),
    apply,
    add(condition, exclude = false) {
      const before = view.spec.get().filter.trim();
      const part = exclude ? `not (${condition})` : condition;
      if (before === '') return apply(part);
      const left = /\b(or)\b|\|\|/.test(before) ? `(${before})` : before;
      return apply(`${left} and ${part}`);
    },
  };
}

/** The list answers what was typed a moment ago: what no longer fits goes, what does replaces up to the caret. */
export function stillFitting(
  list: readonly Completion[],
  before: string,
  text: string,
  at: number,
): readonly Completion[] {
  return list
    .filter((each) => {
      if (at < each.from || text.slice(0, each.from) !== before.slice(0, each.from)) return false;
      return each.text.toLowerCase().includes(text.slice(each.from, at).toLowerCase());
    })
    .map((each) => ({ ...each, to: at }));
}

/** A value as the filter language writes it. */
export function filterLiteral(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint') return String(value);
  if (value === null) return 'null';
  if (typeof value === 'object') {
    const special = value as { readonly big?: unknown; readonly hex?: unknown };
    if (typeof special.big === 'string') return special.big;
    if (typeof special.hex === 'string')
      return special.hex.length === 2 ? `0x${special.hex}` : (special.hex.match(/../g) ?? []).join(':');
  }
  return JSON.stringify(String(value));
}
