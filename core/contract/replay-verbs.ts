/** Replay, stand-in and diff on the API. */
export interface ReplayVerbs {
  'replay.start': { readonly args: ReplayArgs; readonly result: ReplayStatus };
  /** Sends on a connection that a replay with `until` left open. */
  'replay.send': {
    readonly args: { readonly conn: number; readonly hex: string };
    readonly result: { readonly conn: number };
  };
  'replay.stop': { readonly args: Record<string, never>; readonly result: ReplayStatus };
  'replay.status': { readonly args: Record<string, never>; readonly result: ReplayStatus | null };
  'replay.setBinding': {
    readonly args: { readonly id: string; readonly enabled: boolean };
    readonly result: ReplayStatus;
  };
  'diff.sessions': {
    readonly args: { readonly a: string; readonly b: string };
    readonly result: { readonly rows: readonly VerdictRow[] };
  };
  /** Two messages by field and by byte. */
  'diff.frames': {
    readonly args: { readonly a: number; readonly b: number };
    readonly result: { readonly changes: readonly { readonly path: string; readonly a: string; readonly b: string }[] };
  };
}
export interface ReplayEvents {
  replay: ReplayStatus;
}
export interface ReplayArgs {
  /** Server endpoint (URL), or one per recorded server (`host:port` → URL). */
  readonly to: string | Readonly<Record<string, string>>;
  readonly pace: string;
  readonly filter?: string;
  readonly frames?: readonly number[];
  /** Session file; absent: the open session. */
  readonly session?: string;
  readonly ignore?: readonly string[];
  readonly timeoutMs?: number;
  /** Stops behind this client frame and leaves the connections open: `replay.send` goes on by hand, `replay.stop` closes them. */
  readonly until?: number;
}
export type Outcome = 'same' | 'different' | 'missing' | 'extra' | 'late' | 'connection-lost';
export interface VerdictRow {
  readonly outcome: Outcome;
  readonly recorded?: { readonly n: number; readonly conn: number; readonly message: string; readonly summary: string };
  readonly replayed?: { readonly n: number; readonly conn: number; readonly message: string; readonly summary: string };
  readonly fields: readonly {
    readonly path: string;
    readonly recorded: string;
    readonly replayed: string;
    readonly ignored?: string;
  }[];
  readonly lateMs?: number;
}
export interface Binding {
  readonly id: string;
  readonly what: string;
  readonly evidence: string;
  readonly recorded: string;
  readonly replayed: string;
  readonly uses: number;
  readonly enabled: boolean;
}
export interface ReplayStatus {
  readonly state: 'running' | 'done' | 'stopped' | 'failed';
  readonly verdict?: 'same' | 'different' | 'failed';
  readonly sent: number;
  readonly toSend: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rows: readonly VerdictRow[];
  readonly bindings: readonly Binding[];
  readonly ignored: readonly { readonly path: string; readonly why: string; readonly count: number }[];
  readonly error?: string;
  /** Connections left open by `until`: their number in the replayed recording, and in the session the replay is recorded in. */
  readonly open?: readonly { readonly conn: number; readonly recordedAs: number }[];
  readonly elapsedMs: number;
}
