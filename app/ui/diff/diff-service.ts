/** Comparison as the UI handles it: which two sessions, which message, which two frames, and what came of it. */
import type { MessagesTable, SessionsDiff } from '../../../core/contract/compare-verbs.ts';
import type { VerdictRow } from '../../../core/contract/replay-verbs.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Dock } from '../state/dock.ts';
import { createStore, type Store } from '../state/store.ts';

export const DIFF_MODES = ['sessions', 'messages', 'frames'] as const;
export type DiffMode = (typeof DIFF_MODES)[number];

export interface DiffDraft {
  /** Paths; '' is the open session. */
  readonly a: string;
  readonly b: string;
  readonly filter: string;
}
export interface SessionsCompared {
  readonly draft: DiffDraft;
  readonly diff: SessionsDiff;
}
export interface TableDraft {
  readonly message: string;
  readonly direction: '' | 'toServer' | 'toClient';
}
export interface FramePair {
  readonly a: number;
  readonly b: number;
}

export interface DiffService {
  readonly mode: Store<DiffMode>;
  readonly draft: Store<DiffDraft>;
  readonly compared: Store<SessionsCompared | null>;
  readonly isBusy: Store<boolean>;
  /** Index of the open row. */
  readonly row: Store<number>;
  readonly table: Store<TableDraft>;
  readonly pair: Store<FramePair>;
  compare(): Promise<void>;
  nextDifference(step: 1 | -1): void;
  /** Opens the tool on two frames, or on all messages of one name. */
  showFrames(a: number, b: number): void;
  showMessages(message: string): void;
  loadTable(draft: TableDraft, filter: string): Promise<MessagesTable>;
}

export function isOff(row: VerdictRow): boolean {
  return row.outcome !== 'same';
}

export function createDiffService({
  client,
  dock,
}: {
  readonly client: EngineClient;
  readonly dock: Dock;
}): DiffService {
  const mode = createStore<DiffMode>('sessions');
  const draft = createStore<DiffDraft>({ a: '', b: '', filter: '' });
  const compared = createStore<SessionsCompared | null>(null);
  const isBusy = createStore(false);
  const row = createStore(-1);
  const table = createStore<TableDraft>({ message: '', direction: '' });
  const pair = createStore<FramePair>({ a: 0, b: 0 });
  return {
    mode,
    draft,
    compared,
    isBusy,
    row,
    table,
    pair,
    async compare() {
      const now = draft.get();
      isBusy.set(true);
      try {
        const { a, b, filter } = now;
        const diff = await client.request('diff.sessions', { a, b, ...(filter === '' ? {} : { filter }) });
        compared.set({ draft: now, diff });
        // What can be laid side by side comes first.
        const beside = diff.rows.findIndex((each) => each.outcome === 'different');
        row.set(beside >= 0 ? beside : diff.rows.findIndex(isOff));
      } finally {
        isBusy.set(false);
      }
    },
    nextDifference(step) {
      const rows = compared.get()?.diff.rows ?? [];
      for (let i = 1; i <= rows.length; i++) {
        const at = (row.get() + step * i + rows.length * 2) % rows.length;
        const each = rows[at];
        if (each === undefined || !isOff(each)) continue;
        row.set(at);
        return;
      }
    },
    showFrames(a, b) {
      pair.set({ a, b });
      mode.set('frames');
      dock.show('diff');
    },
    showMessages(message) {
      table.set({ message, direction: '' });
      mode.set('messages');
      dock.show('diff');
    },
    loadTable({ message, direction }, filter) {
      return client.request('diff.table', {
        message,
        ...(direction === '' ? {} : { direction }),
        ...(filter === '' ? {} : { filter }),
      });
    },
  };
}
