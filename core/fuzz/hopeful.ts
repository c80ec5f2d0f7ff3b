/**
 * What the tries before it left behind may make a script show what it does not by itself, and without its controls it may be no
 * fault. To start the server and to ask them for each try would take most of the time: they are for some that seem to show it,
 * and for those that leave out much.
 */
import type { Check } from './firmly.ts';
import { countSends, type Script } from './script.ts';

/** Of those that seem to show it, every so many-th. */
const EVERY = 3;

export class Hopeful {
  /** The last that shows it where nobody was before. */
  sure: Script;
  /** It did not show there: what was found since then is worth nothing. */
  isAstray = false;
  readonly #check: Check;
  readonly #onFresh: Check;
  #unsure = 0;
  /** The last that seems to show it. */
  #last: Script | undefined;

  constructor(sure: Script, check: Check, onFresh: Check) {
    this.sure = sure;
    this.#check = check;
    this.#onFresh = onFresh;
  }

  readonly check: Check = async (script) => {
    const seen = await this.#check(script);
    if (seen === undefined) return undefined;
    // A large step is worth a start: what so little shows is most often what others left behind.
    const isLarge = countSends(script) * 2 < countSends(this.sure);
    if (++this.#unsure < EVERY && !isLarge) {
      this.#last = script;
      return seen;
    }
    this.#unsure = 0;
    const last = this.#last;
    this.#last = undefined;
    const fresh = await this.#onFresh(script);
    if (fresh !== undefined) this.sure = script;
    // It may be this one alone.
    else if (last !== undefined && (await this.#onFresh(last)) !== undefined) this.sure = last;
    else this.isAstray = last !== undefined;
    return fresh;
  };

  /** Whether the last of all shows it where nobody was before. */
  async isSureOf(last: Script): Promise<boolean> {
    if (this.isAstray || last === this.sure) return !this.isAstray;
    this.isAstray = (await this.#onFresh(last)) === undefined;
    if (!this.isAstray) this.sure = last;
    return !this.isAstray;
  }
}
