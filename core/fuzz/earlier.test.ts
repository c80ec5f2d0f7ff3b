import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { earlier, elsewhere, type EarlierHow } from './earlier.ts';
import type { Mutation } from './mutation.ts';
import { mutationById } from './schedule.ts';
import type { SeedMessage } from './seed.ts';
import { countSends, isSend, isWrong, type Script, type SendStep } from './script.ts';

const RNG = 1;
const seed = await seedOf('mjsonp/game.pcap', 'tcp', { only: (n) => n < 1600 });
const [
  {
    frame: { conn },
  },
] = seed.messages as [SeedMessage];
const discards = seed.messages.filter(({ name, frame }) => name === 'dahai' && frame.conn === conn);

function caseAt(n: number, address: string): { readonly mutation: Mutation; readonly script: Script } {
  const mutation = mutationById(seed, `${n}:${address}`, RNG)!;
  return { mutation, script: mutation.make(seed, { rng: RNG, tail: 0 })!.script };
}

function wrongOf({ steps }: Script): SendStep {
  const wrong = steps.find(isWrong);
  if (wrong === undefined || !isSend(wrong)) throw new Error('nothing is wrong');
  return wrong;
}

function all(script: Script, how: EarlierHow): Script[] {
  return [...earlier(script, how), ...elsewhere(script, how)];
}

test('the same case of each earlier message of that name, and the same bytes in the place of each, the shortest way first', () => {
  const { n } = discards[5]!.frame;
  const { mutation, script } = caseAt(n, 'pai#missing');
  const made = [...earlier(script, { seed, mutation, rng: RNG, isDear: false })];
  const more = [...elsewhere(script, { seed, mutation, rng: RNG, isDear: false })];
  for (const list of [made, more]) {
    const lengths = list.map(countSends);
    expect(lengths).toEqual([...lengths].sort((a, b) => a - b));
    expect(lengths.at(-1)).toBeLessThan(countSends(script));
  }
  // Every other one before it stays as it was recorded.
  for (const one of [...made, ...more]) {
    const wrong = one.steps.indexOf(wrongOf(one));
    expect(one.steps.slice(0, wrong)).toEqual(seed.base.steps.slice(0, wrong));
    expect(wrong).toBe(one.steps.length - 1);
  }
  const first = discards[0]!;
  const there = made.filter(({ steps }) => steps.length === first.step + 1).map((one) => wrongOf(one).bytes);
  expect(there).toContainEqual(wrongOf(caseAt(first.frame.n, 'pai#missing').script).bytes);
  expect(there).toContainEqual(wrongOf(script).bytes);
  // Also as the very first word.
  const [shortest] = more;
  expect(shortest!.steps.filter((step) => isSend(step) && step.conn === conn)).toHaveLength(1);
  expect(wrongOf(shortest!).bytes).toEqual(wrongOf(script).bytes);
});

test('what is wrong in a field is tried in what the server offered before', () => {
  const call = seed.messages.findLast(({ name }) => name === 'chi' || name === 'pon')!;
  const { mutation, script } = caseAt(call.frame.n, 'consumed#empty');
  const offered = [...earlier(script, { seed, mutation, rng: RNG, isDear: false })].map(wrongOf);
  const names = offered.filter(({ message }) => message === 'none').map(({ bytes }) => new TextDecoder().decode(bytes));
  expect(names).toContainEqual(expect.stringMatching(/"type":"(?:chi|pon)".*"consumed":\[\]/));
});

test('few places where each try is dear, none where it goes by other messages', () => {
  const { mutation, script } = caseAt(discards[5]!.frame.n, 'pai#missing');
  const count = (change: Partial<Mutation>, isDear: boolean): number =>
    all(script, { seed, mutation: { ...mutation, ...change }, rng: RNG, isDear }).length;
  expect(count({}, true)).toBeLessThan(count({}, false));
  expect(all(script, { seed, mutation, rng: RNG, isDear: true, isThorough: true }).length).toBeGreaterThan(
    count({}, false),
  );
  expect(count({ needs: [1] }, false)).toBe(0);
  expect(count({ controls: () => [] }, false)).toBe(0);
  expect(all(script, { seed, mutation: undefined, rng: RNG, isDear: false })).toEqual([]);
});
