import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { getPath, parsePath } from '../schema/path.ts';
import { Schedule } from './schedule.ts';
import { isSend } from './script.ts';

const seed = await seedOf('mana/y2011-quick.pcap', 'enet');
const told = new Schedule(seed, 1).planned.filter((one) => one.isTold === true);

test('where the description has a position, one goes farther than anybody went, and it is told and no fault', () => {
  const far = told.filter(({ name }) => name.startsWith('far-'));
  expect(far.length).toBeGreaterThan(0);
  for (const one of far) {
    const made = one.make(seed, { rng: 1, tail: 0 });
    const step = made?.script.steps[made.focus[0]!];
    if (step === undefined || !isSend(step)) continue;
    const { recorded } = seed.scene.connections.get(step.conn)!;
    const at = seed.messages.find(({ frame }) => frame.n === one.n)!;
    const sent = recorded.protocol!.dissect(step.bytes, 'toServer', at.frame.state as never).messages[0]!;
    const was = getPath(at.message.fields, parsePath(one.field)) as number;
    const is = getPath(sent.fields, parsePath(one.field)) as number;
    expect(Math.abs(is - was), one.id).toBeGreaterThanOrEqual(50);
    expect(one.rule).toContain('farther away');
  }
});

test('where an answer says how long to wait, the same is done again at once', () => {
  const soon = told.filter(({ name }) => name === 'too-soon');
  expect(soon.length).toBeGreaterThan(0);
  for (const one of soon) {
    expect(one.rule).toMatch(/^again before its \w+ \d+ is over$/);
    const { script, focus } = one.make(seed, { rng: 1, tail: 0 })!;
    const step = script.steps[focus[0]!]!;
    const before = script.steps[focus[0]! - 1]!;
    expect(isSend(step) && isSend(before) && step.bytes === before.bytes && step.mutated && !before.mutated).toBe(true);
  }
});
