/** What a case has shown while the server still stands: how it was taken, and what of it is worth a look. */
import type { Baseline } from './baseline.ts';
import type { CaseRun } from './case-run.ts';
import { type FindingList, silenceAfter } from './finding-list.ts';
import { judge, outcomeOf } from './judge.ts';
import type { JudgeWorld, Outcome, Suspicion } from './suspicion.ts';
import { isRace, raceTitle, resultOf } from './race-count.ts';
import type { RaceScripts } from './race.ts';
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend } from './script.ts';

/** A server that passes over more than this share of wrong messages in silence does so on purpose. */
const LATE_SILENCE = 0.2;
/** Silences after one message that were as they should be, after which no more of them are looked into. */
const MOST_SILENCES = 2;
/** Of what others bring about, so many may turn out to be somebody else's doing. */
const MOST_HEARSAY = 12;
/** Messages before that can be told. */
const ENOUGH_TURNS = 30;

export interface Screened {
  readonly outcome: Outcome;
  readonly suspicions: readonly Suspicion[];
}

export class Screening {
  readonly #seed: Seed;
  readonly #baseline: Baseline;
  readonly #findings: FindingList;
  readonly #refusals = new Set<string>();
  readonly #turns = { silent: 0, all: 0 };

  constructor(seed: Seed, baseline: Baseline, findings: FindingList) {
    this.#seed = seed;
    this.#baseline = baseline;
    this.#findings = findings;
  }

  world(): JudgeWorld {
    return { seed: this.#seed, baseline: this.#baseline, refusals: this.#refusals };
  }

  screen(at: CaseRun): Screened {
    const { mutation, made, run } = at;
    const [focus = 0] = made.focus;
    this.#learn(at, focus);
    const suspicions = judge(run, made.focus, mutation, this.world()).filter((one) => this.#isWorthALook(one, at));
    return { outcome: outcomeOf(run, focus), suspicions };
  }

  /** More of it succeeded in one instant than in turn. */
  screenRace(at: CaseRun, inTurn: Run, { from }: RaceScripts): Screened {
    const { message, doc } = at.mutation;
    const world = this.world();
    const [turns, together] = [resultOf(inTurn, from, world), resultOf(at.run, from, world)];
    const suspicion: Suspicion = {
      oracle: 'race',
      key: `race|${message}`,
      title: raceTitle(message, turns, together),
      evidence: [doc],
      step: from,
    };
    const isWorth = isRace(turns, together) && this.#isWorthALook(suspicion, at);
    return { outcome: outcomeOf(at.run, from), suspicions: isWorth ? [suspicion] : [] };
  }

  #isWorthALook(suspicion: Suspicion, at: CaseRun): boolean {
    const known = this.#findings.get(suspicion.key) ?? this.#findings.alike(suspicion.key);
    if (known !== undefined) {
      this.#findings.hit(known, at.index);
      return false;
    }
    if (suspicion.key.endsWith('|turn')) {
      const turns = this.#turns;
      turns.silent += 1;
      if (turns.all > ENOUGH_TURNS && turns.silent > turns.all * LATE_SILENCE) return false;
    }
    if (suspicion.needsControl === true && this.#findings.isDismissed(silenceAfter(at.mutation.message), MOST_SILENCES))
      return false;
    return !this.#findings.isDismissed(suspicion.key, suspicion.hearsayMs === undefined ? undefined : MOST_HEARSAY);
  }

  /** Learns how this server says no, from what it says to plain nonsense. */
  #learn({ mutation, run }: CaseRun, focus: number): void {
    const step = run.script.steps[focus];
    if (step === undefined || !isSend(step)) return;
    const known = this.#baseline.answers.get(step.n);
    if (known?.isAnswered === true && mutation.family !== 'sequence') this.#turns.all += 1;
    const isNonsense =
      mutation.family === 'payload' && /^(?:empty|byte|cut-[12]|zeros|ones|bad-utf8)/.test(mutation.name);
    if (!isNonsense) return;
    const { chatter } = this.#seed.scene;
    for (const frame of run.frames) {
      if (frame.step !== focus || frame.conn !== step.conn || frame.isHeartbeat) continue;
      // That somebody else has come in says nothing of what was said.
      if (chatter?.has(frame.heard.name) === true) continue;
      if (known?.signatures.has(frame.heard.signature) !== true) this.#refusals.add(frame.heard.signature);
    }
  }
}
