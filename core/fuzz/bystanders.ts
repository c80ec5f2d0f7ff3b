/**
 * Others on the same server, who do nothing wrong: two users play the beginning of the recorded session side by side, each
 * message by the one and then by the other. What they are told is what the state of the server looks like to others.
 */
import { type Oddity, UsualView } from './bystander-view.ts';
import { type Inquiry, isRefused } from './inquiry.ts';
import { type Patience, type Run, runScript } from './run-script.ts';
import { whoIs } from './scene.ts';
import { copied, isSend, OTHER, type Script, type Step } from './script.ts';
import type { Seed } from './seed.ts';
import type { JudgeWorld } from './suspicion.ts';
import { beginningOf } from './visit-needs.ts';
import type { Watched } from './world.ts';

/** What they do, and how they are answered where nobody says anything wrong. */
export interface Bystanders {
  readonly script: Script;
  readonly usual: UsualView;
  /** What playing it took, milliseconds. */
  readonly ms: number;
}

const MOST_SENDS = 40;
const MOST_MS = 400;
/** What tells is what comes, and not how soon. */
const PATIENCE: Patience = { answer: 1000, muted: 1000, settle: 1, stretch: 10, leastDue: 150, hopeless: 2 };
const IN_COMPANY = 3;

/** @param isPair two at once: not where they would be the same user */
export function scriptOfBystanders(seed: Seed, isPair: boolean): Script {
  const steps: Step[] = [];
  let sends = 0;
  let ms = 0;
  for (const step of beginningOf(seed)) {
    if (isSend(step)) {
      if (sends >= MOST_SENDS || ms > MOST_MS) break;
      sends += 1;
      ms += step.dueMs ?? 0;
    }
    const one = ownAnswerOnly(step);
    steps.push(one);
    if (isPair) steps.push(...copied([one], OTHER));
  }
  return { steps };
}

/** What others are told of it may be lost among what others do. */
function ownAnswerOnly(step: Step): Step {
  if (!isSend(step)) return step;
  const own = step.awaits.filter(([conn]) => conn === step.conn);
  return own.length === 0 ? step : { ...step, awaits: own };
}

type PlayHow = Pick<Inquiry, 'seed' | 'stage' | 'identities' | 'isOver'>;

export interface MeetHow extends PlayHow {
  readonly nextTag: () => number;
  readonly world: JudgeWorld;
  readonly watched: Watched;
}

/** How they are answered alone, beside others, and by a server that was just started; cases begin with that one. */
export async function meetBystanders(how: MeetHow): Promise<Bystanders | undefined> {
  const { seed, identities, nextTag, isOver, world, watched } = how;
  const isSameUser = identities.isEmpty && seed.scene.identities.length > 0;
  const script = scriptOfBystanders(seed, !isSameUser);
  const usual = new UsualView(script, world);
  const play = async (): Promise<number> => {
    const run = await playThem(script, nextTag(), how);
    if (hasTold(run, how)) usual.learn(run);
    return run.elapsedMs;
  };
  const hasBystanders = whoIs(seed.scene) === 'server' && script.steps.some(isSend);
  if (hasBystanders) {
    const ms = await play();
    // Where playing it takes long there is no time to do so again and again.
    if (ms <= MOST_MS * 5) await Promise.all(Array.from({ length: isSameUser ? 1 : IN_COMPANY }, play));
  }
  if (isOver()) return undefined;
  await watched.restart();
  if (!hasBystanders) return undefined;
  const ms = await play();
  if (!watched.isRunning) await watched.restart();
  return isOver() ? undefined : { script, usual, ms };
}

/** What is odd in what they are told now. */
export async function askBystanders(inquiry: Inquiry): Promise<readonly Oddity[]> {
  const { bystanders, newTag } = inquiry;
  if (bystanders === undefined) return [];
  const run = await playThem(bystanders.script, newTag(), inquiry);
  return hasTold(run, inquiry) ? bystanders.usual.oddIn(run) : [];
}

function playThem(script: Script, tag: number, { seed, stage, identities, isOver }: PlayHow): Promise<Run> {
  return runScript(script, stage, { scene: seed.scene, identities, tag, patience: PATIENCE, isAborted: isOver });
}

/** What was broken off tells nothing; a server that takes no connections told nobody anything. */
function hasTold(run: Run, { isOver }: PlayHow): boolean {
  return !isOver() && !isRefused(run);
}
