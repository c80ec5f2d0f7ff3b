import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import type { Baseline } from './baseline.ts';
import type { CaseRun } from './case-run.ts';
import { FindingList } from './finding-list.ts';
import { acceptance } from './judge-acceptance.ts';
import type { Mutation } from './mutation.ts';
import type { LiveFrame, Run, StepRun } from './run-script.ts';
import { Screening } from './screening.ts';
import { isSend, type SendStep } from './script.ts';

const recorded = await seedOf('mana/y2011-quick.pcap', 'enet', { only: (n) => n < 30 });
const step = recorded.base.steps.find((one): one is SendStep => isSend(one) && one.message === 'PGMSG_CONNECT')!;
const seed = { ...recorded, scene: { ...recorded.scene, chatter: new Set(['somebody came']) } };
const breach = { severity: 'error', group: 'invariant', code: 'too-far', text: 'farther than anybody goes' };
const usedToken = { message: step.message, field: '', name: 'used-token', rule: 'a token that was used' } as Mutation;

/** The first word of a signature is the name. */
function heard(signature: string): LiveFrame {
  const [name] = signature.split(',');
  return {
    conn: step.conn,
    step: 1,
    heard: { name, signature, isRefusal: false, summary: '', messages: [{ name }], expert: [] },
  } as unknown as LiveFrame;
}

function runOf(answers: readonly string[], expert: readonly unknown[] = []): Run {
  const sent = { at: 1, bytes: step.bytes, heard: { name: step.message, expert, messages: [] } } as unknown as StepRun;
  const script = {
    steps: [
      { kind: 'open', conn: step.conn },
      { ...step, mutated: true },
    ],
  };
  const connections = new Map([[step.conn, {}]]);
  return { script, steps: [undefined, sent], frames: answers.map(heard), connections } as unknown as Run;
}

/** @param usual what the right message is answered with */
function baselineOf(usual: readonly string[]): Baseline {
  const answer = { signatures: new Set(usual), names: new Set(usual), isAnswered: true, isRefused: false };
  return { answers: new Map([[step.n, answer]]), clientRemarks: new Set() } as unknown as Baseline;
}

function isAccepted(answers: readonly string[], usual: readonly string[], refusals: readonly string[]): boolean {
  const run = runOf(answers);
  const world = { seed, baseline: baselineOf(usual), refusals: new Set(refusals) };
  return [...acceptance(run, 1, run.script.steps[1] as SendStep, run.steps[1]!, usedToken, world)].length > 0;
}

/** Where the description says that no server may take it, whatever is no refusal will do. */
function isForbiddenTaken(answers: readonly string[]): boolean {
  const run = runOf(answers, [breach]);
  const world = { seed, baseline: baselineOf(['granted']), refusals: new Set(['no']) };
  const { rule: _rule, ...mutation } = usedToken;
  return [...acceptance(run, 1, run.script.steps[1] as SendStep, run.steps[1]!, mutation, world)].length > 0;
}

test('what the right message is told as well, and nonsense too, says neither yes nor no', () => {
  expect(isAccepted(['granted', 'news'], ['granted', 'news'], [])).toBe(true);
  expect(isAccepted(['granted', 'news'], ['granted', 'news'], ['news'])).toBe(true);
  expect(isAccepted(['news'], ['granted', 'news'], ['news'])).toBe(false);
  expect(isAccepted(['granted', 'no'], ['granted'], ['no'])).toBe(false);
});

test('that others come in says neither yes nor no', () => {
  expect(isForbiddenTaken(['taken'])).toBe(true);
  expect(isForbiddenTaken(['somebody came'])).toBe(false);
  expect(isForbiddenTaken(['somebody came', 'taken'])).toBe(true);
  expect(isForbiddenTaken(['taken', 'no'])).toBe(false);
});

test('how a server says no is learned from what it says to nonsense, and not from what others bring about', () => {
  const keeper = { append: () => {}, keep: () => {}, save: () => Promise.resolve() };
  const screening = new Screening(seed, baselineOf(['granted']), new FindingList(keeper as never, () => 0));
  const nonsense = { family: 'payload', name: 'empty', message: step.message, field: '', doc: '' } as Mutation;
  const run = runOf(['no,1', 'somebody came,2', 'granted']);
  screening.screen({
    index: 0,
    id: '1:0:1:@empty',
    mutation: nonsense,
    made: { script: run.script, focus: [1] },
    run,
  } as CaseRun);
  expect([...screening.world().refusals]).toEqual(['no,1']);
});
