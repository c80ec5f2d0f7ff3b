/** Replay as the UI handles it: what will be sent where, which row of the verdict is open. */
import type { ReplayArgs, VerdictRow } from '../../../core/contract/replay-verbs.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Mirror } from '../engine-client/mirror.ts';
import type { Dock } from '../state/dock.ts';
import type { Notices } from '../state/notices.ts';
import { createStore, type Store } from '../state/store.ts';

export interface ReplayDraft {
  readonly to: string;
  readonly pace: string;
  readonly filter: string;
  readonly session: string;
  readonly timeoutMs: number;
  readonly ignore: readonly string[];
  /** A second build to compare with; '' is none. */
  readonly against: string;
  /** Another recording of the same visit; '' is none. */
  readonly learnFrom: string;
  /** Stops behind this client frame; 0: plays to the end. */
  readonly until: number;
}

export interface ReplayService {
  readonly draft: Store<ReplayDraft>;
  /** The form is shown although a verdict is there. */
  readonly isEditing: Store<boolean>;
  /** Index of the open row of the verdict. */
  readonly row: Store<number>;
  /** Path of the chosen field of that row. */
  readonly field: Store<string>;
  prepare(filter: string): void;
  run(): Promise<void>;
  stop(): Promise<void>;
  setBinding(id: string, enabled: boolean, value?: string): Promise<void>;
  nextDifference(step: 1 | -1): void;
  canIgnore(): boolean;
  ignoreField(): Promise<void>;
}

export interface ReplayDeps {
  readonly client: EngineClient;
  readonly mirror: Mirror;
  readonly dock: Dock;
  readonly notices: Notices;
}

export function isDifferent(row: VerdictRow): boolean {
  return row.outcome !== 'same';
}

export function createReplayService({ client, mirror, dock }: ReplayDeps): ReplayService {
  const draft = createStore<ReplayDraft>({
    to: '',
    pace: 'lockstep',
    filter: '',
    session: '',
    timeoutMs: 5000,
    ignore: [],
    against: '',
    learnFrom: '',
    until: 0,
  });
  const isEditing = createStore(false);
  const row = createStore(-1);
  const field = createStore('');

  const run = async (): Promise<void> => {
    const now = draft.get();
    const args: ReplayArgs = {
      to: targets(now.to),
      pace: now.pace,
      timeoutMs: now.timeoutMs,
      ...(now.filter === '' ? {} : { filter: now.filter }),
      ...(now.session === '' ? {} : { session: now.session }),
      ...(now.ignore.length === 0 ? {} : { ignore: now.ignore }),
      ...(now.against === '' ? {} : { against: now.against }),
      ...(now.learnFrom === '' ? {} : { learnFrom: now.learnFrom }),
      ...(now.until === 0 ? {} : { until: now.until }),
    };
    row.set(-1);
    field.set('');
    mirror.replay.set(await client.request('replay.start', args));
    isEditing.set(false);
  };

  const canIgnore = (): boolean => dock.tab.get() === 'replay' && dock.isOpen.get() && field.get() !== '';

  return {
    draft,
    isEditing,
    row,
    field,
    prepare(filter) {
      // Where the recorded traffic went is the best guess for where it should go again.
      const upstream = mirror.proxies.get().find((proxy) => proxy.spec.upstream !== undefined)?.spec.upstream ?? '';
      draft.update((now) => ({ ...now, filter, to: now.to === '' ? upstream : now.to }));
      if (mirror.replay.get()?.state !== 'running') isEditing.set(true);
      dock.show('replay');
    },
    run,
    async stop() {
      mirror.replay.set(await client.request('replay.stop', {}));
    },
    async setBinding(id, enabled, value) {
      const args = { id, enabled, ...(value === undefined ? {} : { value }) };
      mirror.replay.set(await client.request('replay.setBinding', args));
    },
    nextDifference(step) {
      const rows = mirror.replay.get()?.rows ?? [];
      const start = row.get();
      for (let i = 1; i <= rows.length; i++) {
        const at = (start + step * i + rows.length * 2) % rows.length;
        const each = rows[at];
        if (each !== undefined && isDifferent(each)) {
          row.set(at);
          return;
        }
      }
    },
    canIgnore,
    async ignoreField() {
      if (!canIgnore()) return;
      const path = field.get();
      draft.update((now) => ({ ...now, ignore: [...now.ignore.filter((each) => each !== path), path] }));
      await run();
    },
  };
}

/** One URL, or lines of `host:port = URL` for recordings with several servers. */
export function targets(text: string): ReplayArgs['to'] {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  if (lines.length <= 1 && !/\s(=|→|->)\s/.test(lines[0] ?? '')) return lines[0] ?? '';
  return Object.fromEntries(
    lines.map((line) => {
      const [recorded = '', target = ''] = line.split(/\s*(?:=|→|->)\s*/);
      return [recorded, target];
    }),
  );
}
