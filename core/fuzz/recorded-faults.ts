/** What a server does wrong in the recorded session itself, where little of that session is enough to show it. */
import type { Calibrated } from './calibration.ts';
import { checkFor } from './checks.ts';
import type { Finder } from './finder.ts';
import type { Inquiry } from './inquiry.ts';
import { judge } from './judge.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import type { Prefixes } from './prefixes.ts';
import type { Run } from './run-script.ts';
import { countSends, isSend, type Script } from './script.ts';
import { solo } from './solo.ts';

/** Ways that are tried. */
const MOST = 5;

export interface RecordedFaults {
  readonly calibrated: Calibrated;
  readonly finder: Finder;
  readonly inquiry: Inquiry;
}

/** The recorded session itself: does the server break what it kept to when it was recorded? */
export async function lookAtRecorded({ calibrated, finder, inquiry }: RecordedFaults): Promise<void> {
  const { seed } = inquiry;
  const [run] = calibrated.runs;
  if (run === undefined) return;
  for (const script of calibrated.deadly) {
    const { down } = await solo(inquiry, script);
    if (down !== undefined) await finder.find(down, script, undefined);
  }
  const world: JudgeWorld = {
    seed,
    baseline: { ...calibrated.baseline, serverRemarks: new Set() },
    refusals: new Set(),
  };
  for (const suspicion of judge(run, [], undefined, world)) {
    if (suspicion.oracle !== 'schema' && suspicion.oracle !== 'invariant') continue;
    const way = await shorterWay(suspicion, { inquiry, prefixes: calibrated.prefixes, run, world });
    if (way === undefined) await finder.find(suspicion, seed.base, undefined);
    else await finder.find({ ...suspicion, step: way.steps.length - 1 }, way, undefined);
  }
}

interface ShorterWay {
  readonly inquiry: Inquiry;
  readonly prefixes: Prefixes;
  /** Of the recorded session as it is. */
  readonly run: Run;
  /** By which the suspicion came up. */
  readonly world: JudgeWorld;
}

/** The shortest way to a message whose answer shows it, when one does. */
async function shorterWay(suspicion: Suspicion, how: ShorterWay): Promise<Script | undefined> {
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
