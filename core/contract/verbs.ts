/**
 * Every request the engine answers and every event it sends: the one description shared by engine, UI, CLI and scripts.
 * Requests are JSON `{ id, verb, args }`, answered by `{ id, ok }` or `{ id, error: { code, message } }`; events are
 * `{ event, data }`. Bytes travel as hex. Rows travel as binary batches (row-batch.ts).
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Breakpoint, FaultPlan, HeldFrame, Meter, Rule, RuleStatus } from '../traffic/control.ts';
import type { Carrier, Connection, Direction } from '../traffic/frame.ts';
import type { ProxySpec, ProxyStatus } from '../traffic/proxy-spec.ts';
import type { BufferView, CarrierList, FieldView, FrameView } from './frames.ts';
import type { Strip, ViewSpec, ViewStatus } from './rows.ts';
import type { FileVerbs } from './file-verbs.ts';
import type { StatisticsVerbs } from './statistics-verbs.ts';
import type { CompareVerbs } from './compare-verbs.ts';
import type { ReplayEvents, ReplayVerbs } from './replay-verbs.ts';
import type { FuzzEvents, FuzzVerbs } from './fuzz-verbs.ts';

export const CONTRACT_VERSION = 1;

interface Verb<Args, Result> {
  readonly args: Args;
  readonly result: Result;
}
type Nothing = Record<string, never>;

interface SessionVerbs {
  'session.info': Verb<Nothing, SessionInfo>;
  'session.new': Verb<{ path?: string }, SessionInfo>;
  'session.open': Verb<{ path: string }, SessionInfo>;
  /** Another session, new or from a file, in an engine of its own; says where its page is. */
  'session.beside': Verb<{ path?: string }, { url: string }>;
  'session.saveAs': Verb<{ path: string }, { path: string; bytes: number }>;
  /** Stops or resumes recording; traffic goes on either way. */
  'session.record': Verb<{ on: boolean }, SessionInfo>;
  'marks.set': Verb<{ n: number; mark?: string | null; comment?: string | null }, { n: number }>;
  /** How pages are set up, whatever address they have: kept with the sessions, part by part. */
  'look.get': Verb<Nothing, { look: Readonly<Record<string, unknown>> }>;
  'look.set': Verb<{ look: Readonly<Record<string, unknown>> }, { kept: boolean }>;
  'marks.list': Verb<Nothing, readonly { n: number; mark?: string; comment?: string }[]>;
}

interface ProxyVerbs {
  'proxies.list': Verb<Nothing, readonly ProxyStatus[]>;
  'proxy.start': Verb<{ spec: ProxySpec }, ProxyStatus>;
  'proxy.stop': Verb<{ name: string }, ProxyStatus>;
  'proxy.restart': Verb<{ name: string }, ProxyStatus>;
  /** Changing only the upstream or the protocol keeps the listener and its connections. */
  'proxy.update': Verb<{ name: string; spec: ProxySpec }, ProxyStatus>;
  'proxy.remove': Verb<{ name: string }, { name: string }>;
  'demo.start': Verb<Nothing, readonly ProxyStatus[]>;
  'demo.stop': Verb<Nothing, Nothing>;
  'connections.list': Verb<Nothing, readonly ConnectionStatus[]>;
  'connection.close': Verb<{ id: number; reset?: boolean }, { id: number }>;
  'connection.decodeAs': Verb<{ id: number; protocol: string; options?: Record<string, string> }, { id: number }>;
  'doctor.run': Verb<Nothing, readonly DoctorFinding[]>;
  'capture.interfaces': Verb<Nothing, readonly { name: string; addresses: readonly string[] }[]>;
  'capture.start': Verb<{ interface: string; filter?: string; as?: string }, CaptureStatus>;
  'capture.stop': Verb<Nothing, CaptureStatus>;
}

interface TimelineVerbs {
  'view.open': Verb<{ spec: ViewSpec; follow?: boolean }, ViewStatus>;
  'view.change': Verb<{ view: number; spec: ViewSpec }, ViewStatus>;
  'view.close': Verb<{ view: number }, Nothing>;
  'view.cancel': Verb<{ view: number }, ViewStatus>;
  /** Answered by a binary row batch carrying the request's id. */
  'view.rows': Verb<{ view: number; start: number; count: number }, 'row batch'>;
  /** Row index of a frame in the view, or of the nearest row before it. */
  'view.indexOf': Verb<{ view: number; n: number }, { index: number; exact: boolean }>;
  /** Next row after (or before) an index whose frame fits: a problem, a mark, the same connection, a filter, a time. */
  'view.find': Verb<{ view: number; from: number; back?: boolean; what: FindWhat }, { index: number } | null>;
  'view.strip': Verb<{ view?: number; from: number; to: number; buckets: number }, Strip>;
  'frame.get': Verb<{ n: number; revealSecrets?: boolean }, FrameView>;
  /** Decodes bytes without recording them: live validation in the composer. */
  'frame.dissect': Verb<
    { conn?: number; protocol?: string; direction: Direction; hex: string },
    { message: string | null; root: FieldView; fields: unknown; expert: readonly ExpertInfo[] }
  >;
  /** The frame that answered the last message like this one: what to say in a peer's place. */
  'frame.usualAnswer': Verb<{ n: number }, { n: number } | null>;
  /** Frames that hold the same value elsewhere. */
  'frame.sameValue': Verb<{ n: number; path: string; limit?: number }, readonly { n: number; path: string }[]>;
  /**
   * What carriers said that brought no frame (ENet; of a proxy only with `carrierCommands`), in order: datagrams behind the row
   * `behind`, or from those after frame `since` on; of one connection; with a command of this name.
   */
  'carrier.list': Verb<
    { conn?: number; command?: string; behind?: number; since?: number; limit?: number },
    CarrierList
  >;
  /** One of its rows, byte by byte. */
  'carrier.get': Verb<{ id: number }, BufferView>;
  'filter.check': Verb<{ text: string }, FilterCheck>;
  'filter.complete': Verb<{ text: string; at: number }, readonly Completion[]>;
  'protocols.list': Verb<Nothing, readonly ProtocolSummary[]>;
  'protocol.describe': Verb<{ id: string }, ProtocolDescription>;
}

interface ControlVerbs {
  'breakpoints.list': Verb<Nothing, readonly Breakpoint[]>;
  'breakpoints.set': Verb<{ breakpoints: readonly Breakpoint[] }, readonly Breakpoint[]>;
  'held.list': Verb<Nothing, readonly HeldFrame[]>;
  'held.decide': Verb<
    { n: readonly number[]; action: 'forward' | 'drop' | 'duplicate' | 'edit'; hex?: string; times?: number },
    { decided: number }
  >;
  /** Gives held frames more time; `ms: 0` takes their limit away. */
  'held.extend': Verb<{ n: readonly number[]; ms: number }, { extended: number }>;
  'held.releaseAll': Verb<Nothing, { released: number }>;
  /** Releases everything, turns holds, rules and faults off, passes raw; `on: false` restores rules. */
  panic: Verb<{ on: boolean }, { on: boolean }>;
  /** Holds and releases several frames in a commanded order within one tick. */
  'race.release': Verb<{ order: readonly number[] }, { released: readonly number[] }>;
  inject: Verb<
    {
      conn: number;
      direction: Direction;
      hex: string;
      carrier?: Partial<Carrier>;
      repeat?: number;
      intervalMs?: number;
      absorbAnswer?: boolean;
    },
    { frames: readonly number[] }
  >;
  /** `fields`: the form of these instead (the composer asks again when a shape changed: an item more, another variant). */
  'compose.form': Verb<
    { protocol: string; message: string; direction: Direction; conn?: number; from?: number; fields?: unknown },
    ComposeForm
  >;
  'compose.encode': Verb<
    {
      protocol: string;
      message: string;
      direction: Direction;
      fields: unknown;
      conn?: number;
      original?: string;
      override?: Record<string, unknown>;
    },
    { hex: string; expert: readonly ExpertInfo[] }
  >;
  'rules.list': Verb<Nothing, { rules: readonly Rule[]; status: readonly RuleStatus[] }>;
  'rules.set': Verb<{ rules: readonly Rule[] }, { rules: readonly Rule[]; status: readonly RuleStatus[] }>;
  /** YAML text ↔ rules, with line numbers on errors. */
  'rules.parse': Verb<{ yaml: string }, { rules: readonly Rule[]; problems: readonly TextProblem[] }>;
  'rules.print': Verb<{ rules: readonly Rule[] }, { yaml: string }>;
  'faults.get': Verb<Nothing, FaultPlan>;
  'faults.set': Verb<{ plan: FaultPlan }, FaultPlan>;
  'faults.presets': Verb<Nothing, readonly { id: string; title: string; plan: FaultPlan }[]>;
  'script.load': Verb<{ path: string }, ScriptStatus>;
  'script.unload': Verb<Nothing, ScriptStatus>;
  'script.status': Verb<Nothing, ScriptStatus>;
  meter: Verb<Nothing, Meter>;
}

export type Verbs = SessionVerbs &
  ProxyVerbs &
  TimelineVerbs &
  ControlVerbs &
  FileVerbs &
  StatisticsVerbs &
  ReplayVerbs &
  CompareVerbs &
  FuzzVerbs;
export type VerbName = keyof Verbs;

export interface Events extends ReplayEvents, FuzzEvents {
  /** At most every 16 ms: totals of the session and of each followed view, with the newest rows in a batch that follows. */
  grew: {
    readonly frames: number;
    readonly bytesOnDisk: number;
    readonly views: readonly ViewStatus[];
    readonly rate: { readonly toServer: number; readonly toClient: number };
  };
  session: SessionInfo;
  proxies: readonly ProxyStatus[];
  connections: readonly ConnectionStatus[];
  held: readonly HeldFrame[];
  rules: readonly RuleStatus[];
  /** What was set, by any window, a script or the configuration file. */
  controls: {
    readonly breakpoints: readonly Breakpoint[];
    readonly rules: readonly Rule[];
    readonly faults: FaultPlan;
  };
  panic: { readonly on: boolean };
  meter: Meter;
  script: ScriptStatus;
  capture: CaptureStatus;
  /** Protocol files were reloaded and history re-decoded, a rule broke, the disk is full… */
  notice: { readonly severity: 'info' | 'warning' | 'problem'; readonly text: string; readonly action?: string };
}
export type EventName = keyof Events;

export interface SessionInfo {
  readonly path: string;
  readonly title: string;
  readonly recording: boolean;
  /** Opened from a file: nothing can be recorded into it by accident. */
  readonly readOnly: boolean;
  /** Wall clock, seconds. */
  readonly began: number;
  readonly ended: number;
  readonly frames: number;
  readonly lost: number;
  readonly bytesOnDisk: number;
  readonly engineVersion: string;
}

export interface ConnectionStatus extends Connection {
  readonly frames: number;
  readonly bytesToServer: number;
  readonly bytesToClient: number;
  readonly expertCount: number;
  /** Share of frames understood, 0..1. */
  readonly understood: number;
  readonly name: string;
  /** What its client calls itself, where a message says so. */
  readonly clientName?: string;
}

export interface DoctorFinding {
  readonly state: 'good' | 'note' | 'warning' | 'problem';
  readonly title: string;
  readonly text: string;
  /** What to do about it. */
  readonly advice?: string;
}

export interface CaptureStatus {
  readonly running: boolean;
  readonly interface?: string;
  readonly filter?: string;
  readonly backend?: string;
  readonly packets: number;
  readonly dropped: number;
  readonly error?: string;
}

export type FindWhat =
  | { readonly kind: 'problem' }
  | { readonly kind: 'mark' }
  | { readonly kind: 'connection'; readonly conn: number }
  | { readonly kind: 'filter'; readonly filter: string }
  | { readonly kind: 'time'; readonly at: number }
  | { readonly kind: 'message'; readonly message: string };

export type FilterCheck =
  | {
      readonly ok: true;
      readonly explain: string /** Frames of the session that match, counted so far. */;
      readonly count?: number;
    }
  | { readonly ok: false; readonly message: string; readonly at: number; readonly end: number };

export interface Completion {
  readonly text: string;
  /** Replaces `[from, to)` of the filter text. */
  readonly from: number;
  readonly to: number;
  readonly kind: 'field' | 'message' | 'value' | 'operator' | 'function' | 'keyword';
  readonly type?: string;
  readonly detail?: string;
}

export interface ProtocolSummary {
  readonly id: string;
  readonly title: string;
  readonly transports: readonly string[];
  readonly ports: readonly { readonly port: number; readonly transport: string; readonly role?: string }[];
  readonly options: readonly {
    readonly name: string;
    readonly doc: string;
    readonly default: string;
    readonly values?: readonly string[];
  }[];
  readonly messages: number;
  /** Path of the YAML file it came from. */
  readonly file?: string;
}

export interface ProtocolDescription extends ProtocolSummary {
  readonly markdown: string;
  readonly messageList: readonly {
    readonly name: string;
    readonly id?: number;
    readonly direction: Direction | 'both';
    readonly group?: string;
    readonly title?: string;
    readonly doc?: string;
  }[];
}

export interface TextProblem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

export interface ComposeForm {
  readonly form: FormControl;
  /** Fields to start from. */
  readonly fields: unknown;
  readonly hex: string;
}
/** What the composer renders, straight from the schema nodes. Mirrors `core/schema/form.ts`. */
export interface FormControl {
  readonly control:
    | 'number'
    | 'text'
    | 'hex'
    | 'choice'
    | 'flags'
    | 'check'
    | 'group'
    | 'repeat'
    | 'variant'
    | 'derived'
    | 'json'
    | 'absent';
  readonly path: string;
  readonly label: string;
  readonly doc?: string;
  readonly unit?: string;
  readonly value?: unknown;
  readonly min?: number;
  readonly max?: number;
  readonly options?: readonly { readonly value: unknown; readonly label: string }[];
  readonly children?: readonly FormControl[];
  readonly of?: string;
  /** Path of the length or count in front of it, for a deliberate lie. */
  readonly measure?: string;
  readonly optional?: boolean;
  readonly secret?: boolean;
  /** A blank value: of one item more (`repeat`), or to begin with (`absent`). The options of a `variant` carry theirs as `value`. */
  readonly template?: unknown;
}

export interface ScriptStatus {
  readonly path?: string;
  readonly running: boolean;
  readonly hooks: readonly string[];
  readonly calls: number;
  readonly error?: { readonly message: string; readonly line?: number };
  readonly log: readonly string[];
}
