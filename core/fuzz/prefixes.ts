/**
 * What really has to come before a message. A case that plays a whole evening to say one wrong word is slow; most messages need
 * their own connection's beginning, or nothing at all. Found by trying: less is enough when the answer stays what it was.
 */
import type { Baseline } from './baseline.ts';
import { remarkKey } from './hearing.ts';
import { sendAt } from './mutation.ts';
import type { Run } from './run-script.ts';
import type { Seed } from './seed.ts';
import { isSend, type Script, type Step } from './script.ts';

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

const MOST_TRIES = 14;
/** Messages looked at at once, where each play is another user. */
const WORKERS = 4;
/** So many messages with at least so many steps before them, of which less than a share could be left out: no more are looked at. */
const IN_VAIN = { messages: 6, before: 8, share: 0.2 };

export async function findPrefixes(how: FindPrefixes): Promise<Prefixes> {
  const { seed, isOver, baseline } = how;
  if (seed.kept !== undefined) return everythingBefore(how);
  const found = new Map<number, readonly Step[]>();
  const samples: { script: Script; at: number }[] = [];
  /** What was enough for the messages of a connection so far, the last one first. */
  const enough = new Map<number, readonly Step[][]>();
  const steps = firstOfEachName(seed, how.steps);
  // Connections first: whether they need the others matters most.
  const alone = await playedAlone(how, steps);
  /** Where each message answers the one before, all of them are needed, and trying takes long. */
  const deep = { messages: 0, before: 0, leftOut: 0 };
  await together(how, steps, async (at) => {
    const step = sendAt(seed, at);
    const whole = seed.base.steps.slice(0, at);
    const own = ownSteps(seed, at);
    const known = baseline.answers.get(step.n);
    if (known === undefined || !known.isAnswered) {
      // Nothing to go by: as its neighbours do.
      if (isAlone(seed, alone, at)) found.set(at, own);
      return;
    }
    const isEnough = async (prefix: readonly Step[]): Promise<boolean> => answersAsUsual(how, prefix, at);
    const isInVain = deep.messages >= IN_VAIN.messages && deep.leftOut < deep.before * IN_VAIN.share;
    const isOwn = alone.has(at);
    const usual = isOwn ? own : whole;
    const best = isInVain ? usual : await shortest({ seed, at, own, whole, isAlone: isOwn }, enough, isEnough, isOver);
    if (own.length >= IN_VAIN.before && !isInVain) {
      deep.messages += 1;
      deep.before += own.length;
      deep.leftOut += own.length - Math.min(own.length, best.length);
    }
    if (best.length < whole.length) found.set(at, best);
    if (best.length < own.length) enough.set(step.conn, [[...best], ...(enough.get(step.conn) ?? [])]);
    samples.push({ script: { steps: [...best, step] }, at: best.length });
  });
  samples.sort((a, b) => a.at - b.at);
  return {
    samples,
    of: (at) => {
      const known = found.get(at);
      if (known !== undefined) return known;
      const step = seed.base.steps[at];
      return step !== undefined && isAlone(seed, alone, at) ? ownSteps(seed, at) : seed.base.steps.slice(0, at);
    },
  };
}

/** Each connection played without those it does not need: the steps whose messages are answered as usual all the same. */
async function playedAlone(how: FindPrefixes, steps: readonly number[]): Promise<ReadonlySet<number>> {
  const { seed, baseline, play, isOver } = how;
  const alone = new Set<number>();
  await together(how, [...new Set(steps.map((at) => sendAt(seed, at).conn))], async (conn) => {
    const last = seed.base.steps.findLastIndex((step) => isSend(step) && step.conn === conn);
    if (isOver() || last < 0) return;
    const script: Script = { steps: [...ownSteps(seed, last), sendAt(seed, last)] };
    const run = await play(script);
    for (const [i, step] of script.steps.entries()) {
      if (isSend(step) && isUsual(seed, baseline, run, i, step.n)) alone.add(seed.base.steps.indexOf(step));
    }
  });
  return alone;
}

/** It was answered as usual without the other connections, or what its connection was granted last before it was. */
function isAlone(seed: Seed, alone: ReadonlySet<number>, at: number): boolean {
  if (alone.has(at)) return true;
  const { conn } = sendAt(seed, at);
  const before = seed.base.steps.findLastIndex(
    (step, i) => i < at && isSend(step) && step.conn === conn && step.awaits.length > 0,
  );
  return sendAt(seed, at).awaits.length === 0 && alone.has(before);
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
  readonly own: readonly Step[];
  readonly whole: readonly Step[];
  readonly isAlone: boolean;
}

/** Nothing, then what was enough for its neighbours, then its own connection with less and less. */
async function shortest(
  { seed, at, own, whole, isAlone }: Looking,
  enough: ReadonlyMap<number, readonly Step[][]>,
  isEnough: (prefix: readonly Step[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly Step[]> {
  const { conn } = sendAt(seed, at);
  const bare = own.filter((one) => one.kind === 'open' || one.conn !== conn);
  if (bare.length < own.length && (await isEnough(bare))) return bare;
  const tried = new Set([bare.length]);
  const last = own.findLast((step) => isSend(step) && step.conn === conn);
  for (const neighbour of enough.get(conn)?.slice(0, 3) ?? []) {
    const set = new Set(neighbour);
    for (const prefix of [own.filter((step) => set.has(step)), own.filter((step) => set.has(step) || step === last)]) {
      if (tried.has(prefix.length) || isOver()) continue;
      tried.add(prefix.length);
      if (await isEnough(prefix)) return prefix;
    }
  }
  if (own.length < whole.length && !isAlone && !(await isEnough(own))) return whole;
  return fewer(own, isEnough, isOver);
}

/** The steps of the same connection before a step, and of those it needs: where it was handed over, where its values are issued. */
function ownSteps(seed: Seed, at: number): readonly Step[] {
  const needed = new Set<number>();
  const need = (conn: number): void => {
    if (needed.has(conn)) return;
    needed.add(conn);
    const handoff = seed.scene.connections.get(conn)?.handoff;
    if (handoff !== undefined) need(handoff.conn);
    for (const step of seed.base.steps.slice(0, at + 1)) {
      if (!isSend(step) || step.conn !== conn) continue;
      for (const link of step.links ?? []) for (const { conn: other } of link.from.slice(0, 1)) need(other);
    }
  };
  need(seed.base.steps[at]!.conn);
  return seed.base.steps.slice(0, at).filter((step) => needed.has(step.conn));
}

async function fewer(
  steps: readonly Step[],
  isEnough: (prefix: readonly Step[]) => Promise<boolean>,
  isOver: () => boolean,
): Promise<readonly Step[]> {
  let best = steps;
  let tries = 0;
  let size = best.filter(isSend).length >> 1;
  while (size >= 1 && tries < MOST_TRIES && !isOver()) {
    let removed = false;
    for (let at = 0; at < best.filter(isSend).length && tries < MOST_TRIES && !isOver(); ) {
      let seen = -1;
      const candidate = best.filter((step) => {
        if (step.kind !== 'send') return true;
        seen += 1;
        return seen < at || seen >= at + size;
      });
      tries += 1;
      if (await isEnough(candidate)) {
        best = candidate;
        removed = true;
      } else at += size;
    }
    if (!removed || size > 1) size >>= 1;
  }
  return best;
}

/** Whether the message, after this prefix, is answered as in the recorded session, and breaks no rule that it kept to there. */
export async function answersAsUsual(
  { seed, baseline, play }: Pick<FindPrefixes, 'seed' | 'baseline' | 'play'>,
  prefix: readonly Step[],
  at: number,
): Promise<boolean> {
  const step = sendAt(seed, at);
  const run = await play({ steps: [...prefix, step] });
  return isUsual(seed, baseline, run, prefix.length, step.n);
}

export function isUsual(seed: Seed, baseline: Baseline, run: Run, at: number, n: number): boolean {
  const known = baseline.answers.get(n);
  const sent = run.steps[at];
  const step = run.script.steps[at];
  if (known === undefined || sent === undefined || step === undefined) return false;
  const frames = run.frames.filter((f) => f.step === at && f.conn === step.conn && !f.isHeartbeat);
  if (!frames.some((f) => known.signatures.has(f.heard.signature))) return false;
  if (frames.some((f) => f.heard.isRefusal !== known.isRefused && f.heard.isRefusal)) return false;
  return sent.heard.expert.every((info) => {
    if (info.severity === 'note' || (info.group !== 'sequence' && info.group !== 'invariant')) return true;
    const key = `${sent.heard.name}/${remarkKey(info)}`;
    return baseline.clientRemarks.has(key) || seed.clientRemarks.has(key);
  });
}
