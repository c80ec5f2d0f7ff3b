/**
 * Some messages are answered as recorded only once in the life of a server: the monster is slain, the drop is taken, the number
 * is given away. Played again, or beside others, they are refused whatever is wrong with them. Against a server that was just
 * started, by the recorded users and with nobody else at work, the session is what it was.
 */
import { type Baseline, makeBaseline } from './baseline.ts';
import { expecting, lessWaiting } from './expecting.ts';
import type { Run } from './run-script.ts';
import { isSend, type Script } from './script.ts';
import type { Seed } from './seed.ts';

export interface Secluded {
  readonly seed: Seed;
  readonly baseline: Baseline;
  readonly waitingLess: (script: Script) => Script;
  /** Steps of the base script whose messages are answered as recorded only there. */
  readonly steps: ReadonlySet<number>;
}

/**
 * @param first the recorded session, played by the recorded users on a server that was just started
 * @param later how it is answered when it is played again
 */
export function secludedOf(recorded: Seed, first: Run, later: Baseline): Secluded {
  const seed = expecting(recorded, [first]);
  const baseline = makeBaseline(seed, [first], recorded);
  const steps = new Set<number>();
  for (const [i, step] of seed.base.steps.entries()) {
    if (!isSend(step)) continue;
    const then = baseline.answers.get(step.n);
    const names = recorded.recordedNames.get(`${step.n}/${step.conn}`) ?? [];
    if (then === undefined || then.isRefused || !names.some((name) => then.signatures.has(name))) continue;
    const now = later.answers.get(step.n);
    const isLost = now === undefined || now.isRefused || ![...then.signatures].some((one) => now.signatures.has(one));
    if (isLost) steps.add(i);
  }
  return { seed, baseline, waitingLess: lessWaiting(recorded, seed), steps };
}
