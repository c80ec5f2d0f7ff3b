/**
 * A server fills up with what cases leave behind (accounts, rooms, guilds), and from some point on refuses what it granted before.
 * Cases then say what is wrong to somebody who never got in; started again, the server is as it was.
 */
import type { Baseline } from './baseline.ts';
import type { Run } from './run-script.ts';
import { isSend, isWrong, TWIN } from './script.ts';

/** Times a message was granted since the server was started, before its refusals say something of the server. */
const ENOUGH_GRANTED = 3;
/** Runs in a row, none of which got it granted. */
const ENOUGH_REFUSED = 5;

interface Row {
  granted: number;
  refused: number;
}

export class Wear {
  readonly #baseline: Baseline;
  readonly #rows = new Map<number, Row>();

  constructor(baseline: Baseline) {
    this.#baseline = baseline;
  }

  /** True when a recorded message, said as it was before anything wrong was, is refused now and was granted before. */
  see(run: Run): boolean {
    for (const [i, step] of run.script.steps.entries()) {
      if (isWrong(step)) return false;
      if (!isSend(step) || step.conn >= TWIN || run.steps[i] === undefined) continue;
      const known = this.#baseline.answers.get(step.n);
      if (known === undefined || !known.isAnswered || known.isRefused) continue;
      const frames = run.frames.filter((f) => f.step === i && f.conn === step.conn && !f.isHeartbeat);
      const row = this.#rows.get(step.n) ?? { granted: 0, refused: 0 };
      this.#rows.set(step.n, row);
      if (frames.some((f) => known.signatures.has(f.heard.signature) && !f.heard.isRefusal)) {
        row.granted += 1;
        row.refused = 0;
      } else if (frames.some((f) => f.heard.isRefusal)) {
        row.refused += 1;
        // What follows is refused for it.
        return row.granted >= ENOUGH_GRANTED;
      }
    }
    return false;
  }

  /** It looks as if the server had to be started again. */
  get isWorn(): boolean {
    return this.#some((row) => row.refused >= ENOUGH_REFUSED);
  }

  /** Nothing that was granted is refused now. */
  get isFine(): boolean {
    return !this.#some((row) => row.refused > 0);
  }

  renewed(): void {
    this.#rows.clear();
  }

  #some(is: (row: Row) => boolean): boolean {
    for (const row of this.#rows.values()) if (row.granted >= ENOUGH_GRANTED && is(row)) return true;
    return false;
  }
}
