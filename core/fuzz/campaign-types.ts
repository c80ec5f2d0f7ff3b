/** What a campaign is asked to do, and what it says of itself. */
import type { KeptCase } from './corpus.ts';
import type { Finding, Unconfirmed } from './finding.ts';
import type { Resumed } from './journal.ts';
import type { Stage } from './run-script.ts';
import type { Seed } from './seed.ts';
import type { Family } from './mutation.ts';
import type { TriedOf } from './tried.ts';
import type { Phase } from './timing.ts';
import type { Keeper, Watched } from './world.ts';

export interface CampaignOptions {
  readonly seed: Seed;
  readonly stage: Stage;
  readonly watched: Watched;
  readonly keeper: Keeper;
  readonly rng: number;
  readonly cases?: number;
  readonly seconds?: number;
  readonly maxFindings?: number;
  readonly ratePerSecond?: number;
  /** Cases played at once; default: as many as the recorded session bears. */
  readonly lanes?: number;
  /** Cases that may follow each other on the same connections. Default 1: each has fresh ones. */
  readonly reuse?: number;
  /** How often each finding must come back. Default 3. */
  readonly confirm?: number;
  /** Where the count of users begins, so that campaigns do not meet the users of earlier ones. */
  readonly firstTag?: number;
  readonly resumed?: Resumed;
  /** Cases of an earlier campaign to begin with. */
  readonly corpus?: readonly KeptCase[];
  readonly onStatus?: (status: CampaignStatus) => void;
  readonly onNote?: (text: string) => void;
}

export type CampaignState = 'running' | 'paused' | 'done' | 'stopped' | 'failed';

export interface CampaignStatus {
  readonly state: CampaignState;
  readonly cases: number;
  readonly planned: number;
  readonly perSecond: number;
  readonly elapsedMs: number;
  readonly rng: number;
  readonly coverage: {
    readonly messagesMutated: number;
    readonly messagesTotal: number;
    readonly replies: number;
    readonly transitions: number;
    /** Ways of going wrong that were tried, by message and by family. */
    readonly messages: readonly TriedOf[];
    readonly families: readonly TriedOf<Family>[];
  };
  /** Cases of each second, at most the last 300. */
  readonly rates: readonly number[];
  readonly findings: readonly Finding[];
  readonly error?: string;
  readonly skipped: number;
  readonly lanes: number;
  readonly doing: string;
  /** What happened and did not come back: told, and no finding. */
  readonly unconfirmed: readonly Unconfirmed[];
  /** Where the time went, milliseconds. */
  readonly phases: Readonly<Partial<Record<Phase, number>>>;
}
