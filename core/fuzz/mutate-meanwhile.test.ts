import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { lastName, leavesOf } from '../replay/leaves.ts';
import { formatPath, parsePath } from '../schema/path.ts';
import { Schedule } from './schedule.ts';
import { isSend } from './script.ts';

const seed = await seedOf('mana/y2011-quick.pcap', 'enet');
const planned = new Schedule(seed, 1).planned.filter(({ name }) => name.startsWith('meanwhile-'));

test('what names the same thing comes behind a message, after all that was done to the thing before', () => {
  expect(planned.length).toBeGreaterThan(5);
  for (const one of planned) {
    const { script, focus } = one.make(seed, { rng: 1, tail: 2, prefix: () => [] })!;
    const [at = 0] = focus;
    const between = script.steps[at]!;
    const before = script.steps[at - 1]!;
    if (!isSend(between) || !isSend(before)) throw new Error(`${one.id} says nothing`);
    expect(before).toBe(seed.base.steps[one.step]);
    expect(at, one.id).toBe(one.step + 1);
    expect([between.conn, between.mutated, before.mutated]).toEqual([before.conn, true, false]);
    expect(`meanwhile-${between.message}`).toBe(one.name);
    const valuesIn = (n: number, is: (path: readonly (string | number)[]) => boolean): unknown[] => {
      const { message } = seed.messages.find(({ frame }) => frame.n === n)!;
      return leavesOf(message.fields).flatMap(({ path, value }) => (is(path) ? [value] : []));
    };
    const [thing] = valuesIn(before.n, (path) => formatPath(path) === one.field);
    const name = lastName(parsePath(one.field));
    expect(valuesIn(between.n, (path) => lastName(path) === name)).toContain(thing);
    expect(script.steps.slice(at + 1).filter(isSend).length).toBeLessThanOrEqual(12);
  }
});
