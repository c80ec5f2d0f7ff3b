/** Before the first case: does the server answer the recorded session as it is, with which users, and how many at once? */
import { EngineError } from '../traffic/engine-error.ts';
import { type Baseline, likenessOf, makeBaseline } from './baseline.ts';
import { type Bystanders, meetBystanders } from './bystanders.ts';
import { canaryOf } from './canary.ts';
import { Chatter } from './chatter.ts';
import { expecting, expectingAmongOthers, lessWaiting } from './expecting.ts';
import { Identities } from './identity.ts';
import { markedAnew } from './issued-anew.ts';
import { type Patience, type Run, runScript, type Stage } from './run-script.ts';
import type { Seed } from './seed.ts';
import { type Secluded, secludedOf } from './secluded.ts';
import { survivors } from './survivors.ts';
import type { Watched } from './world.ts';
import { findPrefixes, isUsual, type Prefixes } from './prefixes.ts';
import { Renewing } from './renewing.ts';
import { whoIs } from './scene.ts';
import { isSend, type Script, type SendStep } from './script.ts';
import { hasUnmade, withoutUnmade } from './unmade.ts';

export interface Calibrated {
  /** The recording, waiting only for what this server really sends. */
  readonly seed: Seed;
  readonly identities: Identities;
  readonly baseline: Baseline;
  readonly prefixes: Prefixes;
  readonly lanes: number;
  /** Milliseconds within which 9 of 10 answers came while several cases were played at once. */
  readonly p90: number;
  /** A script made of steps as they were recorded waits only for what this server really sends, too. */
  readonly waitingLess: (script: Script) => Script;
  /** Times that an answer may take longer in a case than in the recorded session played by itself. */
  readonly stretch: number;
  /** Messages of the recording that bring the server down as they are. */
  readonly deadly: readonly Script[];
  /** Of the runs the baseline was made of. */
  readonly runs: readonly Run[];
  /** What only a server that was just started answers as recorded; where the server is ours. */
  readonly secluded?: Secluded;
  /** Where the server is ours. */
  readonly bystanders?: Bystanders;
}

type Sample = Prefixes['samples'][number];

export const PATIENT: Patience = { answer: 1000, muted: 1000, settle: 60 };
/** Of a server nobody knows yet: what came at once in the recording need not be waited for as long as what took its time. */
const FIRST: Patience = { ...PATIENT, stretch: 10, leastDue: 150, hopeless: Infinity };
/** Once it is known how fast the server is: so many times as long as nine of ten answers took. */
const LINGER = { first: 25, times: 4, least: 8, most: 40 };
const HASTY: Patience = {
  answer: 200,
  muted: 200,
  settle: 60,
  quiet: 20,
  stretch: 10,
  leastDue: 60,
  hopeless: Infinity,
};
/** Until the end of a server that is about to end is known. */
const END_MS = 400;
const LAST_MS = 60;
const MOST_REVIVED = 2;
const RUNS = 3;
/** Where playing the session takes long, it is played no further time once so much was spent on it. */
const MOST_PLAYING_MS = 12_000;
const TRIED_LANES: readonly number[] = [16, 8, 4, 2];
const PREFIX_MS = 24_000;
const LANE_SAMPLES = 8;
const FAR_SAMPLES: readonly number[] = [0.5, 0.75];
const ENOUGH = 0.85;
/** Of what the recorded users are answered, so much must be answered to others. */
const ENOUGH_OTHERS = 0.75;
const STRETCH = 4;
const MOST_STRETCH = 8;

export interface CalibrateHow {
  readonly lanes?: number;
  readonly isOver: () => boolean;
  /** Where the server is ours: when the recorded session brings it down, it is started again. */
  readonly watched?: Watched;
  /** What finding shorter ways to messages may cost. */
  readonly tryingMs?: number;
  /** Steps whose messages will be mutated. */
  readonly steps: readonly number[];
}

export async function calibrate(
  given: Seed,
  stage: Stage,
  nextTag: () => number,
  how: CalibrateHow,
): Promise<Calibrated> {
  let { scene } = given;
  const { watched } = how;
  let reviving: Promise<void> | undefined;
  const revive = async (): Promise<void> => {
    if (watched?.isManaged !== true || watched.isRunning) return;
    reviving ??= watched.restart().finally(() => (reviving = undefined));
    await reviving;
  };
  const play = async (script: Script, identities: Identities, patience = PATIENT): Promise<Run> => {
    await revive();
    return runScript(script, stage, { scene, identities, tag: nextTag(), patience, isAborted: how.isOver });
  };
  let identities = new Identities([]);
  let recorded = given;
  const deadly: Script[] = [];
  /** The session as it is; without what brings the server down, should it go down with it. */
  const playAll = async (base: () => Script, as: Identities, patience = PATIENT): Promise<Run> => {
    for (let tries = 0; ; tries++) {
      const exits = watched?.exits;
      const run = await play(base(), as, patience);
      if (watched?.isManaged !== true || tries >= MOST_REVIVED) return run;
      if (isCutShort(run)) await watched.exited(isPlayedOut(run) ? LAST_MS : END_MS);
      if (watched.exits === exits) return run;
      const survived = await survivors(recorded, {
        play: (script) => play(script, as, HASTY),
        exits: () => watched.exits,
        settle: () => watched.exited(END_MS),
        isOver: how.isOver,
      });
      // Where it stands the next time, what was cut short says nothing.
      if (survived.deadly.length === 0) continue;
      recorded = survived.seed;
      deadly.push(...survived.deadly);
    }
  };
  const began = stage.clock.now();
  const first = await playAll(() => recorded.base, identities, { ...FIRST, linger: LINGER.first });
  const refused = [...first.connections.values()].find((one) => one.failure !== undefined && one.frames === 0);
  if (refused?.failure !== undefined && first.frames.length === 0)
    throw new EngineError('connect-failed', refused.failure);
  if (first.frames.length === 0 && recorded.recordedNames.size > 0 && !how.isOver()) {
    throw new EngineError(
      'bad-request',
      'The server says nothing at all to the recorded session, so no case would tell anything: record the session against this server, or start it as it was then.',
    );
  }
  if (whoIs(scene) === 'client' && hasUnmade(first)) {
    const again = await playAll(() => recorded.base, identities, FIRST);
    recorded = withoutUnmade(recorded, [first, again]);
  }
  const runs: Run[] = [];
  // From here on it is known how fast this server answers.
  const latenciesOfFirst = first.steps.flatMap((step) => step?.answerMs ?? []);
  const p99 = percentile(latenciesOfFirst, 0.99) ?? PATIENT.answer;
  const usual = percentile(latenciesOfFirst, 0.9) ?? LINGER.first;
  const calm: Patience = {
    ...PATIENT,
    answer: Math.min(PATIENT.answer, Math.max(150, p99 * 10)),
    linger: Math.min(LINGER.most, Math.max(LINGER.least, usual * LINGER.times)),
  };
  if (scene.identities.length > 0) {
    // The second time counts: a fresh server takes the recorded names once.
    const again = await playAll(() => expecting(recorded, [first]).base, identities, calm);
    const others = new Identities(scene.identities);
    const run = await playAll(() => expecting(recorded, [first]).base, others, calm);
    // As somebody else is better even when it is no more alike: cases then do not meet.
    if (likenessOf(recorded, run) >= likenessOf(recorded, again) * ENOUGH_OTHERS) {
      identities = others;
      runs.push(run);
    } else runs.push(again);
  }
  // What does not come from this server is not waited for again.
  const known = runs.length === 0 ? [first] : [...runs];
  const isLong = (): boolean => stage.clock.now() - began > MOST_PLAYING_MS;
  while (runs.length < RUNS && !how.isOver() && !isLong())
    runs.push(await playAll(() => expecting(recorded, known).base, identities, calm));
  if (runs.length === 0) runs.push(first);
  const seed = markedAnew(expecting(recorded, runs), runs);
  ({ scene } = seed);
  const baseline = makeBaseline(seed, runs, recorded);
  // For trying out: an answer that does not come within this is not as usual.
  const answer = Math.min(300, Math.max(60, baseline.p90 * 6));
  const curious: Patience = {
    answer,
    muted: answer,
    settle: 1,
    quiet: Math.min(20, Math.max(3, baseline.p90)),
    stretch: 6,
  };
  const canary = canaryOf(seed);
  const renewing = new Renewing({
    watched,
    isWell: async () => {
      const run = await play(canary, identities, curious);
      return canary.steps.every((step, i) => {
        const known = isSend(step) ? baseline.answers.get(step.n) : undefined;
        const isDue = known?.isAnswered === true && !known.isRefused;
        return how.isOver() || !isDue || isUsual(seed, baseline, run, i, (step as SendStep).n);
      });
    },
  });
  const until = stage.clock.now() + Math.min(PREFIX_MS, how.tryingMs ?? PREFIX_MS);
  const prefixes = await findPrefixes({
    seed,
    baseline,
    play: (script) => renewing.play(() => play(script, identities, curious)),
    steps: how.steps,
    isOver: () => how.isOver() || stage.clock.now() > until,
    // The same user twice at once is another session.
    ...(identities.isEmpty && scene.identities.length > 0 ? { workers: 1 } : {}),
  });
  const latencies: number[] = [];
  // Several at once wait for each other; that is no other answer.
  const together: Patience = { ...curious, answer: 600, muted: 600, quiet: Math.max(20, curious.quiet ?? 0) };
  const chatter = new Chatter();
  const alone = new Map<Sample, Run>();
  const isAsUsual = async (sample: Sample): Promise<boolean> => {
    const { script, at } = sample;
    const run = await renewing.play(() => play(script, identities, together));
    const first = alone.get(sample);
    if (first === undefined) alone.set(sample, run);
    else chatter.learn(first, run);
    const step = script.steps[at]!;
    const ms = run.steps[at]?.answerMs;
    if (ms !== undefined) latencies.push(ms);
    return isSend(step) && isUsual(seed, baseline, run, at, step.n);
  };
  const samples: Sample[] = [];
  for (const sample of how.lanes === undefined ? chosenOf(prefixes.samples) : []) {
    if (how.isOver()) break;
    // What is not answered as usual alone (taken, killed, used up) says nothing of several at once.
    if (await isAsUsual(sample)) samples.push(sample);
  }
  let lanes = how.lanes ?? 1;
  if (how.lanes === undefined && samples.length > 0) {
    for (const tried of TRIED_LANES) {
      if (how.isOver()) break;
      latencies.length = 0;
      const many = Array.from({ length: Math.max(tried, 8) }, (_, i) => samples[i % samples.length]!);
      let next = 0;
      let good = 0;
      const lane = async (): Promise<void> => {
        for (let i = next++; i < many.length; i = next++) if (await isAsUsual(many[i]!)) good += 1;
      };
      await Promise.all(Array.from({ length: tried }, lane));
      if (good < many.length * ENOUGH) continue;
      lanes = tried;
      break;
    }
  } else if (how.lanes === undefined) lanes = TRIED_LANES[0]!;
  await renewing.done();
  const inCompany = expectingAmongOthers(seed, runs, chatter.names);
  // Cases begin with a server that nothing was left behind on.
  const bystanders =
    watched?.isManaged !== true || how.isOver()
      ? undefined
      : await meetBystanders({
          seed: inCompany,
          stage,
          identities,
          nextTag,
          isOver: how.isOver,
          world: { seed: inCompany, baseline, refusals: new Set() },
          watched,
        });
  const p90 = percentile(latencies, 0.9) ?? Math.min(baseline.p99, 10);
  // Several at once are slower than one alone was.
  const stretch = STRETCH * Math.min(MOST_STRETCH, Math.max(1, p90 / Math.max(1, baseline.p90)));
  return {
    seed: inCompany,
    identities,
    baseline,
    prefixes: carriedOver(prefixes, seed, inCompany),
    lanes,
    p90,
    stretch,
    runs,
    waitingLess: lessWaiting(recorded, inCompany),
    deadly,
    ...(watched?.isManaged === true ? { secluded: secludedOf(recorded, first, baseline) } : {}),
    ...(bystanders === undefined ? {} : { bystanders }),
  };
}

/** The same ways, of the steps of another seed. */
function carriedOver({ of, samples }: Prefixes, from: Seed, to: Seed): Prefixes {
  const now = new Map(from.base.steps.map((step, i) => [step, to.base.steps[i]!]));
  return { samples, of: (at) => of(at).map((step) => now.get(step) ?? step) };
}

/** Most of them short; some that go far into the world, where others are. */
function chosenOf(samples: readonly Sample[]): readonly Sample[] {
  const far = FAR_SAMPLES.map((share) => samples[Math.floor(samples.length * share)]);
  return [...new Set([...samples.slice(0, LANE_SAMPLES), ...far.filter((one) => one !== undefined)])];
}

/** All that was to be said has been said: who ends only now is not cut short by much. */
function isPlayedOut({ script, steps }: Run): boolean {
  return script.steps.every((step, i) => !isSend(step) || step.isLeftOut === true || steps[i] !== undefined);
}

/** A connection ended that we had not left by then. */
function isCutShort({ connections }: Run): boolean {
  return [...connections.values()].some(
    ({ ending, failure }) => failure !== undefined || (ending !== undefined && ending.by !== 'client'),
  );
}

function percentile(values: readonly number[], share: number): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * share)];
}
