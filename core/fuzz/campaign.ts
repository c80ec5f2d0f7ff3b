/**
 * A campaign: calibrates, plays case after case in several lanes, stops to look into what is suspicious, goes on. Everything it
 * does to the world goes through `Stage`, `Watched` and `Keeper`.
 */
import { Avoidance } from './avoidance.ts';
import { calibrate } from './calibration.ts';
import type { CampaignOptions, CampaignState, CampaignStatus } from './campaign-types.ts';
import { CaseQueue } from './case-queue.ts';
import type { Finding } from './finding.ts';
import type { Finder } from './finder.ts';
import { FindingList } from './finding-list.ts';
import type { Outcome } from './suspicion.ts';
import { Ledger, type RuleOutcome } from './ledger.ts';
import { makeReady, type Ready } from './ready.ts';
import { lookAtRecorded } from './recorded-faults.ts';
import { Schedule } from './schedule.ts';
import { whoIs } from './scene.ts';
import type { Seed } from './seed.ts';
import { Tempo } from './tempo.ts';
import { Tried } from './tried.ts';
import { timed, Timing } from './timing.ts';
import { unmadeIn } from './unmade.ts';

export type { CampaignOptions, CampaignState, CampaignStatus } from './campaign-types.ts';

const DEFAULT_CASES = 5000;
const DEFAULT_CONFIRM = 3;
/** What finding shorter ways to messages may cost, for what is won by it later. */
const TRYING_MS_A_CASE = 15;
const TRYING_MS_A_SECOND = 60;
/** Where there is no hurry. */
const MOST_TRYING_MS = 8000;
const STATUS_MS = 200;
/** A session answered less than this is not the session that was recorded. */
const LITTLE = 0.5;
/** What was found before the time was up may still be looked into for so long: at least, of the time, at most. */
const GRACE_MS = { least: 5000, share: 0.1, most: 30_000 };
/** Of the time, for making findings smaller: at most, and for each of them. */
const SHRINK = { share: 0.4, each: 14_000 };
const MOST_HUNT_MS = 60_000;
const HUNT_MS_A_SECOND = 140;

export class Campaign {
  readonly #o: CampaignOptions;
  readonly #schedule: Schedule;
  readonly #tried: Tried;
  readonly #ledger: Ledger;
  readonly #findings: FindingList;
  readonly #avoidance = new Avoidance();
  readonly #tempo: Tempo;
  readonly #timing: Timing;
  readonly #queue: CaseQueue;
  #ready: Ready | undefined;
  /** As recorded, until it is known what the server sends of it. */
  #seed: Seed;
  #tag: number;
  #state: CampaignState = 'running';
  #error: string | undefined;
  #doing = 'looking at the target';
  #began = 0;
  #lastStatus = 0;

  constructor(options: CampaignOptions) {
    const { seed, rng, firstTag = 1, keeper, stage, ratePerSecond, resumed, corpus = [] } = options;
    this.#timing = new Timing(() => stage.clock.now());
    this.#o = { ...options, watched: timed(options.watched, this.#timing) };
    this.#seed = seed;
    this.#schedule = new Schedule(seed, rng, corpus);
    this.#tried = new Tried(this.#schedule.planned);
    this.#tag = firstTag;
    this.#ledger = new Ledger({ keeper, rng, resumed, onNew: (n, points) => this.#schedule.reward(n, points) });
    this.#findings = new FindingList(keeper, () => this.#elapsed());
    this.#tempo = new Tempo(stage, ratePerSecond);
    this.#queue = new CaseQueue({
      schedule: this.#schedule,
      tried: this.#tried,
      ledger: this.#ledger,
      avoidance: this.#avoidance,
      rng,
      most: () => options.cases ?? (options.seconds === undefined ? this.planned : undefined),
    });
  }

  get planned(): number {
    const { cases, resumed, seconds } = this.#o;
    const all = seconds === undefined ? Math.max(DEFAULT_CASES, this.#schedule.planned.length) : 0;
    return cases ?? resumed?.planned ?? all;
  }
  get findings(): readonly Finding[] {
    return this.#findings.all;
  }
  /** How the mutated messages were taken. */
  get outcomes(): Readonly<Record<Outcome, number>> {
    return this.#ledger.outcomes;
  }
  /** Rule-breaking cases: what became of each. */
  get rules(): readonly RuleOutcome[] {
    return this.#ledger.rules;
  }

  /** Puts findings of an earlier part of the campaign back. */
  restore(findings: readonly Finding[]): void {
    this.#findings.restore(findings);
  }

  pause(on: boolean): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#state = on ? 'paused' : 'running';
    this.#tempo.pause(on);
    this.#tell(true);
  }

  /** Ends the campaign at the next step of the cases under way; those are played again when it goes on. */
  stop(): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#state = 'stopped';
    this.#tempo.pause(false);
    this.#o.watched.giveUp();
  }

  status(): CampaignStatus {
    const elapsedMs = this.#elapsed();
    const { seen, done, played, skipped } = this.#ledger;
    return {
      state: this.#state,
      cases: done,
      planned: this.planned,
      perSecond: elapsedMs > 0 ? (played * 1000) / elapsedMs : 0,
      elapsedMs,
      rng: this.#o.rng,
      coverage: {
        messagesMutated: seen.messagesMutated,
        messagesTotal: new Set(this.#seed.messages.map((one) => one.name)).size,
        replies: seen.answers,
        transitions: seen.transitions,
        messages: this.#tried.messages,
        families: this.#tried.families,
      },
      rates: this.#tempo.rates(),
      findings: this.findings,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      skipped,
      lanes: this.#ready?.calibrated.lanes ?? 0,
      doing: this.#doing,
      unconfirmed: this.#findings.unconfirmed,
      phases: this.#timing.report(elapsedMs),
    };
  }

  /** Plays until a budget is spent, `stop` is called or the target is gone for good. Never throws. */
  async run(): Promise<CampaignStatus> {
    const { stage, watched, keeper } = this.#o;
    this.#began = stage.clock.now();
    this.#tempo.begin();
    try {
      this.#writeHead();
      this.#ready = await this.#timing.during('getting ready', 1, async () => {
        if (watched.isManaged && !watched.isRunning) await watched.restart();
        return this.#prepare();
      });
      await this.#timing.during('inquiries', 1, () => lookAtRecorded(this.#ready!));
      await this.#play(this.#ready);
      if (this.#state === 'running') this.#state = 'done';
    } catch (error) {
      // What breaks off because it was told to has not failed.
      if (!this.#isStopped()) {
        this.#state = 'failed';
        this.#error = error instanceof Error ? error.message : String(error);
      }
    }
    this.#doing = '';
    keeper.append({ what: 'end', state: this.#state, done: this.#ledger.done });
    this.#tell(true);
    return this.status();
  }

  // ---- before ------------------------------------------------------------------------------------------------------------

  #writeHead(): void {
    const { keeper, resumed, rng } = this.#o;
    if (resumed !== undefined) {
      keeper.append({ what: 'resumed', done: resumed.done.size, again: resumed.open.size });
      for (const { n, points } of resumed.rewards) this.#schedule.reward(n, points);
      return;
    }
    const urls = [...this.#seed.scene.connections.values()].flatMap(({ url }) => (url === undefined ? [] : [url]));
    keeper.append({
      what: 'campaign',
      version: 1,
      rng,
      seed: `${this.#seed.messages.length} messages`,
      to: urls.map(({ scheme, host, port, path }) => `${scheme}://${host}:${port}${path}`),
      planned: this.planned,
    });
  }

  async #prepare(): Promise<Ready> {
    const { stage, watched, lanes: asked, confirm = DEFAULT_CONFIRM, cases, seconds } = this.#o;
    this.#do('calibrating');
    const calibrated = await calibrate(this.#seed, stage, this.#newTag, {
      isOver: () => this.#isOver(),
      steps: this.#schedule.steps,
      watched,
      tryingMs: Math.min(
        seconds === undefined ? MOST_TRYING_MS : seconds * TRYING_MS_A_SECOND,
        (cases ?? Infinity) * TRYING_MS_A_CASE,
      ),
      ...(asked === undefined ? {} : { lanes: asked }),
    });
    const { baseline, identities, lanes, seed } = calibrated;
    this.#seed = seed;
    for (const run of calibrated.runs) this.#ledger.seen.asUsual(run);
    this.#note(
      `The ${whoIs(seed.scene)} answers ${Math.round(baseline.likeness * 100)} % of the recorded session as recorded; ${lanes} at once${identities.isEmpty ? '' : ', each as another user'}.`,
    );
    const unmade = unmadeIn(seed);
    if (unmade.length > 0)
      this.#note(
        `The client does not make the recorded connection ${unmade.join(', ')}: what was said there is left out.`,
      );
    if (baseline.likeness < LITTLE) {
      this.#note(
        `Cases reach no further than the session does: record it against this ${whoIs(seed.scene)}, or start the ${whoIs(seed.scene)} as it was then.`,
      );
    }
    return makeReady(calibrated, {
      ...this.#o,
      times: confirm,
      huntMs: Math.min(MOST_HUNT_MS, (seconds ?? Infinity) * HUNT_MS_A_SECOND),
      findings: this.#findings,
      ledger: this.#ledger,
      avoidance: this.#avoidance,
      tempo: this.#tempo,
      timing: this.#timing,
      queue: this.#queue,
      newTag: this.#newTag,
      isCut: () => this.#isCut(),
      onDoing: (doing) => this.#do(doing),
      onNote: (text) => this.#note(text),
    });
  }

  // ---- cases -------------------------------------------------------------------------------------------------------------

  async #play(ready: Ready): Promise<void> {
    const { calibrated, player, triage, finder, lookout, seclusion } = ready;
    // What cases have seemed to show is looked into to the end, also when no more cases are begun.
    const isLeft = (): boolean => player.isHolding || !triage.isIdle;
    while (!this.#isOver() || (isLeft() && !this.#isCut() && !this.#hasEnough())) {
      this.#doing = 'running';
      await Promise.all(Array.from({ length: calibrated.lanes }, (_, lane) => this.#lane(lane, ready)));
      if (this.#isOver()) {
        player.release();
        await this.#timing.during('inquiries', 1, () => lookout.lookLast());
      }
      if (triage.isUrgent || this.#isOver()) await triage.lookInto(this.#isOver());
      else if (this.#isShrinkingDue(finder)) await this.#makeSmaller(ready);
      else if (seclusion.isDue || this.#queue.isEmpty) await this.#playSecluded(ready);
    }
    if (!this.#isStopped()) await this.#makeSmaller(ready);
  }

  async #makeSmaller({ finder, triage }: Ready): Promise<void> {
    const ms = this.#left() ?? Infinity;
    await this.#timing.during('shrinking', 1, () => finder.whole.makeSmaller(ms));
    triage.catchUp();
  }

  async #playSecluded({ seclusion, triage }: Ready): Promise<void> {
    await this.#timing.during('cases', 1, () => seclusion.play(this.#queue.isEmpty));
    triage.catchUp();
  }

  async #lane(lane: number, ready: Ready): Promise<void> {
    const { triage, finder, calibrated, player, lookout, seclusion } = ready;
    const { lanes } = calibrated;
    while (!triage.isUrgent && !this.#isCut()) {
      await this.#tempo.unpaused();
      const isStopping = seclusion.isDue || this.#isShrinkingDue(finder);
      if (isStopping && triage.isCalm) return;
      if (triage.isWaiting && !isStopping && !this.#hasEnough()) {
        await this.#timing.during('inquiries', lanes, () => triage.inquire());
        this.#tell(false);
        continue;
      }
      if (this.#isOver()) return;
      if (lane === 0) await this.#timing.during('inquiries', lanes, () => lookout.look());
      if (triage.isUrgent || this.#isOver()) return;
      const next = this.#queue.take(this.#seed, calibrated, () => this.#isOver());
      if (next === undefined) return;
      await this.#tempo.slot();
      if (this.#isCut()) return;
      const together = this.#queue.company(next, this.#o.reuse ?? 1, this.#seed, calibrated, () => this.#isOver());
      for (let i = 1; i < together.length; i++) await this.#tempo.slot();
      if (this.#isCut()) return;
      await this.#timing.during('cases', lanes, () =>
        together.length > 1 ? player.playTogether(together) : player.play(next),
      );
      this.#tell(false);
    }
  }

  // ---- the rest ----------------------------------------------------------------------------------------------------------

  #isStopped(): boolean {
    return this.#state === 'stopped';
  }

  #elapsed(): number {
    return this.#began === 0 ? 0 : this.#o.stage.clock.now() - this.#began;
  }

  /** No more cases are begun. */
  #isOver(): boolean {
    if (this.#state !== 'running' && this.#state !== 'paused') return true;
    if (this.#hasEnough() || this.#isTimeUp()) return true;
    return this.#queue.isEmpty && this.#ready?.seclusion.isEmpty !== false;
  }

  #isTimeUp(): boolean {
    const { seconds } = this.#o;
    return seconds !== undefined && this.#elapsed() >= seconds * 1000;
  }

  /** Findings are made smaller when what is left of the time is needed for it; others are looked for first. */
  #isShrinkingDue({ whole }: Finder): boolean {
    const { seconds } = this.#o;
    if (seconds === undefined || whole.count === 0) return false;
    const share = Math.min(seconds * 1000 * SHRINK.share, whole.count * SHRINK.each);
    return seconds * 1000 - this.#elapsed() < share;
  }

  /** Until nothing more is waited for, milliseconds; undefined: there is no end. */
  #left(): number | undefined {
    const { seconds } = this.#o;
    return seconds === undefined ? undefined : seconds * 1000 + graceOf(seconds) - this.#elapsed();
  }

  #hasEnough(): boolean {
    const { maxFindings } = this.#o;
    return maxFindings !== undefined && this.#findings.size >= maxFindings;
  }

  /** Nothing more is waited for: stopped, or the time is up and the grace after it too. */
  #isCut(): boolean {
    if (this.#state === 'stopped') return true;
    const { seconds } = this.#o;
    return seconds !== undefined && this.#elapsed() >= seconds * 1000 + graceOf(seconds);
  }

  readonly #newTag = (): number => this.#tag++;

  #do(doing: string): void {
    this.#doing = doing;
    this.#tell(true);
  }

  #note(text: string): void {
    this.#o.onNote?.(text);
  }

  #tell(isImportant: boolean): void {
    const now = this.#o.stage.clock.now();
    if (!isImportant && now - this.#lastStatus < STATUS_MS) return;
    this.#lastStatus = now;
    this.#o.onStatus?.(this.status());
  }
}

function graceOf(seconds: number): number {
  return Math.min(GRACE_MS.most, Math.max(GRACE_MS.least, seconds * 1000 * GRACE_MS.share));
}
