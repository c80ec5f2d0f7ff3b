import { expect, test } from 'vitest';
import { isSend, type Script, type SendStep, type Step } from './script.ts';
import { controlsOf } from './state-check.ts';

const NONE = new Uint8Array();

function send(n: number, text: string, isWrong = false): SendStep {
  const bytes = new TextEncoder().encode(text);
  return { kind: 'send', conn: 1, n, message: 'm', bytes, head: NONE, tail: NONE, awaits: [], mutated: isWrong };
}

const open: Step = { kind: 'open', conn: 1 };
const base: Script = { steps: [open, send(1, 'join'), send(2, 'take 1'), send(3, 'leave')] };
const [, joins, , leaves] = base.steps as [Step, SendStep, SendStep, SendStep];

function saidIn({ steps }: Script): string {
  return steps.map((step) => (isSend(step) ? new TextDecoder().decode(step.bytes) : step.kind)).join(', ');
}

test('the same session must be harmless with the right message, without it, and when it ends before it', () => {
  const script = { steps: [open, joins, send(2, 'take -1', true), leaves] };
  expect(controlsOf(script, base).map(saidIn)).toEqual([
    'open, join, take 1, leave',
    'open, join, leave',
    'open, join',
  ]);
});

test('a right message that is wrong by its place is left out', () => {
  const script = { steps: [open, joins, leaves, send(2, 'take 1', true)] };
  expect(controlsOf(script, base).map(saidIn)).toEqual(['open, join, leave']);
});
