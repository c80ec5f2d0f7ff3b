import type { Made, Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { isSend, isWrong, type Script } from './script.ts';

/** A case under way or just over. */
export interface CaseRun {
  readonly index: number;
  /** `rng:index:address`. */
  readonly id: string;
  readonly mutation: Mutation;
  readonly made: Made;
  readonly run: Run;
  /** Played on the connections of another case, by its index. */
  readonly sharedWith?: number;
  /** As it is played by itself, where others were on its connections. */
  readonly alone?: Made;
}

/** The case as it is played when nothing else is. */
export function byItself({ index, id, mutation, made, alone }: Omit<CaseRun, 'run'>): Omit<CaseRun, 'run'> {
  return { index, id, mutation, made: alone ?? made };
}

/** What shows the case when nothing else is played. */
export function scriptOf(one: Omit<CaseRun, 'run'>): Script {
  return byItself(one).made.script;
}

/** Where something wrong was said before, no further connection may come of it. */
const IS_NO_FAULT = /^The (?:message that says|client made no further)/;

/** The connection could not even be made, or broke before anything wrong was sent: somebody else's fault. */
export function isBroken(run: Run): boolean {
  for (const [conn, one] of run.connections) {
    if (one.failure !== undefined && !IS_NO_FAULT.test(one.failure)) return true;
    const firstWrong = run.script.steps.findIndex(isWrong);
    const isEarly = one.ending !== undefined && one.ending.by === 'error' && one.endedAfter < firstWrong;
    if (isEarly && run.script.steps[firstWrong]?.conn === conn) return true;
  }
  return false;
}

/** The other side hung up on somebody it owed an answer: it may have gone down, with this case or with another one. */
export function isCutOff({ connections, frames }: Run): boolean {
  for (const [conn, { ending, endedAfter }] of connections) {
    if (ending === undefined || ending.by === 'client') continue;
    if (!frames.some((frame) => frame.conn === conn && frame.step === endedAfter && !frame.isHeartbeat)) return true;
  }
  return false;
}

/** Hung up on before anything wrong was said: the server may have gone down with another case. */
export function isCutEarly({ script, steps, connections }: Run): boolean {
  const first = script.steps.findIndex(isWrong);
  const wrong = script.steps[first];
  if (wrong === undefined || !isSend(wrong) || steps[first] !== undefined) return false;
  return [...connections.values()].some(({ ending }) => ending !== undefined && ending.by !== 'client');
}

/** Nothing came from what is wrong on. */
export function isUnheard({ run, made }: CaseRun): boolean {
  const [focus = 0] = made.focus;
  return !run.frames.some((frame) => frame.step >= focus && !frame.isHeartbeat);
}

/** What is meddled with came about: the message right before was answered. Among others it may not be. */
export function hadItsMoment({ run, made }: CaseRun): boolean {
  const [focus = 0] = made.focus;
  const before = made.script.steps[focus - 1];
  const isAwaited = before !== undefined && isSend(before) && before.awaits.length > 0;
  return !isAwaited || run.steps[focus - 1]?.isAnswered === true;
}
