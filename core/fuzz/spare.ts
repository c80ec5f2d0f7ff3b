/** What findings that were made smaller could do without: others most often can, too. */
import { tidy } from './fewer-steps.ts';
import type { Finding } from './finding.ts';
import { isSend, type Script, type Step } from './script.ts';

export class Spare {
  /** By frame number. */
  readonly #dropped = new Set<number>();
  readonly #needed = new Set<number>();
  /** By case: what one finding needs is often what the other does. */
  readonly #smallest = new Map<string, Script>();

  /** @param finding as it was before */
  learn({ caseId, script }: Pick<Finding, 'caseId' | 'script'>, smaller: Script): void {
    this.#smallest.set(caseId, smaller);
    const needed = new Set(smaller.steps.flatMap(recordedIn));
    for (const n of needed) this.#needed.add(n);
    // Said at an earlier place, it tells nothing of what lies between the two.
    const [from, to] = [wrongIn(smaller), wrongIn(script)];
    const isBetween = (n: number): boolean => n >= from && n < to;
    for (const n of script.steps.flatMap(recordedIn)) if (!needed.has(n) && !isBetween(n)) this.#dropped.add(n);
  }

  /** Smaller scripts that may show it as well, the smallest first. */
  hintsFor({ caseId, script }: Pick<Finding, 'caseId' | 'script'>): readonly Script[] {
    const own = this.#smallest.get(caseId);
    const isSpare = (step: Step): boolean => recordedIn(step).some((n) => this.#dropped.has(n) && !this.#needed.has(n));
    const steps = script.steps.filter((step) => !isSpare(step));
    const without = steps.length === script.steps.length ? [] : [tidy({ steps })];
    return own === undefined ? without : [own, ...without];
  }
}

/** The frame that is said as it was recorded. */
function recordedIn(step: Step): number[] {
  return isSend(step) && !step.mutated ? [step.n] : [];
}

/** The frame that the last wrong message is made of, or stands for. */
function wrongIn({ steps }: Script): number {
  return steps.flatMap((step) => (isSend(step) && step.mutated && step.n > 0 ? [step.n] : [])).at(-1) ?? Infinity;
}
