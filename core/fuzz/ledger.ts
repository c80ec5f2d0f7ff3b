/** Which cases are over and how they went; writes the journal. */
import type { CaseRun } from './case-run.ts';
import { keptCase } from './corpus.ts';
import { SeenBehaviour } from './coverage.ts';
import type { Resumed } from './journal.ts';
import type { Outcome } from './suspicion.ts';
import type { Run } from './run-script.ts';
import type { Keeper } from './world.ts';

/** What became of a case of the rule-breaking suite. */
export interface RuleOutcome {
  readonly message: string;
  readonly rule: string;
  readonly outcome: Outcome;
  readonly caseId: string;
  /** It is no fault by itself when it is accepted: only the makers of the game know. */
  readonly isTold?: boolean;
}

export interface LedgerOptions {
  readonly keeper: Keeper;
  readonly rng: number;
  readonly resumed: Resumed | undefined;
  /** Told of a case that showed something new. */
  readonly onNew: (n: number, points: number) => void;
}

export class Ledger {
  readonly seen = new SeenBehaviour();
  readonly outcomes: Record<Outcome, number> = { accepted: 0, rejected: 0, ignored: 0, kicked: 0, crashed: 0 };
  readonly rules: RuleOutcome[] = [];
  readonly #o: LedgerOptions;
  readonly #done: Set<number>;
  readonly #again: ReadonlyMap<number, string>;
  #played = 0;
  #skipped = 0;

  constructor(options: LedgerOptions) {
    this.#o = options;
    this.#done = new Set(options.resumed?.done);
    this.#again = options.resumed?.open ?? new Map();
  }

  /** Cases that are over, those of earlier parts of the campaign among them. */
  get done(): number {
    return this.#done.size;
  }
  /** Cases played in this part. */
  get played(): number {
    return this.#played;
  }
  get skipped(): number {
    return this.#skipped;
  }
  isDone(index: number): boolean {
    return this.#done.has(index);
  }
  /** The case that was under way at this place when the campaign was killed. */
  begunBefore(index: number): string | undefined {
    return this.#again.get(index);
  }

  /** Before the first byte. */
  start(index: number, mutationId: string, message: string): void {
    this.#o.keeper.append({ what: 'start', case: index, id: mutationId });
    this.seen.mutated(message);
  }

  skip(index: number, mutationId: string, why: string): void {
    this.#skipped += 1;
    this.#over(index, mutationId, 'skipped', 0, { skipped: why });
  }

  /** How the mutated message was taken. */
  count({ mutation, id }: CaseRun, outcome: Outcome): void {
    this.outcomes[outcome] += 1;
    if (mutation.rule !== undefined)
      this.rules.push({
        message: mutation.message,
        rule: mutation.rule,
        outcome,
        caseId: id,
        ...(mutation.isTold === true ? { isTold: true } : {}),
      });
  }

  finish(at: CaseRun, outcome: string): void {
    const { mutation, run, index } = at;
    const fresh = this.seen.see(run);
    if (fresh > 0) {
      this.#o.onNew(mutation.n, fresh);
      const shows = this.seen.newsOf(run);
      if (shows.length > 0) this.#o.keeper.keep(keptCase(at, this.#o.rng, shows));
    }
    this.#over(index, mutation.id, outcome, run.elapsedMs, { run, fresh, sharedWith: at.sharedWith });
  }

  /** @param known the finding it would only have shown again */
  crashed({ index, mutation, run, sharedWith }: CaseRun, known?: string): void {
    this.#over(index, mutation.id, 'crashed', run.elapsedMs, {
      run,
      sharedWith,
      ...(known === undefined ? {} : { skipped: known }),
    });
  }

  #over(
    index: number,
    id: string,
    outcome: string,
    ms: number,
    {
      run,
      fresh = 0,
      skipped,
      sharedWith,
    }: { run?: Run; fresh?: number; skipped?: string; sharedWith?: number | undefined },
  ): void {
    this.#done.add(index);
    if (run !== undefined) this.#played += 1;
    const sent: Record<string, readonly [number, number]> = {};
    if (sharedWith === undefined)
      for (const [conn, one] of run?.connections ?? [])
        if (one.sentBytes > 0) sent[conn] = [one.sentBytes, one.checksum];
    this.#o.keeper.append({
      what: 'done',
      case: index,
      id,
      outcome,
      ms: Math.round(ms * 10) / 10,
      ...(run === undefined || sharedWith !== undefined ? {} : { sent }),
      ...(sharedWith === undefined ? {} : { with: sharedWith }),
      ...(fresh > 0 ? { fresh } : {}),
      ...(skipped === undefined ? {} : { skipped }),
      ...(this.#again.has(index) ? { again: true as const } : {}),
    });
  }
}
