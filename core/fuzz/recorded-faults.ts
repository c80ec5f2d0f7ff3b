/** What a server does wrong in the recorded session itself, where little of that session is enough to show it. */
import type { Calibrated } from './calibration.ts';
import { checkFor } from './checks.ts';
import { every } from './confirm.ts';
import type { Finder } from './finder.ts';
import type { Inquiry } from './inquiry.ts';
import { judge } from './judge.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import type { Prefixes } from './prefixes.ts';
import type { Seed } from './seed.ts';
import type { Run } from './run-script.ts';
import { countSends, isSend, type Script } from './script.ts';
import { solo } from './solo.ts';

/** Ways that are tried. */
const MOST = 5;
/** Times in a row that a way must show it before it is confirmed: chance may have a part in what a server answers. */
const OFTEN = 5;

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
    const ways = shorterWays(suspicion, { seed, prefixes: calibrated.prefixes, run, world });
    if (!(await isShownBy(ways, suspicion, { inquiry, finder }))) await finder.find(suspicion, seed.base, undefined);
  }
}

/** Whether it is a finding by one of these. */
async function isShownBy(
  ways: readonly Script[],
  suspicion: Suspicion,
  { inquiry, finder }: Pick<RecordedFaults, 'inquiry' | 'finder'>,
): Promise<boolean> {
  const shows = checkFor(inquiry, suspicion, undefined);
  for (const way of ways) {
    if (inquiry.isOver()) return false;
    if ((await every(OFTEN, () => shows(way))) === undefined) continue;
    if (await finder.seek(inquiry, { ...suspicion, step: way.steps.length - 1 }, way, undefined)) return true;
  }
  return false;
}

interface WaysHow {
  readonly seed: Seed;
  readonly prefixes: Prefixes;
  /** Of the recorded session as it is. */
  readonly run: Run;
  /** By which the suspicion came up. */
  readonly world: JudgeWorld;
}

/** The shortest ways to messages whose answer showed it. */
function shorterWays(suspicion: Suspicion, { seed, prefixes, run, world }: WaysHow): Script[] {
  const { steps } = seed.base;
  const ways = showingSteps(run, suspicion, world).flatMap((at): Script[] => {
    const step = steps[at];
    return step === undefined || !isSend(step) ? [] : [{ steps: [...prefixes.of(at), step] }];
  });
  return ways.sort((one, other) => countSends(one) - countSends(other)).slice(0, MOST);
}

/** Steps of the run after which it was seen. */
function showingSteps(run: Run, { key }: Suspicion, world: JudgeWorld): number[] {
  const shows = run.frames.filter((frame) =>
    judge({ ...run, frames: [frame] }, [], undefined, world).some((one) => one.key === key),
  );
  return [...new Set(shows.map(({ step }) => step))];
}
