/** What has been seen of a connection whose protocol is not known yet, and the choice by it. */
import { Registry, SURE } from '../protocol/recognise.ts';
import type { Direction, Link, Protocol } from '../protocol/protocol.ts';
import { concat } from './codec.ts';

export interface Seen {
  /** Frame number, for carriers that cut by themselves; 0 for pieces of a stream. */
  readonly n: number;
  readonly direction: Direction;
  readonly bytes: Uint8Array;
  /** Milliseconds of the clock. */
  readonly at: number;
}

/** The best guess stands after so much, or so long. */
const ENOUGH_PIECES = 6;
const ENOUGH_BYTES = 4096;
const ENOUGH_MS = 300;
/** A likely guess is taken once so many pieces have been looked at. */
const LIKELY = 0.5;
const LIKELY_AFTER = 3;

export class ProtocolSearch {
  readonly seen: Seen[] = [];
  readonly #registry: Registry;
  readonly #isStream: boolean;

  constructor(protocols: readonly Protocol[], isStream: boolean) {
    this.#registry = new Registry(protocols);
    this.#isStream = isStream;
  }

  /** When to stop looking, on the clock. */
  get deadline(): number {
    const [first] = this.seen;
    return first === undefined || !this.#isStream ? Infinity : first.at + ENOUGH_MS;
  }

  /**
   * The protocol that knows best what was seen, `next` included; `undecided` while none is sure enough. `final`: the best
   * guess stands, and may be none.
   */
  choose(link: Link, final: boolean, next?: Seen): Protocol | undefined | 'undecided' {
    const all = next === undefined ? this.seen : [...this.seen, next];
    const isEnough = all.length >= ENOUGH_PIECES || all.reduce((sum, s) => sum + s.bytes.length, 0) >= ENOUGH_BYTES;
    const bytesOf = (direction: Direction): Uint8Array => {
      const parts = all.filter((s) => s.direction === direction).map((s) => s.bytes);
      // Of a carrier of messages, the first one alone.
      return concat(this.#isStream ? parts : parts.slice(0, 1));
    };
    const guess = this.#registry.recognise({ toServer: bytesOf('toServer'), toClient: bytesOf('toClient') }, link);
    if (final || isEnough) return guess?.protocol;
    if (guess === null) return 'undecided';
    const isGood = guess.confidence >= SURE || (guess.confidence >= LIKELY && all.length >= LIKELY_AFTER);
    return isGood ? guess.protocol : 'undecided';
  }
}
