import type { JudgeWorld } from './judge.ts';
import type { Run } from './run-script.ts';
import { isSend, type Script } from './script.ts';

const MOST_ANSWERS = 8;

/** Requests from a step on that were answered as the right one is when it succeeds. */
export function countRace(run: Run, from: number, { baseline }: JudgeWorld): number {
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

/** Twice as much, and little enough to be answers: in a full world others come and go meanwhile. */
export function isRace(inTurn: number, atOnce: number): boolean {
  return inTurn > 0 && inTurn <= MOST_ANSWERS && atOnce >= inTurn * 2;
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
