/** Does it come back, and how little is needed for it? */
import type { CaseRun } from './case-run.ts';
import { checkFor, type Shown } from './checks.ts';
import type { Finding } from './finding.ts';
import { type Inquiry, isEndedEarly } from './inquiry.ts';
import type { Oracle, Suspicion } from './judge.ts';
import { growth } from './leak-hunt.ts';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { saidOf } from './said.ts';
import { countSends, type Script } from './script.ts';
import { shrink, type ShrinkTry } from './shrink.ts';

export type Confirmed = Pick<
  Finding,
  'title' | 'confirmed' | 'script' | 'sendsBefore' | 'shrunk' | 'said' | 'evidence' | 'log' | 'refusals' | 'exit'
>;

/** What a server in another state may answer otherwise. */
const NEEDS_STATE: ReadonlySet<Oracle> = new Set(['exit', 'canary', 'accepted', 'race', 'schema', 'invariant']);
const SHRINK_RUNS = 160;
const SHRINK_MS = 15_000;
/** Where each run costs a start of the server and stops all cases: messages matter, fields and bytes are worth little. */
const SHRINK_DEAR_MS = 25_000;
const FIELDS_DEAR_MS = 4000;
const SHRINK_DEAR_RUNS = 100;
/** Smaller scripts that did not come back after all, until the larger one is kept. */
const MOST_BACK = 5;
const LOG_LINES = 40;
const REPRO_LANES = 4;

export interface ConfirmHow {
  /** Each run gets a server that was just started: a state left behind by other cases may be in the way. */
  readonly isFresh?: boolean;
}

/** Whether it may show on a server that was just started although it did not on this one. */
export function mayNeedFresh({ oracle }: Suspicion, { watched }: Inquiry): boolean {
  return watched.isManaged && NEEDS_STATE.has(oracle);
}

/** Plays it once, then as often as asked, then makes it smaller; undefined when it does not come back every time. */
export async function confirm(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  at: CaseRun | undefined,
  { isFresh = false }: ConfirmHow = {},
): Promise<Confirmed | undefined> {
  const { times, isOver, stage, watched } = inquiry;
  let first: Run | undefined;
  const asking: Inquiry = { ...inquiry, onRun: (run) => (first ??= run) };
  const checking = (how: { readonly isRough: boolean }): ((script: Script) => Promise<Shown | undefined>) => {
    const plain = checkFor(asking, suspicion, at?.mutation, how);
    return async (candidate) => {
      if (isFresh) await watched.restart();
      first = undefined;
      return plain(candidate);
    };
  };
  const check = checking({ isRough: false });
  const roughly = checking({ isRough: true });
  // What comes behind the step that shows it does not matter, when nothing wrong is said there.
  const wrong = script.steps.findLastIndex((step) => step.kind !== 'open' && step.mutated === true);
  const head: Script = { steps: script.steps.slice(0, suspicion.step + 1) };
  const isShorter = suspicion.step > Math.max(0, wrong) && head.steps.length < script.steps.length;
  const isHead = isShorter && (await check(head)) !== undefined;
  const start = isHead ? head : script;
  // What does not come back is not worth the time to make it smaller.
  const isExit = suspicion.oracle === 'exit' || suspicion.oracle === 'refused';
  let seen = await every(isExit ? 1 : times, () => check(start));
  if (seen === undefined || isOver()) return undefined;
  const isDear = isExit || isFresh || inquiry.isSecluded === true;
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
      runs: isDear ? SHRINK_DEAR_RUNS : SHRINK_RUNS,
      isOver: () => isOver() || stage.clock.now() - began > (isDear ? SHRINK_DEAR_MS : SHRINK_MS),
      isLate: () => isDear && stage.clock.now() - began > FIELDS_DEAR_MS,
      onTry: (one) => tried.push(one),
      isBrokenOff: () => first !== undefined && isEndedEarly(first),
    });
  let shrunk = await smaller(start, roughly);
  if (inquiry.isBrokenOff?.() === true) return undefined;
  // Luck while shrinking would leave something that does not come back.
  let again = shrunk === start ? undefined : await every(times, () => check(shrunk));
  if (shrunk !== start && again === undefined && !isOver()) {
    // What another run left behind has helped.
    const alone = async (candidate: Script): Promise<Shown | undefined> => {
      if (watched.isManaged && inquiry.isShared !== true) await watched.restart();
      return check(candidate);
    };
    const firm = await lastFirm(shown, alone);
    shrunk = firm === undefined ? start : await smaller(firm, alone);
    if (shrunk !== start) again = await every(times, () => alone(shrunk));
  }
  const isSmaller = again !== undefined && !isOver();
  if (inquiry.isBrokenOff?.() === true) return undefined;
  if (!isSmaller && isExit) seen = await every(times, () => check(start));
  if (seen === undefined) return undefined;
  const { run, found, exit, lines } = isSmaller ? again! : seen;
  return {
    title: found.title,
    confirmed: { times, of: times },
    script: isSmaller ? shrunk : start,
    sendsBefore: countSends(script),
    ...(isSmaller || isHead ? { shrunk: tried } : {}),
    said: saidOf(run),
    evidence: found.evidence,
    log: lines.slice(-LOG_LINES),
    refusals: [...inquiry.world().refusals],
    ...(exit === undefined ? {} : { exit: { code: exit.code, signal: exit.signal } }),
  };
}

/** The smallest of them that comes back. */
async function lastFirm(
  shown: readonly Script[],
  check: (candidate: Script) => Promise<Shown | undefined>,
): Promise<Script | undefined> {
  for (const one of shown.slice(-MOST_BACK - 1, -1).reverse()) if ((await check(one)) !== undefined) return one;
  return shown[0];
}

/** What was shown last, when it was shown each time. */
async function every(times: number, check: () => Promise<Shown | undefined>): Promise<Shown | undefined> {
  let last: Shown | undefined;
  for (let i = 0; i < times; i++) {
    last = await check();
    if (last === undefined) return undefined;
  }
  return last;
}

/** Whether a finding still shows, at the latest against a fresh server. Memory is looked at in bursts. */
export async function shows(
  inquiry: Inquiry,
  finding: Finding,
  mutation: Mutation | undefined,
): Promise<Suspicion | undefined> {
  const { oracle, key, title, evidence, script, message } = finding;
  if (oracle === 'memory') {
    const grown = await growth(inquiry, script, REPRO_LANES, message);
    return grown === undefined ? undefined : { oracle, key, title: grown.title, evidence: [grown.marks], step: 0 };
  }
  const check = checkFor(inquiry, { oracle, key, title, evidence, step: 0 }, mutation);
  const shown = await check(script);
  if (shown !== undefined || !inquiry.watched.isManaged) return shown?.found;
  await inquiry.watched.restart();
  return (await check(script))?.found;
}
