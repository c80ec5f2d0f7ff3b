/** Which message the memory of the target grows with: candidates are said very often, the promising ones again and again. */
import { PATIENT } from './calibration.ts';
import type { Finding } from './finding.ts';
import { type Inquiry, playAlone, upAgain } from './inquiry.ts';
import { growing } from './memory.ts';
import { saidOf } from './said.ts';
import { countSends, isSend, type Script, type SendStep } from './script.ts';

/** Messages, or connections, in a burst. */
const BURST = 150;
/** Of them on one connection, where the server lets a message be said so often. */
const REPEATS = 30;
/** Until memory that was given back is seen. */
const REST_MS = 150;
/** What a server may take for the messages of one connection. */
const MOST_REST_MS = 400;
const HUNT_MS = 60_000;
/** Growth in a first burst that makes a candidate worth six, bytes a message. */
const WORTH = 8 * 1024;
/** Growth that is looked into at once, bytes a message. */
const OBVIOUS = 32 * 1024;

export interface Candidate {
  readonly script: Script;
  readonly message: string;
  readonly what: string;
  readonly caseId: string;
}

export interface LeakHunt {
  readonly inquiry: Inquiry;
  /** The likeliest and shortest first. */
  readonly candidates: readonly Candidate[];
  readonly lanes: number;
  readonly ms?: number;
}

const MOST_SUSPECTS = 6;
/** Where the way to a message is long, a first burst may be smaller: what leaks much shows in it, too. */
const TASTE_MS = 1500;
const ENOUGH_SUSPECTS = 3;

/** Says candidates in bursts and watches the memory grow. */
export async function whatLeaks(hunt: LeakHunt): Promise<Omit<Finding, 'id' | 'hits' | 'at'> | undefined> {
  const { candidates, lanes, ms = HUNT_MS } = hunt;
  const { watched, stage } = hunt.inquiry;
  const until = stage.clock.now() + ms;
  const isOver = (): boolean => hunt.inquiry.isOver() || stage.clock.now() > until;
  // What has begun to look like a leak is given some time more.
  const isCut = (): boolean => hunt.inquiry.isOver() || stage.clock.now() > until + ms / 4;
  const inquiry: Inquiry = { ...hunt.inquiry, isOver: isCut };
  const scores: { candidate: Candidate; taste: number }[] = [];
  const tried = new Set<Candidate>();
  for (const candidate of candidates) {
    // One of them may have brought it down.
    await upAgain(inquiry);
    // The time is for the promising ones too.
    if (isOver() || stage.clock.now() > until - ms / 3) break;
    const before = watched.memory() ?? 0;
    const after = await burst(inquiry, candidate.script, lanes, TASTE_MS);
    if (after - before >= WORTH * BURST) scores.push({ candidate, taste: after - before });
    if (after - before >= OBVIOUS * BURST) {
      // So much is rarely chance: the others need not be tasted first.
      tried.add(candidate);
      const found = await leakOf(inquiry, lanes, candidate);
      if (found !== undefined) return found;
      continue;
    }
    // Where it grows with so many, it grows with what they have in common, and there is no need to taste them all.
    if (scores.length === 0 || scores.length % ENOUGH_SUSPECTS !== 0 || scores.at(-1)!.candidate !== candidate)
      continue;
    const shortest = byLength(scores.filter((one) => !tried.has(one.candidate)))[0]!.candidate;
    tried.add(shortest);
    const found = await leakOf(inquiry, lanes, shortest);
    if (found !== undefined) return found;
  }
  scores.sort((a, b) => b.taste - a.taste);
  for (const { candidate } of byLength(scores.slice(0, MOST_SUSPECTS))) {
    if (isOver()) return undefined;
    const found = tried.has(candidate) ? undefined : await leakOf(inquiry, lanes, candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Shorter scripts first: a longer one contains what leaks in them. */
function byLength<T extends { readonly candidate: Candidate }>(scores: readonly T[]): T[] {
  return [...scores].sort((a, b) => countSends(a.candidate.script) - countSends(b.candidate.script));
}

async function leakOf(
  inquiry: Inquiry,
  lanes: number,
  { script, message, caseId, what }: Candidate,
): Promise<Omit<Finding, 'id' | 'hits' | 'at'> | undefined> {
  const grown = await growth(inquiry, script, lanes, message);
  if (grown === undefined) return undefined;
  const bursts = grown.marks.length - 1;
  const run = await playAlone(inquiry, script, { ...PATIENT, muted: 200 });
  return {
    key: 'memory',
    oracle: 'memory',
    title: grown.title,
    message,
    field: '',
    caseId,
    what,
    confirmed: { times: bursts, of: bursts },
    script,
    sendsBefore: countSends(script),
    said: saidOf(run),
    evidence: [grown.evidence],
    log: [],
    refusals: [],
  };
}

/** The last message many times in one go. */
function repeated(script: Script): Script | undefined {
  const last = script.steps.at(-1);
  if (last === undefined || !isSend(last)) return undefined;
  const again: SendStep = { ...last, awaits: [], atOnce: true };
  return { steps: [...script.steps, ...Array.from({ length: REPEATS - 1 }, () => again)] };
}

/** Memory after a message, or a connection, has come `BURST` times, or as often as it could be in the time. */
async function burst(inquiry: Inquiry, script: Script, lanes: number, ms = Infinity): Promise<number> {
  const { isOver, patience, stage, watched } = inquiry;
  const many = repeated(script);
  // All of it is to be dealt with before the connection goes; a server is done when it says nothing more.
  const impatient = { ...patience, muted: 15, settle: MOST_REST_MS, lull: Math.max(30, patience.muted) };
  let left = BURST;
  const until = stage.clock.now() + ms;
  const lane = async (): Promise<void> => {
    while (left > 0 && !isOver() && watched.isRunning && stage.clock.now() < until) {
      left -= many === undefined ? 1 : REPEATS;
      const run = await playAlone(
        inquiry,
        many ?? script,
        many === undefined ? { ...patience, muted: 15, settle: 1 } : impatient,
      );
      if (many === undefined) continue;
      // Where the connection is closed after the first, the others did not come.
      const isClosed = [...run.connections.values()].some(
        (one) => one.ending !== undefined || one.failure !== undefined,
      );
      if (isClosed) left += REPEATS - 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await new Promise<void>((resolve) => stage.after(REST_MS, resolve));
  return watched.memory() ?? 0;
}

/** Undefined when the memory does not grow with each of many equal bursts. */
export async function growth(
  inquiry: Inquiry,
  script: Script,
  lanes: number,
  message: string,
): Promise<{ readonly title: string; readonly marks: readonly number[]; readonly evidence: string } | undefined> {
  const grown = await growing(() => burst(inquiry, script, lanes), BURST, inquiry.isOver);
  if (grown === undefined) return undefined;
  const { perRun, marks } = grown;
  const sizes = marks.map((bytes) => `${(bytes / 1_048_576).toFixed(1)} MiB`).join(', ');
  return {
    title: `The memory of the target grows by about ${Math.round(perRun / 1024)} KiB with each ${message}`,
    marks,
    evidence: `Resident memory after each of ${marks.length} bursts of ${BURST}: ${sizes}`,
  };
}
