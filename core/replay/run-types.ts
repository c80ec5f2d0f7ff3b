/** What a run is given, what it tells on the way, and what comes out of it. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import type { EndpointUrl } from '../relay/endpoint-url.ts';
import type { Clock } from '../traffic/clock.ts';
import type { Carrier } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { BindingTable, Replacement } from './binding-table.ts';
import type { Ignores } from './compare.ts';
import type { LiveItem } from './live-item.ts';
import type { Pace, Timer } from './pace.ts';
import type { Plan } from './plan.ts';
import type { RecordedConnection, RecordedFrame } from './recording.ts';
import type { Target } from './target.ts';

export interface RunOptions {
  readonly plan: Plan;
  readonly target: Target;
  readonly bindings: BindingTable;
  readonly ignores: Ignores;
  /** Messages whose coming is up to chance: they are not waited for long. */
  readonly loose?: ReadonlyMap<string, string>;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly pace: Pace;
  /** Longest wait for one message, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** Where a recorded connection goes; undefined: only a handoff can say. */
  readonly endpoint: (recorded: RecordedConnection) => EndpointUrl | undefined;
  /** Host for handoffs that name none. */
  readonly fallbackHost?: string;
  /** More values to write into a client message, besides the bindings: per-copy values. */
  readonly edit?: (frame: RecordedFrame, message: DissectedMessage) => readonly Replacement[];
  /** Payloads to send instead of the recorded ones, by frame number. */
  readonly payloads?: ReadonlyMap<number, Uint8Array>;
  /** Records the run. */
  readonly sink?: TrafficSink;
  readonly onProgress?: (progress: Progress) => void;
  /** Stops behind this client frame and leaves the connections open: they are handed over in the result. */
  readonly until?: number;
  /** How long to listen for more than was recorded when all has come, milliseconds. Default 100. */
  readonly settleMs?: number;
}

export interface Progress {
  readonly sent: number;
  readonly toSend: number;
  /** The client message just sent, or the server's that just came. */
  readonly frame?: RecordedFrame;
  readonly item?: LiveItem;
}

export interface Sent {
  readonly frame: RecordedFrame;
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** Frame number in the run's own record. */
  readonly n: number;
}

/** A connection as the replay left it at a fork, for somebody else to go on with: a person, a script, the fuzzer. */
export interface ForkedConnection {
  readonly conn: number;
  /** Its number in the run's own record. */
  readonly recordId: number;
  readonly isOpen: boolean;
  /** State of the protocol: what a new message is encoded in. */
  readonly state: unknown;
  /** Messages from now on. */
  onItem(listener: (item: LiveItem) => void): void;
  /** Sends a payload, recorded as injected: the number of its frame. */
  send(bytes: Uint8Array, carrier?: Partial<Carrier>): number;
  close(): void;
}

/** A connection that could not be played to its end. */
export interface Lost {
  readonly conn: number;
  /** `diverged`: it is open, but no longer does what the recording has. */
  readonly how: 'not-connected' | 'lost' | 'diverged';
  readonly text: string;
  /** Last client frame that was sent on it; 0: none. */
  readonly after: number;
  /** Client frames that were not sent any more. */
  readonly unsent: number;
  readonly at: number;
}

export interface Handover {
  readonly conn: number;
  /** `APMSG_CHAR_SELECT_RESPONSE.gamePort`. */
  readonly what: string;
  /** Frame of the recording that handed over. */
  readonly n: number;
  readonly recorded: string;
  readonly live: string;
}

export interface RunResult {
  /** What was matched on the way, roughly; the verdict aligns anew. */
  readonly matches: ReadonlyMap<number, LiveItem>;
  readonly items: readonly LiveItem[];
  /** In order; the segment of an item counts these. */
  readonly sent: readonly Sent[];
  readonly lost: readonly Lost[];
  /** Connections the recorded server closed and the new one did not. */
  readonly leftOpen: readonly number[];
  /** Sentences about what could not be done as recorded. */
  readonly notes: readonly string[];
  /** Connections that went where a message of the new server said. */
  readonly handovers: readonly Handover[];
  readonly stopped: boolean;
  readonly elapsedMs: number;
  /** Set when `until` was reached: the connections that are still open, handed over, by their number in the recording. */
  readonly open?: ReadonlyMap<number, ForkedConnection>;
}
