/** Injections that are written again and again at an interval. */
import type { Injection } from '../traffic/control.ts';

export class Repeats {
  readonly #inject: (injection: Injection) => void;
  readonly #open = new Set<{ at: number; left: number; readonly injection: Injection }>();

  constructor(inject: (injection: Injection) => void) {
    this.#inject = inject;
  }

  /** @param left how often it is still to be written, the first time an interval after `now` */
  add(injection: Injection, left: number, now: number): void {
    this.#open.add({ at: now + (injection.intervalMs ?? 0), left, injection });
  }

  /** Writes what is due; returns when to come again. */
  run(now: number): number {
    let next = Infinity;
    for (const repeat of this.#open) {
      while (repeat.left > 0 && repeat.at <= now) {
        repeat.left--;
        repeat.at += Math.max(1, repeat.injection.intervalMs ?? 1);
        this.#inject(repeat.injection);
      }
      if (repeat.left === 0) this.#open.delete(repeat);
      else next = Math.min(next, repeat.at);
    }
    return next;
  }
}
