/** A recorded session may bring the server down as it is. What does so is left out of it, so that the rest can be gone on with. */
import type { Run } from './run-script.ts';
import { isSend, type Script, type SendStep } from './script.ts';
import type { Seed } from './seed.ts';

export interface Survived {
  readonly seed: Seed;
  /** Each deadly message, behind what came before it. */
  readonly deadly: readonly Script[];
}

export interface SurviveHow {
  readonly play: (script: Script) => Promise<Run>;
  /** Counts the ends of the server. */
  readonly exits: () => number;
  /** Waits for the end of a server that is about to. */
  readonly settle: () => Promise<void>;
  readonly isOver: () => boolean;
}

const MOST_DEADLY = 5;
/** The server may have gone on for a message or two. */
const BACK = 3;

export async function survivors(recorded: Seed, how: SurviveHow): Promise<Survived> {
  let seed = recorded;
  const deadly: Script[] = [];
  while (deadly.length < MOST_DEADLY && !how.isOver()) {
    const diedAt = await diesAt(seed.base, how);
    if (diedAt === undefined) break;
    const found = await culprit(seed, diedAt, how);
    if (found === undefined) break;
    const { steps } = seed.base;
    deadly.push({ steps: [...steps.slice(0, found.at), { ...(steps[found.at] as SendStep), mutated: true }] });
    seed = leavingOut(seed, found.at);
    if (found.isAll) break;
  }
  return { seed, deadly };
}

/** The last message that was sent before the server ended; undefined when it did not. */
async function diesAt(script: Script, { play, exits, settle }: SurviveHow): Promise<number | undefined> {
  const before = exits();
  const run = await play(script);
  const last = run.steps.findLastIndex((step) => step !== undefined);
  if ([...run.connections.values()].some((one) => one.ending !== undefined || one.failure !== undefined))
    await settle();
  return exits() === before ? undefined : Math.max(0, last);
}

/** Without which of the last messages does it live longest? `isAll`: to the end of the session. */
async function culprit(
  seed: Seed,
  diedAt: number,
  how: SurviveHow,
): Promise<{ readonly at: number; readonly isAll: boolean } | undefined> {
  const tried = seed.base.steps
    .flatMap((step, i) => (i <= diedAt && isSend(step) && step.isLeftOut !== true ? [i] : []))
    .slice(-BACK)
    .reverse();
  let best: { readonly at: number; readonly diesAt: number } | undefined;
  for (const at of tried) {
    if (how.isOver()) return undefined;
    const later = await diesAt(leavingOut(seed, at).base, how);
    if (later === undefined) {
      // Where chance has a part in it, it may live this time, and die of what was said before another time.
      if ((await diesAt({ steps: seed.base.steps.slice(0, at) }, how)) !== undefined) continue;
      return { at, isAll: true };
    }
    // Without one that only came too late to be read, it dies as soon.
    if (later > diedAt && later > (best?.diesAt ?? 0)) best = { at, diesAt: later };
  }
  return best === undefined ? undefined : { at: best.at, isAll: false };
}

function leavingOut(seed: Seed, at: number): Seed {
  const steps = seed.base.steps.map((step, i) => (i === at && isSend(step) ? { ...step, isLeftOut: true } : step));
  return { ...seed, base: { steps } };
}
