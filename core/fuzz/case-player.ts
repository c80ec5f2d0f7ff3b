/** Plays a case and hands on what it has shown. */
import type { Calibrated } from './calibration.ts';
import type { CaseQueue, Taken } from './case-queue.ts';
import { type CaseRun, hadItsMoment, isBroken, isCutOff, isCutEarly } from './case-run.ts';
import { acceptedKey } from './judge-acceptance.ts';
import type { Suspicion } from './suspicion.ts';
import type { Ledger } from './ledger.ts';
import { raceScripts } from './race.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import { whoIs } from './scene.ts';
import type { Screened, Screening } from './screening.ts';
import type { Script } from './script.ts';
import { morePatience, SecondTry } from './second-try.ts';
import { apart, joined } from './shared-run.ts';
import type { Tempo } from './tempo.ts';
import type { Triage } from './triage.ts';
import { Wear } from './wear.ts';
import type { Watched } from './world.ts';

export interface CasePlayerOptions {
  readonly stage: Stage;
  readonly watched: Watched;
  readonly calibrated: Calibrated;
  readonly patience: Patience;
  readonly queue: CaseQueue;
  readonly ledger: Ledger;
  readonly tempo: Tempo;
  readonly screening: Screening;
  readonly triage: Triage;
  /** Plays it on a server of its own, later. False: it does not. */
  readonly secludes: (taken: Taken) => boolean;
  readonly newTag: () => number;
  /** Nothing more is waited for. */
  readonly isCut: () => boolean;
}

const RACES = 4;
/** Silences behind the last of several wrong messages that may be chance. */
const MOST_SILENT = 2;
/** From the last of its connections until the end of a server is known. */
const LAST_WORDS_MS = 40;
/** The same where nothing wrong was said yet: it must have gone down with another case, or this one would count as played. */
const OTHERS_WORDS_MS = 250;
const MOST_HELD = 24;

/** What it would be if it were accepted. */
function acceptedBy({ mutation, made }: CaseRun): Suspicion {
  const { message, field, rule } = mutation;
  return {
    oracle: 'accepted',
    key: acceptedKey(message, mutation),
    title: `${message} with ${field === '' ? 'a value' : field} of somebody else`,
    evidence: [rule ?? ''],
    step: made.focus[0] ?? 0,
  };
}

export class CasePlayer {
  readonly #o: CasePlayerOptions;
  readonly #second = new SecondTry();
  readonly #wear: Wear;
  /** Not judged until it is known whether the server was full. */
  readonly #held: CaseRun[] = [];

  constructor(options: CasePlayerOptions) {
    this.#o = options;
    this.#wear = new Wear(options.calibrated.baseline);
  }

  async play(taken: Taken): Promise<void> {
    const { index, mutation, made } = taken;
    const { patience, triage, ledger, watched, screening, tempo, isCut, secludes } = this.#o;
    ledger.start(index, mutation.id, mutation.message);
    if (mutation.family === 'race') return this.#playRace(taken);
    const { exits } = watched;
    // There are few of these, and an answer that comes late would be missed for good.
    const { family, rule, isNeutral, takesTime } = mutation;
    const isPrecious = family === 'rule' || rule !== undefined || isNeutral === true || takesTime === true;
    const muted = isPrecious ? Math.max(150, patience.muted * 3) : patience.muted;
    let run = await this.#run(made.script, { ...patience, muted });
    if (!isCut() && exits === watched.exits && !isBroken(run) && this.#second.isWorth(run, made, mutation)) {
      run = await this.#run(made.script, morePatience(patience));
      this.#second.count(run, made, mutation);
    }
    // Not played to its end: it stays open, and is played again when the campaign goes on.
    if (isCut()) return;
    tempo.count();
    const at: CaseRun = { ...taken, run };
    if (exits !== watched.exits || triage.hasExited || isBroken(run)) {
      triage.broken(at);
      return;
    }
    if (watched.isManaged && this.#wear.see(run)) {
      this.#held.push(at);
      if (this.#wear.isWorn) triage.wornOut();
      return;
    }
    if (this.#held.length > MOST_HELD || (this.#held.length > 0 && this.#wear.isFine)) this.release();
    triage.remember(at);
    const screened = screening.screen(at);
    const isSpoiled = screened.suspicions.length === 0 && takesTime === true && !hadItsMoment(at);
    if (!isSpoiled || !secludes(taken)) this.settle(at, screened);
  }

  /** Several on the same connections. What was not sent any more is played by itself, and so is what seems wrong. */
  async playTogether(cases: readonly Taken[]): Promise<void> {
    const { patience, triage, ledger, watched, screening, tempo, isCut, queue } = this.#o;
    for (const { index, mutation } of cases) ledger.start(index, mutation.id, mutation.message);
    const { exits } = watched;
    const script = joined(cases);
    const run = await this.#run(script, patience, cases.length + MOST_SILENT);
    if (isCut()) return;
    const isDown = exits !== watched.exits || triage.hasExited || isBroken(run);
    for (const [i, shared] of apart(cases, script, run).entries()) {
      const taken = cases[i]!;
      if (shared === undefined) {
        queue.again([taken]);
        continue;
      }
      tempo.count();
      if (isDown) triage.broken(shared);
      else {
        triage.remember(shared);
        const { outcome, suspicions } = screening.screen(shared);
        const [step = 0] = taken.made.focus;
        this.settle(shared, { outcome, suspicions: suspicions.map((one) => ({ ...one, step })) });
      }
    }
  }

  /** Cases wait for it to be known whether the server was full. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** The server was started again: what it refused is said once more. */
  renewed(): void {
    this.#wear.renewed();
    this.#o.queue.again(this.#held.splice(0));
  }

  /** It was not full after all, or nothing more is played. */
  release(): void {
    for (const at of this.#held.splice(0)) {
      this.#o.triage.remember(at);
      this.settle(at, this.#o.screening.screen(at));
    }
  }

  /** The same twice, in turn and in one instant. */
  async #playRace(taken: Taken): Promise<void> {
    const { index, mutation, made } = taken;
    const { patience, triage, screening, calibrated, queue, ledger, tempo, isCut } = this.#o;
    const { seed } = calibrated;
    const message = seed.messages.find((one) => one.frame.n === mutation.n && one.index === 0)!;
    const scripts = raceScripts(seed, message, mutation.name, queue.how(index, calibrated));
    const patient = { ...patience, muted: Math.max(80, patience.muted) };
    const inTurn = await this.#run(scripts.inTurn, patient);
    let at: CaseRun | undefined;
    let suspicions: Screened['suspicions'] = [];
    // Who comes first is chance: more than one try.
    for (let i = 0; i < RACES && suspicions.length === 0; i++) {
      const atOnce = await this.#run(scripts.atOnce, patient);
      if (isCut()) return;
      at = { ...taken, made: { script: scripts.atOnce, focus: made.focus }, run: atOnce };
      if (triage.hasExited || isBroken(atOnce) || isBroken(inTurn)) {
        triage.broken(at);
        return;
      }
      suspicions = screening.screenRace(at, inTurn, scripts).suspicions;
    }
    if (at === undefined) return;
    tempo.count();
    triage.remember(at);
    if (suspicions.length > 0) triage.suspicious(at, suspicions);
    else ledger.finish(at, 'race');
  }

  /** It has been played, and the server stands. */
  settle(at: CaseRun, { outcome, suspicions }: Screened): void {
    const { triage, ledger } = this.#o;
    ledger.count(at, outcome);
    triage.readLog();
    if (suspicions.length > 0) triage.suspicious(at, suspicions);
    else if (!(at.mutation.guessesFirst === true && outcome === 'rejected' && triage.guess(at, acceptedBy(at))))
      ledger.finish(at, outcome);
  }

  async #run(script: Script, patience: Patience, giveUpAfter?: number): Promise<Run> {
    const { stage, calibrated, newTag, isCut, watched } = this.#o;
    const run = await runScript(script, stage, {
      scene: calibrated.seed.scene,
      identities: calibrated.identities,
      tag: newTag(),
      patience,
      ...(giveUpAfter === undefined ? {} : { giveUpAfter }),
      isAborted: isCut,
    });
    // Each client under test has ended by now.
    if (watched.isManaged && whoIs(calibrated.seed.scene) === 'server') {
      if (isCutEarly(run)) await watched.exited(OTHERS_WORDS_MS);
      else if (isCutOff(run)) await watched.exited(LAST_WORDS_MS);
    }
    return run;
  }
}
