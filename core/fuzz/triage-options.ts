/** What `Triage` works with, and whom it tells. */
import type { Avoidance } from './avoidance.ts';
import type { Calibrated } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import type { Finder } from './finder.ts';
import type { FindingList } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import type { Ledger } from './ledger.ts';
import type { Tempo } from './tempo.ts';
import type { Timing } from './timing.ts';
import type { Watched } from './world.ts';

export interface TriageOptions {
  readonly watched: Watched;
  readonly inquiry: Inquiry;
  readonly calibrated: Calibrated;
  readonly findings: FindingList;
  readonly finder: Finder;
  readonly ledger: Ledger;
  readonly avoidance: Avoidance;
  readonly tempo: Tempo;
  readonly timing: Timing;
  readonly rng: number;
  /** What a look for leaks may take. */
  readonly huntMs: number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
  readonly onDoing: (doing: string) => void;
  readonly onNote: (text: string) => void;
  /** A case that was played again by itself, and the server stands. */
  readonly onPlayed: (at: CaseRun) => void;
  /** A recorded message that brings the server down as it is. */
  readonly onDeadly: (n: number) => void;
  /** The server was started again because it was full. */
  readonly onRenewed: () => void;
  /** What it is full of may be one case's doing. */
  readonly beforeRenewal: () => Promise<void>;
  /** A case that may be to blame for what is noticed later. */
  readonly onRemembered: (at: CaseRun) => void;
  /** Cases that were broken by another one: to be played again. */
  readonly onAgain: (cases: readonly CaseRun[]) => void;
}
