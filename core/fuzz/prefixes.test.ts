import { expect, test } from 'vitest';
import type { Baseline } from './baseline.ts';
import { findPrefixes } from './prefixes.ts';
import type { Run } from './run-script.ts';
import type { Script, SendStep, Step } from './script.ts';
import type { Seed } from './seed.ts';

const NONE = new Uint8Array(0);
const HEARD = { signature: 'yes', name: 'yes', isRefusal: false, expert: [], messages: [] };
const SENDS = 100;

function send(n: number): SendStep {
  return {
    kind: 'send',
    conn: 1,
    n,
    message: `m${n % 5}`,
    bytes: NONE,
    head: NONE,
    tail: NONE,
    awaits: [],
    mutated: false,
  };
}

const steps: readonly Step[] = [{ kind: 'open', conn: 1 }, ...Array.from({ length: SENDS }, (_, i) => send(i + 1))];
const seed = {
  base: { steps },
  scene: { connections: new Map([[1, { recorded: { connection: { server: { port: 1 } } } }]]) },
  clientRemarks: new Set(),
} as unknown as Seed;
const answer = { signatures: new Set(['yes']), isAnswered: true, isRefused: false, elsewhere: new Map() };
const baseline = {
  answers: new Map(Array.from({ length: SENDS }, (_, i) => [i + 1, answer])),
  clientRemarks: new Set(),
} as unknown as Baseline;

/** @param needs whether a message is answered after those before it in a script */
async function search(
  needs: (before: readonly Step[], step: SendStep) => boolean,
): Promise<{ length: (at: number) => number; plays: number }> {
  let plays = 0;
  const play = (script: Script): Promise<Run> => {
    plays += 1;
    const frames = script.steps.flatMap((step, i) =>
      step.kind === 'send' && needs(script.steps.slice(0, i), step)
        ? [{ step: i, conn: 1, isHeartbeat: false, heard: HEARD }]
        : [],
    );
    const run = { script, frames, steps: script.steps.map(() => ({ heard: HEARD })), connections: new Map() };
    return Promise.resolve(run as unknown as Run);
  };
  const all = steps.flatMap((step, i) => (step.kind === 'send' ? [i] : []));
  const prefixes = await findPrefixes({ seed, baseline, play, steps: all, isOver: () => false });
  return { length: (at) => prefixes.of(at).length, plays };
}

test('where each message answers the one before, the search for shorter ways ends soon and nothing is left out', async () => {
  const { length, plays } = await search((before, { n }) => before.length === n);
  expect([7, 50, 100].map(length)).toEqual([7, 50, 100]);
  expect(plays).toBeLessThan(3 * SENDS);
});

test('where a message needs the first one only, most others are left out', async () => {
  const { length } = await search(
    (before, { n }) => n === 1 || before.some((step) => step.kind === 'send' && step.n === 1),
  );
  expect(Math.max(...[7, 50, 100].map(length))).toBeLessThanOrEqual(7);
});
