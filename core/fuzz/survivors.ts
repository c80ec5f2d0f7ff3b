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
/** The server may have gone on for some messages. */
const BACK = 8;
/** Chance may have a part in it. */
const TIMES = 2;

export async function survivors(recorded: Seed, how: SurviveHow): Promise<Survived> {
  let seed = recorded;
  const deadly: Script[] = [];
  while (deadly.length < MOST_DEADLY && !how.isOver()) {
    const diedAt = await diesAt(seed.base, how);
    if (diedAt === undefined) break;
    const at = await culprit(seed, diedAt, how);
    if (at === undefined) break;
    const { steps } = seed.base;
    deadly.push({ steps: [...steps.slice(0, at), { ...(steps[at] as SendStep), mutated: true }] });
    seed = leavingOut(seed, at);
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

/** With which of the last messages does it go down? With the one before which it stands. */
async function culprit(seed: Seed, diedAt: number, how: SurviveHow): Promise<number | undefined> {
  const { steps } = seed.base;
  const last = steps.flatMap((step, i) => (i <= diedAt && isSend(step) && step.isLeftOut !== true ? [i] : []));
  for (const at of last.slice(-BACK).reverse()) {
    const stands = await standsBehind({ steps: steps.slice(0, at) }, how);
    if (how.isOver()) return undefined;
    if (stands) return at;
  }
  return undefined;
}

/** The last that was said may take a moment to bring it down. */
async function standsBehind(script: Script, how: SurviveHow): Promise<boolean> {
  const before = how.exits();
  for (let i = 0; i < TIMES; i++) {
    await how.play(script);
    await how.settle();
    if (how.exits() !== before) return false;
  }
  return true;
}

function leavingOut(seed: Seed, at: number): Seed {
  const steps = seed.base.steps.map((step, i) => (i === at && isSend(step) ? { ...step, isLeftOut: true } : step));
  return { ...seed, base: { steps } };
}
