/** What a campaign needs of the world around it, as interfaces: the target's process, the folder findings go to. */
import type { KeptCase } from './corpus.ts';
import type { Finding } from './finding.ts';
import type { JournalLine } from './journal.ts';

export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last it wrote, in order. */
  readonly lines: readonly string[];
}

/** The server under test. Where we did not start it, it can neither be restarted nor watched. */
export interface Watched {
  readonly isManaged: boolean;
  /** Counts the exits; whoever saw an older number missed one. */
  readonly exits: number;
  readonly lastExit: Exit | undefined;
  readonly isRunning: boolean;
  /** Starts it, or starts it again, and waits until it takes connections. @throws EngineError */
  restart(): Promise<void>;
  /** Nobody waits for it to come up any more: `restart` fails at once. */
  giveUp(): void;
  /** Resolves when it has exited, or after so many milliseconds. */
  exited(ms: number): Promise<void>;
  /** Resident memory of the process and its children, bytes. */
  memory(): number | undefined;
  /** Lines it wrote so far; grows. */
  readonly lineCount: number;
  linesSince(count: number): readonly string[];
  /** Whether somebody takes connections there. */
  isReachable(): Promise<boolean>;
}

export interface Keeper {
  append(line: JournalLine): void;
  /** A case worth beginning the next campaign with. */
  keep(one: KeptCase): void;
  /** Writes the finding's files; called again when it was hit more often. */
  save(finding: Finding): Promise<void>;
  /** It turned out to be none. */
  drop(id: string): void;
}
