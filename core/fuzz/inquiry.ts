/** What looking into a case needs, and what is known of the server by now. */
import type { Bystanders } from './bystanders.ts';
import type { Identities } from './identity.ts';
import type { JudgeWorld } from './suspicion.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script } from './script.ts';
import type { WayTo } from './shortcuts.ts';
import type { Watched } from './world.ts';

export interface Inquiry {
  readonly seed: Seed;
  readonly stage: Stage;
  readonly watched: Watched;
  readonly identities: Identities;
  readonly newTag: () => number;
  readonly world: () => JudgeWorld;
  readonly patience: Patience;
  /** How often a finding must come back. */
  readonly times: number;
  /** Nothing more is waited for. */
  readonly isOver: () => boolean;
  /** What must work whatever was sent before. */
  readonly canary: Script;
  /** To whom the server must look as it always did. Absent: the server is not ours to start again, or a client is under test. */
  readonly bystanders?: Bystanders;
  /** What has to come before a recorded message, as it was found before the first case. */
  readonly wayTo?: WayTo;
  /** Cases are played meanwhile: the server is not started again. */
  readonly isShared?: boolean;
  /** The server is started again before each run. */
  readonly isSecluded?: boolean;
  /** One of them has brought the server down: what is found out now is worth nothing. */
  readonly isBrokenOff?: () => boolean;
  readonly onRun?: (run: Run) => void;
}

export async function playAlone(inquiry: Inquiry, script: Script, patience: Patience): Promise<Run> {
  const { seed, stage, identities, newTag, isOver, isSecluded, watched, onRun } = inquiry;
  if (isSecluded === true) await watched.restart();
  const run = await runScript(script, stage, {
    scene: seed.scene,
    identities,
    tag: newTag(),
    patience,
    giveUpAfter: 3,
    isAborted: isOver,
  });
  onRun?.(run);
  return run;
}

export async function upAgain({ watched, isShared }: Inquiry): Promise<void> {
  if (watched.isManaged && !watched.isRunning && isShared !== true) await watched.restart();
}

/** The other side hung up or fell silent before all was said to it. */
export function isEndedEarly({ script, steps, connections, gaveUp }: Run): boolean {
  if (!script.steps.some((step, i) => isSend(step) && steps[i] === undefined)) return false;
  return gaveUp || [...connections.values()].some(({ ending }) => ending !== undefined && ending.by !== 'client');
}

/** A connection could not be made. */
export function isRefused(run: Run): boolean {
  for (const one of run.connections.values()) if (one.failure !== undefined) return true;
  return false;
}
