/** Which case is played next: those that were broken by others first, then the schedule, then what is likely to end the server. */
import type { Avoidance } from './avoidance.ts';
import type { Calibrated } from './calibration.ts';
import type { Ledger } from './ledger.ts';
import type { Made, MakeHow, Mutation } from './mutation.ts';
import type { Schedule } from './schedule.ts';
import { isSend } from './script.ts';
import { canShare, isSameWay } from './shared-run.ts';
import type { Seed } from './seed.ts';
import type { Tried } from './tried.ts';
import { wayTo } from './visit-needs.ts';

/** A case that is about to be played. */
export interface Taken {
  readonly index: number;
  readonly id: string;
  readonly mutation: Mutation;
  readonly made: Made;
}

export interface CaseQueueOptions {
  readonly schedule: Schedule;
  readonly tried: Tried;
  readonly ledger: Ledger;
  readonly avoidance: Avoidance;
  readonly rng: number;
  /** Cases that are asked for; undefined: until the time is up. */
  readonly most: () => number | undefined;
}

/** Client messages to go on with behind a mutated one. */
const TAIL = 6;
const FULL_TAIL = 400;
/** Cases looked at for company. */
const MOST_AHEAD = 300;
/** One case in so many plays the whole recorded session around it. */
const WHOLE_EVERY = 64;

export class CaseQueue {
  readonly #o: CaseQueueOptions;
  /** Where a case is played that is not for the lanes. */
  #elsewhere: (index: number, mutation: Mutation) => boolean = () => false;
  /** Broken by another case, to be played again. */
  readonly #broken: Taken[] = [];
  /** Like those the server went down with: played when nothing else is left. */
  readonly #postponed: Taken[] = [];

  /** Looked at for company of others, and not played yet. */
  readonly #ahead: Taken[] = [];

  /** Recorded messages that bring the server down as they are, by number of their frame. */
  readonly #deadly = new Set<number>();

  constructor(options: CaseQueueOptions) {
    this.#o = options;
  }

  /** As many cases as were asked for have been played, or are under way. */
  get isEmpty(): boolean {
    return this.#isAllTaken() && this.#broken.length + this.#postponed.length + this.#ahead.length === 0;
  }

  /** @param takes true: it sees to the case itself */
  divert(takes: (index: number, mutation: Mutation) => boolean): void {
    this.#elsewhere = takes;
  }

  again(cases: readonly Taken[]): void {
    const { avoidance } = this.#o;
    for (const one of cases) {
      const again = { ...one, made: this.#withoutDeadly(one.made) };
      (avoidance.isRisky(one.mutation) ? this.#postponed : this.#broken).push(again);
    }
  }

  /** From here on cases do without this recorded message, unless they make something else of it. */
  leaveOut(n: number): void {
    this.#deadly.add(n);
  }

  #withoutDeadly(made: Made): Made {
    if (this.#deadly.size === 0) return made;
    const steps = made.script.steps.map((step) =>
      isSend(step) && !step.mutated && this.#deadly.has(step.n) ? { ...step, isLeftOut: true } : step,
    );
    return { ...made, script: { steps } };
  }

  /** The next case that is not done, can be made and is not known to show an old finding. */
  take(seed: Seed, calibrated: Calibrated, isOver: () => boolean): Taken | undefined {
    const { ledger, avoidance } = this.#o;
    for (;;) {
      const again = this.#broken.shift();
      if (again !== undefined) {
        const known = avoidance.of(again.mutation);
        if (known === undefined) return again;
        ledger.skip(again.index, again.mutation.id, known);
        continue;
      }
      if (isOver()) return undefined;
      const ahead = this.#ahead.shift();
      if (ahead !== undefined) {
        this.#broken.push(ahead);
        continue;
      }
      const next = this.#next(seed, calibrated, isOver);
      if (next !== undefined) return next;
      const late = isOver() ? undefined : this.#postponed.shift();
      if (late === undefined) return undefined;
      this.#broken.push(late);
    }
  }

  /** Those that may follow this one on the same connections, itself among them. */
  company(first: Taken, most: number, seed: Seed, calibrated: Calibrated, isOver: () => boolean): readonly Taken[] {
    const found = [first];
    if (most <= 1 || !canShare(first)) return found;
    const isCompany = (one: Taken): boolean => found.length < most && canShare(one) && isSameWay(first, one);
    const waiting = this.#ahead.splice(0);
    for (const one of waiting) (isCompany(one) ? found : this.#ahead).push(one);
    while (found.length < most && this.#ahead.length < MOST_AHEAD) {
      const next = this.#next(seed, calibrated, isOver);
      if (next === undefined) break;
      (isCompany(next) ? found : this.#ahead).push(next);
    }
    return found;
  }

  /** Of the schedule; undefined when it has given all. */
  #next(seed: Seed, calibrated: Calibrated, isOver: () => boolean): Taken | undefined {
    const { schedule, tried, ledger, avoidance, rng } = this.#o;
    while (!this.#isAllTaken() && !isOver()) {
      const { index, mutation: scheduled } = schedule.next();
      tried.add(scheduled);
      if (ledger.isDone(index)) continue;
      // One that was under way when the campaign was killed is the same again, whatever was learned since.
      const begun = ledger.begunBefore(index);
      const mutation = (begun === undefined ? undefined : schedule.byId(begun)) ?? scheduled;
      const known = avoidance.of(mutation);
      if (known === undefined && this.#elsewhere(index, mutation)) continue;
      const made = known === undefined ? make(mutation, seed, calibrated, this.how(index, calibrated)) : undefined;
      if (made === undefined) {
        ledger.skip(index, mutation.id, known ?? 'nothing to change');
        continue;
      }
      const taken = { index, mutation, made: this.#withoutDeadly(made), id: `${rng}:${index}:${mutation.id}` };
      if (!avoidance.isRisky(mutation)) return taken;
      this.#postponed.push(taken);
    }
    return undefined;
  }

  /** Now and then the whole visit, before and behind; else what is needed. */
  how(index: number, { prefixes, seed }: Calibrated): MakeHow {
    const { rng } = this.#o;
    if (index % WHOLE_EVERY === WHOLE_EVERY - 1) return { rng, tail: FULL_TAIL, prefix: (at) => wayTo(seed, at) };
    return { rng, tail: TAIL, longTail: FULL_TAIL, prefix: (at) => prefixes.of(at) };
  }

  /** The schedule has given as many cases as were asked for, or all that were planned. */
  #isAllTaken(): boolean {
    const { schedule } = this.#o;
    const most = this.#o.most();
    if (most !== undefined) return schedule.taken >= most;
    // Before havoc without end.
    return schedule.taken >= schedule.planned.length && this.#postponed.length > 0;
  }
}

function make(mutation: Mutation, seed: Seed, { waitingLess }: Calibrated, how: MakeHow): Made | undefined {
  // What would be said on a connection that is never made changes nothing.
  const conn = seed.base.steps[mutation.step]?.conn;
  if (seed.base.steps.some((step) => step.conn === conn && step.kind === 'open' && step.isUnmade === true))
    return undefined;
  const made = mutation.make(seed, how);
  return made === undefined ? undefined : { ...made, script: waitingLess(made.script) };
}
