import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { expecting, expectingAmongOthers } from './expecting.ts';
import type { LiveFrame, Run } from './run-script.ts';
import { isSend, type SendStep } from './script.ts';

const recorded = await seedOf('mana/y2011-quick.pcap', 'enet');
const at = recorded.base.steps.findIndex((step) => isSend(step) && step.message === 'PGMSG_CONNECT');
const { conn } = recorded.base.steps[at]!;

/** What came after that message, each a millisecond after the one before. */
function ran(...names: readonly string[]): Run {
  const frames = names.map((name, i) => ({ conn, step: at, at: i + 1, isHeartbeat: false, heard: { name } }));
  return {
    frames: frames as unknown as readonly LiveFrame[],
    steps: recorded.base.steps.map(() => ({ at: 0 })),
  } as never;
}

function awaited(run: Run, chatter: readonly string[]): Partial<SendStep> {
  const seed = expectingAmongOthers(expecting(recorded, [run]), [run], new Set(chatter));
  const { awaits, dueMs = -1, dueNames = [] } = seed.base.steps[at] as SendStep;
  return { awaits, dueMs, dueNames };
}

test('among others, what they bring about too is waited for only where nothing else is due', () => {
  const run = ran('response', 'came', 'map');
  const dueNames = ['response', 'came', 'map'];
  expect(awaited(run, [])).toEqual({ awaits: [[conn, 3]], dueMs: 3, dueNames });
  expect(awaited(run, ['map'])).toEqual({ awaits: [[conn, 2]], dueMs: 2, dueNames });
  expect(awaited(run, ['came', 'left'])).toEqual({ awaits: [[conn, 2]], dueMs: 3, dueNames });
  expect(awaited(run, dueNames)).toEqual({ awaits: [[conn, 3]], dueMs: 3, dueNames });
});
