import { signatureOf } from './hearing.ts';
import type { JudgeWorld } from './suspicion.ts';
import type { Run } from './run-script.ts';
import { isSend, type Script } from './script.ts';

const MOST_ANSWERS = 8;

/** What came of a race. */
export interface RaceResult {
  /** Requests that were answered as the right one is when it succeeds. */
  readonly wins: number;
  /** Kinds of messages that came, in order, by name. */
  readonly kinds: ReadonlyMap<string, readonly string[]>;
}

/** From the step on where it begins. */
export function resultOf(run: Run, from: number, world: JudgeWorld): RaceResult {
  const conns = new Set(run.script.steps.slice(from).map((step) => step.conn));
  const kinds = new Map<string, string[]>();
  for (const frame of run.frames) {
    if (frame.step < from || !conns.has(frame.conn) || frame.isHeartbeat) continue;
    for (const message of frame.heard.messages) {
      if (message.name === null) continue;
      const list = kinds.get(message.name) ?? [];
      kinds.set(message.name, list);
      list.push(signatureOf(message));
    }
  }
  return { wins: countWins(run, from, world), kinds };
}

function countWins(run: Run, from: number, { baseline }: JudgeWorld): number {
  const conns = new Set(run.script.steps.slice(from).map((step) => step.conn));
  const wanted = new Set<string>();
  for (const step of run.script.steps.slice(from)) {
    if (!isSend(step)) continue;
    const known = baseline.answers.get(step.n);
    if (known === undefined || known.isRefused) continue;
    for (const signature of known.signatures) wanted.add(signature);
  }
  let count = 0;
  for (const frame of run.frames) {
    if (frame.step < from || !conns.has(frame.conn) || frame.isHeartbeat || frame.heard.isRefusal) continue;
    if (wanted.has(frame.heard.signature)) count += 1;
  }
  return count;
}

/**
 * More succeeded at once than in turn: twice as much, and little enough to be answers (in a full world others come and go
 * meanwhile); or both are answered, and neither as the second one is in turn.
 */
export function isRace(inTurn: RaceResult, atOnce: RaceResult): boolean {
  if (inTurn.wins > 0 && inTurn.wins <= MOST_ANSWERS && atOnce.wins >= inTurn.wins * 2) return true;
  return losers(inTurn).some(([name, loser]) => {
    const kinds = atOnce.kinds.get(name) ?? [];
    return kinds.length === 2 && !kinds.includes(loser);
  });
}

/** Whether what came in turn could turn out otherwise at once: something succeeded, or the second was told another thing. */
export function isRaceable(inTurn: RaceResult): boolean {
  return inTurn.wins > 0 || losers(inTurn).length > 0;
}

/** How the second of two is answered in turn, where that is another kind than the first. */
function losers({ kinds }: RaceResult): (readonly [name: string, kind: string])[] {
  return [...kinds].flatMap(([name, [first, second, ...more]]) =>
    second !== undefined && first !== second && more.length === 0 ? [[name, second] as const] : [],
  );
}

/** What is the same both times: chance has no part in it. */
export function isSteady(one: RaceResult, other: RaceResult): boolean {
  return one.wins === other.wins && losers(one).join('\n') === losers(other).join('\n');
}

/** The same messages one after the other, each when the last was answered. */
export function inTurn(script: Script): Script {
  return {
    steps: script.steps.map((step) => {
      if (!isSend(step) || step.atOnce !== true) return step;
      const { atOnce: _atOnce, ...rest } = step;
      return rest;
    }),
  };
}

/** Where the messages that race begin. */
export function raceFrom(script: Script): number {
  const at = script.steps.findIndex((step) => isSend(step) && step.atOnce === true);
  return at < 0 ? script.steps.length : at;
}

export function raceTitle(message: string, inTurn: RaceResult, atOnce: RaceResult): string {
  if (atOnce.wins <= inTurn.wins)
    return `${message} is granted to both when it comes twice in one instant, and to the first alone in turn`;
  return `${message} succeeds ${atOnce.wins} times when it comes twice in one instant, and ${inTurn.wins === 1 ? 'once' : `${inTurn.wins} times`} in turn`;
}
