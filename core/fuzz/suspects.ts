/** Suspicions that wait to be looked into: each kind once, however many cases have shown it. */
import type { CaseRun } from './case-run.ts';
import type { Suspicion } from './suspicion.ts';

export interface Suspect {
  readonly at: CaseRun;
  readonly suspicion: Suspicion;
  /** How often it could not be looked into to the end. */
  readonly tries: number;
  /** Nothing was seen of it. */
  readonly isGuess?: boolean;
}

/** Other cases with the same suspicion that are kept, should the first one not show it again. */
const MOST_OTHERS = 2;

export class Suspects {
  /** By key of the suspicion, in the order they came. */
  readonly #waiting = new Map<string, Suspect[]>();
  /** Looked into right now. */
  readonly #busy = new Set<string>();

  get isEmpty(): boolean {
    return this.next() === undefined;
  }
  /** Waiting or under way. */
  get size(): number {
    return this.#waiting.size + this.#busy.size;
  }

  /** False: there are enough of its kind. */
  add(suspect: Suspect): boolean {
    const { key } = suspect.suspicion;
    const list = this.#waiting.get(key) ?? [];
    const { hearsayMs: late = 0 } = suspect.suspicion;
    const isFirst = list.length === 0 || late < (list[0]!.suspicion.hearsayMs ?? 0);
    if (list.length > MOST_OTHERS && !isFirst) return false;
    this.#waiting.set(key, isFirst ? [suspect, ...list] : [...list, suspect]);
    return true;
  }

  /** One that nobody looks into by now, without taking it. */
  next(): Suspect | undefined {
    for (const [key, [first]] of this.#waiting) if (!this.#busy.has(key)) return first;
    return undefined;
  }

  take(): Suspect | undefined {
    const suspect = this.next();
    if (suspect === undefined) return undefined;
    const { key } = suspect.suspicion;
    const rest = this.#waiting.get(key)!.slice(1);
    if (rest.length === 0) this.#waiting.delete(key);
    else this.#waiting.set(key, rest);
    this.#busy.add(key);
    return suspect;
  }

  /** The one that was taken is over; with `back` it waits again. */
  done({ suspicion: { key } }: Suspect, back?: Suspect): void {
    this.#busy.delete(key);
    if (back !== undefined) this.#waiting.set(key, [back, ...(this.#waiting.get(key) ?? [])]);
  }

  /** Of one kind that turned out to be known: nobody looks at the others any more. */
  drop(key: string): readonly Suspect[] {
    const rest = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    return rest;
  }

  /** All that a case seemed to show. */
  dropOf(at: CaseRun): void {
    for (const [key, list] of this.#waiting) {
      const rest = list.filter((one) => one.at !== at);
      if (rest.length === 0) this.#waiting.delete(key);
      else this.#waiting.set(key, rest);
    }
  }
}
