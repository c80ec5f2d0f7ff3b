/** How little is needed for a finding to come back? Messages first, then fields or bytes. */
import { checkFor, type Shown } from './checks.ts';
import { type Confirmed, every, NEEDS_STATE, toldBy } from './confirm.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Suspicion } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import type { Script } from './script.ts';
import { shrink, type ShrinkTry } from './shrink.ts';

export interface Smaller extends Omit<Confirmed, 'sendsBefore'> {
  readonly shrunk: readonly ShrinkTry[];
}

export interface SmallerHow {
  readonly mutation: Mutation | undefined;
  /** Each run gets a server that was just started. */
  readonly isFresh: boolean;
  /** What it may take. */
  readonly ms: number;
}

const RUNS = 160;
/** Where each run costs a start of the server: messages matter, fields and bytes are worth little. */
const DEAR_RUNS = 100;
const FIELDS_DEAR_MS = 4000;
/** Smaller scripts that did not come back after all, until the larger one is kept. */
const MOST_BACK = 5;

/**
 * Undefined when nothing can be left out, or what is left does not come back every time. `gone`: it does not show on a server
 * that was just started, neither so nor behind the whole session.
 */
export async function makeSmaller(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  { mutation, isFresh, ms }: SmallerHow,
): Promise<Smaller | 'gone' | undefined> {
  const { times, isOver, stage, watched } = inquiry;
  let first: Run | undefined;
  const asking: Inquiry = { ...inquiry, onRun: (run) => (first ??= run) };
  const checking = (how: { readonly isRough: boolean }): ((script: Script) => Promise<Shown | undefined>) => {
    const plain = checkFor(asking, suspicion, mutation, how);
    return async (candidate) => {
      if (isFresh) await watched.restart();
      first = undefined;
      return plain(candidate);
    };
  };
  const check = checking({ isRough: false });
  const alone = async (candidate: Script): Promise<Shown | undefined> => {
    if (watched.isManaged) await watched.restart();
    return check(candidate);
  };
  let start = script;
  if (NEEDS_STATE.has(suspicion.oracle) && watched.isManaged && !isFresh && inquiry.isSecluded !== true) {
    const found = await firmOf([script, script, ...wholeOf(inquiry, mutation)], alone);
    if (isOver()) return undefined;
    if (found === undefined) return 'gone';
    start = found;
  }
  const isStarting = ['exit', 'refused', 'state'].includes(suspicion.oracle);
  const isDear = isStarting || isFresh || inquiry.isSecluded === true;
  const began = stage.clock.now();
  const tried: ShrinkTry[] = [];
  /** All that still showed it while it was made smaller, the smallest last. */
  const shown: Script[] = [start];
  const smaller = (from: Script, check: (candidate: Script) => Promise<Shown | undefined>): Promise<Script> =>
    shrink(from, {
      fails: async (candidate) => {
        const isShown = (await check(candidate)) !== undefined;
        if (isShown) shown.push(candidate);
        return isShown;
      },
      runs: isDear ? DEAR_RUNS : RUNS,
      isOver: () => isOver() || stage.clock.now() - began > ms,
      isLate: () => isDear && stage.clock.now() - began > FIELDS_DEAR_MS,
      onTry: (one) => tried.push(one),
      isBrokenOff: () => first !== undefined && isEndedEarly(first),
    });
  let best = await smaller(start, checking({ isRough: true }));
  if (best === script) return undefined;
  // Luck would leave something that does not come back.
  if (watched.isManaged && inquiry.isSecluded !== true) await watched.restart();
  let again = await every(times, () => check(best));
  if (again === undefined && !isOver()) {
    // What another run left behind has helped.
    best = await smaller((await firmOf(shown.slice(-MOST_BACK - 1, -1).reverse(), alone)) ?? start, alone);
    if (best !== start) again = await every(times, () => alone(best));
  }
  return again === undefined || isOver() ? undefined : { ...toldBy(again, inquiry), script: best, shrunk: tried };
}

/** The first of them that comes back. */
async function firmOf(
  scripts: readonly Script[],
  check: (candidate: Script) => Promise<Shown | undefined>,
): Promise<Script | undefined> {
  for (const one of scripts) if ((await check(one)) !== undefined) return one;
  return undefined;
}

/** The same behind the whole recorded session before it. */
function wholeOf({ seed }: Inquiry, mutation: Mutation | undefined): readonly Script[] {
  const made = mutation?.make(seed, { rng: 1, tail: 0 });
  return made === undefined ? [] : [made.script];
}
