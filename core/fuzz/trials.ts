/** What was tried to make a finding smaller: what still shows it, and what does not and need not be played again. */
import type { Check } from './firmly.ts';
import type { Script, Step } from './script.ts';
import type { ShrinkTry } from './shrink.ts';

export class Trials {
  /** All that still showed it while it was made smaller, the smallest last. */
  readonly shown: Script[];
  readonly tried: ShrinkTry[] = [];
  /** The step after which the last of them showed it, where what was found tells. */
  shownAt: number | undefined;
  readonly #tellsWhere: boolean;
  /** Begun again from a larger one, what has failed is not played again. */
  readonly #failed = new Set<string>();
  readonly #numbers = new Map<Step, number>();

  constructor(script: Script, tellsWhere: boolean) {
    this.shown = [script];
    this.#tellsWhere = tellsWhere;
  }

  asked(check: Check): (candidate: Script) => Promise<boolean> {
    return async (candidate) => {
      const key = this.#keyOf(candidate);
      if (this.#failed.has(key)) return false;
      const seen = await check(candidate);
      if (seen === undefined) {
        this.#failed.add(key);
        return false;
      }
      this.shownAt = this.#tellsWhere ? seen.found.step : undefined;
      this.shown.push(candidate);
      return true;
    };
  }

  /** Scripts of the same steps have the same. */
  #keyOf({ steps }: Script): string {
    for (const step of steps) if (!this.#numbers.has(step)) this.#numbers.set(step, this.#numbers.size);
    return steps.map((step) => this.#numbers.get(step)).join();
  }
}
