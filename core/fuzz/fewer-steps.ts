/** Steps of a script that do not matter: behind what is wrong, whole connections, rounds, then the rest from its end on. */
import { countSends, isSend, isWrong, type Script, type Step } from './script.ts';
import type { ShrinkHow } from './shrink.ts';

/** Whether it still fails, told in words what was left out. */
export type Tries = (what: string, candidate: Script) => Promise<boolean>;
/** Tries of which none left anything out, and the share of them that had to end early, after which no step can go. */
const ENOUGH_FAILED = 16;
const HOPELESS = 0.7;

/** Client messages of a script of which much may be needed, and of one that can hardly become shorter. */
const LONG = 24;
const SHORT = 4;

interface StepsHow extends Pick<ShrinkHow, 'isBrokenOff' | 'shownAt' | 'shortcuts'> {
  readonly earlier: (script: Script) => Promise<Script>;
}

/** That a long script is played as it is. */
const AS_IT_IS = 3;

/** A connection that nothing is sent on goes too. */
export async function fewerSteps(script: Script, tries: Tries, how: StepsHow): Promise<Script> {
  let best = script;
  // Everything behind the last mutated message first: most often it does not matter.
  best = await fewerWrong(best, tries);
  const lastWrong = best.steps.findLastIndex(isWrong);
  const wrong = best.steps[lastWrong];
  if (wrong === undefined) best = await upToShown(best, tries, how);
  else {
    const isItself = (step: Step): boolean => step.conn === wrong.conn && isWrong(step);
    const isItsOpening = (step: Step): boolean => step.conn === wrong.conn && step.kind === 'open';
    let upTo = lastWrong + 1;
    let next: Step | undefined;
    if (upTo < best.steps.length) {
      const cut = { steps: best.steps.slice(0, upTo) };
      if (await tries('everything after it left out', cut)) best = cut;
      else {
        // It may take the next one to show.
        upTo = best.steps.findIndex((step, i) => i > lastWrong && isSend(step) && step.conn === wrong.conn) + 1;
        next = best.steps[upTo - 1];
        const shorter = { steps: best.steps.slice(0, upTo) };
        if (upTo > 0 && upTo < best.steps.length && (await tries('everything after the next one left out', shorter)))
          best = shorter;
      }
    }
    const alone = { steps: best.steps.filter((step) => isItsOpening(step) || isItself(step)) };
    if (alone.steps.length < best.steps.length && (await tries('the message alone', alone))) return tidy(alone);
    const both = { steps: best.steps.filter((step) => isItsOpening(step) || isItself(step) || step === next) };
    if (next !== undefined && both.steps.length < best.steps.length && (await tries('the message and the next', both)))
      return tidy(both);
  }
  for (const shorter of how.shortcuts?.(best) ?? []) {
    if (!(await tries('a shorter way to its last messages', shorter))) continue;
    best = shorter;
    break;
  }
  best = await fewerConnections(best, tries);
  // Of a long script much may be needed, and little comes before an earlier place; of a short one little is left soon.
  const isLong = countSends(best) >= LONG;
  if (isLong) best = await fewerNames(await withoutRounds(await how.earlier(best), tries), tries, how);
  best = tidy(await fewerInOrder(best, tries, how));
  if (isLong || countSends(best) < SHORT) return best;
  const sooner = await how.earlier(best);
  return sooner === best ? best : tidy(await fewerInOrder(sooner, tries, how));
}

/** Of several wrong ones the first may be enough, with what shows it behind: one, two, four of them. */
async function fewerWrong(script: Script, tries: Tries): Promise<Script> {
  const { steps } = script;
  const wrong = steps.flatMap((step, i) => (isWrong(step) ? [i] : []));
  for (let count = 1; count * 2 < wrong.length; count *= 2) {
    const last = wrong[count - 1]!;
    const isNext = (step: Step, i: number): boolean => i > last && isSend(step) && step.conn === steps[last]!.conn;
    const next = steps.findIndex(isNext);
    const candidate = { steps: steps.slice(0, next < 0 ? last + 1 : next + 1) };
    if (await tries(`everything after ${count === 1 ? 'the first' : `${count}`} of them left out`, candidate))
      return candidate;
  }
  return script;
}

/** Whole connections: later ones may need the earlier, hardly the other way round. */
async function fewerConnections(script: Script, tries: Tries): Promise<Script> {
  let best = script;
  const all = new Set(script.steps.map((step) => step.conn));
  const needed = sourcesOf(script);
  if (all.size - needed.size > 1) {
    const own = { steps: script.steps.filter((step) => needed.has(step.conn)) };
    if (await tries('other connections left out', own)) best = own;
  }
  for (const conn of [...new Set(best.steps.map((step) => step.conn))].reverse()) {
    if (best.steps.some((step) => step.conn === conn && isWrong(step))) continue;
    const without = { steps: best.steps.filter((step) => step.conn !== conn) };
    if (without.steps.length > 0 && (await tries(`connection ${conn} left out`, without))) best = without;
  }
  return best;
}

/** Connections of what is wrong, or of the last word where nothing is, and those that values on them come from. */
function sourcesOf({ steps }: Script): ReadonlySet<number> {
  const wrong = steps.filter(isWrong);
  const needed = new Set((wrong.length > 0 ? wrong : steps.slice(-1)).map(({ conn }) => conn));
  for (const conn of needed)
    for (const step of steps)
      if (isSend(step) && step.conn === conn)
        for (const { from } of step.links ?? []) for (const issue of from.slice(0, 1)) needed.add(issue.conn);
  return needed;
}

/** Fewer may all be needed, over and over. */
const MANY_NAMES = 8;

/** Ways in which a whole game may have been played before. */
const MOST_ROUNDS = 4;

/** What was played from one message to the next of that name may be a round that ends where it began. */
async function withoutRounds(script: Script, tries: Tries): Promise<Script> {
  const { steps } = script;
  const end = steps.findIndex(isWrong);
  const conn = steps[end]?.conn;
  if (conn === undefined) return script;
  const places = new Map<string, number[]>();
  for (const [i, step] of steps.slice(0, end).entries())
    if (isSend(step) && step.conn === conn) places.set(step.message, [...(places.get(step.message) ?? []), i]);
  const rounds = [...places.values()]
    .filter(({ length }) => length > 1)
    .map((all) => ({ from: all[0]!, to: all.at(-1)! }))
    .sort((a, b) => b.to - b.from - (a.to - a.from));
  for (const { from, to } of rounds.slice(0, MOST_ROUNDS)) {
    const candidate = { steps: steps.filter((step, i) => i < from || i >= to || step.conn !== conn) };
    if (await tries('all rounds but one left out', candidate)) return candidate;
  }
  return script;
}

/** All messages of some names at once: most of what is said in a long session is about something else. */
async function fewerNames(script: Script, tries: Tries, { shownAt }: StepsHow): Promise<Script> {
  const wrong = new Set(script.steps.flatMap((step) => (isSend(step) && isWrong(step) ? [step.message] : [])));
  const names = [...new Set(script.steps.flatMap((step) => (isSend(step) ? [step.message] : [])))];
  const free = names.filter((name) => !wrong.has(name));
  if (free.length < MANY_NAMES) return script;
  let best = script;
  let size = free.length >> 1;
  for (let end = free.length; end > 0; ) {
    size = Math.max(1, Math.min(size, end));
    const gone = new Set(free.slice(end - size, end));
    const candidate = tidy({ steps: best.steps.filter((step) => !isSend(step) || !gone.has(step.message)) });
    // They may have stood behind where it showed.
    const isNone = candidate.steps.length === best.steps.length;
    if (isNone || (await tries(`${[...gone].join(', ')} left out`, candidate))) {
      best = await upTo(candidate, shownAt?.(), tries);
      end -= size;
      size *= 2;
      continue;
    }
    if (size === 1) end -= 1;
    size >>= 2;
  }
  return best;
}

/** From the last step to the first: what needs another comes behind it. More at once while they can go, fewer when not. */
async function fewerInOrder(script: Script, tries: Tries, { isBrokenOff, shownAt }: StepsHow): Promise<Script> {
  let best = script;
  let end = countSends(best);
  let size = end >> 1;
  let isFewer = false;
  const failed = { all: 0, early: 0 };
  while (end > 0) {
    const free = best.steps.filter(isSend);
    // The wrong one is what it is about; of several, one may be enough.
    const lastWrong = free.findLastIndex((step, i) => i < end && isWrong(step));
    if (lastWrong === end - 1 && free.filter(isWrong).length === 1) {
      end -= 1;
      continue;
    }
    size = lastWrong === end - 1 ? 1 : Math.max(1, Math.min(size, end - lastWrong - 1));
    const at = end - size;
    const candidate = without(best, at, size);
    if (await tries(namesOf(best, at, size), candidate)) {
      best = await upTo(candidate, shownAt?.(), tries);
      end = Math.min(at, countSends(best));
      size *= 2;
      isFewer = true;
      continue;
    }
    if (size === 1) end -= 1;
    size >>= 2;
    failed.all += 1;
    if (isBrokenOff?.() === true) failed.early += 1;
    // Where each message is the answer to the one before, all of them are needed.
    if (isFewer || failed.all < ENOUGH_FAILED || countSends(best) < LONG) continue;
    if (failed.early >= failed.all * HOPELESS) return best;
    if (failed.all > ENOUGH_FAILED) continue;
    const shorter = await fewerInFront(best, end, tries);
    if (shorter === best) return best;
    end -= countSends(best) - countSends(shorter);
    best = shorter;
    isFewer = true;
  }
  // What was needed by what went later may go now.
  return isFewer ? fewerOneByOne(best, tries) : best;
}

/** One message at a time, until none can go. */
export async function fewerOneByOne(script: Script, tries: Tries): Promise<Script> {
  let best = script;
  for (let isFewer = true; isFewer; ) {
    isFewer = false;
    for (let at = countSends(best) - 1; at >= 0; at--) {
      if (isWrong(best.steps.filter(isSend)[at]!)) continue;
      const candidate = without(best, at, 1);
      if (!(await tries(namesOf(best, at, 1), candidate))) continue;
      best = candidate;
      isFewer = true;
    }
  }
  return best;
}

/** Large pieces of what comes before the `end`-th step: where none can go, no single step can, most often. */
async function fewerInFront(script: Script, end: number, tries: Tries): Promise<Script> {
  for (const parts of [2, 4]) {
    const size = Math.max(1, Math.floor(end / parts));
    for (let at = 0; at + size <= end; at += size) {
      const candidate = without(script, at, size);
      if (await tries(namesOf(script, at, size), candidate)) return candidate;
    }
  }
  return script;
}

/** Nothing wrong is said in it: up to where it has shown each time, before more is said that may show it by chance. */
async function upToShown(script: Script, tries: Tries, { shownAt }: StepsHow): Promise<Script> {
  if (shownAt === undefined || countSends(script) < LONG) return script;
  let last = -1;
  for (let i = 0; i < AS_IT_IS; i++) {
    if (!(await tries('nothing left out', script))) return script;
    last = Math.max(last, shownAt() ?? script.steps.length);
  }
  return upTo(script, last, tries);
}

/** It may have shown long before the end. */
async function upTo(script: Script, at: number | undefined, tries: Tries): Promise<Script> {
  if (at === undefined || !script.steps.slice(at + 1).some(isSend)) return script;
  const head = tidy({ steps: script.steps.slice(0, at + 1) });
  return (await tries('everything after it showed left out', head)) ? head : script;
}

/** Without `size` messages from the `at`-th on. Connections are opened and closed for what is said on them. */
function without(script: Script, at: number, size: number): Script {
  let seen = -1;
  const steps = script.steps.filter((step) => {
    if (!isSend(step)) return true;
    seen += 1;
    return seen < at || seen >= at + size;
  });
  return tidy({ steps });
}

/** What `without` leaves out, in words. */
function namesOf(script: Script, at: number, size: number): string {
  const gone = script.steps.filter(isSend).slice(at, at + size);
  return `${gone.length > 1 ? `${gone.length} messages` : gone[0]?.message || 'a message'} left out`;
}

/** Connections that nothing happens on are not opened. */
export function tidy(script: Script): Script {
  const used = new Set(script.steps.filter((step) => isSend(step) || isWrong(step)).map((step) => step.conn));
  const steps = script.steps.filter((step) => used.has(step.conn));
  return steps.length === 0 || steps.length === script.steps.length ? script : { steps };
}
