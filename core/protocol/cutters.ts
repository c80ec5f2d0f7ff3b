/** One cutter per framing: given the bytes not yet cut, how long is the first frame? Each remembers how far it has looked. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import { readJson } from '../schema/json-text.ts';
import { intReader, readVarint } from '../schema/numbers.ts';
import type { CustomCutter, FramerLimits, Framing } from './framing.ts';

export interface Span {
  readonly size: number;
  readonly head: number;
  readonly tail: number;
  readonly expert?: readonly ExpertInfo[];
}

export interface Cutter {
  /** The first frame of `[from, to)`, or null when more bytes are needed. */
  next(buffer: Uint8Array, from: number, to: number): Span | null;
  /** The stream is over: what the pending bytes are. Never an empty span. */
  finish(buffer: Uint8Array, from: number, to: number): Span;
  /** A span was cut: what comes next begins anew. */
  reset(): void;
}

/** Garbage longer than this is cut off without waiting for its end, and is searched for a frame's beginning only so far. */
const RESYNC_WINDOW = 16 * 1024;
const RESYNC_STEP = 32;

export function cutterFor(framing: Exclude<Framing, { kind: 'detect' }>, limits: FramerLimits): Cutter;
export function cutterFor(framing: Framing, limits: FramerLimits): Cutter;
export function cutterFor(framing: Framing, limits: FramerLimits): Cutter {
  switch (framing.kind) {
    case 'lines':
      return new Delimited(0x0a, limits);
    case 'nul':
      return new Delimited(0x00, limits);
    case 'length-prefix':
      return new Prefixed(prefixHeader(framing, limits), limits);
    case 'decimal-length':
      return new Prefixed(decimalHeader(framing.separator, limits), limits);
    case 'json':
      return new Braces(limits);
    case 'fixed':
      return new FixedSize(framing.size);
    case 'message':
      return new Reads();
    case 'detect':
      throw new Error('A detecting framing has no cutter of its own.');
    case 'custom':
      return new Custom(framing.cutter, limits);
    default:
      return framing satisfies never;
  }
}

function bad(size: number, code: string, text: string, severity: ExpertInfo['severity'] = 'error'): Span {
  return { size, head: 0, tail: 0, expert: [{ severity, group: 'malformed', code, text, range: [0, size] }] };
}

export function garbage(size: number): Span {
  return bad(size, 'garbage', `${size} byte${size === 1 ? '' : 's'} that begin no frame were skipped.`);
}

function tooLong(size: number): Span {
  return bad(size, 'frame-too-long', `Longer than the limit of ${size} bytes; cut here.`);
}

function truncated(size: number, severity: ExpertInfo['severity'] = 'error'): Span {
  return bad(size, 'truncated', 'The stream ended within this frame.', severity);
}

class Delimited implements Cutter {
  private readonly delimiter: number;
  private readonly limits: FramerLimits;
  private seen = 0;
  /** Within a frame that was cut for its length: what comes up to the delimiter still belongs to it. */
  private skipping = false;

  constructor(delimiter: number, limits: FramerLimits) {
    this.delimiter = delimiter;
    this.limits = limits;
  }

  next(buffer: Uint8Array, from: number, to: number): Span | null {
    const found = buffer.indexOf(this.delimiter, from + this.seen);
    const at = found < 0 || found >= to ? -1 : found;
    const { maxFrame } = this.limits;
    if (at < 0 ? to - from > maxFrame : at - from > maxFrame) {
      this.skipping = true;
      return tooLong(maxFrame);
    }
    if (at < 0) {
      this.seen = to - from;
      return null;
    }
    const size = at - from + 1;
    if (this.skipping) {
      this.skipping = false;
      return bad(size, 'garbage', 'The rest of a frame that was cut for its length.');
    }
    const carriageReturn = this.delimiter === 0x0a && at > from && buffer[at - 1] === 0x0d;
    return { size, head: 0, tail: carriageReturn ? 2 : 1 };
  }

  finish(_buffer: Uint8Array, from: number, to: number): Span {
    return truncated(to - from, 'warning');
  }

  reset(): void {
    this.seen = 0;
  }
}

/** How long the frame at `at` is: its head and body, `more` bytes needed, or `bad` when no frame begins so. */
type Header = (buffer: Uint8Array, at: number, to: number) => { head: number; body: number } | 'more' | 'bad';

function prefixHeader(framing: Extract<Framing, { kind: 'length-prefix' }>, limits: FramerLimits): Header {
  const { size, endian, inclusive = false } = framing;
  const checked = (head: number, length: number): ReturnType<Header> => {
    const body = inclusive ? length - head : length;
    return body < 0 || body > limits.maxFrame ? 'bad' : { head, body };
  };
  if (size === 'varint') {
    return (buffer, at, to) => {
      const read = readVarint(buffer, at, to);
      if (read === null) return to - at >= 10 ? 'bad' : 'more';
      return checked(read.size, Number(read.value));
    };
  }
  const read = intReader({ size, signed: false, endian });
  return (buffer, at, to) => (to - at < size ? 'more' : checked(size, Number(read(buffer, at))));
}

function decimalHeader(separator: string, limits: FramerLimits): Header {
  const mark = separator.charCodeAt(0);
  return (buffer, at, to) => {
    let length = 0;
    for (let here = at; here < to; here += 1) {
      const byte = buffer[here] as number;
      const isDigit = byte >= 0x30 && byte <= 0x39;
      if (separator === '' && !isDigit && here > at)
        return length > limits.maxFrame ? 'bad' : { head: here - at, body: length };
      if (byte === mark && here > at) return length > limits.maxFrame ? 'bad' : { head: here - at + 1, body: length };
      if (!isDigit || here - at >= 10) return 'bad';
      length = length * 10 + byte - 0x30;
    }
    return 'more';
  };
}

class Prefixed implements Cutter {
  private readonly header: Header;
  private readonly limits: FramerLimits;
  /** Bytes pending when the garbage was last searched. */
  private searched = 0;

  constructor(header: Header, limits: FramerLimits) {
    this.header = header;
    this.limits = limits;
  }

  next(buffer: Uint8Array, from: number, to: number): Span | null {
    const read = this.header(buffer, from, to);
    if (read === 'more') return null;
    if (read !== 'bad') {
      const size = read.head + read.body;
      return size <= to - from ? { size, head: read.head, tail: 0 } : null;
    }
    // A search costs a pass over what is pending, so it waits for a few more bytes between two.
    if (this.searched > 0 && to - from - this.searched < RESYNC_STEP && to - from < RESYNC_WINDOW) return null;
    this.searched = to - from;
    const at = this.findFrame(buffer, from, to, false);
    if (at > 0) return garbage(at - from);
    return to - from >= Math.min(RESYNC_WINDOW, this.limits.maxFrame) ? garbage(to - from) : null;
  }

  finish(buffer: Uint8Array, from: number, to: number): Span {
    if (this.header(buffer, from, to) !== 'bad') return truncated(to - from);
    const at = this.findFrame(buffer, from, to, true);
    return garbage((at > 0 ? at : to) - from);
  }

  /** Where two whole frames follow one another (or one ends the stream): that is no accident. */
  private findFrame(buffer: Uint8Array, from: number, to: number, ended: boolean): number {
    const last = Math.min(to, from + RESYNC_WINDOW);
    for (let at = from + 1; at < last; at += 1) {
      const first = this.header(buffer, at, to);
      if (typeof first === 'string' || first.body === 0) continue;
      const next = at + first.head + first.body;
      if (next > to) continue;
      if (next === to) {
        if (ended) return at;
        continue;
      }
      const second = this.header(buffer, next, to);
      if (typeof second === 'object' && second.body > 0 && next + second.head + second.body <= to) return at;
    }
    return -1;
  }

  reset(): void {
    this.searched = 0;
  }
}

class FixedSize implements Cutter {
  private readonly size: number;
  constructor(size: number) {
    if (!Number.isInteger(size) || size < 1) throw new Error('A fixed framing needs a size of at least one byte.');
    this.size = size;
  }
  next(_buffer: Uint8Array, from: number, to: number): Span | null {
    return to - from < this.size ? null : { size: this.size, head: 0, tail: 0 };
  }
  finish(_buffer: Uint8Array, from: number, to: number): Span {
    return truncated(to - from);
  }
  reset(): void {
    // Every frame is like the one before.
  }
}

/** Each read of the stream is a frame: for carriers that deliver messages, seen through a stream. */
class Reads implements Cutter {
  next(_buffer: Uint8Array, from: number, to: number): Span | null {
    return { size: to - from, head: 0, tail: 0 };
  }
  finish(_buffer: Uint8Array, from: number, to: number): Span {
    return { size: to - from, head: 0, tail: 0 };
  }
  reset(): void {
    // Nothing is kept between reads.
  }
}

/** JSON values by brace matching: depth outside strings, on bytes, so characters may be cut anywhere. */
class Braces implements Cutter {
  private readonly limits: FramerLimits;
  private seen = 0;
  private depth = 0;
  private head = 0;
  private inString = false;
  private escaped = false;

  constructor(limits: FramerLimits) {
    this.limits = limits;
  }

  next(buffer: Uint8Array, from: number, to: number): Span | null {
    let at = from + this.seen;
    if (this.depth === 0) {
      const open = this.opener(buffer, from, to);
      if (typeof open !== 'number') return open;
      this.head = open - from;
      this.depth = 1;
      at = open + 1;
    }
    let { depth, inString } = this;
    if (this.escaped && at < to) {
      at += 1;
      this.escaped = false;
    }
    while (at < to) {
      const byte = buffer[at] as number;
      at += 1;
      if (inString) {
        if (byte === 0x22) inString = false;
        else if (byte === 0x5c) {
          if (at >= to) this.escaped = true;
          at += 1;
        }
      } else if (byte === 0x22) inString = true;
      else if (byte === 0x7b || byte === 0x5b) depth += 1;
      else if (byte === 0x7d || byte === 0x5d) {
        depth -= 1;
        if (depth === 0) {
          const size = at - from;
          return size - this.head > this.limits.maxFrame
            ? this.resynchronise(buffer, from, to)
            : { size, head: this.head, tail: 0 };
        }
      }
    }
    this.seen = Math.min(at, to) - from;
    this.depth = depth;
    this.inString = inString;
    return to - from > this.limits.maxFrame ? this.resynchronise(buffer, from, to) : null;
  }

  /** Where the first value opens, past blanks (zero bytes count as such); or the garbage before it; or null: none yet. */
  private opener(buffer: Uint8Array, from: number, to: number): number | Span | null {
    let at = from + this.seen;
    let blank = this.head === 0;
    for (; at < to; at += 1) {
      const byte = buffer[at] as number;
      if (byte === 0x7b || byte === 0x5b) return blank ? at : garbage(at - from);
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0) blank = false;
    }
    this.seen = to - from;
    // While nothing is open, `head` only remembers whether garbage was seen.
    this.head = blank ? 0 : 1;
    return to - from > this.limits.maxFrame ? garbage(to - from) : null;
  }

  /** Too long, so probably an unclosed string: give up what comes before the next object that parses. */
  private resynchronise(buffer: Uint8Array, from: number, to: number): Span {
    let budget = (to - from) * 4;
    for (let at = from + this.head + 1; at < to - 1 && budget > 0; at += 1) {
      if (buffer[at] !== 0x7b || buffer[at + 1] !== 0x22) continue;
      const trial = new Braces({ maxFrame: Number.POSITIVE_INFINITY });
      const span = trial.next(buffer, at, to);
      budget -= span === null ? to - at : span.size;
      if (span !== null && readJson(buffer.subarray(at, at + span.size)).ok) {
        return bad(
          at - from,
          'frame-too-long',
          `Longer than the limit of ${this.limits.maxFrame} bytes; gave it up here.`,
        );
      }
    }
    return tooLongAll(to - from, this.limits.maxFrame);
  }

  finish(buffer: Uint8Array, from: number, to: number): Span {
    if (this.depth > 0) return truncated(to - from);
    for (let at = from; at < to; at += 1) {
      const byte = buffer[at] as number;
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09 && byte !== 0) return garbage(to - from);
    }
    const text = 'Blanks after the last value.';
    const expert: ExpertInfo[] = [{ severity: 'note', group: 'transport', code: 'blank', text, range: [0, 0] }];
    return { size: to - from, head: to - from, tail: 0, expert };
  }

  reset(): void {
    this.seen = 0;
    this.depth = 0;
    this.head = 0;
    this.inString = false;
    this.escaped = false;
  }
}

function tooLongAll(size: number, limit: number): Span {
  return bad(size, 'frame-too-long', `Longer than the limit of ${limit} bytes; cut here.`);
}

class Custom implements Cutter {
  private readonly cutter: CustomCutter;
  private readonly limits: FramerLimits;
  /** Offsets below this begin no frame. */
  private refused = 0;

  constructor(cutter: CustomCutter, limits: FramerLimits) {
    this.cutter = cutter;
    this.limits = limits;
  }

  private ask(buffer: Uint8Array, at: number, to: number): ReturnType<CustomCutter['cut']> {
    try {
      const answer = this.cutter.cut(buffer.subarray(at, to));
      if (answer === null || answer.size === 0) return answer;
      const sane = answer.head >= 0 && answer.tail >= 0 && answer.head + answer.tail <= answer.size;
      return sane && answer.size > 0 && answer.size <= this.limits.maxFrame ? answer : null;
    } catch {
      return null;
    }
  }

  next(buffer: Uint8Array, from: number, to: number): Span | null {
    if (this.refused === 0) {
      const answer = this.ask(buffer, from, to);
      if (answer !== null) {
        if (answer.size > 0 && answer.size <= to - from) return answer;
        return to - from > this.limits.maxFrame ? tooLongAll(to - from, this.limits.maxFrame) : null;
      }
      this.refused = 1;
    }
    while (this.refused < to - from) {
      if (this.ask(buffer, from + this.refused, to) !== null) return garbage(this.refused);
      this.refused += 1;
    }
    return to - from >= Math.min(RESYNC_WINDOW, this.limits.maxFrame) ? garbage(to - from) : null;
  }

  finish(_buffer: Uint8Array, from: number, to: number): Span {
    return this.refused > 0 ? garbage(to - from) : truncated(to - from);
  }

  reset(): void {
    this.refused = 0;
  }
}
