/** What a server does wrong in the recorded session itself, where little of that session is enough to show it. */
import { checkFor } from './checks.ts';
import type { Inquiry } from './inquiry.ts';
import { judge } from './judge.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import type { Prefixes } from './prefixes.ts';
import type { Run } from './run-script.ts';
import { countSends, isSend, type Script } from './script.ts';

/** Ways that are tried. */
const MOST = 5;

export interface ShorterWay {
  readonly inquiry: Inquiry;
  readonly prefixes: Prefixes;
  /** Of the recorded session as it is. */
  readonly run: Run;
  /** By which the suspicion came up. */
  readonly world: JudgeWorld;
}

/** The shortest way to a message whose answer shows it, when one does. */
export async function shorterWay(suspicion: Suspicion, how: ShorterWay): Promise<Script | undefined> {
  const { inquiry, prefixes, run, world } = how;
  const { steps } = inquiry.seed.base;
  const ways = showingSteps(run, suspicion, world).flatMap((at): Script[] => {
    const step = steps[at];
    return step === undefined || !isSend(step) ? [] : [{ steps: [...prefixes.of(at), step] }];
  });
  const shows = checkFor(inquiry, suspicion, undefined);
  for (const way of ways.sort((a, b) => countSends(a) - countSends(b)).slice(0, MOST))
    if (!inquiry.isOver() && (await shows(way)) !== undefined) return way;
  return undefined;
}

/** Steps of the run after which it was seen. */
function showingSteps(run: Run, { key }: Suspicion, world: JudgeWorld): number[] {
  const shows = run.frames.filter((frame) =>
    judge({ ...run, frames: [frame] }, [], undefined, world).some((one) => one.key === key),
  );
  return [...new Set(shows.map(({ step }) => step))];
}
