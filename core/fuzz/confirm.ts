/** Does it come back? */
import type { CaseRun } from './case-run.ts';
import { checkFor, type Shown } from './checks.ts';
import type { Finding } from './finding.ts';
import type { Inquiry } from './inquiry.ts';
import type { Oracle, Suspicion } from './suspicion.ts';
import { growth } from './leak-hunt.ts';
import type { Mutation } from './mutation.ts';
import { saidOf } from './said.ts';
import { countSends, isWrong, type Script } from './script.ts';

export type Confirmed = Pick<
  Finding,
  'title' | 'confirmed' | 'script' | 'sendsBefore' | 'said' | 'evidence' | 'log' | 'refusals' | 'exit'
>;

/** What a server in another state may answer otherwise. */
export const NEEDS_STATE: ReadonlySet<Oracle> = new Set(['exit', 'canary', 'accepted', 'race', 'schema', 'invariant']);
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

/** Plays it as often as asked; undefined when it does not come back every time. */
export async function confirm(
  inquiry: Inquiry,
  suspicion: Suspicion,
  script: Script,
  at: CaseRun | undefined,
  { isFresh = false }: ConfirmHow = {},
): Promise<Confirmed | undefined> {
  const { times, isOver, watched } = inquiry;
  const plain = checkFor(inquiry, suspicion, at?.mutation);
  const check = async (candidate: Script): Promise<Shown | undefined> => {
    if (isFresh) await watched.restart();
    return plain(candidate);
  };
  // What comes behind the step that shows it does not matter, when nothing wrong is said there.
  const wrong = script.steps.findLastIndex(isWrong);
  const head: Script = { steps: script.steps.slice(0, suspicion.step + 1) };
  const isShorter = suspicion.step > Math.max(0, wrong) && head.steps.length < script.steps.length;
  const isHead = isShorter && (await check(head)) !== undefined;
  const start = isHead ? head : script;
  const seen = await every(times, () => check(start));
  if (seen === undefined || isOver() || inquiry.isBrokenOff?.() === true) return undefined;
  return { ...toldBy(seen, inquiry), script: start, sendsBefore: countSends(script) };
}

/** What is told of a finding when it was seen last. */
export function toldBy(
  { run, found, exit, lines }: Shown,
  { times, world }: Inquiry,
): Omit<Confirmed, 'script' | 'sendsBefore'> {
  return {
    title: found.title,
    confirmed: { times, of: times },
    said: saidOf(run),
    evidence: found.evidence,
    log: lines.slice(-LOG_LINES),
    refusals: [...world().refusals],
    ...(exit === undefined ? {} : { exit: { code: exit.code, signal: exit.signal } }),
  };
}

/** What was shown last, when it was shown each time. */
export async function every(times: number, check: () => Promise<Shown | undefined>): Promise<Shown | undefined> {
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
    return grown === undefined ? undefined : { oracle, key, title: grown.title, evidence: [grown.evidence], step: 0 };
  }
  const check = checkFor(inquiry, { oracle, key, title, evidence, step: 0 }, mutation);
  const shown = await check(script);
  if (shown !== undefined || !inquiry.watched.isManaged) return shown?.found;
  await inquiry.watched.restart();
  return (await check(script))?.found;
}
