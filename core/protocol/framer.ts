/**
 * Cuts a byte stream into frames under any chunking. Bytes are looked at once; a frame that lies within one chunk is a view
 * of that chunk, and buffers are never overwritten, so cuts stay valid. A span that cannot be a frame comes out as one cut
 * with an expert info, and cutting goes on behind it.
 */
import { concat } from '../schema/content.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { intBytes, varintBytes } from '../schema/numbers.ts';
import { type Cutter, cutterFor } from './cutters.ts';
import { decideFraming, refineFraming } from './detect-framing.ts';
import type { Cut, Framer, FramerLimits, Framing } from './framing.ts';

export const DEFAULT_FRAMER_LIMITS: FramerLimits = Object.freeze({ maxFrame: 16 * 1024 * 1024 });

const NONE: readonly ExpertInfo[] = Object.freeze([]);
const EMPTY = new Uint8Array();

/** @param limits missing entries take their default. */
export function createFramer(framing: Framing, limits: Partial<FramerLimits> = {}): Framer {
  return new StreamFramer(framing, { ...DEFAULT_FRAMER_LIMITS, ...limits });
}

class StreamFramer implements Framer {
  framing: Framing;
  private readonly asked: Framing;
  private cutter: Cutter | null;
  private readonly limits: FramerLimits;
  /** Bytes not yet in a cut are `buffer[from, to)`. Bytes before `to` are never written again. */
  private buffer: Uint8Array = EMPTY;
  private from = 0;
  private to = 0;
  /** The buffer is ours and has room behind `to`. */
  private own = false;
  /** Frames were cut by braces, but whether something stands between them is still to be seen. */
  private undelimited = false;

  constructor(framing: Framing, limits: FramerLimits) {
    this.framing = framing;
    this.asked = framing;
    this.limits = limits;
    this.cutter = framing.kind === 'detect' ? null : cutterFor(framing, limits);
  }

  get pending(): number {
    return this.to - this.from;
  }

  push(chunk: Uint8Array): Cut[] {
    if (chunk.length === 0) return [];
    this.append(chunk);
    if (this.undelimited) this.refine();
    if (this.cutter === null && !this.decide(false)) return [];
    return this.take();
  }

  end(): Cut[] {
    if (this.pending === 0) return [];
    if (this.cutter === null) this.decide(true);
    const cuts = this.take();
    for (let cutter = this.cutter; cutter !== null && this.pending > 0; cutter = this.cutter) {
      const last = cutter.finish(this.buffer, this.from, this.to);
      cuts.push(this.cut(last.size, last.head, last.tail, last.expert));
      cutter.reset();
      // A bad span may have frames behind it.
      if (this.pending > 0) for (const cut of this.take()) cuts.push(cut);
    }
    this.buffer = EMPTY;
    this.from = 0;
    this.to = 0;
    this.own = false;
    return cuts;
  }

  private append(chunk: Uint8Array): void {
    if (this.from === this.to) {
      this.buffer = chunk;
      this.from = 0;
      this.to = chunk.length;
      this.own = false;
      return;
    }
    const needed = this.pending + chunk.length;
    if (!this.own || this.to + chunk.length > this.buffer.length) {
      // Moving to a new buffer (never within one) keeps the cuts handed out valid; doubling keeps the copying linear.
      const grown = new Uint8Array(Math.max(256, needed * 2));
      grown.set(this.buffer.subarray(this.from, this.to));
      this.buffer = grown;
      this.to -= this.from;
      this.from = 0;
      this.own = true;
    }
    this.buffer.set(chunk, this.to);
    this.to += chunk.length;
  }

  private decide(final: boolean): boolean {
    if (this.asked.kind !== 'detect') return true;
    const decided = decideFraming(this.asked.candidates, this.buffer.subarray(this.from, this.to), this.limits, final);
    if (decided === null) return false;
    this.framing = decided.framing;
    this.undelimited = decided.undelimited;
    this.cutter = cutterFor(decided.framing, this.limits);
    return true;
  }

  /** The byte behind the first value shows how values are told apart; cutting by braces copes with all of them. */
  private refine(): void {
    if (this.asked.kind !== 'detect') return;
    this.undelimited = false;
    this.framing = refineFraming(this.asked.candidates, this.framing, this.buffer[this.from]);
  }

  private take(): Cut[] {
    const cuts: Cut[] = [];
    const cutter = this.cutter;
    if (cutter === null) return cuts;
    while (this.from < this.to) {
      const next = cutter.next(this.buffer, this.from, this.to);
      if (next === null) break;
      cuts.push(this.cut(next.size, next.head, next.tail, next.expert));
      cutter.reset();
    }
    return cuts;
  }

  private cut(size: number, head: number, tail: number, expert: readonly ExpertInfo[] | undefined): Cut {
    const start = this.from;
    const end = start + size;
    this.from = end;
    const raw = this.buffer.subarray(start, end);
    const payload = head === 0 && tail === 0 ? raw : this.buffer.subarray(start + head, end - tail);
    return { raw, payload, expert: expert ?? NONE };
  }
}

/**
 * The bytes a payload occupies on a stream of this framing. An undecided `detect` writes as its last candidate does, the one
 * taken when nothing else fits; pass the framer's own `framing` to write as the connection does.
 */
export function wrapPayload(framing: Framing, payload: Uint8Array): Uint8Array {
  switch (framing.kind) {
    case 'lines':
      return concat([payload, Uint8Array.of(0x0a)]);
    case 'nul':
      return concat([payload, Uint8Array.of(0)]);
    case 'length-prefix': {
      if (framing.size === 'varint') {
        let total = payload.length;
        // With the prefix counted in, its own length depends on the sum.
        if (framing.inclusive === true) {
          total += 1;
          while (varintBytes(total, false).length + payload.length > total) total += 1;
        }
        return concat([varintBytes(total, false), payload]);
      }
      const length = payload.length + (framing.inclusive === true ? framing.size : 0);
      return concat([intBytes(length, framing.size, framing.endian), payload]);
    }
    case 'decimal-length':
      return concat([new TextEncoder().encode(`${payload.length}${framing.separator}`), payload]);
    case 'json':
    case 'fixed':
    case 'message':
      return payload;
    case 'detect': {
      const last = framing.candidates.at(-1);
      return last === undefined ? payload : wrapPayload(last, payload);
    }
    case 'custom':
      return framing.cutter.wrap(payload);
    default:
      return framing satisfies never;
  }
}
