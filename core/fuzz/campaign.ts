/**
 * A campaign: calibrates, plays case after case in several lanes, stops to look into what is suspicious, goes on. Everything it
 * does to the world goes through `Stage`, `Watched` and `Keeper`.
 */
import { EngineError } from '../traffic/engine-error.ts';
import { type Calibrated, calibrate, PATIENT } from './calibration.ts';
import { SeenBehaviour } from './coverage.ts';
import type { Finding } from './finding.ts';
import { Inquiry } from './inquiry.ts';
import type { Resumed } from './journal.ts';
import { judge, type JudgeWorld, type Outcome, outcomeOf, type Suspicion } from './judge.ts';
import { isAlarming } from './log-patterns.ts';
import { type LeakWatch, makeLeakWatch } from './memory.ts';
import type { Made, MakeHow, Mutation } from './mutation.ts';
import { countRace } from './race-count.ts';
import { raceScripts } from './race.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import { Schedule } from './schedule.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script } from './script.ts';
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
  /** How often each finding must come back. Default 3. */
  readonly confirm?: number;
  /** Where the count of users begins, so that campaigns do not meet the users of earlier ones. */
  readonly firstTag?: number;
  readonly resumed?: Resumed;
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
  };
  /** Cases of each second, at most the last 300. */
  readonly rates: readonly number[];
  readonly findings: readonly Finding[];
  readonly error?: string;
  readonly skipped: number;
  readonly lanes: number;
  readonly doing: string;
}

/** A case under way or just over. */
export interface CaseRun {
  readonly index: number;
  readonly id: string;
  readonly mutation: Mutation;
  readonly made: Made;
  readonly run: Run;
  readonly isAgain: boolean;
}

const DEFAULT_CASES = 5000;
const TAIL = 6;
const FULL_TAIL = 400;
/** One case in so many plays the whole recorded session around it. */
const WHOLE_EVERY = 16;
const CANARY_CASES = 60;
const CANARY_MS = 2000;
const CANARY_SENDS = 8;
const STATUS_MS = 200;
const MAX_RATES = 300;
/** Finished cases remembered for when the server turns out to be gone. */
const MAX_RECENT = 64;
const LATE_SILENCE = 0.2;
/** A session answered less than this is not the session that was recorded. */
const LITTLE = 0.5;
/** What was found before the time was up may still be looked into for so long. */
const GRACE_MS = 5000;

type Queued =
  | { readonly kind: 'suspicion'; readonly at: CaseRun; readonly suspicions: readonly Suspicion[] }
  | { readonly kind: 'broken'; readonly at: CaseRun }
  | { readonly kind: 'canary'; readonly recent: readonly CaseRun[] }
  | { readonly kind: 'log'; readonly recent: readonly CaseRun[]; readonly lines: readonly string[] };

export class Campaign {
  readonly #o: CampaignOptions;
  readonly #schedule: Schedule;
  /** As recorded, until it is known what the server sends of it. */
  #seed: Seed;
  readonly #seen = new SeenBehaviour();
  readonly #findings = new Map<string, Finding>();
  readonly #dismissed = new Map<string, number>();
  readonly #avoid = new Map<string, string>();
  readonly #crashes = new Map<string, number>();
  readonly #refusals = new Set<string>();
  readonly #queue: Queued[] = [];
  #recent: CaseRun[] = [];
  readonly #done: Set<number>;
  readonly #again: ReadonlyMap<number, string>;
  readonly #outcomes: Record<Outcome, number> = { accepted: 0, rejected: 0, ignored: 0, kicked: 0, crashed: 0 };
  /** Rule-breaking cases: what became of each. */
  readonly rules: {
    readonly message: string;
    readonly rule: string;
    readonly outcome: Outcome;
    readonly caseId: string;
  }[] = [];
  readonly #turns = { silent: 0, all: 0 };
  readonly #rates: number[] = [];
  #leaks: LeakWatch | undefined;
  #calibrated: Calibrated | undefined;
  #inquiry: Inquiry | undefined;
  #canary: Script = { steps: [] };
  #patience: Patience = { answer: 600, muted: 30, settle: 1 };
  #tag: number;
  #state: CampaignState = 'running';
  #error: string | undefined;
  #doing = 'looking at the target';
  #count = 0;
  #skipped = 0;
  #began = 0;
  #halted = false;
  #isPaused = false;
  #resume: (() => void) | undefined;
  #lastCanary = { at: 0, count: 0 };
  #lastStatus = 0;
  #lastSecond = 0;
  #thisSecond = 0;
  #exits = 0;
  #lineCount = 0;
  #nextSlot = 0;
  #findingCount = 0;

  constructor(options: CampaignOptions) {
    this.#o = options;
    this.#seed = options.seed;
    this.#schedule = new Schedule(options.seed, options.rng);
    this.#tag = options.firstTag ?? 1;
    this.#done = new Set(options.resumed?.done);
    this.#again = options.resumed?.open ?? new Map();
  }

  get planned(): number {
    return (
      this.#o.cases ??
      this.#o.resumed?.planned ??
      (this.#o.seconds === undefined ? Math.max(DEFAULT_CASES, this.#schedule.planned.length) : 0)
    );
  }
  get findings(): readonly Finding[] {
    return [...this.#findings.values()];
  }
  get calibrated(): Calibrated | undefined {
    return this.#calibrated;
  }
  /** How the mutated messages were taken. */
  get outcomes(): Readonly<Record<Outcome, number>> {
    return this.#outcomes;
  }

  /** Puts findings of an earlier part of the campaign back. */
  restore(findings: readonly Finding[]): void {
    for (const finding of findings) {
      this.#findings.set(finding.key, finding);
      this.#findingCount = Math.max(this.#findingCount, Number(finding.id.slice(1)) || 0);
    }
  }

  pause(on: boolean): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#isPaused = on;
    this.#state = on ? 'paused' : 'running';
    if (!on) this.#resume?.();
    this.#tell(true);
  }

  /** Ends the campaign after the cases under way. */
  stop(): void {
    if (this.#state !== 'running' && this.#state !== 'paused') return;
    this.#state = 'stopped';
    this.#resume?.();
  }

  status(): CampaignStatus {
    const elapsedMs = this.#began === 0 ? 0 : this.#o.stage.clock.now() - this.#began;
    const names = new Set(this.#seed.messages.map((one) => one.name));
    return {
      state: this.#state,
      cases: this.#done.size,
      planned: this.planned,
      perSecond: elapsedMs > 0 ? (this.#count * 1000) / elapsedMs : 0,
      elapsedMs,
      rng: this.#o.rng,
      coverage: {
        messagesMutated: this.#seen.messagesMutated,
        messagesTotal: names.size,
        replies: this.#seen.answers,
        transitions: this.#seen.transitions,
      },
      rates: [...this.#rates],
      findings: this.findings,
      ...(this.#error === undefined ? {} : { error: this.#error }),
      skipped: this.#skipped,
      lanes: this.#calibrated?.lanes ?? 0,
      doing: this.#doing,
    };
  }

  /** Plays until a budget is spent, `stop` is called or the target is gone for good. Never throws. */
  async run(): Promise<CampaignStatus> {
    const { stage, watched, keeper, resumed } = this.#o;
    this.#began = stage.clock.now();
    this.#lastSecond = this.#began;
    try {
      if (resumed === undefined) {
        const connections = [...this.#seed.scene.connections.values()];
        keeper.append({
          what: 'campaign',
          version: 1,
          rng: this.#o.rng,
          seed: `${this.#seed.messages.length} messages`,
          to: connections.flatMap(({ url }) =>
            url === undefined ? [] : [`${url.scheme}://${url.host}:${url.port}${url.path}`],
          ),
          planned: this.planned,
        });
      } else {
        keeper.append({ what: 'resumed', done: resumed.done.size, again: resumed.open.size });
        for (const { n, points } of resumed.rewards) this.#schedule.reward(n, points);
      }
      if (watched.isManaged && !watched.isRunning) await watched.restart();
      await this.#calibrate();
      await this.#play();
      if (this.#state === 'running') {
        await this.#huntLeaks();
        this.#state = 'done';
      }
    } catch (error) {
      this.#state = 'failed';
      this.#error = error instanceof Error ? error.message : String(error);
    }
    this.#doing = '';
    keeper.append({ what: 'end', state: this.#state, done: this.#done.size });
    this.#tell(true);
    return this.status();
  }

  // ---- before ------------------------------------------------------------------------------------------------------------

  async #calibrate(): Promise<void> {
    const { stage, watched } = this.#o;
    this.#doing = 'calibrating';
    this.#tell(true);
    const calibrated = await calibrate(this.#seed, stage, this.#newTag, {
      isOver: () => this.#isOver(),
      steps: this.#schedule.steps,
      ...(this.#o.lanes === undefined ? {} : { lanes: this.#o.lanes }),
    });
    this.#calibrated = calibrated;
    const { seed } = calibrated;
    this.#seed = seed;
    const { baseline, identities, lanes, p90 } = calibrated;
    const muted = Math.min(300, Math.max(20, p90 * 4));
    const quiet = Math.min(15, Math.max(2, p90));
    this.#patience = { answer: Math.min(2000, Math.max(300, p90 * 10)), muted, settle: 1, quiet };
    this.#canary = canaryOf(seed);
    this.#note(
      `The server answers ${Math.round(baseline.likeness * 100)} % of the recorded session as recorded; ${lanes} at once${identities.isEmpty ? '' : ', each as another user'}.`,
    );
    if (baseline.likeness < LITTLE) {
      this.#note(
        'Cases reach no further than the session does: record it against this server, or start the server as it was then.',
      );
    }
    this.#exits = watched.exits;
    this.#lineCount = watched.lineCount;
    this.#leaks = makeLeakWatch(watched.memory());
    this.#inquiry = new Inquiry({
      seed,
      stage,
      watched,
      identities,
      newTag: this.#newTag,
      world: () => this.#world(),
      patience: this.#patience,
      times: this.#o.confirm ?? 3,
      isOver: () => this.#isCut(),
      canary: this.#canary,
    });
    await this.#lookAtBaseline(calibrated);
  }

  /** The recorded session itself: does the server break what it kept to when it was recorded? */
  async #lookAtBaseline({ runs, baseline }: Calibrated): Promise<void> {
    const [run] = runs;
    if (run === undefined) return;
    const world: JudgeWorld = {
      seed: this.#seed,
      baseline: { ...baseline, serverRemarks: new Set() },
      refusals: new Set(),
    };
    for (const suspicion of judge(run, [], undefined, world)) {
      if (suspicion.oracle !== 'schema' && suspicion.oracle !== 'invariant') continue;
      await this.#find(suspicion, this.#seed.base, undefined);
    }
  }

  // ---- cases -------------------------------------------------------------------------------------------------------------

  async #play(): Promise<void> {
    const { lanes } = this.#calibrated!;
    while (!this.#isOver()) {
      this.#halted = false;
      this.#doing = 'running';
      await Promise.all(Array.from({ length: lanes }, (_, lane) => this.#lane(lane)));
      await this.#inquire();
    }
  }

  async #lane(lane: number): Promise<void> {
    while (!this.#halted && !this.#isOver()) {
      if (this.#isPaused) await this.#unpaused();
      if (lane === 0 && this.#isCanaryDue()) await this.#checkCanary();
      if (this.#halted || this.#isOver()) return;
      const next = this.#take();
      if (next === undefined) return;
      await this.#slot();
      await this.#playCase(next.index, next.mutation, next.made, next.id);
      this.#tell(false);
    }
  }

  /** The next case that is not done, can be made and is not known to show an old finding. */
  #take(): { index: number; mutation: Mutation; made: Made; id: string } | undefined {
    for (;;) {
      if (this.#isOver()) return undefined;
      const { index, mutation: scheduled } = this.#schedule.next();
      if (this.#done.has(index)) continue;
      // One that was under way when the campaign was killed is the same again, whatever was learned since.
      const begun = this.#again.get(index);
      const mutation = (begun === undefined ? undefined : this.#schedule.byId(begun)) ?? scheduled;
      const id = `${this.#o.rng}:${index}:${mutation.id}`;
      const known = this.#avoidedBy(mutation);
      const made = known === undefined ? mutation.make(this.#seed, this.#how(index)) : undefined;
      if (made === undefined) {
        this.#skipped += 1;
        this.#over(index, mutation.id, 'skipped', 0, undefined, 0, known ?? 'nothing to change');
        continue;
      }
      return { index, mutation, made, id };
    }
  }

  async #playCase(index: number, mutation: Mutation, made: Made, id: string): Promise<void> {
    const { keeper, watched } = this.#o;
    keeper.append({ what: 'start', case: index, id: mutation.id });
    this.#seen.mutated(mutation.message);
    const exits = watched.exits;
    if (mutation.family === 'race') {
      await this.#playRace(index, mutation, made, id);
      return;
    }
    // There are few of these, and an answer that comes late would be missed for good.
    const isPrecious = mutation.family === 'rule' || mutation.rule !== undefined || mutation.isNeutral === true;
    const patience = isPrecious
      ? { ...this.#patience, muted: Math.max(150, this.#patience.muted * 3) }
      : this.#patience;
    const run = await this.#run(made.script, patience);
    // Not played to its end: it stays open, and is played again when the campaign goes on.
    if (this.#isCut()) return;
    const at: CaseRun = { index, id, mutation, made, run, isAgain: this.#again.has(index) };
    if (watched.exits !== exits || this.#exits !== watched.exits || this.#isBroken(run)) {
      this.#push({ kind: 'broken', at });
      return;
    }
    this.#remember(at);
    this.#look(at);
  }

  /** What a case has shown, when the server still stands. */
  #look(at: CaseRun): void {
    const { mutation, made, run } = at;
    const [focus = 0] = made.focus;
    this.#learn(at, focus);
    const suspicions = judge(run, made.focus, mutation, this.#world()).filter((one) =>
      this.#isWorthALook(one, mutation, at),
    );
    const outcome = outcomeOf(run, focus);
    this.#outcomes[outcome] += 1;
    if (mutation.rule !== undefined)
      this.rules.push({ message: mutation.message, rule: mutation.rule, outcome, caseId: at.id });
    const lines = this.#newAlarms();
    if (lines.length > 0) this.#push({ kind: 'log', recent: [...this.#recent], lines });
    if (suspicions.length > 0) {
      this.#push({ kind: 'suspicion', at, suspicions });
      return;
    }
    this.#finish(at, outcome);
  }

  #finish(at: CaseRun, outcome: string): void {
    const fresh = this.#seen.see(at.run);
    if (fresh > 0) this.#schedule.reward(at.mutation.n, fresh);
    this.#over(at.index, at.mutation.id, outcome, at.run.elapsedMs, at.run, fresh);
  }

  #over(
    index: number,
    id: string,
    outcome: string,
    ms: number,
    run: Run | undefined,
    fresh: number,
    skipped?: string,
  ): void {
    if (this.#done.has(index)) return;
    this.#done.add(index);
    if (skipped === undefined) {
      this.#count += 1;
      this.#thisSecond += 1;
    }
    const sent: Record<string, readonly [number, number]> = {};
    for (const [conn, one] of run?.connections ?? []) if (one.sentBytes > 0) sent[conn] = [one.sentBytes, one.checksum];
    this.#o.keeper.append({
      what: 'done',
      case: index,
      id,
      outcome,
      ms: Math.round(ms * 10) / 10,
      ...(run === undefined ? {} : { sent }),
      ...(fresh > 0 ? { fresh } : {}),
      ...(skipped === undefined ? {} : { skipped }),
      ...(this.#again.has(index) ? { again: true as const } : {}),
    });
    this.#leaks?.sample(this.#count, this.#o.stage.clock.now(), () => this.#o.watched.memory());
  }

  async #playRace(index: number, mutation: Mutation, made: Made, id: string): Promise<void> {
    const seed = this.#seed;
    const at = seed.messages.find((one) => one.frame.n === mutation.n && one.index === 0)!;
    const scripts = raceScripts(seed, at, mutation.name, this.#how(index));
    const world = this.#world();
    const patience = { ...this.#patience, muted: Math.max(80, this.#patience.muted) };
    const inTurn = await this.#run(scripts.inTurn, patience);
    const atOnce = await this.#run(scripts.atOnce, patience);
    if (this.#isCut()) return;
    const caseRun: CaseRun = {
      index,
      id,
      mutation,
      made: { script: scripts.atOnce, focus: made.focus },
      run: atOnce,
      isAgain: this.#again.has(index),
    };
    if (this.#exits !== this.#o.watched.exits || this.#isBroken(atOnce) || this.#isBroken(inTurn)) {
      this.#push({ kind: 'broken', at: caseRun });
      return;
    }
    this.#remember(caseRun);
    const [turns, together] = [countRace(inTurn, scripts.from, world), countRace(atOnce, scripts.from, world)];
    if (turns > 0 && together > turns) {
      const suspicion: Suspicion = {
        oracle: 'race',
        key: `race|${mutation.message}`,
        title: `${mutation.message} succeeds ${together} times when it comes twice in one instant, and ${turns === 1 ? 'once' : `${turns} times`} in turn`,
        evidence: [mutation.doc],
        step: scripts.from,
      };
      if (this.#isWorthALook(suspicion, mutation, caseRun)) {
        this.#push({ kind: 'suspicion', at: caseRun, suspicions: [suspicion] });
        return;
      }
    }
    this.#finish(caseRun, 'race');
  }

  /** Now and then the whole session, before and behind; else what is needed. */
  #how(index: number): MakeHow {
    const { rng } = this.#o;
    if (index % WHOLE_EVERY === WHOLE_EVERY - 1) return { rng, tail: FULL_TAIL };
    return { rng, tail: TAIL, prefix: (at) => this.#calibrated!.prefixes.of(at) };
  }

  #run(script: Script, patience = this.#patience): Promise<Run> {
    return runScript(script, this.#o.stage, {
      scene: this.#seed.scene,
      identities: this.#calibrated!.identities,
      tag: this.#newTag(),
      patience,
      isAborted: () => this.#isCut(),
    });
  }

  // ---- suspicions --------------------------------------------------------------------------------------------------------

  /** The connection could not even be made, or broke before anything wrong was sent: somebody else's fault. */
  #isBroken(run: Run): boolean {
    for (const [conn, one] of run.connections) {
      if (one.failure !== undefined && !one.failure.startsWith('The message that says')) return true;
      const firstWrong = run.script.steps.findIndex((step) => step.kind !== 'open' && step.mutated === true);
      const isEarly = one.ending !== undefined && one.ending.by === 'error' && one.endedAfter < firstWrong;
      if (isEarly && run.script.steps[firstWrong]?.conn === conn) return true;
    }
    return false;
  }

  #isWorthALook(suspicion: Suspicion, mutation: Mutation, at: CaseRun): boolean {
    const known = this.#findings.get(suspicion.key);
    if (known !== undefined) {
      this.#hit(known, at.index);
      return false;
    }
    if (suspicion.key.endsWith('|turn')) {
      this.#turns.silent += 1;
      // A server that passes over nonsense in silence as a rule does so on purpose.
      if (this.#turns.all > 30 && this.#turns.silent > this.#turns.all * LATE_SILENCE) return false;
    }
    return (this.#dismissed.get(suspicion.key) ?? 0) < 3 && mutation !== undefined;
  }

  #hit(known: Finding, index: number): void {
    this.#findings.set(known.key, { ...known, hits: known.hits + 1 });
    this.#o.keeper.append({ what: 'hit', id: known.id, case: index });
  }

  #push(queued: Queued): void {
    this.#queue.push(queued);
    this.#halted = true;
  }

  async #inquire(): Promise<void> {
    const broken = this.#queue.flatMap((one) => (one.kind === 'broken' ? [one.at] : []));
    const rest = this.#queue.filter((one) => one.kind !== 'broken');
    this.#queue.length = 0;
    if (broken.length > 0) await this.#lookIntoBroken(broken);
    for (const [i, one] of rest.entries()) {
      if (this.#isCut()) {
        this.#note(`${rest.length - i} of the last cases looked suspicious and were not looked into; --resume does.`);
        return;
      }
      if (one.kind === 'suspicion') {
        this.#doing = `looking into ${one.suspicions[0]!.title}`;
        this.#tell(true);
        for (const suspicion of one.suspicions) await this.#find(suspicion, one.at.made.script, one.at);
        if (!this.#isCut()) this.#finish(one.at, 'suspicious');
      } else if (one.kind === 'canary') await this.#lookIntoCanary(one.recent);
      else if (one.kind === 'log') await this.#lookIntoLog(one.recent, one.lines);
    }
    this.#exits = this.#o.watched.exits;
    this.#lineCount = this.#o.watched.lineCount;
  }

  /** The server went down, or takes no connections: which of the cases under way was it? */
  async #lookIntoBroken(cases: readonly CaseRun[]): Promise<void> {
    const { watched } = this.#o;
    this.#doing = 'finding out which case the server went down with';
    this.#tell(true);
    await watched.exited(250);
    const isDown = watched.isManaged
      ? !watched.isRunning || watched.exits !== this.#exits
      : !(await watched.isReachable());
    const exit = watched.lastExit;
    if (!isDown) {
      // A hiccup of the network: the cases are played again, alone.
      for (const one of cases) await this.#solo(one);
      return;
    }
    if (!watched.isManaged) {
      for (let i = 0; i < 20 && !(await watched.isReachable()) && !this.#isCut(); i++) await this.#pauseMs(250);
      if (!(await watched.isReachable())) {
        await this.#findUnrepeated(cases, 'refused', 'The server takes no connections any more', exit?.lines ?? []);
        throw new EngineError(
          'connect-failed',
          'The server takes no connections any more. Start it again and go on with --resume, or let --target start it.',
        );
      }
    } else await watched.restart();
    let found = 0;
    const earlier = this.#recent.slice(-cases.length - 8).reverse();
    for (const one of cases) {
      if (this.#isCut()) return;
      if (await this.#solo(one)) found += 1;
    }
    if (found === 0) {
      for (const one of earlier) {
        if (this.#isCut()) return;
        const went = await this.#inquiry!.goesDown(one.made.script);
        if (went === undefined) continue;
        found += 1;
        await this.#foundCrash(one, went);
        break;
      }
    }
    if (found === 0) await this.#findUnrepeated(cases, 'exit', 'The server went down', exit?.lines ?? []);
    this.#recent = [];
  }

  /** Plays a case by itself; true when the server goes down with it. */
  async #solo(one: CaseRun): Promise<boolean> {
    const known = this.#avoidedBy(one.mutation);
    if (known !== undefined) {
      this.#finishCrashed(one, known);
      return false;
    }
    const { down, run } = await this.#inquiry!.solo(one.made.script);
    if (down === undefined) {
      const fresh = { ...one, run };
      this.#remember(fresh);
      if (one.mutation.family === 'race') this.#finish(fresh, 'race');
      else this.#look(fresh);
      return false;
    }
    await this.#foundCrash({ ...one, run }, down);
    return true;
  }

  async #foundCrash(one: CaseRun, suspicion: Suspicion): Promise<void> {
    this.#outcomes.crashed += 1;
    if (one.mutation.rule !== undefined) {
      this.rules.push({ message: one.mutation.message, rule: one.mutation.rule, outcome: 'crashed', caseId: one.id });
    }
    const known = this.#findings.get(suspicion.key);
    if (known !== undefined) this.#hit(known, one.index);
    else await this.#find(suspicion, one.made.script, one);
    const finding = this.#findings.get(suspicion.key);
    this.#avoidLike(one.mutation, suspicion.key, finding?.id ?? '');
    this.#finishCrashed(one, undefined);
  }

  #finishCrashed(one: CaseRun, known: string | undefined): void {
    this.#over(one.index, one.mutation.id, 'crashed', one.run.elapsedMs, one.run, 0, known);
  }

  async #lookIntoCanary(recent: readonly CaseRun[]): Promise<void> {
    this.#doing = 'finding out after which case the recorded session stopped working';
    this.#tell(true);
    const culprit = await this.#inquiry!.whoBreaksCanary(recent);
    if (culprit === undefined) {
      this.#note('The recorded session failed once and worked again; no case could be found that brings it about.');
      return;
    }
    const { at, suspicion } = culprit;
    await this.#find(suspicion, at.made.script, at);
    const finding = this.#findings.get(suspicion.key);
    if (finding !== undefined) this.#avoidLike(at.mutation, suspicion.key, finding.id);
    this.#lastCanary = { at: this.#o.stage.clock.now(), count: this.#count };
  }

  async #lookIntoLog(recent: readonly CaseRun[], lines: readonly string[]): Promise<void> {
    const culprit = await this.#inquiry!.whoWrites(recent, lines);
    if (culprit !== undefined) await this.#find(culprit.suspicion, culprit.at.made.script, culprit.at);
  }

  #newAlarms(): readonly string[] {
    const { watched } = this.#o;
    if (watched.lineCount === this.#lineCount) return [];
    const lines = watched.linesSince(this.#lineCount);
    this.#lineCount = watched.lineCount;
    return lines.some(isAlarming) ? lines : [];
  }

  /** Confirms, shrinks, saves; or drops it when it does not come back. */
  async #find(suspicion: Suspicion, script: Script, at: CaseRun | undefined): Promise<void> {
    if (this.#findings.has(suspicion.key)) return;
    const result = await this.#inquiry!.confirm(suspicion, script, at);
    if (result === undefined) {
      this.#dismissed.set(suspicion.key, (this.#dismissed.get(suspicion.key) ?? 0) + 1);
      return;
    }
    await this.#keep({
      ...result,
      id: `F${++this.#findingCount}`,
      key: suspicion.key,
      oracle: suspicion.oracle,
      message: at?.mutation.message ?? '',
      field: at?.mutation.field ?? '',
      caseId: at?.id ?? `${this.#o.rng}:-:recorded session`,
      what: at?.mutation.doc ?? 'The recorded session as it is.',
      hits: 1,
      at: this.#o.stage.clock.now() - this.#began,
    });
  }

  async #keep(finding: Finding): Promise<void> {
    this.#findings.set(finding.key, finding);
    this.#o.keeper.append({
      what: 'finding',
      id: finding.id,
      key: finding.key,
      case: Number(finding.caseId.split(':')[1]) || -1,
    });
    await this.#o.keeper.save(finding);
    this.#tell(true);
  }

  async #findUnrepeated(
    cases: readonly CaseRun[],
    oracle: 'exit' | 'refused',
    title: string,
    lines: readonly string[],
  ): Promise<void> {
    const [first] = cases;
    const key = `${oracle}|unrepeated`;
    if (first === undefined || this.#findings.has(key)) return;
    await this.#keep({
      id: `F${++this.#findingCount}`,
      key,
      oracle,
      title: `${title} during one of ${cases.length} case${cases.length === 1 ? '' : 's'}, and no single one of them brings it about again`,
      message: first.mutation.message,
      field: first.mutation.field,
      caseId: first.id,
      what: cases
        .map((one) => one.id)
        .slice(0, 10)
        .join(', '),
      confirmed: { times: 0, of: this.#o.confirm ?? 3 },
      hits: 1,
      at: this.#o.stage.clock.now() - this.#began,
      script: first.made.script,
      sendsBefore: first.made.script.steps.filter(isSend).length,
      said: [],
      evidence: [],
      log: lines.slice(-40),
      refusals: [],
    });
    for (const one of cases) this.#finishCrashed(one, undefined);
  }

  async #huntLeaks(): Promise<void> {
    if (this.#leaks?.isSuspicious() !== true) return;
    this.#doing = 'finding out what the memory of the target grows with';
    this.#tell(true);
    const found = await this.#inquiry!.whatLeaks(
      this.#recent,
      this.#seed,
      this.#calibrated!.lanes,
      this.#calibrated!.prefixes,
    );
    if (found === undefined) {
      this.#note('The memory of the target grew, but no single message it keeps growing with could be found.');
      return;
    }
    if (this.#findings.has(found.suspicion.key)) return;
    await this.#keep({
      ...found.confirmed,
      id: `F${++this.#findingCount}`,
      key: found.suspicion.key,
      oracle: 'memory',
      message: found.message,
      field: '',
      caseId: found.caseId,
      what: found.what,
      hits: 1,
      at: this.#o.stage.clock.now() - this.#began,
    });
  }

  // ---- cases that would only show an old finding -------------------------------------------------------------------------

  #avoidedBy(mutation: Mutation): string | undefined {
    const { message, field, name } = mutation;
    if (this.#avoid.size === 0) return undefined;
    return (
      this.#avoid.get(`${message}|${field}|${name}`) ??
      this.#avoid.get(`${message}|${field}|*`) ??
      (mutation.family === 'havoc' ? undefined : this.#avoid.get(`*|*|${name}`))
    );
  }

  /** After some crashes of one kind, cases like those that brought it about are passed over. */
  #avoidLike({ message, field, name }: Mutation, key: string, id: string): void {
    this.#avoid.set(`${message}|${field}|${name}`, id);
    const count = (this.#crashes.get(key) ?? 0) + 1;
    this.#crashes.set(key, count);
    const inField = `${key}|${message}|${field}`;
    const fieldCount = (this.#crashes.get(inField) ?? 0) + 1;
    this.#crashes.set(inField, fieldCount);
    if (fieldCount >= 2) this.#avoid.set(`${message}|${field}|*`, id);
    const named = `${key}|${name}`;
    const nameCount = (this.#crashes.get(named) ?? 0) + 1;
    this.#crashes.set(named, nameCount);
    if (nameCount >= 2 && name !== 'havoc') this.#avoid.set(`*|*|${name}`, id);
  }

  // ---- the rest ----------------------------------------------------------------------------------------------------------

  #world(): JudgeWorld {
    return { seed: this.#seed, baseline: this.#calibrated!.baseline, refusals: this.#refusals };
  }

  /** Learns how this server says no, from what it says to plain nonsense. */
  #learn({ mutation, run }: CaseRun, focus: number): void {
    const step = run.script.steps[focus];
    if (step === undefined || !isSend(step)) return;
    const known = this.#calibrated!.baseline.answers.get(step.n);
    if (known?.isAnswered === true && mutation.family !== 'sequence') this.#turns.all += 1;
    const isNonsense =
      mutation.family === 'payload' && /^(?:empty|byte|cut-[12]|zeros|ones|bad-utf8)/.test(mutation.name);
    if (!isNonsense) return;
    for (const frame of run.frames) {
      if (frame.step !== focus || frame.conn !== step.conn || frame.isHeartbeat) continue;
      if (known?.signatures.has(frame.heard.signature) !== true) this.#refusals.add(frame.heard.signature);
    }
  }

  #remember(at: CaseRun): void {
    this.#recent.push(at);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
  }

  #isCanaryDue(): boolean {
    const now = this.#o.stage.clock.now();
    return this.#count - this.#lastCanary.count >= CANARY_CASES || now - this.#lastCanary.at > CANARY_MS;
  }

  async #checkCanary(): Promise<void> {
    this.#lastCanary = { at: this.#o.stage.clock.now(), count: this.#count };
    const exits = this.#o.watched.exits;
    if (await this.#inquiry!.isCanaryWell(this.#canary, { ...PATIENT, answer: 800 })) return;
    if (exits !== this.#o.watched.exits || this.#exits !== this.#o.watched.exits) return;
    this.#push({ kind: 'canary', recent: [...this.#recent] });
  }

  #isOver(): boolean {
    if (this.#state !== 'running' && this.#state !== 'paused') return true;
    const { cases, seconds, maxFindings } = this.#o;
    if (maxFindings !== undefined && this.#findings.size >= maxFindings) return true;
    if (seconds !== undefined && this.#o.stage.clock.now() - this.#began >= seconds * 1000) return true;
    const most = cases ?? (seconds === undefined ? this.planned : undefined);
    return most !== undefined && this.#schedule.taken >= most;
  }

  /** Nothing more is waited for: stopped, or the time is up and the grace after it too. */
  #isCut(): boolean {
    if (this.#state === 'stopped') return true;
    const { seconds, stage } = this.#o;
    return seconds !== undefined && stage.clock.now() - this.#began >= seconds * 1000 + GRACE_MS;
  }

  /** Keeps to the rate: lanes take slots one after the other. */
  async #slot(): Promise<void> {
    const { ratePerSecond, stage } = this.#o;
    if (ratePerSecond === undefined || ratePerSecond <= 0) return;
    const now = stage.clock.now();
    const at = Math.max(now, this.#nextSlot);
    this.#nextSlot = at + 1000 / ratePerSecond;
    if (at > now) await this.#pauseMs(at - now);
  }

  #pauseMs(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#o.stage.after(ms, resolve);
    });
  }

  async #unpaused(): Promise<void> {
    while (this.#isPaused && this.#state === 'paused') {
      await new Promise<void>((resolve) => {
        const before = this.#resume;
        this.#resume = () => {
          before?.();
          resolve();
        };
      });
    }
  }

  readonly #newTag = (): number => this.#tag++;

  #note(text: string): void {
    this.#o.onNote?.(text);
  }

  #tell(isImportant: boolean): void {
    const now = this.#o.stage.clock.now();
    while (now - this.#lastSecond >= 1000) {
      this.#rates.push(this.#thisSecond);
      this.#thisSecond = 0;
      this.#lastSecond += 1000;
      if (this.#rates.length > MAX_RATES) this.#rates.shift();
    }
    if (!isImportant && now - this.#lastStatus < STATUS_MS) return;
    this.#lastStatus = now;
    this.#o.onStatus?.(this.status());
  }
}

/** The beginning of the recorded session, as far as it is answered: what must work whatever was sent before. */
export function canaryOf(seed: Seed): Script {
  const steps = [];
  let sends = 0;
  for (const step of seed.base.steps) {
    if (isSend(step)) {
      if (sends >= CANARY_SENDS) break;
      sends += 1;
    }
    steps.push(step);
  }
  return { steps };
}
