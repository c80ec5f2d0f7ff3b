/** What was tried to make a finding smaller: what still shows it, and what does not and need not be played again. */
import type { Check } from './firmly.ts';
import { printScript, type Script, type Step } from './script.ts';
import type { ShrinkTry } from './shrink.ts';

export class Trials {
  /** All that still showed it while it was made smaller, the smallest last. */
  readonly shown: Script[];
  readonly tried: ShrinkTry[] = [];
  /** The step after which the last of them showed it, where what was found tells. */
  shownAt: number | undefined;
  /** That were played. */
  runs = 0;
  readonly #tellsWhere: boolean;
  /** Begun again, they are not played again. */
  readonly #failed = new Set<string>();
  readonly #numbers = new Map<Step, number>();
  readonly #texts = new Map<string, number>();

  constructor(script: Script, tellsWhere: boolean) {
    this.shown = [script];
    this.#tellsWhere = tellsWhere;
  }

  /** From here on again. */
  from(script: Script): void {
    this.shown.splice(0, this.shown.length, script);
    this.shownAt = undefined;
  }

  /** What did not show it may do so now. */
  forget(): void {
    this.#failed.clear();
  }

  /** It was played, and did not show it. */
  hasFailed(candidate: Script): boolean {
    return this.#failed.has(this.#keyOf(candidate));
  }

  asked(check: Check): (candidate: Script) => Promise<boolean> {
    return async (candidate) => {
      this.runs += 1;
      const seen = await check(candidate);
      if (seen === undefined) {
        this.#failed.add(this.#keyOf(candidate));
        return false;
      }
      this.shownAt = this.#tellsWhere ? seen.found.step : undefined;
      this.shown.push(candidate);
      return true;
    };
  }

  /** Scripts that do the same have the same. */
  #keyOf({ steps }: Script): string {
    return steps.map((step) => this.#numberOf(step)).join();
  }

  #numberOf(step: Step): number {
    let number = this.#numbers.get(step);
    if (number !== undefined) return number;
    const text = JSON.stringify(printScript({ steps: [step] }));
    number = this.#texts.get(text) ?? this.#texts.size;
    this.#texts.set(text, number);
    this.#numbers.set(step, number);
    return number;
  }
}
