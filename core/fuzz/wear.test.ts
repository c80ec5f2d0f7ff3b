import { expect, test } from 'vitest';
import type { Answer, Baseline } from './baseline.ts';
import type { Run } from './run-script.ts';
import type { SendStep } from './script.ts';
import { Wear } from './wear.ts';

const granted = { signatures: new Set(['ok']), isAnswered: true, isRefused: false } as unknown as Answer;
const baseline = { answers: new Map([1, 2].map((n) => [n, granted])) } as unknown as Baseline;

/** Messages 1 and 2 as recorded, then a wrong one; how each was answered. */
function run(...answers: readonly ('ok' | 'no')[]): Run {
  const step = (n: number, mutated: boolean): SendStep =>
    ({ kind: 'send', conn: 1, n, message: 'm', mutated, awaits: [] }) as unknown as SendStep;
  const steps = [step(1, false), step(2, false), step(2, true)];
  return {
    script: { steps },
    steps: steps.map(() => ({})),
    frames: answers.map((answer, i) => ({
      step: i,
      conn: 1,
      isHeartbeat: false,
      heard: { signature: answer, isRefusal: answer === 'no' },
    })),
  } as unknown as Run;
}

test('a server that refuses, run after run, what it granted before is worn; started again it is not', () => {
  const wear = new Wear(baseline);
  for (let i = 0; i < 3; i++) expect(wear.see(run('ok', 'ok'))).toBe(false);
  for (let i = 0; i < 4; i++) expect(wear.see(run('no', 'no'))).toBe(true);
  expect([wear.isWorn, wear.isFine]).toEqual([false, false]);
  wear.see(run('no', 'no'));
  expect(wear.isWorn).toBe(true);
  wear.renewed();
  expect([wear.isWorn, wear.isFine]).toEqual([false, true]);
  // What is refused from the start says nothing of the server.
  for (let i = 0; i < 9; i++) expect(wear.see(run('no'))).toBe(false);
  expect(wear.isWorn).toBe(false);
});

test('a message that is granted now and then, or refused when it was wrong, wears nothing', () => {
  const wear = new Wear(baseline);
  for (let i = 0; i < 40; i++) {
    wear.see(run('ok', i % 4 === 0 ? 'ok' : 'no', 'no'));
    expect(wear.isWorn).toBe(false);
  }
});
