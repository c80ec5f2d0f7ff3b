/** How little is needed for a finding to come back? Messages first, then fields or bytes. */
import { checkFor, type Shown } from './checks.ts';
import { type Confirmed, every, toldBy } from './confirm.ts';
import { earlier, elsewhere } from './earlier.ts';
import { canBeHelped, type Check, onFresh } from './firmly.ts';
import { Hopeful } from './hopeful.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import type { Script, Step } from './script.ts';
import { shortcuts } from './shortcuts.ts';
import { shrink, type ShrinkTry, tryOf } from './shrink.ts';

export interface Smaller extends Omit<Confirmed, 'sendsBefore'> {
  readonly shrunk: readonly ShrinkTry[];
}

export interface SmallerHow {
  readonly mutation: Mutation | undefined;
  /** Each run gets a server that was just started. */
  readonly isFresh: boolean;
  /** What it may take. */
  readonly ms: number;
  /** Smaller ones that may show it, by what is known of other findings. */
  readonly hints?: readonly Script[];
  readonly rng: number;
}

const RUNS = 160;
/** Where each run costs a start of the server: messages matter, fields and bytes are worth little. */
const DEAR_RUNS = 100;
const FIELDS_DEAR_MS = 4000;
/** Of the time for a finding: after that nothing more is tried, and no field and no byte before that. */
const TRIES_SHARE = 0.75;
const FIELDS_SHARE = 0.4;
/** After that no earlier place is looked for. */
const EARLIER_SHARE = 0.4;
/** Found with whole messages: pieces of one say nothing. */
const OF_WHOLE_MESSAGES: ReadonlySet<Oracle> = new Set(['accepted', 'race', 'invariant']);

/** Runs in a row in which the smallest must show it, as long as they do not take more of the time for a finding. */
const FIRM = 8;
const FIRM_SHARE = 0.15;
/** What was found tells which step showed it. */
const SHOWS_WHERE: ReadonlySet<Oracle> = new Set(['schema', 'invariant']);

/** @param script shows it, on a server that was just started too. Undefined when nothing can be left out. */
export async function makeSmaller(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  { mutation, isFresh, ms, rng, hints = [] }: SmallerHow,
): Promise<Smaller | undefined> {
  const { times, isOver, stage, watched } = inquiry;
  const { oracle } = suspicion;
  let first: Run | undefined;
  const asking: Inquiry = { ...inquiry, onRun: (run) => (first ??= run) };
  const checking = (isRough: boolean): Check => {
    const plain = checkFor(asking, suspicion, mutation, { isRough });
    const check: Check = (candidate) => {
      first = undefined;
      return plain(candidate);
    };
    return isFresh ? onFresh(inquiry, check) : check;
  };
  const strict = checking(false);
  const rough = checking(true);
  const isStarting = ['exit', 'refused', 'state'].includes(oracle);
  const isDear = isStarting || isFresh || inquiry.isSecluded === true;
  const began = stage.clock.now();
  const spent = (): number => stage.clock.now() - began;
  const tried: ShrinkTry[] = [];
  /** All that still showed it while it was made smaller, the smallest last. */
  const shown: Script[] = [script];
  /** Begun again from a larger one, what has failed is not played again. */
  const failed = new Set<string>();
  const keyOf = keysOfScripts();
  let shownAt: number | undefined;
  const asked =
    (check: Check) =>
    async (candidate: Script): Promise<boolean> => {
      const key = keyOf(candidate);
      if (failed.has(key)) return false;
      const seen = await check(candidate);
      if (seen === undefined) {
        failed.add(key);
        return false;
      }
      shownAt = SHOWS_WHERE.has(oracle) ? seen.found.step : undefined;
      shown.push(candidate);
      return true;
    };
  const isSlow = isFresh || inquiry.isSecluded === true || oracle === 'state';
  const inTime = (ways: typeof earlier) =>
    function* (from: Script): Generator<Script> {
      for (const one of ways(from, { seed: inquiry.seed, mutation, rng, isDear: isSlow })) {
        if (spent() > ms * EARLIER_SHARE) return;
        yield one;
      }
    };
  const smaller = (from: Script, check: Check, isAstray = (): boolean => false): Promise<Script> =>
    shrink(from, {
      fails: asked(check),
      // Where something else is due, what is accepted may be right: its controls are asked at once.
      failsEarlier: asked(async (candidate) => {
        if (oracle !== 'accepted') return check(candidate);
        return (await rough(candidate)) === undefined ? undefined : strict(candidate);
      }),
      ...(inquiry.wayTo === undefined ? {} : { shortcuts: (one: Script) => shortcuts(one, inquiry.wayTo!) }),
      earlier: [inTime(earlier), inTime(elsewhere)],
      shownAt: () => shownAt,
      runs: isDear ? DEAR_RUNS : RUNS,
      isOver: () => isOver() || isAstray() || spent() > ms * TRIES_SHARE,
      isLate: () =>
        inquiry.isShared === true || spent() > Math.min(ms * FIELDS_SHARE, isDear ? FIELDS_DEAR_MS : Infinity),
      isOfWholeMessages: OF_WHOLE_MESSAGES.has(oracle),
      onTry: (one) => tried.push(one),
      isBrokenOff: () => first !== undefined && isEndedEarly(first),
    });
  const isHelped = !isFresh && !isStarting && canBeHelped(inquiry, suspicion);
  // Made smaller without its controls, what is accepted may lose what makes it wrong.
  const proof = onFresh(inquiry, oracle === 'accepted' ? strict : rough);
  const sure: Check = async (candidate) => ((await rough(candidate)) === undefined ? undefined : proof(candidate));
  const check = isHelped ? sure : rough;
  for (const hint of hints) {
    if (shown.length > 1) break;
    const isShown = (await check(hint)) !== undefined;
    tried.push(tryOf('what other findings did without left out', hint, isShown));
    if (isShown) shown.push(hint);
  }
  const hopeful = new Hopeful(shown.at(-1)!, rough, proof);
  if (isHelped) await watched.restart();
  let best = await smaller(hopeful.sure, isHelped ? hopeful.check : rough, () => hopeful.isAstray);
  if (hopeful.isAstray) {
    shown.splice(shown.indexOf(hopeful.sure) + 1);
    best = await smaller(hopeful.sure, sure);
  }
  if (best === script) return undefined;
  // Luck would leave something that does not come back: what the answers show is asked often where that is quick.
  const mostAgain = SHOWS_WHERE.has(oracle) || oracle === 'accepted' ? FIRM : Math.max(1, times - 1);
  const often = async (most: number, ask: () => Promise<Shown | undefined>): Promise<Shown | undefined> => {
    const asked = stage.clock.now();
    let last: Shown | undefined;
    for (let i = 0; i < most; i++) {
      if (i >= times - 1 && stage.clock.now() - asked > ms * FIRM_SHARE) break;
      last = await ask();
      if (last === undefined) return undefined;
    }
    return last;
  };
  const mayRestart = watched.isManaged && inquiry.isSecluded !== true && inquiry.isShared !== true;
  if (mayRestart) await watched.restart();
  // Its controls are played once; when it became so small it was seen, too.
  let isExplained = false;
  let again = await often(mostAgain, async () => {
    const seen = await (isExplained ? rough : strict)(best);
    isExplained = true;
    return seen;
  });
  if (again === undefined && !isOver()) {
    const alone = mayRestart ? onFresh(inquiry, strict) : strict;
    // Chance has a part in it: nothing is believed that shows only once.
    const surely: Check = async (candidate) => {
      if (!SHOWS_WHERE.has(oracle)) return every(times, () => alone(candidate));
      if (mayRestart) await watched.restart();
      return often(FIRM, () => strict(candidate));
    };
    best = await smaller(await smallestOf(shown, surely), surely);
    if (best !== script) again = await every(times, () => alone(best));
  }
  return again === undefined || isOver() ? undefined : { ...toldBy(again, inquiry), script: best, shrunk: tried };
}

/** The smallest that comes back, where the first does and the last does not, and each has all of the next. */
async function smallestOf(scripts: readonly Script[], check: Check): Promise<Script> {
  let good = 0;
  let bad = scripts.length - 1;
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if ((await check(scripts[middle]!)) === undefined) bad = middle;
    else good = middle;
  }
  return scripts[good]!;
}

/** Tells scripts of the same steps from others. */
function keysOfScripts(): (script: Script) => string {
  const numbers = new Map<Step, number>();
  return ({ steps }) => {
    for (const step of steps) if (!numbers.has(step)) numbers.set(step, numbers.size);
    return steps.map((step) => numbers.get(step)).join();
  };
}
