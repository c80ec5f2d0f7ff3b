import { expect, test } from 'vitest';
import { byItself, scriptOf } from './case-run.ts';
import type { Taken } from './case-queue.ts';
import type { Run } from './run-script.ts';
import { apart, joined } from './shared-run.ts';
import type { SendStep } from './script.ts';

function send(message: string, mutated = false): SendStep {
  const none = new Uint8Array(0);
  return { kind: 'send', conn: 1, n: 1, message, bytes: none, head: none, tail: none, awaits: [], mutated };
}

const taken = (index: number, wrong: string): Taken =>
  ({
    index,
    id: `1:${index}:x`,
    mutation: {},
    made: { script: { steps: [send('login'), send(wrong, true), send('logout')] }, focus: [1] },
  }) as unknown as Taken;

test('several cases on the same connections come one behind the other, and each is still what it is by itself', () => {
  const cases = [taken(4, 'a'), taken(7, 'b'), taken(9, 'c')];
  const script = joined(cases);
  expect(script.steps.map((step) => step.kind === 'send' && step.message)).toEqual(['login', 'a', 'b', 'c', 'logout']);

  // The connection was closed behind the second one.
  const run = { steps: [{}, {}, {}, undefined, undefined] } as unknown as Run;
  const [first, second, third] = apart(cases, script, run);
  expect(third).toBeUndefined();
  expect(first).toMatchObject({ index: 4, made: { focus: [1] } });
  expect(first?.sharedWith).toBeUndefined();
  expect(second).toMatchObject({ index: 7, made: { focus: [2] }, sharedWith: 4 });
  expect(byItself(second!)).toEqual(cases[1]);
  expect(scriptOf(second!)).toBe(cases[1]!.made.script);
});
