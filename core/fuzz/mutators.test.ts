/** Every case of a plan, over each carrier, from recordings of real clients. */
import { describe, expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { concat } from '../schema/content.ts';
import type { Made, Mutation } from './mutation.ts';
import { wireOf } from './wire-of.ts';
import { Schedule } from './schedule.ts';
import { isSend, printScript, readScript, type Step } from './script.ts';
import type { Seed } from './seed.ts';

const SEEDS: Readonly<Record<string, Seed>> = {
  'tcp (mjsonp)': await seedOf('mjsonp/game.pcap', 'tcp', { only: (n) => n < 120 }),
  'ws (muddery)': await seedOf('muddery/muddery082_webclient.pcap', 'ws', { only: (n) => n < 60 }),
  'enet (mana)': await seedOf('mana/head-quick.pcap', 'enet', { only: (n) => n < 60 }),
};
const HOW = { rng: 7, tail: 2, longTail: 4 };

/** A share of a plan that holds every family and every name at least once. */
function sampleOf(planned: readonly Mutation[]): Mutation[] {
  const names = new Set<string>();
  return planned.filter((one, i) => {
    // As many as there are messages: some of them tell.
    const name = `${one.family}|${one.name.replace(/^(never|offered|echo|ahead|as|foreign)-.*/, '$1')}`;
    if (names.has(name)) return i % 31 === 0;
    names.add(name);
    return true;
  });
}

function textOf(made: Made): string {
  return JSON.stringify(printScript(made.script));
}

describe.each(Object.keys(SEEDS))('over %s', (name) => {
  const seed = SEEDS[name]!;
  const { planned } = new Schedule(seed, HOW.rng);
  const sample = sampleOf(planned);
  const made = sample.flatMap((one) => {
    const script = one.make(seed, HOW);
    return script === undefined ? [] : [[one, script] as const];
  });

  test('there are cases of every kind', () => {
    const families = new Set(planned.map((one) => one.family));
    expect(planned.length).toBeGreaterThan(500);
    expect([...families]).toEqual(expect.arrayContaining(['field', 'payload', 'sequence', 'race']));
    expect(families.has(name.startsWith('tcp') ? 'framing' : 'carrier')).toBe(true);
    expect(made.length).toBeGreaterThan(sample.length * 0.8);
  });

  test('each has an address of its own, and the address gives the case back', () => {
    expect(new Set(planned.map((one) => one.id)).size).toBe(planned.length);
    const schedule = new Schedule(seed, HOW.rng);
    for (const [one, first] of made) {
      const again = schedule.byId(one.id);
      expect(again, one.id).toMatchObject({ id: one.id, family: one.family, name: one.name, field: one.field });
      expect(textOf(again!.make(seed, HOW)!), one.id).toBe(textOf(first));
    }
  });

  test('the same seed of the dice gives the same order, another one another', () => {
    const ids = (rng: number): string[] => new Schedule(seed, rng).planned.map((one) => one.id);
    expect(ids(HOW.rng)).toEqual(planned.map((one) => one.id));
    expect(ids(8)).not.toEqual(ids(HOW.rng));
  });

  test('each differs from what was recorded, and says where', () => {
    const recorded = JSON.stringify(printScript(seed.base));
    for (const [one, { script, focus }] of made) {
      expect(textOf({ script, focus }), one.id).not.toBe(recorded);
      const at = script.steps[focus[0]!];
      const isMarked = script.steps.some((step) => step.kind !== 'open' && step.mutated === true);
      expect(at !== undefined && isMarked, one.id).toBe(true);
    }
  });

  test('what comes late on a connection comes without the connections that it can do without', () => {
    const late = planned.filter((one) => one.name === 'late');
    expect(late.length).toBeGreaterThan(5);
    for (const one of late) {
      const { conn } = seed.base.steps[one.step]!;
      const own = (at: number): Step[] => seed.base.steps.slice(0, at).filter((step) => step.conn === conn);
      const { script } = one.make(seed, { ...HOW, prefix: own })!;
      expect(script.steps, one.id).toHaveLength(
        own(seed.base.steps.findLastIndex((step) => isSend(step) && step.conn === conn)).length + 2,
      );
      expect(new Set(script.steps.map((step) => step.conn)), one.id).toEqual(new Set([conn]));
    }
  });

  test('cases the server must not notice carry the bytes as they are', () => {
    const neutral = made.filter(([one]) => one.isNeutral === true && one.family === 'framing');
    if (name.startsWith('tcp')) expect(neutral.length).toBeGreaterThan(4);
    for (const [one, { script, focus }] of neutral) {
      const step = script.steps[focus[0]!]!;
      if (!isSend(step) || step.wire === undefined) throw new Error(one.id);
      const { framing } = seed.scene.connections.get(step.conn)!.recorded;
      expect(concat(step.wire), one.id).toEqual(wireOf(framing, { ...step, mutated: false }, step.bytes));
      expect(step.wire.length, one.id).toBeGreaterThan(1);
    }
  });

  test('a script survives the file it is saved in', () => {
    for (const [one, { script }] of made.filter((_one, i) => i % 5 === 0)) {
      const saved = JSON.stringify(printScript(script));
      expect(readScript(JSON.parse(saved)), one.id).toEqual(script);
    }
  });

  test('havoc goes on without end, each piece of it addressable', () => {
    const schedule = new Schedule(seed, HOW.rng);
    while (schedule.taken < planned.length) schedule.next();
    const ids = new Set<string>();
    for (let i = 0; i < 60; i++) {
      const { mutation } = schedule.next();
      ids.add(mutation.id);
      const one = mutation.make(seed, HOW);
      if (one === undefined) continue;
      expect(textOf(schedule.byId(mutation.id)!.make(seed, HOW)!), mutation.id).toBe(textOf(one));
    }
    expect(ids.size).toBe(60);
  });

  test('messages that have shown something new get more havoc', () => {
    const rewarded = seed.messages.at(-1)!.frame.n;
    const countOf = (points: number): number => {
      const schedule = new Schedule(seed, HOW.rng);
      if (points > 0) schedule.reward(rewarded, points);
      while (schedule.taken < planned.length) schedule.next();
      let count = 0;
      for (let i = 0; i < 300; i++) if (schedule.next().mutation.n === rewarded) count += 1;
      return count;
    };
    expect(countOf(40)).toBeGreaterThan(countOf(0) * 2);
  });
});
