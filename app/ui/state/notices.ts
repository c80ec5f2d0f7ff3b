/** Short messages at the bottom edge: what went wrong or was done, gone by themselves unless they are problems. */
import { RequestError } from '../engine-client/engine-client.ts';
import { createStore, type Store } from './store.ts';

export interface Notice {
  readonly id: number;
  readonly severity: 'info' | 'warning' | 'problem';
  readonly text: string;
}

export interface Notices {
  readonly list: Store<readonly Notice[]>;
  say(text: string, severity?: Notice['severity']): void;
  problem(error: unknown): void;
  dismiss(id: number): void;
}

const SHOWN_MS = 5000;
const MOST = 4;

export function createNotices(): Notices {
  const list = createStore<readonly Notice[]>([]);
  let next = 1;
  const dismiss = (id: number): void => list.update((all) => all.filter((each) => each.id !== id));
  const say = (text: string, severity: Notice['severity'] = 'info'): void => {
    const id = next++;
    list.update((all) => [...all.filter((each) => each.text !== text), { id, severity, text }].slice(-MOST));
    if (severity !== 'problem') setTimeout(() => dismiss(id), SHOWN_MS);
  };
  return {
    list,
    say,
    dismiss,
    problem(error) {
      // The status bar already says that the engine is away.
      if (error instanceof RequestError && error.code === 'disconnected') return;
      say(error instanceof Error ? error.message : String(error), 'problem');
    },
  };
}
