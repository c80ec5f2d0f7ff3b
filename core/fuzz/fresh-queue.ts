/**
 * Suspicions that wait for a server that was just started. Each costs such a start, and there is no time for all: a kind that was
 * not looked into comes before one that was, and what is short before what is long; what was seen and what is guessed take turns.
 */
import { scriptOf } from './case-run.ts';
import { countSends } from './script.ts';
import type { Suspect } from './suspects.ts';

/** That wait at the most. */
const MOST = 24;
/** Of one key, after which no more of them is expected to show it. */
const MOST_TAKEN = 3;

export class FreshQueue {
  #waiting: Suspect[] = [];
  /** Times that one of these was looked into, by key of the suspicion. */
  readonly #taken = new Map<string, number>();
  #isTurnOfGuess = true;

  get size(): number {
    return this.#waiting.length;
  }

  /** One of its kind waits already: another value may be what it takes on a server that was just started. */
  has({ suspicion, at }: Suspect): boolean {
    const { name } = at.mutation;
    return this.#waiting.some((one) => one.suspicion.key === suspicion.key && one.at.mutation.name === name);
  }

  /** @returns those that there is no room for */
  add(suspect: Suspect): readonly Suspect[] {
    if (this.#takenOf(suspect) >= MOST_TAKEN) return [suspect];
    this.#waiting.push(suspect);
    this.#waiting.sort((one, other) => this.#before(one, other));
    return this.#waiting.splice(MOST);
  }

  take(): Suspect | undefined {
    this.#isTurnOfGuess = !this.#isTurnOfGuess;
    const at = this.#waiting.findIndex(({ isGuess = false }) => isGuess === this.#isTurnOfGuess);
    const [first] = this.#waiting.splice(Math.max(0, at), 1);
    if (first === undefined) return undefined;
    const { key } = first.suspicion;
    this.#taken.set(key, this.#takenOf(first) + 1);
    this.#waiting.sort((one, other) => this.#before(one, other));
    return first;
  }

  /** Nothing waits any more. */
  takeAll(): readonly Suspect[] {
    return this.#waiting.splice(0);
  }

  keep(isKept: (suspect: Suspect) => boolean): void {
    this.#waiting = this.#waiting.filter(isKept);
  }

  #before(one: Suspect, other: Suspect): number {
    return (
      // Most of what is accepted among others is refused when nobody else is there.
      Number(one.suspicion.oracle === 'accepted') - Number(other.suspicion.oracle === 'accepted') ||
      this.#takenOf(one) - this.#takenOf(other) ||
      countSends(scriptOf(one.at)) - countSends(scriptOf(other.at))
    );
  }

  #takenOf({ suspicion }: Suspect): number {
    return this.#taken.get(suspicion.key) ?? 0;
  }
}
