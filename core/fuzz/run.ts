/** A script that was played: what was sent, what came back, how it ended. */
import type { Ending, Target } from '../replay/target.ts';
import type { Clock } from '../traffic/clock.ts';
import type { Carrier } from '../traffic/frame.ts';
import type { Heard } from './hearing.ts';
import type { Identities } from './identity.ts';
import type { Scene } from './scene.ts';
import type { Script } from './script.ts';

/** What a run needs of the world. */
export interface Stage {
  readonly target: Target;
  readonly clock: Clock;
  /** Rings once after so many milliseconds; the function calls it off. */
  readonly after: (ms: number, ring: () => void) => () => void;
  /** Before a run: where only one can be played at a time, it waits for its turn. */
  readonly began?: () => Promise<void>;
  /** A run is over: what was started for it ends. */
  readonly ended?: () => Promise<void>;
  /** Of the bytes on one connection, for the journal. */
  readonly checksum?: (bytes: Uint8Array, before: number) => number;
}

/** How long is waited for what, milliseconds. */
export interface Patience {
  /** For an answer to a message as recorded. */
  readonly answer: number;
  /** For an answer once something was mutated: most often there is none. */
  readonly muted: number;
  /** At the end, for more. */
  readonly settle: number;
  /** At the end, no longer for more once nothing has come for so long. */
  readonly lull?: number;
  /** Once an answer has begun, nothing for so long means that it is all. Absent: everything that was recorded is waited for. */
  readonly quiet?: number;
  /** After a message that nothing is awaited for: what comes all the same answers it, and not the next one. Default 0. */
  readonly linger?: number;
  /** What is known to have come within some time is waited for so many times as long, and no longer. */
  readonly stretch?: number;
  /** The least that is given to what is known to have come sooner. */
  readonly leastDue?: number;
  /** Silences in a row after which nothing more is said. Default: 8 where it is known when answers came, else no number of them. */
  readonly hopeless?: number;
  /** What is wrong is said so long after the run began at the earliest. */
  readonly wrongAt?: number;
}

export interface LiveFrame {
  readonly conn: number;
  /** Step it came after. */
  readonly step: number;
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly bytes: Uint8Array;
  readonly carrier: Carrier;
  readonly heard: Heard;
  readonly isHeartbeat: boolean;
}

export interface StepRun {
  /** When it was sent, ms since the run began; undefined: it was not. */
  readonly at: number;
  readonly bytes: Uint8Array;
  /** What the description and its checks say of our own message. */
  readonly heard: Heard;
  /** Until the first frame came; undefined: none came in time. */
  answerMs: number | undefined;
  /** All that was awaited came. */
  isAnswered: boolean;
}

export interface ConnectionRun {
  ending: Ending | undefined;
  /** Why it was not made. */
  failure: string | undefined;
  sentBytes: number;
  checksum: number;
  frames: number;
  /** Step that was the last before the ending. */
  endedAfter: number;
}

export interface Run {
  readonly script: Script;
  /** By index in the script. */
  readonly steps: readonly (StepRun | undefined)[];
  readonly frames: readonly LiveFrame[];
  readonly connections: ReadonlyMap<number, ConnectionRun>;
  readonly elapsedMs: number;
  /** Connections that were still open and silent after something was mutated. */
  readonly gaveUp: boolean;
  /** On the clock. */
  readonly began: number;
  /** No connection was left when it ended. */
  readonly isOver: boolean;
}

export interface RunHow {
  readonly scene: Scene;
  readonly identities: Identities;
  /** Which user this run is. */
  readonly tag: number;
  readonly patience: Patience;
  /** Silent answers in a row after which the rest is not sent. Default 2. */
  readonly giveUpAfter?: number;
  /** Asked between steps: no further ones are played. */
  readonly isAborted?: () => boolean;
}
