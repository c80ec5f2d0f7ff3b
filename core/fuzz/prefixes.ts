/**
 * What really has to come before a message. A case that plays a whole evening to say one wrong word is slow; most messages need
 * their own connection's beginning, or nothing at all. Found by trying: less is enough when the answer stays what it was.
 */
import { type Baseline, canTell } from './baseline.ts';
import { breaches } from './judge-acceptance.ts';
import { sendAt } from './mutation.ts';
import { fewer, isMaking, Needs } from './prefix-needs.ts';
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script, type Step } from './script.ts';
import { wayTo } from './visit-needs.ts';

export interface Prefixes {
  /** Steps before a step of the base script. */
  of(at: number): readonly Step[];
  /** Scripts that end with an answered message, shortest prefix first; for trying out. */
  readonly samples: readonly { readonly script: Script; readonly at: number }[];
}

export interface FindPrefixes {
  readonly seed: Seed;
  readonly baseline: Baseline;
  readonly play: (script: Script) => Promise<Run>;
  /** Steps whose messages will be mutated. */
  readonly steps: readonly number[];
  readonly isOver: () => boolean;
  /** Plays at once. */
  readonly workers?: number;
}

/** Messages looked at at once, where each play is another user. */
const WORKERS = 4;
/** Earlier messages of a connection whose ways are tried. */
const MOST_NEIGHBOURS = 3;
/** Messages before one that are few enough. */
const SHORT = 6;
/** So many messages with at least so many steps before them, of which less than a share could be left out: no more are looked at. */
const IN_VAIN = { messages: 6, before: 8, share: 0.2 };

export async function findPrefixes(how: FindPrefixes): Promise<Prefixes> {
  const { seed, isOver, baseline } = how;
  if (seed.kept !== undefined) return everythingBefore(how);
  const found = new Map<number, readonly Step[]>();
  const samples: { script: Script; at: number }[] = [];
  const steps = firstOfEachName(seed, how.steps);
  const needs = new Needs({ seed, isEnough: (prefix, at) => answersAsUsual(how, prefix, at), isOver, baseline });
  // Connections first: whether they need the others matters most.
  const conns = new Set(steps.map((at) => sendAt(seed, at).conn));
  const alone = new Set<number>();
  await together(how, [...conns], async (conn) => {
    await needs.of(conn);
    for (const at of await playedAlone(how, needs, conn)) alone.add(at);
  });
  /** Where each message answers the one before, all of them are needed, and trying takes long. */
  const deep = { messages: 0, before: 0, leftOut: 0 };
  const isVain = (): boolean => deep.messages >= IN_VAIN.messages && deep.leftOut < deep.before * IN_VAIN.share;
  await together(how, steps, async (at) => {
    const step = sendAt(seed, at);
    const known = baseline.answers.get(step.n);
    // Nothing to go by: as its neighbours do.
    if (known === undefined || !canTell(known)) return;
    const isEnough = async (prefix: readonly Step[]): Promise<boolean> => answersAsUsual(how, prefix, at);
    const isInVain = isVain();
    const own = needs.stepsBefore(at);
    if (isInVain && !alone.has(at)) return;
    const best = isInVain ? own : await shortest({ seed, at, needs, found, alone }, isEnough, isOver);
    if (best === undefined) return;
    if (own.length >= IN_VAIN.before && !isInVain) {
      deep.messages += 1;
      deep.before += own.length;
      deep.leftOut += own.length - Math.min(own.length, best.length);
    }
    found.set(at, best);
    if (known.isAnswered) samples.push({ script: { steps: [...best, step] }, at: best.length });
  });
  samples.sort((a, b) => a.at - b.at);
  return {
    samples,
    of: (at) => {
      const known = found.get(at);
      if (known !== undefined || !isSend(seed.base.steps[at]!)) return known ?? wayTo(seed, at);
      if (alone.has(at)) return needs.stepsBefore(at);
      // Where hardly anything can be left out, what could be for one message is chance.
      if (isVain()) return wayTo(seed, at);
      const [near] = neighboursOf(seed, at, found);
      if (near !== undefined) return onFrom(seed, near, found.get(near)!, at);
      const answer = baseline.answers.get(sendAt(seed, at).n);
      return answer !== undefined && canTell(answer) ? wayTo(seed, at) : needs.stepsBefore(at);
    },
  };
}

/** A connection played with those it needs: the steps whose messages are answered as usual without the others. */
async function playedAlone(
  { seed, baseline, play, isOver }: FindPrefixes,
  needs: Needs,
  conn: number,
): Promise<readonly number[]> {
  const last = seed.base.steps.findLastIndex((step) => isSend(step) && step.conn === conn);
  if (isOver() || last < 0) return [];
  const run = await play({ steps: [...needs.stepsBefore(last), sendAt(seed, last)] });
  return run.script.steps.flatMap((step, i) =>
    isSend(step) && step.conn === conn && isUsual(seed, baseline, run, i, step.n)
      ? [seed.base.steps.indexOf(step)]
      : [],
  );
}

/** Behind a fork nothing is left out: the state there is what the campaign is about. */
function everythingBefore({ seed, steps }: FindPrefixes): Prefixes {
  const of = (at: number): readonly Step[] => seed.base.steps.slice(0, at);
  const ordered = [...new Set(steps)].sort((a, b) => a - b);
  return { of, samples: ordered.map((at) => ({ script: { steps: [...of(at), sendAt(seed, at)] }, at })) };
}

/** Does them in order, several at once. */
async function together<T>(
  { isOver, workers = WORKERS }: FindPrefixes,
  list: readonly T[],
  one: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length && !isOver()) await one(list[next++]!);
  };
  await Promise.all(Array.from({ length: workers }, worker));
}

/** The first message of each name before the others: time may run out. */
function firstOfEachName(seed: Seed, steps: readonly number[]): number[] {
  const met = new Set<string>();
  const all = [...new Set(steps)].sort((a, b) => a - b);
  const first = all.filter((at) => {
    const { conn, message } = sendAt(seed, at);
    const key = `${seed.scene.connections.get(conn)?.recorded.connection.server.port}\0${message}`;
    return !met.has(key) && met.add(key).size > 0;
  });
  return [...first, ...all.filter((at) => !first.includes(at))];
}

interface Looking {
  readonly seed: Seed;
  readonly at: number;
  readonly needs: Needs;
  readonly found: ReadonlyMap<number, readonly Step[]>;
  /** Steps that need no more than their connection does. */
  readonly alone: ReadonlySet<number>;
}

/** Messages before this one on its connection whose way is known, the last first. */
function neighboursOf(seed: Seed, at: number, found: ReadonlyMap<number, readonly Step[]>): number[] {
  const { conn } = sendAt(seed, at);
  const near: number[] = [];
  for (let i = at - 1; i >= 0 && near.length < MOST_NEIGHBOURS; i--) {
    const step = seed.base.steps[i]!;
    if (step.conn !== conn) continue;
    if (isSend(step) && found.has(i)) near.push(i);
  }
  return near;
}

/** The way to an earlier message, and all that its connections said since. */
function onFrom(seed: Seed, near: number, prefix: readonly Step[], at: number): readonly Step[] {
  const conns = new Set(prefix.map((step) => step.conn)).add(sendAt(seed, near).conn);
  return [...prefix, ...seed.base.steps.slice(near, at).filter((step) => conns.has(step.conn))];
}

/** Nothing, then what was enough for its neighbours, then less and less of its own connection and of those it needs. */
async function shortest(
  { seed, at, needs, found, alone }: Looking,
  isEnough: (prefix: readonly Step[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly Step[] | undefined> {
  const { conn } = sendAt(seed, at);
  const own = needs.stepsBefore(at);
  const tried = new Set<string>();
  const isKept = (step: Step): boolean => isMaking(seed, step);
  const isNew = (prefix: readonly Step[]): boolean => {
    const conns = new Set(prefix.map((step) => step.conn));
    if (own.some((step) => conns.has(step.conn) && isKept(step) && !prefix.includes(step))) return false;
    const key = prefix.map((step) => seed.base.steps.indexOf(step)).join();
    return !tried.has(key) && tried.add(key).size > 0;
  };
  const bare = own.filter((one) => one.kind === 'open' || one.conn !== conn);
  if (bare.length < own.length && isNew(bare) && (await isEnough(bare))) return bare;
  const last = own.findLast((step) => isSend(step) && step.conn === conn);
  for (const near of neighboursOf(seed, at, found)) {
    const prefix = found.get(near)!;
    const set = new Set(prefix);
    const withLast = seed.base.steps.slice(0, at).filter((step) => set.has(step) || step === last);
    for (const candidate of [prefix, withLast, onFrom(seed, near, prefix, at)]) {
      if (!isNew(candidate) || isOver()) continue;
      if (!(await isEnough(candidate))) continue;
      // Later messages take this way too.
      return candidate.filter(isSend).length > SHORT ? fewer(candidate, { conn, isKept }, isEnough, isOver) : candidate;
    }
  }
  if (isOver()) return undefined;
  if (alone.has(at) || (isNew(own) && (await isEnough(own)))) return fewer(own, { conn, isKept }, isEnough, isOver);
  const more = await needs.withOthers(at, isEnough);
  return more === undefined ? undefined : fewer(more, { conn, isKept }, isEnough, isOver);
}

/** Whether the message, after this prefix, is answered as in the recorded session, and breaks no rule that it kept to there. */
export async function answersAsUsual(
  { seed, baseline, play }: Pick<FindPrefixes, 'seed' | 'baseline' | 'play'>,
  prefix: readonly Step[],
  at: number,
): Promise<boolean> {
  const step = sendAt(seed, at);
  const run = await play({ steps: [...prefix, step] });
  const known = baseline.answers.get(step.n);
  if (known === undefined || known.isAnswered) return isUsual(seed, baseline, run, prefix.length, step.n);
  // Others are told what it brings about.
  return [...known.elsewhere].every(([conn, signatures]) =>
    run.frames.some((f) => f.step === prefix.length && f.conn === conn && signatures.has(f.heard.signature)),
  );
}

export function isUsual(seed: Seed, baseline: Baseline, run: Run, at: number, n: number): boolean {
  const known = baseline.answers.get(n);
  const sent = run.steps[at];
  const step = run.script.steps[at];
  if (known === undefined || sent === undefined || step === undefined) return false;
  const frames = run.frames.filter((f) => f.step === at && f.conn === step.conn && !f.isHeartbeat);
  if (!frames.some((f) => known.signatures.has(f.heard.signature))) return false;
  if (frames.some((f) => f.heard.isRefusal !== known.isRefused && f.heard.isRefusal)) return false;
  return breaches(sent, { baseline, seed }).length === 0;
}
