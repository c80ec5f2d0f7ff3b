/** Now and then between cases: does the recorded session still work, is it answered as it was, and does the memory grow? */
import { CANARY_PATIENCE, isCanaryWell } from './culprits.ts';
import type { FindingList } from './finding-list.ts';
import type { Inquiry } from './inquiry.ts';
import type { Ledger } from './ledger.ts';
import { makeLeakWatch } from './memory.ts';
import { whoIs } from './scene.ts';
import type { StateWatch } from './state-watch.ts';
import type { Triage } from './triage.ts';

export interface LookoutOptions {
  readonly inquiry: Inquiry;
  readonly triage: Triage;
  readonly ledger: Ledger;
  readonly findings: FindingList;
  readonly states: StateWatch;
}

const CANARY_CASES = 60;
const CANARY_MS = 2000;
/** Cases between two looks for what the memory grows with. */
const HUNT_EVERY = 1500;
const MOST_HUNTS = 3;
/** It is looked for once in any case, after so many cases. */
const FIRST_HUNT = 400;

export class Lookout {
  readonly #o: LookoutOptions;
  readonly #leaks: ReturnType<typeof makeLeakWatch>;
  #lastCanary = { at: 0, played: 0 };
  #hunts = { count: 0, played: 0 };

  constructor(options: LookoutOptions) {
    this.#o = options;
    this.#leaks = makeLeakWatch(options.inquiry.watched.memory());
  }

  async look(): Promise<void> {
    const { inquiry, triage, ledger } = this.#o;
    const { watched, stage, seed } = inquiry;
    const now = stage.clock.now();
    const { played } = ledger;
    this.#leaks.sample(played, now, () => watched.memory());
    const isHuntDue = this.#hunts.count === 0 || played - this.#hunts.played >= HUNT_EVERY;
    if (isHuntDue && this.#isMemorySuspicious()) this.#hunt(true);
    else if (this.#hunts.count === 0 && played >= FIRST_HUNT && watched.memory() !== undefined) this.#hunt(false);
    // Each case has a client of its own.
    if (whoIs(seed.scene) === 'client') return;
    await this.#o.states.look();
    if (played - this.#lastCanary.played < CANARY_CASES && now - this.#lastCanary.at <= CANARY_MS) return;
    this.#lastCanary = { at: now, played };
    const { exits } = watched;
    if (await isCanaryWell(inquiry, CANARY_PATIENCE)) return triage.canaryWell(now);
    // A server that is down is somebody else's to look into.
    if (exits !== watched.exits || triage.hasExited) return;
    triage.canaryFailed();
  }

  /** At the end once more: how others see it, and the memory when it has never been looked for. */
  async lookLast(): Promise<void> {
    await this.#o.states.look(true);
    if (this.#hunts.count === 0 && this.#isMemorySuspicious()) this.#hunt(true);
  }

  #isMemorySuspicious(): boolean {
    const isKnown = this.#o.findings.get('memory') !== undefined;
    return this.#hunts.count < MOST_HUNTS && !isKnown && this.#leaks.isSuspicious();
  }

  #hunt(hasGrown: boolean): void {
    this.#hunts = { count: this.#hunts.count + 1, played: this.#o.ledger.played };
    this.#o.triage.huntLeaks(hasGrown);
  }
}
