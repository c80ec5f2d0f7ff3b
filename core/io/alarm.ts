/** One timer that can be moved: the relay's `wakeAt`. */
import type { Clock } from '../traffic/clock.ts';

/** Milliseconds before its time from which on the alarm looks at the clock itself. */
const EARLY = 1.5;

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: (now: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #soon: ReturnType<typeof setImmediate> | undefined;
  #at = Infinity;

  constructor(clock: Clock, ring: (now: number) => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Milliseconds of the clock; Infinity: off. */
  set(time: number): void {
    if (time === this.#at) return;
    this.#at = time;
    clearTimeout(this.#timer);
    clearImmediate(this.#soon);
    this.#timer = undefined;
    this.#soon = undefined;
    if (time === Infinity) return;
    // A timer waits at most 2^31 ms; a longer wait rings early and is set again.
    const wait = Math.min(Math.max(0, time - this.#clock.now()), 0x7fffffff);
    // Timers count whole milliseconds and ring up to one late: the last bit of the way is gone turn by turn of the loop.
    if (wait < EARLY) this.#soon = setImmediate(this.#look);
    else this.#timer = setTimeout(this.#look, Math.floor(wait - EARLY) + 1);
  }

  readonly #look = (): void => {
    this.#timer = undefined;
    this.#soon = undefined;
    const now = this.#clock.now();
    if (now < this.#at && this.#at - now < EARLY + 1) {
      this.#soon = setImmediate(this.#look);
      return;
    }
    this.#at = Infinity;
    this.#ring(now);
  };
}
