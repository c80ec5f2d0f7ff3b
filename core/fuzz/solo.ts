/** Plays a case by itself and waits whether the server goes down with it. */
import { type Inquiry, isRefused, playAlone, upAgain } from './inquiry.ts';
import type { Suspicion } from './suspicion.ts';
import { crashSignature, errorLine } from './log-patterns.ts';
import type { Run } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, isWrong, type Script } from './script.ts';
import type { Exit } from './world.ts';

/** After the last byte a crash may take a moment to show. */
export const GRACE_MS = 400;

export interface Solo {
  readonly down: Suspicion | undefined;
  readonly run: Run;
  /** From the last message to the end of the server, or of the waiting for it. */
  readonly tookMs: number;
}

/** @param endMs how long whoever hangs up may take to end */
export async function solo(inquiry: Inquiry, script: Script, graceMs = GRACE_MS, endMs = GRACE_MS): Promise<Solo> {
  const { watched, patience, stage } = inquiry;
  await upAgain(inquiry);
  const exits = watched.exits;
  const began = stage.clock.now();
  // The connection stays while the server may still be at it: gone too soon, what was sent would be thrown away unread.
  const run = await playAlone(inquiry, script, { ...patience, muted: Math.max(60, patience.muted), settle: graceMs });
  // Who hangs up may be about to end: its last words take a moment, more on a busy machine. Before anything wrong was said to
  // it, it hangs up for reasons of its own.
  const isSuspect = isRefused(run) || ((run.isOver || isHungUp(run)) && isSaid(run));
  if (watched.isManaged) await watched.exited(isSuspect ? endMs : 30);
  const tookMs = stage.clock.now() - began - (run.steps.findLast((step) => step !== undefined)?.at ?? 0);
  const isDown = watched.exits !== exits || (!watched.isManaged && isRefused(run) && !(await watched.isReachable()));
  if (!isDown) return { down: undefined, run, tookMs };
  const down = crash(watched.lastExit, run, whoIs(inquiry.seed.scene));
  await upAgain(inquiry);
  return { down, run, tookMs };
}

/** What is wrong in it was sent; also where there is nothing wrong in it. */
function isSaid({ script, steps }: Run): boolean {
  const wrong = script.steps.flatMap((step, i) => (isWrong(step) ? [i] : []));
  return wrong.length === 0 || wrong.some((i) => script.steps[i]!.kind !== 'send' || steps[i] !== undefined);
}

function isHungUp(run: Run): boolean {
  return [...run.connections.values()].some(({ ending }) => ending !== undefined && ending.by !== 'client');
}

/** What tells crashes apart by what the server said at its end; undefined when it said nothing. */
export function crashKey({ lines, signal, code }: Exit): string | undefined {
  const signature = crashSignature(lines);
  return signature === '' ? undefined : `exit|${signal ?? code ?? ''}|${signature}`;
}

function crash(exit: Exit | undefined, run: Run, who: string): Suspicion {
  const lines = exit?.lines ?? [];
  const how =
    exit === undefined
      ? 'takes no connections any more'
      : exit.signal === null
        ? `exits with code ${exit.code ?? '?'}`
        : `is ended by ${exit.signal}`;
  const line = errorLine(lines);
  const step = run.script.steps.findLastIndex(isWrong);
  const wrong = run.script.steps[step];
  const message = wrong !== undefined && isSend(wrong) ? wrong.message : '';
  return {
    oracle: exit === undefined ? 'refused' : 'exit',
    key: (exit === undefined ? undefined : crashKey(exit)) ?? `exit|${exit?.signal ?? exit?.code ?? ''}|${message}`,
    title: `The ${who} ${how} on ${message === '' ? 'the recorded session' : `a ${message}`}${line === undefined ? '' : `: ${line.slice(0, 120)}`}`,
    evidence: line === undefined ? [] : [line],
    step,
  };
}
