/**
 * RFC 6455 wire frames out of bytes in any chunks. A wire frame is below a frame of ours: fragments of one message are joined
 * by `messages.ts`. Bytes that cannot be a wire frame end the reading: what follows is given as it is, once per chunk.
 */
import { ByteQueue } from '../byte-queue.ts';

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface WireFrame {
  /** Header and payload as they came. */
  readonly raw: Uint8Array;
  readonly fin: boolean;
  /** Reserved bits, RSV1 = 4. */
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Unmasked. */
  readonly payload: Uint8Array;
  /** Not a wire frame: why. `raw` is everything from there on. */
  readonly broken?: string;
}

export interface WireFrameReader {
  /** Bytes received that are not yet in a wire frame. */
  readonly pending: number;
  push(chunk: Uint8Array): WireFrame[];
  /** What is left when the stream ends or has a hole; undefined when nothing is. */
  end(): Uint8Array | undefined;
}

export function createWireFrameReader(maxPayload = 64 * 1024 * 1024): WireFrameReader {
  const queue = new ByteQueue();
  let broken: string | undefined;
  return {
    get pending() {
      return queue.length;
    },
    push(chunk) {
      const frames: WireFrame[] = [];
      if (broken !== undefined) return [brokenFrame(chunk, broken)];
      queue.push(chunk);
      while (broken === undefined) {
        const header = readHeader(queue);
        if (header === undefined) break;
        if (header.length > maxPayload) {
          broken = `a WebSocket frame claims ${header.length} bytes; the limit is ${maxPayload}`;
          frames.push(brokenFrame(queue.take(queue.length)!, broken));
          break;
        }
        const raw = queue.take(header.size + header.length);
        if (raw === undefined) break;
        const body = raw.subarray(header.size);
        frames.push({
          raw,
          fin: (raw[0]! & 0x80) !== 0,
          rsv: (raw[0]! >> 4) & 7,
          opcode: raw[0]! & 15,
          masked: header.masked,
          payload: header.masked ? unmask(body, raw.subarray(header.size - 4, header.size)) : body,
        });
      }
      return frames;
    },
    end: () => (queue.length === 0 ? undefined : queue.take(queue.length)),
  };
}

function brokenFrame(raw: Uint8Array, why: string): WireFrame {
  return { raw, fin: true, rsv: 0, opcode: -1, masked: false, payload: raw, broken: why };
}

function readHeader(queue: ByteQueue): { size: number; length: number; masked: boolean } | undefined {
  const start = queue.peek(2);
  if (start === undefined) return undefined;
  const head = queue.peek(headerSize(start[1]!));
  return head === undefined ? undefined : headerIn(head, 0);
}

function headerSize(second: number): number {
  const short = second & 0x7f;
  return 2 + (short === 126 ? 2 : short === 127 ? 8 : 0) + (second < 0x80 ? 0 : 4);
}

/** The header at `at`, all of which is there. */
function headerIn(bytes: Uint8Array, at: number): { size: number; length: number; masked: boolean } {
  const second = bytes[at + 1]!;
  let length = second & 0x7f;
  const wide = length === 126 ? 2 : length === 127 ? 8 : 0;
  if (wide > 0) {
    length = 0;
    for (let i = 2; i < 2 + wide; i++) length = length * 256 + bytes[at + i]!;
  }
  return { size: headerSize(second), length, masked: second >= 0x80 };
}

/** The headers of these frames one after the other: what is kept of how a message crossed the wire. */
export function headersOf(frames: readonly WireFrame[]): Uint8Array {
  const heads: Uint8Array[] = [];
  let size = 0;
  for (const { raw, payload, broken } of frames) {
    if (broken !== undefined) continue;
    const head = raw.subarray(0, raw.length - payload.length);
    heads.push(head);
    size += head.length;
  }
  if (heads.length === 1) return heads[0]!;
  const all = new Uint8Array(size);
  let at = 0;
  for (const head of heads) {
    all.set(head, at);
    at += head.length;
  }
  return all;
}

/** A header read back; ranges as of the bytes it was read from. */
export interface WireFrameHeader {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  /** Bytes of payload that followed. */
  readonly length: number;
  /** Where the mask's four bytes begin; undefined when there is none. */
  readonly maskAt: number | undefined;
  readonly start: number;
  readonly end: number;
}

/** Reads what `headersOf` put together; stops where that ends or is damaged. */
export function readHeaders(bytes: Uint8Array): WireFrameHeader[] {
  const headers: WireFrameHeader[] = [];
  for (let at = 0; at < bytes.length; ) {
    if (at + 2 > bytes.length || at + headerSize(bytes[at + 1]!) > bytes.length) break;
    const { size, length, masked } = headerIn(bytes, at);
    const first = bytes[at]!;
    headers.push({
      fin: (first & 0x80) !== 0,
      rsv: (first >> 4) & 7,
      opcode: first & 15,
      length,
      maskAt: masked ? at + size - 4 : undefined,
      start: at,
      end: at + size,
    });
    at += size;
  }
  return headers;
}

export function unmask(body: Uint8Array, key: Uint8Array): Uint8Array {
  const plain = new Uint8Array(body.length);
  const [a, b, c, d] = key as unknown as [number, number, number, number];
  const whole = body.length & ~3;
  let i = 0;
  for (; i < whole; i += 4) {
    plain[i] = body[i]! ^ a;
    plain[i + 1] = body[i + 1]! ^ b;
    plain[i + 2] = body[i + 2]! ^ c;
    plain[i + 3] = body[i + 3]! ^ d;
  }
  for (; i < body.length; i++) plain[i] = body[i]! ^ key[i & 3]!;
  return plain;
}

/**
 * Writes one wire frame.
 * @param mask four bytes for client → server, undefined for server → client
 */
export function writeWireFrame(
  payload: Uint8Array,
  opcode: number,
  options: { fin?: boolean; rsv?: number; mask?: Uint8Array } = {},
): Uint8Array {
  const { fin = true, rsv = 0, mask } = options;
  const extended = payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8;
  const size = 2 + extended + (mask === undefined ? 0 : 4);
  const raw = new Uint8Array(size + payload.length);
  raw[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  raw[1] = (mask === undefined ? 0 : 0x80) | (extended === 0 ? payload.length : extended === 2 ? 126 : 127);
  let rest = payload.length;
  for (let i = 1 + extended; i > 1; i--) {
    raw[i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  if (mask === undefined) raw.set(payload, size);
  else {
    raw.set(mask, size - 4);
    raw.set(unmask(payload, mask), size);
  }
  return raw;
}
