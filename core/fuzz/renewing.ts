/** Many plays fill a server up. Now and then it is asked whether the recorded session still begins as it should; if not, it is started again. */
import type { Watched } from './world.ts';

const EVERY = 60;

export interface RenewingHow {
  readonly watched: Watched | undefined;
  /** Whether the recorded session begins as it did; nobody else is at work then. */
  readonly isWell: () => Promise<boolean>;
}

export class Renewing {
  readonly #how: RenewingHow;
  #active = 0;
  #plays = 0;
  #renewal: Promise<void> | undefined;
  #whenIdle: (() => void)[] = [];
  /** Where it does not begin so on a server that was just started, either, nothing is won by starting it again. */
  #isInVain = false;

  constructor(how: RenewingHow) {
    this.#how = how;
  }

  async play<T>(work: () => Promise<T>): Promise<T> {
    while (this.#renewal !== undefined) await this.#renewal;
    this.#active += 1;
    try {
      return await work();
    } finally {
      this.#active -= 1;
      this.#plays += 1;
      const isDue = this.#plays % EVERY === 0 && this.#how.watched?.isManaged === true && !this.#isInVain;
      if (isDue) this.#renewal ??= this.#look().finally(() => (this.#renewal = undefined));
      if (this.#active === 0) for (const wake of this.#whenIdle.splice(0)) wake();
    }
  }

  /** Nothing is played any more: what is under way comes to its end. */
  async done(): Promise<void> {
    while (this.#renewal !== undefined) await this.#renewal;
  }

  async #look(): Promise<void> {
    const { watched, isWell } = this.#how;
    if (this.#active > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
    if (await isWell()) return;
    await watched?.restart();
    this.#isInVain = !(await isWell());
  }
}
