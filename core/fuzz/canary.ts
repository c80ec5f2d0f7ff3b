/** What must work whatever was sent before. */
import type { Seed } from './seed.ts';
import { isSend, type Script } from './script.ts';
import { beginningOf } from './visit-needs.ts';

const CANARY_SENDS = 8;

/** The beginning of the recorded session, as far as it is answered: what must work whatever was sent before. */
export function canaryOf(seed: Seed): Script {
  const steps = [];
  let sends = 0;
  for (const step of beginningOf(seed)) {
    if (isSend(step)) {
      if (sends >= CANARY_SENDS) break;
      sends += 1;
    }
    steps.push(step);
  }
  return { steps };
}
