/** One frame in full, as the inspector shows it. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Carrier, Connection, Direction, Fate, Origin } from '../traffic/frame.ts';

/** A field of the tree with JSON-safe values: bigint as text with `big`, bytes as hex with `hex`. */
export interface FieldView {
  readonly name: string;
  readonly path: string;
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  readonly bits?: { readonly offset: number; readonly width: number };
  /** Present on leaves. */
  readonly value?: unknown;
  /** How the value reads for a person: `3 position, destination`, `0x0280`, `"bob"`. */
  readonly text: string;
  readonly label?: string;
  readonly doc?: string;
  readonly unit?: string;
  readonly role?: string;
  readonly lang?: string;
  readonly markup?: string;
  readonly secret?: boolean;
  readonly volatile?: boolean;
  readonly derived?: string;
  readonly children: readonly FieldView[];
  /** Index into `FrameView.buffers`, for content with bytes of its own. */
  readonly inner?: number;
  /** Indices into `FrameView.expert`. */
  readonly expert?: readonly number[];
}

export interface BufferView {
  readonly title: string;
  readonly hex: string;
  readonly root: FieldView;
}

export interface MessageView {
  readonly name: string | null;
  readonly id?: number;
  readonly summary: string;
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly doc?: string;
  readonly fields: unknown;
}

export interface FrameView {
  readonly n: number;
  readonly conn: number;
  readonly connection: Connection;
  readonly direction: Direction;
  readonly time: number;
  /** Seconds since the session began. */
  readonly at: number;
  readonly origin: Origin;
  readonly fate: Fate;
  readonly carrier: Carrier;
  readonly protocol: string;
  readonly messages: readonly MessageView[];
  /** [0] is the payload; the rest are inner buffers. */
  readonly buffers: readonly BufferView[];
  /** Delimiters around the payload, hex. */
  readonly head: string;
  readonly tail: string;
  /** Payload as sent on, hex, when it differs, and its tree. */
  readonly sent?: { readonly hex: string; readonly root: FieldView; readonly changes: readonly FieldChange[] };
  readonly expert: readonly ExpertInfo[];
  readonly partner?: {
    readonly n: number;
    readonly message: string;
    readonly ms: number;
    readonly isReply: boolean;
    readonly p50Ms: number;
    readonly p95Ms: number;
  };
  readonly touchedBy: readonly string[];
  readonly mark?: string;
  readonly comment?: string;
  /** The last frame of the same name on this connection, and what changed since. */
  readonly previous?: { readonly n: number; readonly changes: readonly FieldChange[] };
  readonly waitedMs: number;
  /**
   * The carrier's view: what crossed the wire for this frame when it is more than the payload. Delimiters and length prefix on a
   * byte stream, WebSocket frames, ENet commands with the headers of their datagrams.
   */
  readonly packet?: BufferView;
}

export interface FieldChange {
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** Commands of one datagram that brought no frame: ENet's acknowledgements, pings, repeats… */
export interface CarrierRow {
  readonly id: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly time: number;
  /** Seconds since the session began. */
  readonly at: number;
  /** The last frame before them; 0 when there is none. */
  readonly after: number;
  /** Bytes of the datagram on the wire. */
  readonly size: number;
  readonly commands: readonly {
    readonly name: string;
    /** 255: about the connection. */
    readonly channel: number;
    /** What it says, in a few words: `14 after 3 ms`, `data 7`. */
    readonly text: string;
  }[];
}

export interface CarrierList {
  readonly rows: readonly CarrierRow[];
  /** There are more behind the last row. */
  readonly more: boolean;
}
