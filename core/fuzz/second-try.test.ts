import { expect, test } from 'vitest';
import type { Mutation } from './mutation.ts';
import type { Run } from './run-script.ts';
import { isMissed, morePatience, SecondTry } from './second-try.ts';
import type { Step } from './script.ts';

const NONE = new Uint8Array(0);
const send = (conn: number, mutated: boolean): Step => ({
  kind: 'send',
  conn,
  n: 1,
  message: 'say',
  bytes: NONE,
  head: NONE,
  tail: NONE,
  awaits: [],
  mutated,
});
const script = { steps: [{ kind: 'open', conn: 1 } as const, send(1, false), send(1, true)] };
const made = { script, focus: [2] };
const field = { family: 'field' } as Mutation;
const rule = { family: 'rule', rule: 'a wrong password' } as Mutation;

/** @param sent steps that were sent, and those that were answered */
function ran(sent: readonly number[], answered: readonly number[] = [], by?: 'client' | 'server'): Run {
  return {
    script,
    steps: script.steps.map((_step, i) => (sent.includes(i) ? {} : undefined)),
    frames: answered.map((step) => ({ step, conn: 1, isHeartbeat: false })),
    connections: new Map([[1, { ending: by === undefined ? undefined : { by, text: '' } }]]),
  } as unknown as Run;
}

test('a case is missed when it never came to what is wrong with it, unless somebody hung up', () => {
  expect(isMissed(ran([1]), made, field)).toBe(true);
  expect(isMissed(ran([1], [1], 'server'), made, field)).toBe(false);
  expect(isMissed(ran([1], [1], 'client'), made, field)).toBe(true);
  expect(isMissed(ran([1, 2]), made, field)).toBe(false);
});

test('where only the answer tells, none is worth a second try', () => {
  expect(isMissed(ran([1, 2]), made, rule)).toBe(true);
  expect(isMissed(ran([1, 2], [1]), made, rule)).toBe(true);
  expect(isMissed(ran([1, 2], [1, 2]), made, rule)).toBe(false);
});

test('second tries end where they do not help', () => {
  const useless = new SecondTry();
  const useful = new SecondTry();
  let [tried, helped] = [0, 0];
  for (let i = 0; i < 100; i++) {
    if (useless.isWorth(ran([1]), made, field)) {
      tried += 1;
      useless.count(ran([1]), made, field);
    }
    if (useful.isWorth(ran([1]), made, field)) {
      helped += 1;
      useful.count(i % 2 === 0 ? ran([1, 2]) : ran([1]), made, field);
    }
  }
  expect(tried).toBeLessThan(30);
  expect(helped).toBe(100);
});

test('a second try gives everything more time, and what is known to come soon not all there is', () => {
  const first = { answer: 300, muted: 50, settle: 1, quiet: 10 };
  const patient = { answer: 1000, muted: 500, settle: 20, hopeless: 2 };
  expect(morePatience(first)).toEqual(patient);
  expect(morePatience({ ...first, stretch: 8 })).toEqual({ ...patient, stretch: 16, leastDue: 200 });
});
