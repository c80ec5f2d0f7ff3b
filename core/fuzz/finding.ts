/** Something found: what, by which case, how surely, and the smallest script that shows it. */
import type { Oracle } from './suspicion.ts';
import type { Carrier } from '../traffic/frame.ts';
import type { Family } from './mutation.ts';
import type { Script } from './script.ts';
import type { ShrinkTry } from './shrink.ts';

/** What was said while the finding was confirmed, in order. */
export interface Said {
  readonly direction: 'toServer' | 'toClient';
  readonly conn: number;
  /** Milliseconds since the run began. */
  readonly at: number;
  readonly message: string;
  readonly summary: string;
  readonly bytes: Uint8Array;
  readonly carrier: Carrier;
  readonly mutated: boolean;
}

export interface Finding {
  readonly id: string;
  readonly key: string;
  readonly oracle: Oracle;
  readonly title: string;
  readonly message: string;
  readonly field: string;
  /** `rng:index:address`. */
  readonly caseId: string;
  readonly what: string;
  /** Undefined for what the recorded session itself shows. */
  readonly family?: Family;
  /** Runs that failed of those that were tried. */
  readonly confirmed: { readonly times: number; readonly of: number };
  /** It shows on a server that was just started, and by the recorded users. */
  readonly isSecluded?: boolean;
  readonly hits: number;
  /** Milliseconds since the campaign began. */
  readonly at: number;
  readonly script: Script;
  /** Client messages before it was made smaller. */
  readonly sendsBefore: number;
  /** How it was made smaller; the tries that changed nothing are among them. */
  readonly shrunk?: readonly ShrinkTry[];
  /** All was tried to make it smaller. Absent: there was no time for it, or no need. */
  readonly isSmallest?: boolean;
  readonly said: readonly Said[];
  readonly evidence: readonly string[];
  /** The target's own words around it. */
  readonly log: readonly string[];
  /** How this server says no: what the judgement went by. */
  readonly refusals: readonly string[];
  readonly exit?: { readonly code: number | null; readonly signal: string | null };
}

/** The mutation of a case: `frame:address`. */
export function addressIn(caseId: Finding['caseId']): string {
  return caseId.split(':').slice(2).join(':');
}

/** It happened, and did not come back when it was tried again: no finding, and nothing to be silent about. */
export interface Unconfirmed {
  readonly key: string;
  readonly oracle: Oracle;
  readonly title: string;
  /** Addresses of the cases that were under way. */
  readonly cases: readonly string[];
  /** The target's last words. */
  readonly log: readonly string[];
}
