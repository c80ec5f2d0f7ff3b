/** How little is needed for a finding to come back? Messages first, then fields or bytes. */
import { checkFor, type Shown } from './checks.ts';
import { type Confirmed, every, NEEDS_STATE, toldBy } from './confirm.ts';
import { earlier, elsewhere } from './earlier.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import type { Script } from './script.ts';
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

/** Steps made smaller without a look at a server that was just started. */
const UNSURE = 3;
/** Runs in a row in which the smallest must show it, as long as they do not take longer. */
const FIRM = 8;
const FIRM_MS = 6000;
/** What was found tells which step showed it. */
const SHOWS_WHERE: ReadonlySet<Oracle> = new Set(['schema', 'invariant']);

/** It shows, and does so on a server that was just started. */
export interface Firm {
  readonly script: Script;
  readonly shown: Shown;
}

/**
 * Behind which script it shows on a server that was just started: as it is, or behind the whole session. `gone`: neither; what
 * other cases had left behind has helped. Undefined where that does not matter, or is known.
 */
export async function firmly(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  { mutation, isFresh }: Pick<SmallerHow, 'mutation' | 'isFresh'>,
): Promise<Firm | 'gone' | undefined> {
  const { isOver, times } = inquiry;
  if (isFresh || !canBeHelped(inquiry, suspicion)) return undefined;
  const check = onFresh(inquiry, checkFor(inquiry, suspicion, mutation));
  for (const one of [script, script, ...wholeOf(inquiry, mutation)]) {
    const shown = await every(one === script ? 1 : times, () => check(one));
    if (isOver()) return undefined;
    if (shown !== undefined) return { script: one, shown };
  }
  return 'gone';
}

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
  let shownAt: number | undefined;
  /** What was left was what the tries themselves had brought about. */
  let isAstray = false;
  const asked =
    (check: Check) =>
    async (candidate: Script): Promise<boolean> => {
      const seen = await check(candidate);
      if (seen === undefined) return false;
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
  const smaller = (from: Script, check: Check): Promise<Script> =>
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
      isOver: () => isOver() || isAstray || spent() > ms * TRIES_SHARE,
      isLate: () =>
        inquiry.isShared === true || spent() > Math.min(ms * FIELDS_SHARE, isDear ? FIELDS_DEAR_MS : Infinity),
      isOfWholeMessages: OF_WHOLE_MESSAGES.has(oracle),
      onTry: (one) => tried.push(one),
      isBrokenOff: () => first !== undefined && isEndedEarly(first),
    });
  // What the tries before it left behind may help: what seems to show is tried where nobody was before. A start of the server
  // for each costs most of the time, so every third is; when that does not show it, all are from the last that did.
  const isHelped = !isFresh && !isStarting && canBeHelped(inquiry, suspicion);
  const sure: Check = async (candidate) =>
    (await rough(candidate)) === undefined ? undefined : onFresh(inquiry, rough)(candidate);
  let sureOf = script;
  let unsure = 0;
  const hopeful: Check = async (candidate) => {
    const seen = await rough(candidate);
    if (seen === undefined || ++unsure < UNSURE) return seen;
    unsure = 0;
    const fresh = await onFresh(inquiry, rough)(candidate);
    if (fresh === undefined) isAstray = true;
    else sureOf = candidate;
    return fresh;
  };
  const check = isHelped ? sure : rough;
  for (const hint of hints) {
    if (shown.length > 1) break;
    const isShown = (await check(hint)) !== undefined;
    tried.push(tryOf('what other findings did without left out', hint, isShown));
    if (isShown) shown.push(hint);
  }
  sureOf = shown.at(-1)!;
  if (isHelped) await watched.restart();
  let best = await smaller(sureOf, isHelped ? hopeful : rough);
  if (isAstray) {
    isAstray = false;
    shown.splice(shown.indexOf(sureOf) + 1);
    best = await smaller(sureOf, sure);
  }
  if (best === script) return undefined;
  // Luck would leave something that does not come back: what the answers show is asked often where that is quick.
  const mostAgain = SHOWS_WHERE.has(oracle) || oracle === 'accepted' ? FIRM : Math.max(1, times - 1);
  const often = async (most: number, ask: () => Promise<Shown | undefined>): Promise<Shown | undefined> => {
    const asked = stage.clock.now();
    let last: Shown | undefined;
    for (let i = 0; i < most; i++) {
      if (i >= times && stage.clock.now() - asked > FIRM_MS) break;
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

type Check = (script: Script) => Promise<Shown | undefined>;

function onFresh({ watched }: Inquiry, check: Check): Check {
  return async (script) => {
    await watched.restart();
    return check(script);
  };
}

/** Whether what others left behind may make it show. */
function canBeHelped({ watched, isSecluded }: Inquiry, { oracle }: Suspicion): boolean {
  return NEEDS_STATE.has(oracle) && watched.isManaged && isSecluded !== true;
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

/** The same behind the whole recorded session before it. */
function wholeOf({ seed }: Inquiry, mutation: Mutation | undefined): readonly Script[] {
  const made = mutation?.make(seed, { rng: 1, tail: 0 });
  return made === undefined ? [] : [made.script];
}
