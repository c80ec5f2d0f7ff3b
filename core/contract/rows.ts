/**
 * Timeline rows on the API. The engine owns the data; a client opens a *view* (filter, time window, hidden messages) and asks
 * for windows of it by row index. Windows and live tails travel as one binary batch (`row-batch.ts`).
 */
import type { Direction, Fate, Origin } from '../traffic/frame.ts';
import type { Severity } from '../schema/expert-info.ts';

export interface Row {
  readonly n: number;
  /** Wall clock, seconds. */
  readonly time: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly origin: Origin;
  readonly fate: Fate;
  readonly protocol: string;
  /** '' when the frame could not be understood. */
  readonly message: string;
  readonly summary: string;
  readonly size: number;
  readonly worst?: Severity;
  readonly expertCount: number;
  /** Frame this one answers (request) or is answered by (reply); 0 when none. */
  readonly partner: number;
  /** Milliseconds between a request and this answer; NaN when it is not an answer. */
  readonly answerMs: number;
  /** Number of messages in the frame, when more than one. */
  readonly batch: number;
  readonly marked: boolean;
  readonly commented: boolean;
  /** Milliseconds it was held or delayed; 0 when not. */
  readonly waitedMs: number;
  readonly handoff: boolean;
  /** Rules and faults that touched it, by name. */
  readonly touchedBy: readonly string[];
  /** WebSocket control frame, gap and the like: shown muted. */
  readonly isControl: boolean;
  /** Values of the extra columns the view asked for, as text; '' when absent. */
  readonly columns: readonly string[];
  /** Index of the view's colour rule that matched first; -1 when none. */
  readonly color: number;
}

export interface ViewSpec {
  /** Filter text; '' shows everything. */
  readonly filter: string;
  /** Message names hidden with one click, as `protocol/message`. */
  readonly hidden?: readonly string[];
  /** Seconds since the session began. */
  readonly window?: readonly [from: number, to: number];
  /** Field paths shown as columns. */
  readonly columns?: readonly string[];
  /** Row colouring by filter, first match wins. */
  readonly colors?: readonly { readonly filter: string; readonly color: string }[];
}

export interface ViewStatus {
  readonly view: number;
  /** Rows in the view so far, and frames looked at out of `total`. */
  readonly shown: number;
  readonly hidden: number;
  readonly scanned: number;
  readonly total: number;
  readonly done: boolean;
  readonly elapsedMs: number;
  /** Grows when rows before the last ones changed place (frames decoded late, connections decoded anew): ask for them again. */
  readonly revision?: number;
}

export interface StripBucket {
  /** Frames per bucket. */
  readonly toServer: number;
  readonly toClient: number;
  readonly warnings: number;
  readonly errors: number;
  readonly marks: number;
}
export interface Strip {
  /** Seconds since the session began. */
  readonly from: number;
  readonly to: number;
  readonly buckets: readonly StripBucket[];
}
