/** How long a run waits for a message, and when what does not come means that the server has gone another way. */
import type { Expected } from './plan.ts';

/** After so many messages in a row that did not come, a connection is taken for diverged. */
const MAX_MISSES = 3;
/** What is likely not to come is waited for this part of the time-out. */
const LEAST = 5;

export class Patience {
  readonly #timeoutMs: number;
  /** Messages whose coming is up to chance. */
  readonly #loose: ReadonlyMap<string, string> | undefined;
  /** Names that did not come once. */
  readonly #missedNames = new Set<string>();
  #inARow = 0;
  #missed = 0;

  constructor(timeoutMs: number, loose: ReadonlyMap<string, string> | undefined) {
    this.#timeoutMs = timeoutMs;
    this.#loose = loose;
  }

  /**
   * What did not come once is waited for less, as is everything when much has not come: pushes that depend on chance must not
   * cost the time-out each time.
   */
  for({ conn, message: { name } }: Expected): number {
    const least = this.#timeoutMs / LEAST;
    if (this.#loose?.has(name ?? '') === true || this.#missedNames.has(`${conn}/${name}`)) return least;
    return Math.max(least, this.#timeoutMs / (1 + this.#missed / 2));
  }

  came(): void {
    this.#inARow = 0;
  }

  /** The reason to leave its connection, when there is one. */
  missed({ conn, message: { name } }: Expected, isStrict: boolean): string | undefined {
    this.#missedNames.add(`${conn}/${name}`);
    this.#missed++;
    this.#inARow++;
    const what = name ?? 'a message that was not understood';
    if (isStrict) return this.#leaving(`the server did not say ${what}`);
    if (this.#inARow < MAX_MISSES) return undefined;
    return this.#leaving(`${this.#inARow} messages in a row did not come, the last one ${what}`);
  }

  #leaving(text: string): string {
    this.#inARow = 0;
    return text;
  }
}
