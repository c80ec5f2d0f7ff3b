/**
 * A case that never came to what is wrong with it has tried nothing, and on a loaded machine an answer that tells may come when
 * nobody waits for it any more. Both are played once more with more patience, as long as that helps.
 */
import type { Made, Mutation } from './mutation.ts';
import type { Patience, Run } from './run-script.ts';
import { isSend } from './script.ts';

/** Tries before it is asked whether they help, and the share of them that must. */
const ENOUGH = 24;
const SHARE = 0.15;

/** Silences in a row, with so much patience, of a server that answers nobody. */
const HOPELESS = 2;

/** What is usually there at once may be late by so much on a machine that has much to do. */
const LATE_MS = 200;

export function morePatience({ answer, muted, settle, stretch }: Patience): Patience {
  // Everything that was recorded is waited for.
  return {
    answer: Math.max(1000, answer * 2),
    muted: Math.max(500, muted * 3),
    settle: Math.max(20, settle),
    hopeless: HOPELESS,
    // In a crowd many answers do not come: in a long session all the time there is for each is half a minute.
    ...(stretch === undefined ? {} : { stretch: stretch * 2, leastDue: LATE_MS }),
  };
}

export class SecondTry {
  #tried = 0;
  #helped = 0;

  isWorth(run: Run, made: Made, mutation: Mutation): boolean {
    if (this.#tried >= ENOUGH && this.#helped < this.#tried * SHARE) return false;
    return isMissed(run, made, mutation);
  }

  count(run: Run, made: Made, mutation: Mutation): void {
    this.#tried += 1;
    if (!isMissed(run, made, mutation)) this.#helped += 1;
  }
}

/** Not sent, although nobody hung up; or, where the answer is all that tells, not answered. */
export function isMissed(run: Run, { script, focus }: Made, { family, rule }: Mutation): boolean {
  const [at = 0] = focus;
  const step = script.steps[at];
  if (step === undefined || !isSend(step)) return false;
  for (const { ending } of run.connections.values()) if (ending !== undefined && ending.by !== 'client') return false;
  if (run.steps[at] === undefined) return true;
  const isRule = family === 'rule' || rule !== undefined;
  return isRule && !run.frames.some((frame) => frame.step >= at && frame.conn === step.conn && !frame.isHeartbeat);
}
