/** What looking into a case needs, and what is known of the server by now. */
import type { Identities } from './identity.ts';
import type { JudgeWorld } from './judge.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import type { Seed } from './seed.ts';
import type { Script } from './script.ts';
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
  /** Cases are played meanwhile: the server is not started again. */
  readonly isShared?: boolean;
  /** One of them has brought the server down: what is found out now is worth nothing. */
  readonly isBrokenOff?: () => boolean;
}

export function playAlone(
  { seed, stage, identities, newTag, isOver }: Inquiry,
  script: Script,
  patience: Patience,
): Promise<Run> {
  return runScript(script, stage, {
    scene: seed.scene,
    identities,
    tag: newTag(),
    patience,
    giveUpAfter: 3,
    isAborted: isOver,
  });
}

export async function upAgain({ watched, isShared }: Inquiry): Promise<void> {
  if (watched.isManaged && !watched.isRunning && isShared !== true) await watched.restart();
}

/** A connection could not be made. */
export function isRefused(run: Run): boolean {
  for (const one of run.connections.values()) if (one.failure !== undefined) return true;
  return false;
}
