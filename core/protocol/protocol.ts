/**
 * What a dissector provides. `defineProtocol` (define-protocol.ts) fills in `dissect`, `encode` and `classify` from schemas;
 * a protocol may replace any of them for what the schema language cannot say. Everything here is pure.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { FieldNode, Limits, Meta, Node } from '../schema/nodes.ts';
import type { Framing } from './framing.ts';

export type Direction = 'toServer' | 'toClient';
export type Transport = 'tcp' | 'tls' | 'ws' | 'wss' | 'enet' | 'udp';

/** What is known of a connection before its first byte is decoded. */
export interface Link {
  readonly transport: Transport;
  /** Port the server listens on (the proxy's upstream port), 0 when unknown. */
  readonly serverPort: number;
  readonly clientPort?: number;
  /** WebSocket path or other carrier address, when there is one. */
  readonly path?: string;
  /** Name given by the user or a handoff: `account`, `game`, `chat`… */
  readonly role?: string;
}

export interface OptionSpec {
  readonly name: string;
  readonly doc: string;
  readonly default: string;
  readonly values?: readonly string[];
}
export type OptionValues = Readonly<Record<string, string>>;

/** One message the protocol knows: the universe for coverage, documentation, completion and the composer. */
export interface MessageSpec {
  /** The protocol's own name for it, as on the wire where the wire has one. */
  readonly name: string;
  readonly id?: number;
  readonly direction: Direction | 'both';
  /** Body: what `fields` holds. */
  readonly node: Node;
  readonly meta?: Meta;
  /** Chapter or family, for grouping. */
  readonly group?: string;
  /** Name in other languages: `{ ja: '位置同期' }`. */
  readonly titles?: Readonly<Record<string, string>>;
  /** Dialects that have it; absent: all. */
  readonly dialects?: readonly string[];
  /** Documented but never sent by any known peer: left out of coverage. */
  readonly neverSent?: boolean;
}

/** One message inside a frame. */
export interface DissectedMessage {
  /** null when it could not be understood. */
  readonly name: string | null;
  readonly id?: number;
  readonly fields: unknown;
  /** Bytes of the payload it occupies. */
  readonly range: readonly [number, number];
  /** Path of its fields within the tree: '' when the whole frame is this message. */
  readonly path: string;
  readonly spec?: MessageSpec;
  /** What the frame carries beside the fields and pairs may go by: a request number in the envelope, a place in the order. */
  readonly beside?: Readonly<Record<string, unknown>>;
}

/** A frame's meaning. `messages` has at least one entry; a frame that could not be understood has one with `name: null`. */
export interface Dissected {
  readonly messages: readonly DissectedMessage[];
  readonly expert: readonly ExpertInfo[];
  /** Built on demand: rows and filters need values only. */
  tree(): FieldNode;
}

/** Facts shared by the connections of one proxy group or capture, written and read in traffic order only. */
export interface Memory {
  recall(key: string): unknown;
  remember(key: string, value: unknown): void;
}

export interface SeenFrame {
  readonly n: number;
  readonly direction: Direction;
  /** Seconds, wall clock. */
  readonly time: number;
  readonly bytes: Uint8Array;
  readonly dissected: Dissected;
}

/** Checks over one connection, fed in order. Holds its own mutable state; a new one is made to run over a connection again. */
export interface Watcher {
  see(frame: SeenFrame): readonly ExpertInfo[];
}

/** Request → replies. Replies are found first-in first-out per connection unless `match` names equal fields. */
export interface Pair {
  readonly direction: Direction;
  /** Message names; '*' means any. */
  readonly request: readonly string[] | '*';
  readonly replies: readonly string[] | '*';
  /** Paths that must be equal: [in request, in reply]. `^sn` is looked up in `beside`; a message without it is in no such pair. */
  readonly match?: readonly (readonly [string, string])[];
  /** False: the request may rightly stay unanswered. Default true. */
  readonly required?: boolean;
  /** Reply only counts if it goes to the asking connection; default true. */
  readonly sameConnection?: boolean;
}

/** A message that tells the client to connect elsewhere. */
export interface Handoff {
  readonly message: string;
  readonly direction: Direction;
  /** Paths within `fields`. */
  readonly address: string;
  readonly port: string;
  readonly token?: string;
  /** Role given to the connection it leads to. */
  readonly role?: string;
  readonly transport?: Transport;
}

/** A value issued here and echoed there: for rebinding, journeys and stale-token fuzzing. */
export interface Correlation {
  readonly issued: { readonly message: string; readonly path: string };
  readonly echoed: readonly { readonly message: string; readonly path: string }[];
  readonly kind: 'token' | 'id' | 'sequence' | 'salt';
  /** The echoed connection belongs to the issuing one's journey. */
  readonly ties?: boolean;
}

export interface Example {
  readonly name: string;
  readonly direction: Direction;
  /** Payload as hex. */
  readonly hex: string;
  readonly message: string | null;
  /** Expected `fields` as JSON (bigint as string, bytes as hex); absent: not checked. */
  readonly fields?: unknown;
  readonly options?: OptionValues;
  readonly role?: string;
  /** Why re-encoding does not give the same bytes, when it does not. */
  readonly lossy?: string;
  /** Server port of the connection, when the meaning depends on it. */
  readonly serverPort?: number;
}

export interface Sample {
  /** First payload bytes in each direction, as much as has been seen (stream bytes for tcp/tls, first message else). */
  readonly toServer: Uint8Array;
  readonly toClient: Uint8Array;
}

/** What `encode` is asked to write. */
export interface Composed {
  readonly message: string;
  readonly fields: unknown;
}
export interface EncodeHow {
  /** Path → value written as it is: no repair, no check ("lie here"). */
  readonly override?: Readonly<Record<string, unknown>>;
  /** The bytes being edited: keeps their spelling, key order and unknown parts where the value is unchanged. */
  readonly original?: Uint8Array;
}
export interface Encoded {
  readonly bytes: Uint8Array;
  /** What is odd about what was written; encoding refuses only what has no bytes at all. */
  readonly expert: readonly ExpertInfo[];
}

export interface Protocol<S = unknown> {
  readonly id: string;
  readonly title: string;
  readonly doc?: string;
  readonly transports: readonly Transport[];
  readonly ports: readonly { readonly port: number; readonly transport: Transport; readonly role?: string }[];
  /** How a byte stream (tcp, tls) is cut; message carriers (ws, enet, udp) deliver one frame a message. */
  readonly framing: Framing;
  readonly options: readonly OptionSpec[];
  readonly messages: readonly MessageSpec[];
  readonly pairs: readonly Pair[];
  readonly handoffs: readonly Handoff[];
  readonly correlations: readonly Correlation[];
  readonly examples: readonly Example[];
  /** 0 (no) to 1 (certain). */
  recognise(sample: Sample, link: Link): number;
  /** Initial state. States are immutable; `next` returns the same object when nothing changed. */
  start(link: Link, options: OptionValues): S;
  /** Total and pure: never throws, stays within limits. */
  dissect(bytes: Uint8Array, direction: Direction, state: S, limits?: Limits): Dissected;
  /** Header-only: the first message's name (and id), or null. Much cheaper than `dissect`. */
  classify(bytes: Uint8Array, direction: Direction, state: S): { name: string; id?: number } | null;
  next(state: S, direction: Direction, dissected: Dissected, bytes: Uint8Array, memory: Memory): S;
  /** One line, ≤ 120 characters, without the message's name. */
  summary(message: DissectedMessage, direction: Direction): string;
  /** Throws `Error` with a sentence when the message is unknown or the value has no bytes. */
  encode(composed: Composed, direction: Direction, state: S, how?: EncodeHow): Encoded;
  watch?(link: Link, options: OptionValues): Watcher;
}
