/**
 * Where the first whole frame begins, in a stream that was joined in the middle or has a hole: frames are tried from every place where
 * one may begin, and the first place from which frames of the protocol follow each other is taken. What lies before it is lost.
 */
import { createFramer } from '../protocol/framer.ts';
import type { Framing } from '../protocol/framing.ts';
import type { Direction, Link, OptionValues, Protocol } from '../protocol/protocol.ts';
import { createWireFrameReader, OPCODE, type WireFrame } from '../protocol/websocket/wire-frames.ts';
import { concat } from './concat.ts';

/** Frames are looked for in so many bytes; beyond that the stream is taken as it is. */
const MAX_SEEKING_BYTES = 64 * 1024;
/** Places that are tried frame by frame, each time bytes come. */
const MAX_TRIALS = 256;
/** So many frames in a row are no coincidence; one is enough where the sender began to write there. */
const ENOUGH = 2;

/** What reading from one place gives: frames that look right until the first that does not, or until the bytes end. */
export interface Trial {
  readonly good: number;
  readonly bad: boolean;
}
export interface Alignment {
  /** Places where a frame may begin, ascending. */
  places(bytes: Uint8Array): Iterable<number>;
  /** @param isFirst where nothing says that a frame does not begin here: a message nobody knows will do */
  try(bytes: Uint8Array, isFirst: boolean): Trial;
}

export class Seeker {
  readonly #alignment: Alignment;
  #chunks: Uint8Array[] = [];
  /** Where chunks began: a sender writes whole frames more often than not. */
  #starts: number[] = [];
  #size = 0;

  constructor(alignment: Alignment) {
    this.#alignment = alignment;
  }

  /** How many of the bytes so far lie before the first frame; undefined while that is not certain. */
  push(chunk: Uint8Array): number | undefined {
    this.#starts.push(this.#size);
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    return this.#seek(this.#size > MAX_SEEKING_BYTES);
  }

  /** No more bytes come: the best guess. */
  end(): number {
    return this.#seek(true) ?? 0;
  }

  /** The bytes so far. */
  get bytes(): Uint8Array {
    return concat(this.#chunks);
  }

  #seek(mustDecide: boolean): number | undefined {
    const bytes = this.bytes;
    const starts = new Set(this.#starts);
    const whole = this.#alignment.try(bytes, true);
    if (whole.good > 0 && !whole.bad) return 0;
    let best: number | undefined;
    let trials = 0;
    for (const place of new Set([...this.#starts, ...this.#alignment.places(bytes)])) {
      if (place === 0) continue;
      if (++trials > MAX_TRIALS) break;
      const { good, bad } = this.#alignment.try(bytes.subarray(place), false);
      if (bad && good < ENOUGH) continue;
      // While the first frame may still become one, something inside it must not be taken for its successor.
      if (good >= ENOUGH || (good > 0 && whole.bad && starts.has(place))) {
        if (best === undefined || place < best) best = place;
      }
    }
    return best ?? (mustDecide ? 0 : undefined);
  }
}

/** Undefined where nothing tells one frame from another: whole messages, cutters of a protocol's own. */
export function alignmentOf(
  protocol: Protocol,
  direction: Direction,
  link: Link,
  options: OptionValues = {},
): Alignment | undefined {
  const { framing } = protocol;
  if (framing.kind === 'message' || framing.kind === 'custom') return undefined;
  const state = protocol.start(link, options);
  // Where lengths alone tell frames apart, anything may pass for one: then it must be a message we know.
  const mustBeKnown = framing.kind === 'length-prefix' || framing.kind === 'fixed';
  const looksRight = (payload: Uint8Array, isFirst: boolean): boolean => {
    try {
      const { messages, expert } = protocol.dissect(payload, direction, state);
      return (
        !expert.some(({ group }) => group === 'malformed') && ((isFirst && !mustBeKnown) || messages[0]?.name != null)
      );
    } catch {
      // A dissector that trips over bytes that are no frame of its own.
      return false;
    }
  };
  return {
    places: (bytes) => placesOf(framing, bytes),
    try(bytes, isFirst) {
      let good = 0;
      for (const { payload, expert } of createFramer(framing).push(bytes)) {
        if (expert.length > 0 || !looksRight(payload, isFirst)) return { good, bad: true };
        if (++good >= ENOUGH) break;
      }
      return { good, bad: false };
    },
  };
}

function* placesOf(framing: Framing, bytes: Uint8Array): Generator<number> {
  const isAfter = (test: (byte: number) => boolean) => (at: number) => test(bytes[at - 1]!);
  const fits = beginnings(framing, bytes, isAfter);
  for (let at = 1; at < bytes.length; at++) if (fits(at)) yield at;
}

const LF = 10;
const isBlank = (byte: number): boolean => byte === LF || byte === 13 || byte === 32 || byte === 0;
const isDigit = (byte: number): boolean => byte >= 48 && byte <= 57;
const isClosing = (byte: number): boolean => byte === 0x7d || byte === 0x5d;

function beginnings(
  framing: Framing,
  bytes: Uint8Array,
  isAfter: (test: (byte: number) => boolean) => (at: number) => boolean,
): (at: number) => boolean {
  switch (framing.kind) {
    case 'lines':
      return isAfter((byte) => byte === LF);
    case 'nul':
      return isAfter((byte) => byte === 0);
    case 'json':
      return (at) =>
        (bytes[at] === 0x7b || bytes[at] === 0x5b) && (isBlank(bytes[at - 1]!) || isClosing(bytes[at - 1]!));
    case 'decimal-length':
      return (at) => isDigit(bytes[at]!) && !isDigit(bytes[at - 1]!);
    case 'length-prefix':
      return (at) => lengthFits(framing, bytes, at);
    case 'detect': {
      const any = framing.candidates.map((candidate) => beginnings(candidate, bytes, isAfter));
      return (at) => any.some((fits) => fits(at));
    }
    case 'fixed':
      return (at) => at < framing.size;
    case 'message':
    case 'custom':
      return () => false;
    default:
      return framing satisfies never;
  }
}

/** A length that ends within the bytes, or just where they end: most places are none, and need not be tried. */
function lengthFits(framing: Extract<Framing, { kind: 'length-prefix' }>, bytes: Uint8Array, at: number): boolean {
  if (framing.size === 'varint') return bytes[at]! !== 0;
  let length = 0;
  for (let i = 0; i < framing.size; i++) {
    const byte = bytes[at + (framing.endian === 'be' ? i : framing.size - 1 - i)];
    if (byte === undefined) return false;
    length = length * 256 + byte;
  }
  const end = at + length + (framing.inclusive === true ? 0 : framing.size);
  return length > 0 && end <= bytes.length;
}

const OPCODES: ReadonlySet<number> = new Set(Object.values(OPCODE));

/** WebSocket frames: known opcodes, no reserved bits but that of compression, masked by the client and by nobody else. */
export function websocketAlignment(direction: Direction): Alignment {
  const masked = direction === 'toServer';
  const isHeader = (bytes: Uint8Array, at: number): boolean =>
    OPCODES.has(bytes[at]! & 15) && (bytes[at]! & 0x30) === 0 && bytes[at + 1]! >> 7 === Number(masked);
  return {
    *places(bytes) {
      for (let at = 1; at + 1 < bytes.length; at++) if (isHeader(bytes, at)) yield at;
    },
    try(bytes) {
      let good = 0;
      if (bytes.length >= 2 && !isHeader(bytes, 0)) return { good, bad: true };
      for (const frame of createWireFrameReader(MAX_SEEKING_BYTES).push(bytes)) {
        if (frame.broken !== undefined || !isHeader(frame.raw, 0) || !isTextIfSo(frame)) return { good, bad: true };
        if (++good >= ENOUGH) break;
      }
      return { good, bad: false };
    },
  };
}

const strict = new TextDecoder('utf-8', { fatal: true });
function isTextIfSo({ fin, opcode, rsv, payload }: WireFrame): boolean {
  if (opcode !== OPCODE.text || rsv !== 0 || !fin) return true;
  try {
    strict.decode(payload);
    return true;
  } catch {
    return false;
  }
}
