/**
 * The last metre before the socket: writes bytes at once, or in pieces and at a pace while a bandwidth, slicer or stall fault
 * is on. Order is kept whatever the shape.
 */
import type { Carrier, Direction } from '../traffic/frame.ts';

/** What the relay asks of the machine. Every call is a command; nothing comes back. */
export interface RelayPort {
  /** `unchanged`: stands for bytes as they came, so the meter expects exactly them. */
  send(direction: Direction, bytes: Uint8Array, carrier: Carrier, unchanged: boolean): void;
  /** Half-close what the direction leads to. */
  end(direction: Direction): void;
  /** Reset what the direction leads to. */
  reset(direction: Direction): void;
  /** Call `tick` at this time (milliseconds of the clock); Infinity: not needed. A new call replaces the last. */
  wakeAt(time: number): void;
}

/** How bytes are let out: all parts optional, together they combine. */
export interface Shape {
  /** Bytes per millisecond. */
  readonly rate?: number;
  /** Size of the next piece; asked anew for each. */
  readonly pieceSize?: () => number;
  /** Milliseconds between pieces, and how long a piece that is not full waits for more. */
  readonly pieceGapMs?: number;
}

interface Piece {
  bytes: Uint8Array;
  readonly carrier: Carrier;
  readonly unchanged: boolean;
}

/** A paced write is cut so that no single one takes longer than this. */
const PACE_MS = 50;

export class Outlet {
  readonly #port: RelayPort;
  readonly #direction: Direction;
  /** Whole messages cannot be cut into pieces. */
  readonly #whole: boolean;
  readonly #pieces: Piece[] = [];
  #bytes = 0;
  /** Nothing leaves before this time. */
  #freeAt = 0;
  #wanted = 0;
  #waitingSince: number | undefined;
  /** When the piece at the head will have been let through. */
  #dueAt: number | undefined;
  #shape: Shape | undefined;

  constructor(port: RelayPort, direction: Direction, whole: boolean) {
    this.#port = port;
    this.#direction = direction;
    this.#whole = whole;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  setShape(shape: Shape | undefined): void {
    this.#shape = shape;
    this.#wanted = 0;
    this.#dueAt = undefined;
  }

  /** Nothing leaves before `time`; 0 lifts it. */
  blockUntil(time: number): void {
    this.#freeAt = time === 0 ? 0 : Math.max(this.#freeAt, time);
  }

  send(bytes: Uint8Array, carrier: Carrier, unchanged: boolean, now: number): void {
    if (this.#pieces.length === 0 && this.#shape === undefined && now >= this.#freeAt) {
      this.#port.send(this.#direction, bytes, carrier, unchanged);
      return;
    }
    this.#pieces.push({ bytes, carrier, unchanged });
    this.#bytes += bytes.length;
    this.flush(now);
  }

  /** Lets out what may go; returns when to come again (Infinity: nothing waits). */
  flush(now: number): number {
    while (this.#pieces.length > 0) {
      if (now < this.#freeAt) return this.#freeAt;
      const first = this.#pieces[0]!;
      const size = this.#size(first);
      // A slicer that asks for more than there is gives the next frame a moment to join.
      if (this.#shape?.pieceSize !== undefined && !this.#whole && size > this.#bytes && this.#shape.pieceGapMs) {
        if (this.#waitingSince === undefined) this.#waitingSince = now;
        const until = this.#waitingSince + this.#shape.pieceGapMs;
        if (now < until) return until;
      }
      this.#waitingSince = undefined;
      if (this.#shape?.rate !== undefined) {
        // A piece has arrived when its last byte has.
        this.#dueAt ??= Math.max(now, this.#freeAt) + Math.min(size, this.#bytes) / this.#shape.rate;
        if (now < this.#dueAt) return this.#dueAt;
      }
      this.#let(size, now);
    }
    return Infinity;
  }

  /** Everything at once, whatever the shape. */
  flushAll(): void {
    for (const p of this.#pieces.splice(0)) this.#port.send(this.#direction, p.bytes, p.carrier, p.unchanged);
    this.#bytes = 0;
    this.#freeAt = 0;
    this.#waitingSince = undefined;
    this.#dueAt = undefined;
  }

  #size(first: Piece): number {
    const shape = this.#shape;
    if (this.#whole || shape === undefined) return first.bytes.length;
    if (shape.pieceSize !== undefined) {
      if (this.#wanted === 0) this.#wanted = Math.max(1, Math.round(shape.pieceSize()));
      return this.#wanted;
    }
    return shape.rate === undefined
      ? first.bytes.length
      : Math.min(first.bytes.length, Math.max(1, Math.ceil(shape.rate * PACE_MS)));
  }

  #let(size: number, now: number): void {
    let left = size;
    const out: Piece[] = [];
    while (left > 0 && this.#pieces.length > 0) {
      const first = this.#pieces[0]!;
      if (first.bytes.length <= left) {
        out.push(first);
        left -= first.bytes.length;
        this.#pieces.shift();
        if (this.#whole) break;
      } else {
        out.push({ ...first, bytes: first.bytes.subarray(0, left) });
        first.bytes = first.bytes.subarray(left);
        left = 0;
      }
    }
    let sent = 0;
    for (const run of merged(out)) {
      this.#port.send(this.#direction, run.bytes, run.carrier, run.unchanged);
      sent += run.bytes.length;
    }
    this.#bytes -= sent;
    this.#wanted = 0;
    const gap = this.#shape?.pieceSize === undefined ? 0 : (this.#shape.pieceGapMs ?? 0);
    this.#freeAt = Math.max(this.#freeAt, this.#dueAt ?? now) + gap;
    this.#dueAt = undefined;
  }
}

/** Neighbours of one kind become one write, so that a merge is really one segment. */
function merged(pieces: readonly Piece[]): Piece[] {
  if (pieces.length < 2 || pieces.some((p) => p.unchanged !== pieces[0]!.unchanged)) return [...pieces];
  const size = pieces.reduce((sum, p) => sum + p.bytes.length, 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const p of pieces) {
    bytes.set(p.bytes, at);
    at += p.bytes.length;
  }
  return [{ ...pieces[0]!, bytes }];
}
