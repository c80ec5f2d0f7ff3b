/** Replay on the API. */
import type { Direction } from '../traffic/frame.ts';
export interface ReplayVerbs {
  'replay.start': { readonly args: ReplayArgs; readonly result: ReplayStatus };
  /** Sends on a connection that a replay with `until` left open. */
  'replay.send': {
    readonly args: { readonly conn: number; readonly hex: string };
    readonly result: { readonly conn: number };
  };
  'replay.stop': { readonly args: Record<string, never>; readonly result: ReplayStatus };
  'replay.status': { readonly args: Record<string, never>; readonly result: ReplayStatus | null };
  /** For the next run: `value` is written instead of what the server issues, '' again what it issues. */
  'replay.setBinding': {
    readonly args: { readonly id: string; readonly enabled: boolean; readonly value?: string };
    readonly result: ReplayStatus;
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
  /** Only these are sent, behind what must come before them. */
  readonly frames?: readonly number[];
  /** Payloads to send instead of the recorded ones. */
  readonly payloads?: readonly { readonly n: number; readonly hex: string }[];
  /** Session file; absent: the open session. */
  readonly session?: string;
  readonly ignore?: readonly string[];
  /** A second build: it is played against both, and only how the two differ is told. */
  readonly against?: string;
  /** Another recording of the same visit: what differs between the two is ignored. */
  readonly learnFrom?: string;
  readonly timeoutMs?: number;
  /** Stops behind this client frame and leaves the connections open: `replay.send` goes on by hand, `replay.stop` closes them. */
  readonly until?: number;
}
export type Outcome = 'same' | 'different' | 'missing' | 'extra' | 'late' | 'connection-lost';
export interface VerdictSide {
  readonly n: number;
  readonly conn: number;
  readonly message: string;
  readonly summary: string;
  readonly direction: Direction;
}
export interface VerdictRow {
  readonly outcome: Outcome;
  readonly recorded?: VerdictSide;
  readonly replayed?: VerdictSide;
  readonly fields: readonly {
    readonly path: string;
    readonly recorded: string;
    readonly replayed: string;
    readonly ignored?: string;
  }[];
  readonly lateMs?: number;
  /** How much longer than in the recording it took after the client message before it, ms; of messages that came in lock-step. */
  readonly deltaMs?: number;
  /** More about it: why a connection was lost. */
  readonly note?: string;
}
export interface Binding {
  readonly id: string;
  readonly what: string;
  readonly evidence: string;
  readonly recorded: string;
  readonly replayed: string;
  readonly uses: number;
  readonly enabled: boolean;
  /** Given by hand. */
  readonly value?: string;
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
  /** Where the second build is; rows then hold what the first answered and what the second did. */
  readonly against?: string;
  /** Sentences about what could not be done as recorded. */
  readonly notes?: readonly string[];
  /** Connections left open by `until`: their number in the replayed recording, and in the session the replay is recorded in. */
  readonly open?: readonly { readonly conn: number; readonly recordedAs: number }[];
  readonly elapsedMs: number;
}
