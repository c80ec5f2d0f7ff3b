/** What is wrong with how a server took a case: the oracles that need nothing but the conversation. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import { NEGATIVE } from './amounts.ts';
import { remarkKey } from './hearing.ts';
import type { Mutation } from './mutation.ts';
import type { LiveFrame, Run, StepRun } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, isWrong } from './script.ts';
import type { JudgeWorld, Outcome, Suspicion } from './suspicion.ts';
import { answersTo, summaryOf } from './answers.ts';
import { neutral, silence } from './judge-silence.ts';
import { acceptance, breaches } from './judge-acceptance.ts';

/** What became of the mutated message. */
export function outcomeOf(run: Run, focus: number): Outcome {
  const step = run.script.steps[focus];
  if (step === undefined || !isSend(step)) return 'ignored';
  const frames = answersTo(run, focus, step.conn);
  const connection = run.connections.get(step.conn);
  if (frames.some((f) => f.heard.isRefusal)) return 'rejected';
  if (connection?.ending !== undefined && connection.ending.by !== 'client' && connection.endedAfter === focus)
    return 'kicked';
  return frames.length === 0 ? 'ignored' : 'accepted';
}

export function judge(
  run: Run,
  focus: readonly number[],
  mutation: Mutation | undefined,
  world: JudgeWorld,
): Suspicion[] {
  const found: Suspicion[] = [...remarks(run, focus[0] ?? 0, world)];
  for (const at of focus) {
    const step = run.script.steps[at];
    const step2 = run.steps[at];
    if (step === undefined || !isSend(step) || step2 === undefined) continue;
    if (mutation !== undefined) {
      if (mutation.isNeutral === true) found.push(...neutral(run, at, step, step2, mutation, world));
      else {
        found.push(...silence(run, at, step, mutation, world));
        found.push(...acceptance(run, at, step, step2, mutation, world));
      }
    }
  }
  found.push(...slowness(run, world));
  return found;
}

/** The server breaks its own description. */
function* remarks(run: Run, focus: number, world: JudgeWorld): Generator<Suspicion> {
  const told = new Set<string>();
  // Checks over a connection lose their footing once we have broken the rules ourselves.
  const isBreach = (sent: StepRun | undefined, i: number): boolean => {
    // In a crowd a recorded message may be about somebody who is not there: that upsets nobody.
    const isGrave = (info: ExpertInfo): boolean => isWrong(run.script.steps[i]) || info.severity === 'error';
    return sent !== undefined && breaches(sent, world).some(isGrave);
  };
  const firstBreach = run.steps.find(isBreach)?.at ?? Infinity;
  for (const frame of run.frames) {
    for (const info of frame.heard.expert) {
      const isAfterOurs = info.group === 'invariant' && info.code !== NEGATIVE && frame.at >= firstBreach;
      if (!isBreak(info) || isAfterOurs) continue;
      if (info.code === 'truncated' && isCutOff(run, frame)) continue;
      const key = remarkKey(frame.heard, info);
      if (told.has(key) || world.seed.serverRemarks.has(key) || world.baseline.serverRemarks.has(key)) continue;
      const hearsayMs = world.seed.scene.chatter?.has(frame.heard.name) === true ? sinceWrong(run, frame) : undefined;
      // Whoever has just said something wrong is likelier to have brought it about than who merely heard of it.
      if (hearsayMs !== undefined && hearsayMs > HEARSAY_MS && !isDue(run, frame)) continue;
      told.add(key);
      yield {
        oracle: info.group === 'invariant' ? 'invariant' : 'schema',
        key: `schema|${key}`,
        title: `The ${whoIs(world.seed.scene)}'s ${frame.heard.name} breaks its description: ${info.text}`,
        evidence: [summaryOf(frame, world), ...(info.path === undefined ? [] : [`at ${info.path}`])],
        step: Math.max(frame.step, focus),
        ...(hearsayMs === undefined ? {} : { hearsayMs }),
      };
    }
  }
}

const HEARSAY_MS = 50;

/** It came there when the session was played as it is. */
function isDue({ script }: Run, { step, heard }: LiveFrame): boolean {
  const said = script.steps[step];
  return said !== undefined && isSend(said) && said.dueNames?.includes(heard.name) === true;
}

/** From the last wrong message to a frame. */
function sinceWrong({ script, steps }: Run, { at }: LiveFrame): number {
  const said = steps.flatMap((one, i) => {
    const step = script.steps[i]!;
    return one !== undefined && isSend(step) && step.mutated && one.at <= at ? [one.at] : [];
  });
  return at - Math.max(-Infinity, ...said);
}

/** The last frame of a connection that ended: how it ended is what there is to say. */
function isCutOff(run: Run, frame: LiveFrame): boolean {
  const isLast = run.frames.findLast((other) => other.conn === frame.conn) === frame;
  return isLast && run.connections.get(frame.conn)?.ending !== undefined;
}

/** Remarks on the server's frames that are its own fault, whatever it was sent. */
export function isBreak(info: ExpertInfo): boolean {
  if (info.severity === 'note') return false;
  if (info.group === 'schema' || info.group === 'malformed') return true;
  return info.group === 'invariant' && info.severity === 'error';
}

const SLOW_MS = 1000;

function* slowness(run: Run, { baseline }: JudgeWorld): Generator<Suspicion> {
  const limit = Math.max(SLOW_MS, baseline.p99 * 20);
  for (const [i, sent] of run.steps.entries()) {
    const step = run.script.steps[i];
    if (sent?.answerMs === undefined || sent.answerMs < limit || step === undefined || !isSend(step)) continue;
    yield {
      oracle: 'slow',
      key: `slow|${step.message}`,
      title: `${step.message} is answered after ${Math.round(sent.answerMs)} ms`,
      evidence: [`99 of 100 answers to the recorded session come within ${baseline.p99.toFixed(1)} ms.`],
      step: i,
    };
    return;
  }
}
