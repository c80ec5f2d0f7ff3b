/**
 * Between the bytes of one direction and its frames. A codec is fed what arrived and gives units; the units' `raw` concatenate
 * to the stream, so forwarding every `raw` forwards the stream. It also writes new payloads the way the carrier wants them.
 */
import { createFramer, wrapPayload } from '../protocol/framer.ts';
import type { Cut, Framing } from '../protocol/framing.ts';
import type { Carrier, Direction, ExpertInfo } from '../traffic/frame.ts';

export interface Unit {
  /** Every byte it occupied on the wire; empty when they belong to the unit around it (control frames between fragments). */
  readonly raw: Uint8Array;
  readonly payload: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  /** As of a frame. */
  readonly headers?: Uint8Array | undefined;
  readonly carrier: Carrier;
  readonly expert: readonly ExpertInfo[];
  /** False: belongs to the carrier (an HTTP upgrade). Forwarded, not recorded. */
  readonly isFrame: boolean;
}

export interface Codec {
  /** Bytes received that are not yet in a unit. */
  readonly pending: number;
  /** False while the carrier is still being set up (HTTP upgrade): nothing of ours may be written yet. */
  readonly isOpen: boolean;
  push(chunk: Uint8Array): readonly Unit[];
  /** End of stream: what is pending comes out. */
  end(): readonly Unit[];
  /** Why the carrier cannot carry it (a datagram above 64 KiB), in a sentence; undefined when it can. */
  refuse(payload: Uint8Array, carrier: Carrier): string | undefined;
  /** Bytes that carry `payload`, in place of `like` or anew. Called in the order of sending. */
  wrap(payload: Uint8Array, carrier: Carrier, like?: Unit): Uint8Array;
  /** What to send for an unedited unit: its `raw`, unless an earlier edit broke a compression context. */
  pass(unit: Unit): Uint8Array;
  /** Bytes that send the unit once more, right after it was sent. */
  again(unit: Unit): Uint8Array;
  /** A unit is not sent at all. */
  skip(unit: Unit): void;
  /** Carrier a written payload gets when nothing else is said. */
  carrierOf(carrier: Partial<Carrier>): Carrier;
}

const NONE: Uint8Array = new Uint8Array(0);
const PLAIN: Carrier = Object.freeze({});

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length < 2) return parts[0] ?? NONE;
  let size = 0;
  for (const p of parts) size += p.length;
  const all = new Uint8Array(size);
  let at = 0;
  for (const p of parts) {
    all.set(p, at);
    at += p.length;
  }
  return all;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function unitOfCut(cut: Cut): Unit {
  const { raw, payload } = cut;
  const offset = payload.buffer === raw.buffer ? payload.byteOffset - raw.byteOffset : raw.length - payload.length;
  const whole = payload.length === raw.length;
  return {
    raw,
    payload,
    head: whole || offset <= 0 ? NONE : raw.subarray(0, offset),
    tail: whole ? NONE : raw.subarray(Math.max(0, offset) + payload.length),
    carrier: PLAIN,
    expert: cut.expert,
    isFrame: true,
  };
}

/** Framings whose delimiters do not depend on the payload: an edit keeps the delimiters it came with. */
const KEEPS_DELIMITERS = new Set<Framing['kind']>(['lines', 'nul', 'json']);

/** Both directions of a byte stream (tcp, tls), cut by the protocol's framing. */
export function createStreamCodecs(framing: Framing): Readonly<Record<Direction, Codec>> {
  const toServer: StreamCodec = createStreamCodec(framing, () => toClient.framing);
  const toClient: StreamCodec = createStreamCodec(framing, () => toServer.framing);
  return { toServer, toClient };
}

interface StreamCodec extends Codec {
  /** The framing in force, once it is known. */
  readonly framing: Framing;
}

/** @param other the other direction's framing: what is known there holds here until this side has shown its own */
function createStreamCodec(framing: Framing, other: () => Framing): StreamCodec {
  const framer = createFramer(framing);
  return {
    get pending() {
      return framer.pending;
    },
    get framing() {
      return framer.framing;
    },
    isOpen: true,
    refuse: () => undefined,
    push: (chunk) => framer.push(chunk).map(unitOfCut),
    end: () => framer.end().map(unitOfCut),
    wrap(payload, _carrier, like) {
      const now = framer.framing.kind === 'detect' ? other() : framer.framing;
      if (like !== undefined && KEEPS_DELIMITERS.has(now.kind) && like.head.length + like.tail.length > 0) {
        return concat([like.head, payload, like.tail]);
      }
      return wrapPayload(now, payload);
    },
    pass: (unit) => unit.raw,
    again: (unit) => unit.raw,
    skip: () => undefined,
    carrierOf: () => PLAIN,
  };
}

/** Bytes nobody looks at: passed on, not recorded. */
export function createPassageCodec(): Codec {
  return { ...createMessageCodec(), push: (chunk) => [{ ...messageUnit(chunk, PLAIN), isFrame: false }] };
}

/** Carriers that deliver whole messages (udp, enet): a message is a unit. */
export function createMessageCodec(carrierOf: (carrier: Partial<Carrier>) => Carrier = () => PLAIN): Codec {
  return {
    pending: 0,
    isOpen: true,
    refuse: () => undefined,
    push: (chunk) => [messageUnit(chunk, PLAIN)],
    end: () => [],
    wrap: (payload) => payload,
    pass: (unit) => unit.raw,
    again: (unit) => unit.raw,
    skip: () => undefined,
    carrierOf,
  };
}

export function messageUnit(bytes: Uint8Array, carrier: Carrier, headers?: Uint8Array): Unit {
  return { raw: bytes, payload: bytes, head: NONE, tail: NONE, headers, carrier, expert: [], isFrame: true };
}
