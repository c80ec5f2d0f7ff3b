/** One timer that can be moved: the relay's `wakeAt`. */
import type { Clock } from '../traffic/clock.ts';

export class Alarm {
  readonly #clock: Clock;
  readonly #ring: (now: number) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
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
    this.#timer = undefined;
    if (time === Infinity) return;
    // A timer waits at most 2^31 ms; a longer wait rings early and is set again.
    const wait = Math.min(Math.max(0, Math.ceil(time - this.#clock.now())), 0x7fffffff);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#at = Infinity;
      this.#ring(this.#clock.now());
    }, wait);
  }
}
