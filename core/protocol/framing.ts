/**
 * How a byte stream is cut into frames. A framing is data; `createFramer` (framer.ts) gives the machine that cuts under any
 * chunking, and `wrapPayload` writes a payload the way the framing frames it.
 */
import type { ExpertInfo } from '../schema/expert-info.ts';

export type Framing =
  /** Text lines ended by LF; a CR before it belongs to the delimiter. */
  | { readonly kind: 'lines' }
  | { readonly kind: 'nul' }
  | {
      readonly kind: 'length-prefix';
      readonly size: 1 | 2 | 4 | 8 | 'varint';
      readonly endian: 'be' | 'le';
      /** The length counts the prefix itself. */
      readonly inclusive?: boolean;
    }
  /** Decimal digits, then `separator` (one byte, e.g. ':' or LF; none: what is no digit begins the payload), then so many bytes. */
  | { readonly kind: 'decimal-length'; readonly separator: string }
  /** JSON values by brace matching on bytes; blanks between them belong to the next frame's head. */
  | { readonly kind: 'json' }
  | { readonly kind: 'fixed'; readonly size: number }
  /** The carrier delivers whole messages (WebSocket, ENet, UDP); on a byte stream: each read is a frame. */
  | { readonly kind: 'message' }
  /** The first candidate that explains the first bytes of the connection, by their content. */
  | { readonly kind: 'detect'; readonly candidates: readonly Framing[] }
  | { readonly kind: 'custom'; readonly name: string; readonly cutter: CustomCutter };

/** Pure: looks at the buffered bytes and says how long the first frame is (0: need more), head and tail sizes within it. */
export interface CustomCutter {
  cut(buffer: Uint8Array): { size: number; head: number; tail: number } | null;
  wrap(payload: Uint8Array): Uint8Array;
}

/** A frame as cut from a stream. `raw` is every byte it occupied, delimiters included; cuts concatenate to the stream. */
export interface Cut {
  readonly raw: Uint8Array;
  /** Application payload: `raw` without head and tail (for WebSocket: unmasked and inflated, not a part of `raw`). */
  readonly payload: Uint8Array;
  /** What the framer found odd: garbage skipped, cap exceeded, cut off by the end of the stream. */
  readonly expert: readonly ExpertInfo[];
}

export interface FramerLimits {
  /** Longest frame; a longer one is cut there, remarked, and the framer resynchronises. Default 16 MiB. */
  readonly maxFrame: number;
}

export interface Framer {
  /** The framing in force; for `detect`, the candidate once decided. */
  readonly framing: Framing;
  /** Bytes received and not yet in a cut. */
  readonly pending: number;
  push(chunk: Uint8Array): Cut[];
  /** End of stream (or a gap): what is pending comes out as one remarked cut. */
  end(): Cut[];
}
