/** Which of several framings the first bytes of a connection speak. */
import { cutterFor } from './cutters.ts';
import type { FramerLimits, Framing } from './framing.ts';

export interface Decision {
  readonly framing: Framing;
  /** Decided by braces while a delimiter may still follow: look at the byte behind the first value. */
  readonly undelimited: boolean;
}

type Answer = 'yes' | 'no' | 'maybe';

/** null: more bytes are needed. `final`: there will be no more, so the best candidate is taken. */
export function decideFraming(
  candidates: readonly Framing[],
  bytes: Uint8Array,
  limits: FramerLimits,
  final: boolean,
): Decision | null {
  const answers = candidates.map((candidate) => explains(candidate, bytes, limits));
  const maybe = answers.indexOf('maybe');
  // Among several that fit while an earlier one may still, one whose frames fill the bytes exactly is no accident.
  // A decimal length is told by its digits alone, long before its frame is there.
  const decimal = candidates.findIndex((one, at) => one.kind === 'decimal-length' && answers[at] === 'yes');
  const exact = candidates.findIndex(
    (one, at) =>
      answers[at] === 'yes' && one.kind !== 'json' && (decimal < 0 || at <= decimal) && fills(one, bytes, limits),
  );
  if (exact >= 0) return { framing: candidates[exact] as Framing, undelimited: false };
  const yes = answers.indexOf('yes');
  if (yes >= 0 && (maybe < 0 || maybe > yes)) return { framing: candidates[yes] as Framing, undelimited: false };
  // A whole JSON value is there and nothing behind it yet: waiting for a delimiter would hold the first frame back.
  if (yes >= 0 && candidates[yes]?.kind === 'json') return { framing: candidates[yes] as Framing, undelimited: true };
  if (yes >= 0 && final) return { framing: candidates[yes] as Framing, undelimited: false };
  if (maybe >= 0 && !final && bytes.length <= limits.maxFrame) return null;
  const best = maybe >= 0 ? maybe : candidates.findIndex((candidate) => candidate.kind === 'json');
  const framing = candidates[best >= 0 ? best : candidates.length - 1];
  return framing === undefined ? { framing: { kind: 'message' }, undelimited: false } : { framing, undelimited: false };
}

/** After a value cut by braces, its delimiter shows: lines and NUL are then what an injected payload needs. */
export function refineFraming(candidates: readonly Framing[], current: Framing, next: number | undefined): Framing {
  const kind = next === 0x0a || next === 0x0d ? 'lines' : next === 0 ? 'nul' : undefined;
  return candidates.find((candidate) => candidate.kind === kind) ?? current;
}

function explains(framing: Framing, bytes: Uint8Array, limits: FramerLimits): Answer {
  switch (framing.kind) {
    case 'lines':
      return delimited(bytes, 0x0a, limits);
    case 'nul':
      return delimited(bytes, 0x00, limits);
    case 'length-prefix': {
      const size = framing.size === 'varint' ? 1 : framing.size;
      if (bytes.length < size) return bytes[0] === 0x7b || bytes[0] === 0x5b ? 'no' : 'maybe';
      // Text read as a length gives nonsense that may still fit; prefixes of real frames have low bytes.
      if (bytes.subarray(0, size).every((byte) => byte >= 0x20 && byte < 0x7f) && looksTextual(bytes)) return 'no';
      return byCutting(framing, bytes, limits, size);
    }
    case 'decimal-length': {
      const digits = countDigits(bytes);
      if (digits === bytes.length) return digits <= 10 ? 'maybe' : 'no';
      if (framing.separator === '') return digits > 0 && isOpening(bytes[digits]) ? 'yes' : 'no';
      return digits > 0 && bytes[digits] === framing.separator.charCodeAt(0) ? 'yes' : 'no';
    }
    case 'json': {
      const open = firstSolid(bytes);
      if (open === bytes.length) return 'maybe';
      if (bytes[open] !== 0x7b && bytes[open] !== 0x5b) return 'no';
      return valueEnd(bytes, open, limits) < 0 ? 'maybe' : 'yes';
    }
    case 'fixed':
      return bytes.length >= framing.size ? 'yes' : 'maybe';
    case 'message':
      return 'yes';
    case 'detect':
      return framing.candidates.some((one) => explains(one, bytes, limits) === 'yes') ? 'yes' : 'maybe';
    case 'custom':
      return byCutting(framing, bytes, limits, 1);
    default:
      return framing satisfies never;
  }
}

/** The bytes are whole frames, none of them empty, up to the last byte. */
function fills(framing: Framing, bytes: Uint8Array, limits: FramerLimits): boolean {
  if (framing.kind === 'message' || framing.kind === 'detect') return false;
  const cutter = cutterFor(framing, limits);
  let at = 0;
  while (at < bytes.length) {
    const span = cutter.next(bytes, at, bytes.length);
    if (span === null || span.expert !== undefined || span.size <= span.head + span.tail) return false;
    cutter.reset();
    at += span.size;
  }
  return true;
}

function byCutting(framing: Framing, bytes: Uint8Array, limits: FramerLimits, enough: number): Answer {
  const span = cutterFor(framing, limits).next(bytes, 0, bytes.length);
  if (span !== null) return span.expert === undefined ? 'yes' : 'no';
  if (bytes.length <= enough) return 'maybe';
  // Not whole yet; the header itself must at least be possible.
  const finished = cutterFor(framing, limits).finish(bytes, 0, bytes.length);
  return finished.expert?.some((info) => info.code === 'garbage') === true ? 'no' : 'maybe';
}

/** Text up to the delimiter; a JSON value must end right before it. */
function delimited(bytes: Uint8Array, delimiter: number, limits: FramerLimits): Answer {
  const open = firstSolid(bytes);
  if (open === bytes.length) return 'maybe';
  if (bytes[open] === 0x7b || bytes[open] === 0x5b) {
    const end = valueEnd(bytes, open, limits);
    if (end < 0 || end >= bytes.length) return 'maybe';
    const next = bytes[end] === 0x0d && delimiter === 0x0a ? bytes[end + 1] : bytes[end];
    if (next === undefined) return 'maybe';
    return next === delimiter ? 'yes' : 'no';
  }
  const at = bytes.indexOf(delimiter);
  const text = bytes.subarray(0, at < 0 ? bytes.length : at);
  if (text.some(neverText)) return 'no';
  if (at === 0) return 'no';
  return at < 0 ? 'maybe' : 'yes';
}

/** Bytes that neither ASCII text (with tabs, breaks, escapes) nor UTF-8 has. */
function neverText(byte: number): boolean {
  if (byte >= 0x20) return byte === 0x7f || byte === 0xc0 || byte === 0xc1 || byte > 0xf4;
  return byte !== 0x09 && byte !== 0x0d && byte !== 0x0a && byte !== 0x1b;
}

function valueEnd(bytes: Uint8Array, open: number, limits: FramerLimits): number {
  const span = cutterFor({ kind: 'json' }, limits).next(bytes, open, bytes.length);
  return span === null || span.expert !== undefined ? -1 : open + span.size;
}

function firstSolid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09))
    at += 1;
  return at;
}

function countDigits(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length && (bytes[at] as number) >= 0x30 && (bytes[at] as number) <= 0x39) at += 1;
  return at;
}

function isOpening(byte: number | undefined): boolean {
  return byte === 0x7b || byte === 0x5b;
}

function looksTextual(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 16).every((byte) => byte >= 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}
