import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { Avoidance } from './avoidance.ts';
import type { Calibrated } from './calibration.ts';
import { CaseQueue } from './case-queue.ts';
import { Ledger } from './ledger.ts';
import { Schedule } from './schedule.ts';
import { isSend } from './script.ts';
import { Tried } from './tried.ts';

const CASES = 2000;
const seed = await seedOf('muddery/muddery082_webclient.pcap', 'ws', { only: (n) => n < 60 });

/** Recorded messages that cases say as they were recorded, by number of their frame. */
function saidBy(leftOut: readonly number[]): Set<number> {
  const schedule = new Schedule(seed, 1);
  const keeper = { append: () => undefined } as never;
  const queue = new CaseQueue({
    schedule,
    tried: new Tried(schedule.planned),
    ledger: new Ledger({ keeper, rng: 1, resumed: undefined, onNew: () => undefined }),
    avoidance: new Avoidance(),
    rng: 1,
    most: () => CASES,
  });
  for (const n of leftOut) queue.leaveOut(n);
  const calibrated = {
    seed,
    prefixes: { of: (at: number) => seed.base.steps.slice(0, at) },
    waitingLess: (script: unknown) => script,
  } as unknown as Calibrated;
  const said = new Set<number>();
  for (;;) {
    const taken = queue.take(seed, calibrated, () => false);
    if (taken === undefined) return said;
    for (const step of taken.made.script.steps)
      if (isSend(step) && step.mutated !== true && step.isLeftOut !== true) said.add(step.n);
  }
}

test('a message that brings the server down as it was recorded is in no case, whatever is done to others', () => {
  const deadly = seed.messages[3]!.frame.n;
  expect(saidBy([])).toContain(deadly);
  expect(saidBy([deadly])).not.toContain(deadly);
});
