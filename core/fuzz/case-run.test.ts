import { expect, test } from 'vitest';
import { type CaseRun, hadItsMoment, isCutOff, isCutEarly } from './case-run.ts';
import type { Run } from './run-script.ts';

/** @param answered steps that were answered on the connection, which `by` ended after step 2 */
function ran(by: 'client' | 'server' | 'error' | undefined, answered: readonly number[]): Run {
  return {
    frames: answered.map((step) => ({ step, conn: 1, isHeartbeat: false })),
    connections: new Map([[1, { ending: by === undefined ? undefined : { by, text: '' }, endedAfter: 2 }]]),
  } as unknown as Run;
}

test('whoever is hung up on without a word may have been with a server that went down', () => {
  expect(isCutOff(ran('server', [1]))).toBe(true);
  expect(isCutOff(ran('error', []))).toBe(true);
  expect(isCutOff(ran('server', [1, 2]))).toBe(false);
  expect(isCutOff(ran('client', [1]))).toBe(false);
  expect(isCutOff(ran(undefined, [1]))).toBe(false);
});

test('whoever is hung up on before anything wrong was said may have been with a server that went down', () => {
  const said = { kind: 'send', conn: 1, mutated: false };
  const steps = [said, said, said, { ...said, mutated: true }];
  const cutEarly = (by: 'client' | 'server', sent: number, script: readonly object[] = steps): boolean =>
    isCutEarly({
      ...ran(by, [1, 2]),
      script: { steps: script },
      steps: steps.map((_, i) => (i < sent ? {} : undefined)),
    } as Run);
  expect(cutEarly('server', 3)).toBe(true);
  expect(cutEarly('server', 4)).toBe(false);
  expect(cutEarly('client', 3)).toBe(false);
  // An end is never said.
  expect(cutEarly('server', 3, [...steps.slice(0, 3), { kind: 'end', conn: 1, mutated: true }])).toBe(false);
});

/** Something wrong behind a message that awaits so many frames. */
function behind(awaited: number, isAnswered: boolean): CaseRun {
  const said = { kind: 'send', awaits: awaited === 0 ? [] : [[1, awaited]], mutated: false };
  const steps = [said, { ...said, mutated: true }];
  return { made: { script: { steps }, focus: [1] }, run: { steps: [{ isAnswered }] } } as unknown as CaseRun;
}

test('what is meddled with came about when the message before was answered, or is not answered at all', () => {
  expect(hadItsMoment(behind(1, true))).toBe(true);
  expect(hadItsMoment(behind(1, false))).toBe(false);
  expect(hadItsMoment(behind(0, false))).toBe(true);
});
