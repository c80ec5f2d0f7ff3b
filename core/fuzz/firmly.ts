/** Does it show where nobody was before? */
import { checkFor, type Shown } from './checks.ts';
import { every, NEEDS_STATE } from './confirm.ts';
import type { Inquiry } from './inquiry.ts';
import type { Mutation } from './mutation.ts';
import type { Script } from './script.ts';
import type { Suspicion } from './suspicion.ts';

export type Check = (script: Script) => Promise<Shown | undefined>;

export function onFresh({ watched }: Inquiry, check: Check): Check {
  return async (script) => {
    await watched.restart();
    return check(script);
  };
}

/** Whether what others left behind may make it show. */
export function canBeHelped({ watched, isSecluded }: Inquiry, { oracle }: Suspicion): boolean {
  return NEEDS_STATE.has(oracle) && watched.isManaged && isSecluded !== true;
}

/** It shows, and does so on a server that was just started. */
export interface Firm {
  readonly script: Script;
  readonly shown: Shown;
}

interface FirmlyHow {
  readonly mutation: Mutation | undefined;
  readonly isFresh: boolean;
  readonly rng: number;
}

/**
 * Behind which script it shows on a server that was just started: as it is, or behind the whole session. `gone`: neither; what
 * other cases had left behind has helped. Undefined where that does not matter, or is known.
 */
export async function firmly(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  { mutation, isFresh, rng }: FirmlyHow,
): Promise<Firm | 'gone' | undefined> {
  const { isOver, times } = inquiry;
  if (isFresh || !canBeHelped(inquiry, suspicion)) return undefined;
  const check = onFresh(inquiry, checkFor(inquiry, suspicion, mutation));
  for (const one of [script, script, ...wholeOf(inquiry, mutation, rng)]) {
    const shown = await every(one === script ? 1 : times, () => check(one));
    if (isOver()) return undefined;
    if (shown !== undefined) return { script: one, shown };
  }
  return 'gone';
}

/** The same behind the whole recorded session before it. */
function wholeOf({ seed }: Inquiry, mutation: Mutation | undefined, rng: number): readonly Script[] {
  const made = mutation?.make(seed, { rng, tail: 0 });
  return made === undefined ? [] : [made.script];
}
