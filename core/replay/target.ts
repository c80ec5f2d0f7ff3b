/**
 * What replay and fuzzing talk to: a server somewhere, reached over any carrier. The runner is pure; `core/io/target.ts` has
 * the sockets, and tests may bring a target of their own.
 */
import type { Framing } from '../protocol/framing.ts';
import type { EndpointUrl } from '../relay/endpoint-url.ts';
import type { Carrier, ExpertInfo } from '../traffic/frame.ts';

/** One connection to be made. */
export interface ConnectHow {
  readonly url: EndpointUrl;
  /** How frames are cut and written on a byte stream (tcp, tls); carriers that deliver messages ignore it. */
  readonly framing: Framing;
  /** WebSocket: subprotocols and headers to ask with. */
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** ENet: channels asked for (default 2, as most games do) and connect data. */
  readonly channels?: number;
  readonly data?: number;
  /** Milliseconds until the attempt is given up. Default 5000. */
  readonly timeoutMs?: number;
  /** Longest frame taken from the server, bytes. Default 16 MiB. */
  readonly maxFrame?: number;
}

/** A frame that came, as a recorder would keep it. */
export interface TargetFrame {
  readonly bytes: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly carrier: Carrier;
  readonly expert: readonly ExpertInfo[];
}

export interface OutgoingFrame {
  /** Payload; framed, masked and packed as the carrier wants it. */
  readonly bytes: Uint8Array;
  /** WebSocket opcode, ENet channel and flags; absent: the carrier's default. */
  readonly carrier?: Carrier;
  /** Byte streams only: exactly these bytes instead of the framed payload. */
  readonly wire?: Uint8Array;
  /** ENet only: sequence numbers left out before it; below 0: used again. */
  readonly skip?: number;
}

/** Why a connection is no longer there. */
export interface Ending {
  /** Who ended it: `client` is us. `error`: a reset, a time-out, a broken carrier. */
  readonly by: 'client' | 'server' | 'error';
  /** In a few words: `server closed`, `connection reset`, `ENet time-out`. */
  readonly text: string;
  /** WebSocket close code, ENet disconnect data. */
  readonly code?: number;
}

/** Called in order; never after `ended`. Must not throw. */
export interface TargetEvents {
  frame(frame: TargetFrame): void;
  /** Exactly once for a connection that was made. */
  ended(ending: Ending): void;
}

export interface TargetConnection {
  readonly isOpen: boolean;
  /** The framing in force: what `detect` decided on. */
  readonly framing: Framing;
  /** What the carrier says of itself (`local`, `subprotocol`, …), for a recording. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
  /** Queues the frame; nothing happens when the connection has ended. */
  send(frame: OutgoingFrame): void;
  /** Half-closes or disconnects as a client that is done would; `ended` follows within a second, whatever the server does. */
  end(): void;
  /** Gone without a word: TCP reset, ENet silence. */
  reset(): void;
  /** Gone at once, and where the carrier has a word for it, the other side is told. Absent: as `reset`. */
  drop?(): void;
}

export interface Target {
  /** @throws EngineError `connect-failed`, `tls-failed`, `timeout`, `bad-url` in a sentence that says what to do. */
  connect(how: ConnectHow, events: TargetEvents): Promise<TargetConnection>;
  /** Ends what is still open. */
  close(): Promise<void>;
}
