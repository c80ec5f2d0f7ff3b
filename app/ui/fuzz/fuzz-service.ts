/** Fuzz campaigns as the UI handles them: what will be fuzzed where, which finding is open. */
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import type { FuzzArgs, FuzzStatus, Reproduced } from '../../../core/contract/fuzz-verbs.ts';
import type { EngineClient } from '../engine-client/engine-client.ts';
import type { Mirror } from '../engine-client/mirror.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import type { Host } from '../host/host.ts';
import { filterPath } from '../inspector/field-condition.ts';
import type { Dock } from '../state/dock.ts';
import type { Notices } from '../state/notices.ts';
import { createStore, type Store } from '../state/store.ts';
import { targets } from '../replay/replay-service.ts';
import { t } from '../strings/strings.ts';

export interface FuzzDraft {
  readonly side: 'server' | 'client';
  readonly to: string;
  readonly filter: string;
  readonly session: string;
  /** Command that starts the server. */
  readonly target: string;
  /** It plays every recorded client. */
  readonly allClients: boolean;
  readonly cases: number;
  readonly seconds: number;
  readonly rng: number;
  readonly maxFindings: number;
  readonly ratePerSecond: number;
  /** 0: as many as the session bears. */
  readonly lanes: number;
  /** Cases on the same connections. */
  readonly reuse: number;
  /** Folder of an earlier campaign to begin with; '': none. */
  readonly corpus: string;
  /** Hosts beyond this machine, with commas between them. */
  readonly allow: string;
  /** Folder of the campaign; '': beside the recording. */
  readonly out: string;
  /** Client frame behind which the mutated messages begin; 0: anywhere. */
  readonly from: number;
}

export const FRESH_DRAFT: FuzzDraft = {
  side: 'server',
  to: '',
  filter: '',
  session: '',
  target: '',
  allClients: false,
  cases: 20_000,
  seconds: 0,
  rng: 1,
  maxFindings: 0,
  ratePerSecond: 0,
  lanes: 0,
  reuse: 1,
  corpus: '',
  allow: '',
  out: '',
  from: 0,
};

export interface FuzzService {
  readonly draft: Store<FuzzDraft>;
  readonly isEditing: Store<boolean>;
  readonly finding: Store<string>;
  /** What to fuzz, and the connection whose server it is for. */
  prepare(filter: string, conn: number): void;
  /** Fills in the server of a connection (0: those of all), unless one was named already. */
  suggestServer(conn: number): void;
  target(frame: FrameView, field: FieldView): void;
  /** Goes on where a replay ended: what comes behind the frame is mutated. */
  fork(draft: Pick<FuzzDraft, 'to' | 'session' | 'filter' | 'from'>): void;
  start(): Promise<void>;
  /** Goes on with a campaign that was stopped or killed. */
  resume(folder: string): Promise<void>;
  pause(on: boolean): Promise<void>;
  stop(): Promise<void>;
  /** Plays a finding again, on a server of its own. */
  readonly repro: Store<Repro | null>;
  reproduce(id: string): Promise<void>;
}

export interface Repro {
  readonly id: string;
  /** Undefined while it runs. */
  readonly result?: Reproduced;
}

export function hostsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter((host) => host !== '');
}

export interface FuzzDeps {
  readonly client: EngineClient;
  readonly mirror: Mirror;
  readonly dock: Dock;
  readonly host: Host;
  readonly notices: Notices;
}

export function createFuzzService({ client, mirror, dock, host }: FuzzDeps): FuzzService {
  const draft = createStore(FRESH_DRAFT);
  const isEditing = createStore(false);
  const finding = createStore('');
  const repro = createStore<Repro | null>(null);

  let known = 0;
  mirror.fuzz.subscribe(() => {
    const count = mirror.fuzz.get()?.findings.length ?? 0;
    const newest = mirror.fuzz.get()?.findings.at(-1);
    if (count > known && newest !== undefined) host.notify(t.fuzz.newFinding, newest.title);
    known = count;
  });
  const serverOf = (conn: number): string => {
    const all = mirror.connections.get();
    const own = all.find((each) => each.id === conn);
    const journey = all.filter(
      (each) => conn === 0 || each === own || (own?.journey !== undefined && each.journey === own.journey),
    );
    const servers = new Map<string, string>();
    for (const { proxy: name, server } of journey) {
      const proxy = mirror.proxies.get().find((each) => each.spec.name === name);
      // Where a handoff leads is what the server says.
      if (proxy?.spec.upstream !== undefined && proxy.followedFrom === undefined)
        servers.set(`${server.address}:${server.port}`, proxy.spec.upstream);
    }
    if (servers.size <= 1) return [...servers.values()].join('');
    return [...servers].map(([recorded, url]) => `${recorded} = ${url}`).join('\n');
  };
  const prepare = (filter: string, conn: number): void => {
    draft.update((now) => ({ ...now, side: 'server', filter, to: serverOf(conn) || now.to }));
    const state = mirror.fuzz.get()?.state;
    if (state !== 'running' && state !== 'paused') isEditing.set(true);
    dock.show('fuzz');
  };

  const begin = async (asked: Promise<FuzzStatus>): Promise<void> => {
    mirror.fuzz.set(await asked);
    finding.set('');
    repro.set(null);
    isEditing.set(false);
  };

  return {
    draft,
    isEditing,
    finding,
    prepare,
    suggestServer: (conn) =>
      draft.update((now) => (now.to === '' && now.side === 'server' ? { ...now, to: serverOf(conn) } : now)),
    target(frame, field) {
      const name = frame.messages[0]?.name;
      const message = name === null || name === undefined ? '' : `message == ${filterLiteral(name)} and `;
      prepare(`${message}exists(${filterPath(field.path)})`, frame.conn);
    },
    fork(from) {
      draft.update((now) => ({ ...now, side: 'server', ...from }));
      isEditing.set(true);
      dock.show('fuzz');
    },
    async start() {
      const now = draft.get();
      const args: FuzzArgs = {
        to: targets(now.to),
        rng: now.rng,
        ...(now.side === 'client' ? { side: 'client' } : {}),
        ...(now.filter === '' ? {} : { filter: now.filter }),
        ...(now.session === '' ? {} : { session: now.session }),
        ...(now.from > 0 ? { from: now.from } : {}),
        ...(now.target === '' ? {} : { target: now.target }),
        ...(now.allClients && now.side === 'client' ? { allClients: true } : {}),
        ...(now.cases > 0 ? { cases: now.cases } : {}),
        ...(now.seconds > 0 ? { seconds: now.seconds } : {}),
        ...(now.maxFindings > 0 ? { maxFindings: now.maxFindings } : {}),
        ...(now.ratePerSecond > 0 ? { ratePerSecond: now.ratePerSecond } : {}),
        ...(now.lanes > 0 && now.side === 'server' ? { lanes: now.lanes } : {}),
        ...(now.reuse > 1 && now.side === 'server' ? { reuse: now.reuse } : {}),
        ...(now.corpus === '' ? {} : { corpus: [now.corpus] }),
        ...(now.allow.trim() === '' || now.side === 'client' ? {} : { allow: hostsOf(now.allow) }),
        ...(now.out === '' ? {} : { out: now.out }),
      };
      await begin(client.request('fuzz.start', args));
    },
    resume: (folder) => begin(client.request('fuzz.resume', { folder })),
    async pause(on) {
      mirror.fuzz.set(await client.request('fuzz.pause', { on }));
    },
    repro,
    async reproduce(id) {
      repro.set({ id });
      try {
        repro.set({ id, result: await client.request('fuzz.repro', { id }) });
      } catch (error) {
        repro.set(null);
        throw error;
      }
    },
    async stop() {
      mirror.fuzz.set(await client.request('fuzz.stop', {}));
    },
  };
}
