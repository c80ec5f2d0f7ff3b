/** Which of the cases played lately leaves a server in a state that others see? Each round begins with a server that was just started. */
import { askBystanders } from './bystanders.ts';
import type { Oddity } from './bystander-view.ts';
import { type CaseRun, scriptOf } from './case-run.ts';
import { type Inquiry, playAlone, upAgain } from './inquiry.ts';

/** A case, and whether something was said in it that nobody may say. */
export type Suspected = Omit<CaseRun, 'run'> & { readonly isWrong: boolean };

/** Parts that the cases are played in, one after the other on the same server, until it shows. */
const PARTS = 8;

/** @param lanes cases played at once */
export async function whoLeaves(
  inquiry: Inquiry,
  { symptom, isBreak }: Oddity,
  suspected: readonly Suspected[],
  lanes: number,
): Promise<Suspected | undefined> {
  const { watched, isOver } = inquiry;
  const isOdd = async (): Promise<boolean> => (await askBystanders(inquiry)).some((one) => one.symptom === symptom);
  // What may be said changes the state of a server as it should.
  let left = suspected.filter(({ isWrong }) => isBreak || isWrong);
  while (left.length > 0 && !isOver()) {
    await watched.restart();
    if (await isOdd()) return undefined;
    let guilty: Suspected[] | undefined;
    for (const part of partsOf(left)) {
      await playAll(inquiry, part, lanes);
      await upAgain(inquiry);
      if (isOver()) return undefined;
      if (await isOdd()) guilty = part;
      if (guilty !== undefined) break;
    }
    if (guilty === undefined || guilty.length === 1) return guilty?.[0];
    left = guilty;
  }
  return undefined;
}

function partsOf(list: readonly Suspected[]): readonly Suspected[][] {
  const size = Math.ceil(list.length / PARTS);
  return Array.from({ length: Math.ceil(list.length / size) }, (_, i) => list.slice(i * size, (i + 1) * size));
}

async function playAll(inquiry: Inquiry, cases: readonly Suspected[], lanes: number): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < cases.length && !inquiry.isOver())
      await playAlone(inquiry, scriptOf(cases[next++]!), inquiry.patience);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}
