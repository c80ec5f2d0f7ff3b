/**
 * Frames of one direction that wait for somebody: a person's or a script's decision, or the payload they are to carry. Each
 * waits up to its limit and then goes the way chosen for that.
 */
import type { HoldDecision } from '../traffic/control.ts';
import type { Fate } from '../traffic/frame.ts';
import type { FrameUpdate } from '../traffic/sink.ts';
import { sameBytes } from './codec.ts';
import type { Departure } from './departures.ts';
import type { Treatment } from './treatment.ts';

/** What scripts and handoffs are given; people have the limit of their breakpoint. */
const ASK_LIMIT_MS = 1000;

interface Waiting {
  readonly departure: Departure;
  /** Milliseconds of the clock; Infinity: no limit. */
  limitAt: number;
  readonly onLimit: 'forward' | 'drop';
  /** Delay that a fault asked for on top. */
  readonly notBefore: number;
  readonly awaits: Set<'decision' | 'preparation'>;
  fate: Fate;
  sent: Uint8Array | undefined;
  editedByHand: boolean;
}

interface WaitingHost {
  now(): number;
  /** A decision was taken: it is no longer up to anybody. */
  decided(n: number): void;
  update(n: number, update: FrameUpdate): void;
}

export class WaitingFrames {
  readonly #host: WaitingHost;
  readonly #frames = new Map<number, Waiting>();

  constructor(host: WaitingHost) {
    this.#host = host;
  }

  /** The departure stays until it is decided on and prepared; then its `readyAt` is set. */
  add(departure: Departure, treatment: Treatment, fate: Fate, now: number): void {
    const { hold, ask, prepare, delayMs } = treatment;
    const limitMs = hold?.limitMs ?? ASK_LIMIT_MS;
    const waiting: Waiting = {
      departure,
      limitAt: limitMs === 0 ? Infinity : now + limitMs,
      onLimit: hold?.onLimit ?? 'forward',
      notBefore: now + delayMs,
      awaits: new Set(),
      fate,
      sent: departure.payload,
      editedByHand: false,
    };
    if (hold !== undefined || ask !== undefined) waiting.awaits.add('decision');
    if (prepare !== undefined) waiting.awaits.add('preparation');
    departure.readyAt = Infinity;
    departure.left = (waitedMs) => {
      const update: FrameUpdate = { fate: departure.dropped ? 'dropped' : waiting.fate, heldMs: waitedMs };
      this.#host.update(departure.n, waiting.sent === undefined ? update : { ...update, sent: waiting.sent });
    };
    this.#frames.set(departure.n, waiting);
  }

  /** False when it was not waiting for a decision. */
  decide(n: number, decision: HoldDecision): boolean {
    const waiting = this.#frames.get(n);
    if (waiting === undefined || !waiting.awaits.delete('decision')) return false;
    this.#host.decided(n);
    const { departure } = waiting;
    waiting.fate = departure.payload === undefined ? 'forwarded' : 'edited';
    switch (decision.action) {
      case 'forward':
        break;
      case 'edit':
        if (!sameBytes(decision.bytes, departure.unit!.payload)) {
          departure.payload = decision.bytes;
          waiting.fate = 'edited';
          waiting.sent = decision.bytes;
          waiting.editedByHand = true;
        }
        break;
      case 'drop':
        departure.dropped = true;
        waiting.fate = 'dropped';
        break;
      case 'duplicate':
        departure.copies += Math.max(1, Math.floor(decision.times));
        waiting.fate = 'duplicated';
    }
    this.#free(n, waiting);
    return true;
  }

  /** Milliseconds more for a frame that waits; 0: no limit. */
  extend(n: number, ms: number): void {
    const waiting = this.#frames.get(n);
    if (waiting !== undefined) waiting.limitAt = ms === 0 ? Infinity : waiting.limitAt + ms;
  }

  /** The payload is there; undefined: it stays as it is. */
  prepared(n: number, payload: Uint8Array | undefined): void {
    const waiting = this.#frames.get(n);
    if (waiting === undefined || !waiting.awaits.delete('preparation')) return;
    if (payload !== undefined && !waiting.editedByHand && !sameBytes(payload, waiting.departure.unit!.payload)) {
      waiting.departure.payload = payload;
      waiting.sent = payload;
      if (waiting.fate === 'forwarded') waiting.fate = 'edited';
    }
    this.#free(n, waiting);
  }

  /** Lets go what has waited long enough; returns when to come again. */
  tick(now: number): number {
    let next = Infinity;
    for (const [n, waiting] of this.#frames) {
      if (waiting.limitAt <= now) this.#giveUp(n, waiting.onLimit);
      else next = Math.min(next, waiting.limitAt);
    }
    return next;
  }

  forwardAll(): void {
    for (const n of this.#frames.keys()) this.#giveUp(n, 'forward');
  }

  /** There is nowhere to go any more. */
  clear(): void {
    for (const n of this.#frames.keys()) this.#host.decided(n);
    this.#frames.clear();
  }

  #giveUp(n: number, action: 'forward' | 'drop'): void {
    this.decide(n, { action });
    this.prepared(n, undefined);
  }

  #free(n: number, waiting: Waiting): void {
    if (waiting.awaits.size > 0) return;
    this.#frames.delete(n);
    waiting.departure.readyAt = Math.max(this.#host.now(), waiting.notBefore);
  }
}
