/** The oracle that looks at what should have been refused. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { formatPath } from '../schema/path.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import type { Answer } from './baseline.ts';
import { remarkKey } from './hearing.ts';
import { fieldPattern, type Mutation } from './mutation.ts';
import type { LiveFrame, Run, StepRun } from './run-script.ts';
import { whoIs } from './scene.ts';
import { isSend, originalOf, type SendStep } from './script.ts';
import type { JudgeWorld, Suspicion } from './suspicion.ts';
import { answersTo, isAnsweredAsUsual, replies, summaryOf } from './answers.ts';

/** What a message of ours breaks, by its description and its checks; remarks on the recorded session count for nothing. */
export function breaches(sent: StepRun, { baseline, seed }: Pick<JudgeWorld, 'baseline' | 'seed'>): ExpertInfo[] {
  return sent.heard.expert.filter((info) => {
    if (info.severity === 'note' || (info.group !== 'sequence' && info.group !== 'invariant')) return false;
    const key = remarkKey(sent.heard, info);
    return !baseline.clientRemarks.has(key) && !seed.clientRemarks.has(key);
  });
}

export function* acceptance(
  run: Run,
  at: number,
  step: SendStep,
  sent: StepRun,
  mutation: Mutation,
  world: JudgeWorld,
): Generator<Suspicion> {
  const [breach] = breaches(sent, world).sort(
    (a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'),
  );
  // What a client may be told is the server's to know.
  if (whoIs(world.seed.scene) === 'client') return;
  const rule = (mutation.isTold === true ? undefined : mutation.rule) ?? breach?.text;
  if (rule === undefined || !hasItsNeeds(run, at, mutation, world) || isPublic(run, at, step, sent, mutation)) return;
  const known = world.baseline.answers.get(step.n);
  const frames = telling(heardAfter(run, at, step, mutation, world), known, world);
  if (frames.length === 0 || frames.some((f) => f.heard.isRefusal || world.refusals.has(f.heard.signature))) return;
  const connection = run.connections.get(step.conn);
  if (connection?.ending !== undefined && connection.ending.by !== 'client' && connection.endedAfter <= at) return;
  const counted = replies(frames, step, world);
  const isUsual =
    known !== undefined && !known.isRefused && counted.some((f) => known.signatures.has(f.heard.signature));
  // Where a description says "error", whatever is no refusal will do; else it must be answered like the right message.
  const isForbidden = mutation.controls === undefined && breach?.severity === 'error' && world.refusals.size > 0;
  if (!isUsual && !isForbidden) return;
  yield {
    oracle: 'accepted',
    key: acceptedKey(sent.heard.name, mutation, breach?.code),
    title: `${sent.heard.name} is accepted although it breaks a rule: ${rule}`,
    evidence: [
      ...(breach === undefined ? [] : [`The protocol's description on the message sent: ${breach.text}.`]),
      ...frames.slice(0, 3).map((frame) => summaryOf(frame, world)),
    ],
    step: at,
  };
}

/** Without what says neither yes nor no: nonsense and the right message are told it alike, or others bring it about. */
function telling(
  frames: readonly LiveFrame[],
  known: Answer | undefined,
  { refusals, seed }: JudgeWorld,
): readonly LiveFrame[] {
  return frames.filter(({ heard }) => {
    if (heard.isRefusal) return true;
    const isUsual = known?.signatures.has(heard.signature) === true;
    return isUsual ? !refusals.has(heard.signature) : seed.scene.chatter?.has(heard.name) !== true;
  });
}

/** Smaller numbers may stand for anything. */
const LEAST_ID = 10;

const ACTS = /^(?:uid|owner|user|player|actor|seat|account|char(?:acter)?|puppet|sender|from)(?:_?id)?$/i;

function lastWord(field: string): string {
  return field.split('.').at(-1) ?? '';
}

/** The number of somebody else that is shown was told to this connection before: nobody is to be kept from knowing it. */
function isPublic(run: Run, at: number, { conn }: SendStep, sent: StepRun, { name, field }: Mutation): boolean {
  // Who acts is another thing than what is acted on: others are known by name, and nobody is to speak in theirs.
  const isWhole = name.startsWith('foreign-') && field === '';
  if (!isWhole && (!name.startsWith('others-') || ACTS.test(lastWord(field)))) return false;
  const shown = leavesOf(sent.heard.messages[0]?.fields).find(({ path }) => formatPath(path) === field)?.value;
  if (typeof shown !== 'number' || (!isWhole && shown < LEAST_ID)) return false;
  const isId = (spec: DissectedMessage['spec'], path: readonly (string | number)[]): boolean =>
    metaAt(spec?.node, path).role === 'id' || /(?:^|_)id$|[a-z]I[dD]$/i.test(lastName(path));
  return run.frames.some(
    (frame) =>
      frame.conn === conn &&
      frame.step < at &&
      frame.heard.messages.some(({ fields, spec }) =>
        leavesOf(fields).some(({ path, value }) => value === shown && isId(spec, path)),
      ),
  );
}

/** What makes it wrong has really come about. */
function hasItsNeeds(run: Run, at: number, { needs = [] }: Mutation, world: JudgeWorld): boolean {
  return needs.every((n) => {
    const i = run.script.steps.findIndex((step, place) => place < at && isSend(step) && step.n === n);
    const step = run.script.steps[i];
    return step !== undefined && isAnsweredAsUsual(run, i, [step.conn], n, world);
  });
}

export function acceptedKey(name: string, { rule, field, name: kind }: Mutation, code?: string): string {
  const what = field === '' ? kind : fieldPattern(field);
  return `accepted|${name}|${code ?? (rule === undefined ? '' : what)}`;
}

/** What was said to whoever sent it; and where a second connection speaks in the name of the first, to the first. */
function heardAfter(run: Run, at: number, step: SendStep, mutation: Mutation, world: JudgeWorld): LiveFrame[] {
  const { conn, n } = step;
  const own = answersTo(run, at, conn);
  if (own.length > 0 || mutation.controls === undefined || originalOf(conn) === conn) return own;
  const known = world.baseline.answers.get(n);
  const others = replies(answersTo(run, at, originalOf(conn)), step, world);
  return others.filter((f) => known?.signatures.has(f.heard.signature));
}
