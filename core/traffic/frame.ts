/** Frames and connections: the unit of everything. DESIGN words; see README. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Direction, Transport } from '../protocol/protocol.ts';

export type { ExpertInfo } from '../schema/expert-info.ts';
export type { Direction, Transport } from '../protocol/protocol.ts';

export type Origin = 'wire' | 'injected' | 'replayed' | 'fuzzed';
export type Fate = 'forwarded' | 'held' | 'edited' | 'dropped' | 'delayed' | 'duplicated';
export const ORIGINS: readonly Origin[] = ['wire', 'injected', 'replayed', 'fuzzed'];
export const FATES: readonly Fate[] = ['forwarded', 'held', 'edited', 'dropped', 'delayed', 'duplicated'];

/** What the carrier says about one frame: `{}` for tcp, tls and udp. */
export type Carrier = StreamCarrier | WebSocketCarrier | EnetCarrier;
export type StreamCarrier = Readonly<Record<string, never>>;
export interface WebSocketCarrier {
  readonly opcode: 'text' | 'binary' | 'ping' | 'pong' | 'close';
  readonly compressed: boolean;
  readonly fragments: number;
}
export interface EnetCarrier {
  readonly channel: number;
  readonly reliable: boolean;
  readonly unsequenced: boolean;
}

/** One application message as it crossed the wire. */
export interface Frame {
  /** 1, 2, 3… in the order of recording; 0 until recorded. */
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  /** Wall clock, seconds since 1970. */
  readonly time: number;
  /** Monotonic clock, microseconds since the session began. */
  readonly mono: number;
  readonly carrier: Carrier;
  /** Application payload as received: no delimiters, unmasked, inflated, reassembled. */
  readonly bytes: Uint8Array;
  /** Delimiters and prefixes around the payload on a byte stream; empty for message carriers. */
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /**
   * Below the frame, as it came: the headers of its WebSocket frames one after the other, or of its ENet commands as
   * `readCommandHeads` reads them. Absent for other carriers, and for what no peer sent.
   */
  readonly headers?: Uint8Array | undefined;
  readonly origin: Origin;
  readonly fate: Fate;
  /** Payload as sent on, when it differs from `bytes`. */
  readonly sent?: Uint8Array;
  /** What carrier and framer remarked; dissection adds its own. */
  readonly expert: readonly ExpertInfo[];
  /** Names of the rules and faults that touched it. */
  readonly touchedBy?: readonly string[];
  /** The stream lost so many bytes before this frame. A frame without bytes of its own that has this is the gap itself. */
  readonly gapBefore?: number;
}

/** A row that says what is missing, and is no frame anyone sent. */
export function isGap({ bytes, gapBefore }: { bytes: Uint8Array; gapBefore?: number | undefined }): boolean {
  return gapBefore !== undefined && bytes.length === 0;
}

export function gapText(missing: number): string {
  return `${missing} ${missing === 1 ? 'byte is' : 'bytes are'} missing here`;
}

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** One client-server pair, through a proxy or found in a capture. */
export interface Connection {
  readonly id: number;
  /** Name of the proxy, or undefined when captured or imported. */
  readonly proxy?: string;
  readonly transport: Transport;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Dissector id; '' until recognised. */
  readonly protocol: string;
  /** Protocol options in force; absent: those of its proxy, else the defaults. */
  readonly options?: Readonly<Record<string, string>>;
  /** Wall clock, seconds. */
  readonly opened: number;
  readonly closed?: number;
  /** Why it ended: 'client closed', 'server reset', 'connect refused'… */
  readonly ending?: string;
  readonly role?: string;
  /** Connections of one client share a journey number. */
  readonly journey?: number;
  /** Carrier set-up worth showing: the WebSocket handshake, TLS version and name, ENet channel count and connect data. */
  readonly details: Readonly<Record<string, string | number | boolean>>;
}
