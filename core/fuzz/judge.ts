/** What is wrong with how a server took a case: the oracles that need nothing but the conversation. */
import { createFramer } from '../protocol/framer.ts';
import type { DissectedMessage, Protocol } from '../protocol/protocol.ts';
import { formatPath } from '../schema/path.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { lastName, leavesOf, metaAt } from '../replay/leaves.ts';
import { isStrict } from '../replay/run-connection.ts';
import { NEGATIVE } from './amounts.ts';
import type { Baseline } from './baseline.ts';
import { remarkKey } from './hearing.ts';
import { fieldPattern, type Mutation } from './mutation.ts';
import type { LiveFrame, Run, StepRun } from './run-script.ts';
import { whoIs } from './scene.ts';
import type { Seed } from './seed.ts';
import { isSend, originalOf, type SendStep } from './script.ts';
import { wireOf } from './wire-of.ts';

export type Oracle =
  | 'exit'
  | 'refused'
  | 'canary'
  | 'no-answer'
  | 'closed'
  | 'slow'
  | 'schema'
  | 'invariant'
  | 'accepted'
  | 'race'
  | 'log'
  | 'memory'
  | 'changed';

/** Who falls silent at very much text does so whatever field it is in. */
const LONG = /^long(?:-\d+)?$/;

/** Families that say something wrong where something right was due. */
const SAYS_WRONG: ReadonlySet<Mutation['family']> = new Set(['field', 'payload', 'rule', 'havoc']);

export interface Suspicion {
  readonly oracle: Oracle;
  /** Findings with the same key are one. */
  readonly key: string;
  /** One sentence. */
  readonly title: string;
  readonly evidence: readonly string[];
  /** Step whose answer tells. */
  readonly step: number;
  /** Silence proves nothing unless the server goes on when the message is left out. */
  readonly needsControl?: boolean;
  /** Seen in what others bring about, too: so long after the wrong message, milliseconds. */
  readonly hearsayMs?: number;
}

export type Outcome = 'accepted' | 'rejected' | 'ignored' | 'kicked' | 'crashed';

export interface JudgeWorld {
  readonly seed: Seed;
  readonly baseline: Baseline;
  /** Signatures of answers to plain nonsense. */
  readonly refusals: ReadonlySet<string>;
}

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

function answersTo(run: Run, at: number, conn: number): LiveFrame[] {
  return run.frames.filter((f) => f.step === at && f.conn === conn && !f.isHeartbeat);
}

/** Whether anything came from a step on that may answer one of these: others at work on the same server are heard of, too. */
export function isHeardOf(
  run: Run,
  steps: readonly number[],
  conn: number,
  { seed }: JudgeWorld,
  from: number,
): boolean {
  const protocol = seed.scene.connections.get(originalOf(conn))?.recorded.protocol;
  const { usual, chatter } = seed.scene;
  const isChatter = (name: string): boolean => chatter?.has(name) === true;
  const due = new Set<string>();
  let isKnown = usual !== undefined;
  for (const i of steps) {
    const step = run.script.steps[i];
    if (step === undefined || !isSend(step)) continue;
    const names = repliesTo(protocol, step.message);
    if (names.size === 0) isKnown = false;
    for (const name of names) due.add(name);
    for (const name of step.dueNames ?? []) if (!isChatter(name)) due.add(name);
  }
  return run.frames.some((f) => {
    if (f.conn !== conn || f.step < from || f.isHeartbeat) return false;
    if (f.heard.isRefusal || due.has(f.heard.name)) return true;
    if (!isKnown || !usual!.has(f.heard.name)) return !isChatter(f.heard.name);
    return f.heard.messages.some((one) => one.name !== null && due.has(one.name));
  });
}

function summaryOf(frame: LiveFrame, world: JudgeWorld): string {
  return `${whoIs(world.seed.scene)}: ${frame.heard.name} ${frame.heard.summary}`.trim();
}

function* neutral(
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

function* silence(run: Run, at: number, step: SendStep, mutation: Mutation, world: JudgeWorld): Generator<Suspicion> {
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

/** What a message of ours breaks, by its description and its checks; remarks on the recorded session count for nothing. */
function breaches(sent: StepRun, world: JudgeWorld): ExpertInfo[] {
  return sent.heard.expert.filter((info) => {
    if (info.severity === 'note' || (info.group !== 'sequence' && info.group !== 'invariant')) return false;
    const key = `${sent.heard.name}/${remarkKey(info)}`;
    return !world.baseline.clientRemarks.has(key) && !world.seed.clientRemarks.has(key);
  });
}

function* acceptance(
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
  const frames = heardAfter(run, at, step, mutation, world);
  if (frames.length === 0 || frames.some((f) => f.heard.isRefusal || world.refusals.has(f.heard.signature))) return;
  const connection = run.connections.get(step.conn);
  if (connection?.ending !== undefined && connection.ending.by !== 'client' && connection.endedAfter <= at) return;
  const known = world.baseline.answers.get(step.n);
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

/** Smaller numbers may stand for anything. */
const LEAST_ID = 10;

/** The number of somebody else that is shown was told to this connection before: nobody is to be kept from knowing it. */
function isPublic(run: Run, at: number, { conn }: SendStep, sent: StepRun, { name, field }: Mutation): boolean {
  if (!/^(?:others|foreign)-/.test(name)) return false;
  const shown = leavesOf(sent.heard.messages[0]?.fields).find(({ path }) => formatPath(path) === field)?.value;
  if (typeof shown !== 'number' || shown < LEAST_ID) return false;
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

/** Whether some of what came after a step, on these connections, is how the recorded frame is answered. */
export function isAnsweredAsUsual(
  run: Run,
  at: number,
  conns: readonly number[],
  n: number,
  world: JudgeWorld,
): boolean {
  const step = world.seed.base.steps.find((one) => isSend(one) && one.n === n);
  const known = world.baseline.answers.get(n);
  if (step === undefined || !isSend(step) || known === undefined) return false;
  const frames = conns.flatMap((conn) => answersTo(run, at, conn));
  if (frames.some((f) => f.heard.isRefusal)) return false;
  return replies(frames, step, world).some((f) => known.signatures.has(f.heard.signature));
}

/** Of what came, what answers this message by the protocol's pairs; everything where it says nothing. */
function replies(frames: readonly LiveFrame[], step: SendStep, world: JudgeWorld): readonly LiveFrame[] {
  const names = repliesTo(world.seed.scene.connections.get(originalOf(step.conn))?.recorded.protocol, step.message);
  const known = world.baseline.answers.get(step.n);
  // A server of another time may not know the answer that the pair speaks of.
  const isKept = known === undefined || [...known.names].some((one) => one.split('+').some((name) => names.has(name)));
  if (names.size === 0 || !isKept) return frames;
  return frames.filter((f) => f.heard.messages.some((m) => m.name !== null && names.has(m.name)));
}

/** Empty where the protocol says nothing of it. */
function repliesTo(protocol: Protocol | undefined, message: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const pair of protocol?.pairs ?? []) {
    if (pair.direction !== 'toServer' || pair.replies === '*' || pair.request === '*') continue;
    if (pair.request.includes(message)) for (const name of pair.replies) names.add(name);
  }
  return names;
}

/** The server breaks its own description. */
function* remarks(run: Run, focus: number, world: JudgeWorld): Generator<Suspicion> {
  const told = new Set<string>();
  // Checks over a connection lose their footing once we have broken the rules ourselves.
  const firstBreach = run.steps.find((sent) => sent !== undefined && breaches(sent, world).length > 0)?.at ?? Infinity;
  for (const frame of run.frames) {
    for (const info of frame.heard.expert) {
      const isAfterOurs = info.group === 'invariant' && info.code !== NEGATIVE && frame.at >= firstBreach;
      if (!isBreak(info) || isAfterOurs) continue;
      if (info.code === 'truncated' && isCutOff(run, frame)) continue;
      const key = `${frame.heard.name}/${remarkKey(info)}`;
      if (told.has(key) || world.seed.serverRemarks.has(key) || world.baseline.serverRemarks.has(key)) continue;
      const hearsayMs = world.seed.scene.chatter?.has(frame.heard.name) === true ? sinceWrong(run, frame) : undefined;
      // Whoever has just said something wrong is likelier to have brought it about than who merely heard of it.
      if (hearsayMs !== undefined && hearsayMs > HEARSAY_MS) continue;
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
