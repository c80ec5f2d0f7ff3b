/**
 * What the tries before it left behind may make a script show what it does not by itself. A start of the server for each try
 * costs most of the time: only some that seem to show it are tried on one that was just started.
 */
import type { Check } from './firmly.ts';
import type { Script } from './script.ts';

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

  constructor(sure: Script, check: Check, onFresh: Check) {
    this.sure = sure;
    this.#check = check;
    this.#onFresh = onFresh;
  }

  readonly check: Check = async (script) => {
    const seen = await this.#check(script);
    if (seen === undefined || ++this.#unsure < EVERY) return seen;
    this.#unsure = 0;
    const fresh = await this.#onFresh(script);
    if (fresh === undefined) this.isAstray = true;
    else this.sure = script;
    return fresh;
  };
}
