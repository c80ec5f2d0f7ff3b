/**
 * Plays the cases that need a server nobody was at before: each on one that was just started, by itself. A start for each costs
 * much, so only races and broken rules are played this way, and only for a share of the time.
 */
import type { Calibrated } from './calibration.ts';
import type { CaseRun } from './case-run.ts';
import type { Finder } from './finder.ts';
import type { FindingList } from './finding-list.ts';
import { Identities } from './identity.ts';
import { type Inquiry, playAlone } from './inquiry.ts';
import type { Ledger } from './ledger.ts';
import type { Made, MakeHow, Mutation } from './mutation.ts';
import { raceScripts } from './race.ts';
import { Screening } from './screening.ts';
import type { Script } from './script.ts';
import type { Secluded } from './secluded.ts';
import { solo } from './solo.ts';
import type { Tempo } from './tempo.ts';

/** Of the time of a campaign. */
const SHARE = 0.12;
/** Lanes are not stopped for less, milliseconds; so much is given at the beginning. */
const LEAST_MS = 6000;
/** That must have come together before the first of them is played. */
const ENOUGH = 6;
const RACES = 3;
/** Client messages to go on with behind a mutated one. */
const TAIL = 4;
const GRACE_MS = 60;

export interface SeclusionOptions {
  readonly calibrated: Calibrated;
  readonly inquiry: Inquiry;
  readonly findings: FindingList;
  readonly ledger: Ledger;
  readonly tempo: Tempo;
  readonly finder: Finder;
  readonly rng: number;
}

interface Waiting {
  readonly index: number;
  readonly mutation: Mutation;
}

export class Seclusion {
  readonly #o: SeclusionOptions;
  readonly #secluded: Secluded | undefined;
  /** The server is started again before each question; where nobody can, it is as any other. */
  readonly inquiry: Inquiry;
  readonly #screening: Screening | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #began: number;
  #spent = 0;

  constructor(options: SeclusionOptions) {
    this.#o = options;
    const { calibrated, inquiry, findings } = options;
    this.#secluded = calibrated.secluded;
    this.#began = inquiry.stage.clock.now();
    this.inquiry = inquiry;
    if (this.#secluded === undefined) return;
    const { seed, baseline } = this.#secluded;
    const screening = new Screening(seed, baseline, findings);
    this.#screening = screening;
    this.inquiry = secludedInquiry(inquiry, this.#secluded, () => screening.world());
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** Enough of its share of the time has come together to stop the others for it. */
  get isDue(): boolean {
    return this.#waiting.length >= (this.#spent === 0 ? ENOUGH : 1) && this.#left >= LEAST_MS;
  }

  get #left(): number {
    return LEAST_MS + (this.#now() - this.#began) * SHARE - this.#spent;
  }

  /** Whether a case is played here rather than beside others; it waits for its turn then. */
  takes(index: number, mutation: Mutation): boolean {
    const { rule, family, step, guessesFirst } = mutation;
    const isWorth = rule !== undefined || family === 'rule' || family === 'race';
    // Who guesses numbers of others needs others.
    if (!isWorth || guessesFirst === true || this.#secluded?.steps.has(step) !== true) return false;
    // There are few races, and what is won twice is lost nowhere else.
    if (family === 'race') this.#waiting.unshift({ index, mutation });
    else this.#waiting.push({ index, mutation });
    return true;
  }

  /** One that others spoiled; before broken rules, for there are few. False: nobody can start the server for it. */
  retry({ index, mutation }: Waiting): boolean {
    if (this.#secluded === undefined) return false;
    const races = this.#waiting.findLastIndex((one) => one.mutation.family === 'race') + 1;
    this.#waiting.splice(races, 0, { index, mutation });
    return true;
  }

  /** @param isEnd all that waits, whatever it takes */
  async play(isEnd: boolean): Promise<void> {
    const began = this.#now();
    const { isOver } = this.inquiry;
    const spent = this.#spent;
    while (!this.isEmpty && !isOver()) {
      if (!isEnd && this.#left <= 0) return;
      await this.#o.tempo.unpaused();
      await this.#o.tempo.slot();
      if (isOver()) return;
      await this.#playOne(this.#waiting.shift()!);
      this.#spent = spent + this.#now() - began;
    }
  }

  async #playOne({ index, mutation }: Waiting): Promise<void> {
    const { rng, ledger, tempo } = this.#o;
    const { seed, waitingLess } = this.#secluded!;
    const how: MakeHow = { rng, tail: TAIL };
    const made = mutation.make(seed, how);
    if (made === undefined) {
      ledger.skip(index, mutation.id, 'nothing to change');
      return;
    }
    const script = waitingLess(made.script);
    ledger.start(index, mutation.id, mutation.message);
    const taken = { index, mutation, made: { ...made, script }, id: `${rng}:${index}:${mutation.id}` };
    tempo.count();
    if (mutation.family === 'race') await this.#race(taken, how);
    else await this.#single(taken);
  }

  async #single(taken: Omit<CaseRun, 'run'>): Promise<void> {
    const { ledger, finder } = this.#o;
    const { down, run } = await solo(this.inquiry, taken.made.script, GRACE_MS);
    const at: CaseRun = { ...taken, run };
    if (this.inquiry.isOver()) return;
    if (down !== undefined) {
      ledger.count(at, 'crashed');
      await finder.findIn(this.inquiry, down, taken.made.script, at);
      ledger.crashed(at);
      return;
    }
    const { outcome, suspicions } = this.#screening!.screen(at);
    ledger.count(at, outcome);
    for (const one of suspicions) await finder.findIn(this.inquiry, one, taken.made.script, at);
    ledger.finish(at, suspicions.length > 0 ? 'suspicious' : outcome);
  }

  async #race(taken: Omit<CaseRun, 'run'>, how: MakeHow): Promise<void> {
    const { ledger, finder } = this.#o;
    const { seed } = this.#secluded!;
    const { mutation, made } = taken;
    const message = seed.messages.find((one) => one.frame.n === mutation.n && one.index === 0)!;
    const scripts = raceScripts(seed, message, mutation.name, how);
    const inTurn = await this.#run(scripts.inTurn);
    for (let i = 0; i < RACES; i++) {
      const run = await this.#run(scripts.atOnce);
      if (this.inquiry.isOver()) return;
      const raced: Made = { script: scripts.atOnce, focus: made.focus };
      const at: CaseRun = { ...taken, made: raced, run };
      const { suspicions } = this.#screening!.screenRace(at, inTurn, scripts);
      for (const one of suspicions) await finder.findIn(this.inquiry, one, scripts.atOnce, at);
      if (suspicions.length === 0 && i < RACES - 1) continue;
      ledger.finish(at, 'race');
      return;
    }
  }

  #run(script: Script): ReturnType<typeof playAlone> {
    const { patience } = this.inquiry;
    return playAlone(this.inquiry, script, { ...patience, muted: Math.max(80, patience.muted) });
  }

  #now(): number {
    return this.#o.inquiry.stage.clock.now();
  }
}

/** The same questions to a server that is started again for each of them, by the recorded users. */
export function secludedInquiry(inquiry: Inquiry, { seed, baseline }: Secluded, world?: Inquiry['world']): Inquiry {
  const { refusals } = inquiry.world();
  return {
    ...inquiry,
    seed,
    identities: new Identities([]),
    world: world ?? (() => ({ seed, baseline, refusals })),
    isSecluded: true,
  };
}
