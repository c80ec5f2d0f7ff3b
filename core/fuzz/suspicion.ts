/** What an oracle says of a case: something that looks wrong, before it is confirmed. */
import type { Baseline } from './baseline.ts';
import type { Seed } from './seed.ts';

export type Oracle =
  | 'exit'
  | 'refused'
  | 'canary'
  | 'state'
  | 'no-answer'
  | 'closed'
  | 'slow'
  | 'schema'
  | 'invariant'
  | 'accepted'
  | 'race'
  | 'log'
  | 'memory';

export interface Suspicion {
  readonly oracle: Oracle;
  /** Findings with the same key are one. */
  readonly key: string;
  /** One sentence. */
  readonly title: string;
  readonly evidence: readonly string[];
  /** Step whose answer tells. */
  readonly step: number;
  /** Silence proves nothing unless the server goes on when the message is left out. */
  readonly needsControl?: boolean;
  /** Seen in what others bring about, too: so long after the wrong message, milliseconds. */
  readonly hearsayMs?: number;
}

export type Outcome = 'accepted' | 'rejected' | 'ignored' | 'kicked' | 'crashed';

export interface JudgeWorld {
  readonly seed: Seed;
  readonly baseline: Baseline;
  /** Signatures of answers to plain nonsense. */
  readonly refusals: ReadonlySet<string>;
}
