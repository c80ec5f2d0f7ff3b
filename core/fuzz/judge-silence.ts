/** The oracles that look at what did not come. */
import { createFramer } from '../protocol/framer.ts';
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { isStrict } from '../replay/run-connection.ts';
import { fieldPattern, type Mutation } from './mutation.ts';
import type { Run, StepRun } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, originalOf, type SendStep } from './script.ts';
import { wireOf } from './wire-of.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import { answersTo, isHeardOf } from './answers.ts';

/** Who falls silent at very much text does so whatever field it is in. */
const LONG = /^long(?:-\d+)?$/;

/** Families that say something wrong where something right was due. */
const SAYS_WRONG: ReadonlySet<Mutation['family']> = new Set(['field', 'payload', 'rule', 'havoc']);

export function* neutral(
  run: Run,
  at: number,
  step: SendStep,
  sent: StepRun,
  mutation: Mutation,
  world: JudgeWorld,
): Generator<Suspicion> {
  const answer = world.baseline.answers.get(step.n);
  if (answer === undefined || !answer.isAnswered || answer.isEnd) return;
  if (sent.answerMs !== undefined || answersTo(run, at, step.conn).length > 0) return;
  const ending = run.connections.get(step.conn)?.ending;
  const how = mutation.doc.replace(/\.$/, '').toLowerCase();
  if (ending !== undefined && ending.by !== 'client') {
    yield {
      oracle: 'closed',
      key: `closed|${mutation.name}`,
      title: `The connection is closed when ${step.message} comes ${how}`,
      evidence: [`The same bytes in one piece are answered. Here: ${ending.text}.`],
      step: at,
    };
    return;
  }
  if (ending !== undefined) return;
  yield {
    oracle: 'no-answer',
    key: `no-answer|${mutation.name.split('-')[0]}`,
    title: `${step.message} is not answered when it comes ${how}`,
    evidence: ['The same bytes in one piece are answered.'],
    step: at,
  };
}

/** Whether what was sent is a whole frame to whoever cuts the stream by the protocol's framing. */
function isWhole(run: Run, at: number, step: SendStep, world: JudgeWorld): boolean {
  const recorded = world.seed.scene.connections.get(originalOf(step.conn))?.recorded;
  if (recorded === undefined) return false;
  if (recorded.framing.kind === 'message') return step.wire === undefined;
  if (step.wire !== undefined) return false;
  const bytes = run.steps[at]?.bytes;
  if (bytes === undefined) return false;
  const framer = createFramer(recorded.framing);
  const cuts = framer.push(wireOf(recorded.framing, step, bytes));
  return cuts.length === 1 && framer.pending === 0 && cuts[0]!.expert.length === 0;
}

export function* silence(
  run: Run,
  at: number,
  step: SendStep,
  mutation: Mutation,
  world: JudgeWorld,
): Generator<Suspicion> {
  const connection = run.connections.get(step.conn);
  if (connection === undefined || connection.failure !== undefined) return;
  // That we left, in the end, says nothing of the silence before.
  if (connection.ending !== undefined && connection.ending.by !== 'client') return;
  const recorded = world.seed.scene.connections.get(originalOf(step.conn))?.recorded;
  if (!isWhole(run, at, step, world)) return;
  const isAnswered = isHeardOf(run, [at], step.conn, world, at);
  const later = run.script.steps.flatMap((one, i) => {
    if (i <= at || !isSend(one) || one.conn !== step.conn || run.steps[i] === undefined || one.mutated) return [];
    const known = world.baseline.answers.get(one.n);
    return known?.isAnswered === true && !known.isEnd ? [i] : [];
  });
  const isGoingOn = isHeardOf(run, later, step.conn, world, at + 1);
  const field = fieldPattern(mutation.field);
  if (!isAnswered && later.length > 0 && !isGoingOn) {
    if (isForAnother(run, at, later)) return;
    yield {
      oracle: 'no-answer',
      key: `no-answer|${mutation.message}|${LONG.test(mutation.name) ? 'long' : field}`,
      title: `The connection gets no answer any more after a ${mutation.message}${field === '' ? '' : ` with a wrong ${field}`}`,
      evidence: [
        `${later.length} more message${later.length === 1 ? '' : 's'}, each answered in the recorded session, got none; the connection stays open.`,
      ],
      step: at,
      needsControl: true,
    };
    return;
  }
  const known = world.baseline.answers.get(step.n);
  if (
    !isAnswered &&
    known?.isAnswered === true &&
    !known.isEnd &&
    isStrict(recorded?.protocol) &&
    SAYS_WRONG.has(mutation.family)
  ) {
    yield {
      oracle: 'no-answer',
      key: `no-answer|${mutation.message}|${LONG.test(mutation.name) ? 'long' : field}|turn`,
      title: `A ${mutation.message}${field === '' ? '' : ` with a wrong ${field}`} is passed over in silence, and the ${whoIs(world.seed.scene)} waits for another one`,
      evidence: [
        'Each message of this protocol is answered by the next; a client that waits for its turn waits for ever.',
      ],
      step: at,
    };
  }
}

const WHOSE =
  /(?:^|_)(?:uid|token|owner|user|player|actor|seat|account|char(?:acter)?|puppet)(?:_?id)?$|^(?:user|account|char(?:acter)?)_?name$|(?:user|player|owner|account)I[dD]$/i;

/**
 * All that followed names another user, table or token than the wrong message did: where that one is what they go by, it is
 * right to be silent.
 */
function isForAnother(run: Run, at: number, later: readonly number[]): boolean {
  const said = (i: number): Map<string, string> => {
    const found = new Map<string, string>();
    for (const { fields, spec } of run.steps[i]?.heard.messages ?? []) {
      for (const { path, value } of leavesOf(fields).slice(0, 100)) {
        const role = metaAt(spec?.node, path).role;
        const isWhose = WHOSE.test(lastName(path)) || role === 'token' || role === 'owner';
        if (isWhose && value !== null && typeof value !== 'object') found.set(lastName(path), String(value));
      }
    }
    return found;
  };
  const wrong = said(at);
  const others = later.map(said);
  return [...wrong].some(([name, value]) => others.every((one) => one.has(name) && one.get(name) !== value));
}
