/**
 * Holds, rules and faults as data: built in the UI, written in YAML, sent over the API, explained in a sentence, run by the
 * relay. Filters are texts of the filter language.
 */
import type { Carrier, Direction } from './frame.ts';

export interface Breakpoint {
  readonly id: string;
  readonly filter: string;
  readonly direction?: Direction;
  readonly enabled: boolean;
  /** Milliseconds a frame may wait; 0: without limit. Default 30 000. */
  readonly limitMs: number;
  /** What happens when the limit is over. */
  readonly onLimit: 'forward' | 'drop';
}

export interface HeldFrame {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly breakpoint: string;
  /** Wall clock, seconds. */
  readonly since: number;
  /** Seconds on the wall clock when it goes on by itself; absent: no limit. */
  readonly until?: number;
  readonly message: string | null;
  readonly summary: string;
  readonly size: number;
}

export type HoldDecision =
  | { readonly action: 'forward' }
  | { readonly action: 'edit'; readonly bytes: Uint8Array }
  | { readonly action: 'drop' }
  | { readonly action: 'duplicate'; readonly times: number };

export interface Rule {
  readonly id: string;
  readonly title?: string;
  readonly group?: string;
  readonly enabled: boolean;
  /** Only counts what it would have done. */
  readonly dryRun?: boolean;
  readonly when: string;
  readonly direction?: Direction;
  readonly proxy?: string;
  readonly connection?: number;
  /** 0..1, drawn from the seeded dice. */
  readonly probability?: number;
  /** Act only on the Nth match (1-based) of each connection. */
  readonly nth?: number;
  /** Stop acting after so many hits. */
  readonly limit?: number;
  /** Seconds since it was switched on. */
  readonly expiresAfter?: number;
  readonly actions: readonly RuleAction[];
  /** Later rules are not asked about a frame this one acted on. */
  readonly stop?: boolean;
}

export type RuleAction =
  | { readonly do: 'set'; readonly path: string; readonly value: Expression }
  | { readonly do: 'replace'; readonly find: string; readonly with: string; readonly as: 'text' | 'hex' }
  | { readonly do: 'drop' }
  | { readonly do: 'delay'; readonly ms: number; readonly jitterMs?: number }
  | { readonly do: 'duplicate'; readonly times: number }
  | { readonly do: 'reorder'; readonly behind: number }
  | { readonly do: 'hold'; readonly limitMs?: number; readonly onLimit?: 'forward' | 'drop' }
  | { readonly do: 'mark'; readonly color?: string; readonly comment?: string }
  | {
      readonly do: 'inject';
      readonly where: 'before' | 'after';
      readonly direction: Direction;
      readonly message: Template;
    }
  | { readonly do: 'answer'; readonly message: Template }
  | { readonly do: 'close' }
  | { readonly do: 'reset' };

/** A constant, or computed: `{ expr }` in the expression language (fields of this frame, `+ - * / %`, `last("message","path")`, `dice(a,b)`, `pick(...)`). */
export type Expression =
  | string
  | number
  | boolean
  | null
  | { readonly expr: string }
  | readonly unknown[]
  | { readonly json: unknown };

/** A message to write: composed from the schema, or bytes as they are. */
export type Template =
  | { readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly hex: string }
  | { readonly text: string };

export interface RuleStatus {
  readonly id: string;
  readonly hits: number;
  readonly lastFrame?: number;
  /** Why it cannot run. */
  readonly broken?: string;
  /** The rule in a sentence. */
  readonly sentence: string;
}

export type FaultKind =
  | 'latency'
  | 'bandwidth'
  | 'slicer'
  | 'slow-close'
  | 'timeout'
  | 'reset'
  | 'stall'
  | 'half-close'
  | 'refuse'
  | 'loss'
  | 'duplicate'
  | 'reorder'
  | 'corrupt';

/** One toxic: toxiproxy's vocabulary, and by message or field through `when`. */
export interface Fault {
  readonly id: string;
  readonly kind: FaultKind;
  readonly enabled: boolean;
  readonly direction?: Direction;
  readonly proxy?: string;
  readonly connection?: number;
  /** Filter; absent: everything. */
  readonly when?: string;
  /** Share of frames or connections it acts on, 0..1. Default 1. */
  readonly toxicity?: number;
  /** latency: ms and jitter; bandwidth: kB/s; slicer: mean bytes, variation, gap in µs; timeout and stall: ms; reorder: how many behind. */
  readonly ms?: number;
  readonly jitterMs?: number;
  readonly rateKBps?: number;
  readonly sliceBytes?: number;
  readonly sliceVariation?: number;
  readonly sliceDelayUs?: number;
  readonly behind?: number;
  /** Active window within a timed scenario, seconds from its start. */
  readonly from?: number;
  readonly to?: number;
  /** Act on the Nth match only, and after a message was seen ("2nd `inventory` after `equip`"). */
  readonly nth?: number;
  readonly after?: string;
}

export interface FaultPlan {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Repeat the scenario after so many seconds. */
  readonly repeatAfter?: number;
}

/** One recorded decision of a rule or fault: the same seed and input give the identical list. */
export interface ControlDecision {
  readonly n: number;
  readonly by: string;
  readonly what: string;
}

export interface Injection {
  readonly connection: number;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  readonly carrier?: Partial<Carrier>;
  readonly repeat?: number;
  readonly intervalMs?: number;
  /** For lock-step protocols: swallow the answer to an injected request, or supply the answer to a dropped one. */
  readonly absorbAnswer?: boolean;
}

/** The running proof that unedited bytes and order are unchanged, and the latency added. */
export interface Meter {
  readonly exact: boolean;
  readonly bytes: number;
  readonly frames: number;
  readonly changedOnPurpose: number;
  /** First frame that differs though nothing asked for it. */
  readonly firstDifference?: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}
