import { expect, test } from 'vitest';
import { seedOf } from '../engine/fuzz/testing/seed-of.ts';
import { fewest, type KeptCase, printCorpus, readCorpus } from './corpus.ts';
import { mutationById, Schedule } from './schedule.ts';
import { isSend, toHex } from './script.ts';

const kept = (id: string, shows: string, sends = 1): KeptCase => ({
  id,
  rng: 1,
  message: 'login',
  family: 'field',
  shows: [...shows],
  sends,
});

const ids = (cases: readonly KeptCase[]): string[] => cases.map(({ id }) => id);

test('a case whose news others show too is dropped, and everything is still shown', () => {
  const all = [
    kept('1', 'a'),
    kept('2', 'ab'),
    kept('3', 'abc', 9),
    kept('4', 'abc', 2),
    kept('5', 'cd'),
    kept('6', 'x'),
  ];
  const few = fewest(all);
  expect(ids(few)).toEqual(['4', '5', '6']);
  expect(new Set(few.flatMap(({ shows }) => shows))).toEqual(new Set('abcdx'));
  expect(fewest([])).toEqual([]);
});

test('a corpus that was cut off by a kill is read up to there', () => {
  const text = printCorpus([kept('1', 'a'), kept('2', 'b')]);
  expect(ids(readCorpus(text))).toEqual(['1', '2']);
  expect(ids(readCorpus(text.slice(0, -5)))).toEqual(['1']);
  expect(() => readCorpus('what\n')).toThrow(SyntaxError);
});

test('a campaign begins with what is kept: by its address, or by its payload on another recording', async () => {
  const seed = await seedOf('socketchat/session_newline.jsonl', 'tcp', { as: 'socketchat' });
  const plain = new Schedule(seed, 1).planned;
  const field = plain.find((one) => one.family === 'field' && one.field !== '')!;
  const order = plain.findLast((one) => one.family === 'sequence')!;
  const made = field.make(seed, { rng: 1, tail: 0 })!;
  const step = made.script.steps[made.focus[0]!]!;
  if (!isSend(step)) throw new Error('nothing is sent');
  const bytes = toHex(step.bytes);
  const cases: KeptCase[] = [
    { ...kept(order.id, 'a'), message: order.message },
    { ...kept(field.id, 'b'), message: field.message, bytes },
    // Of another recording: frame 999 is none here.
    { ...kept('999:Name#empty', 'c'), message: 'login', bytes: toHex(new TextEncoder().encode('{"Command":"01"}')) },
    { ...kept('999:@again', 'd'), message: 'login' },
    { ...kept('999:x#null', 'e'), message: 'no such message', bytes: '7b7d' },
  ];
  const schedule = new Schedule(seed, 1, cases);
  const [first, second, third] = schedule.planned;
  expect([first?.id, second?.id]).toEqual([order.id, field.id]);
  expect(third).toMatchObject({ name: 'kept', message: 'login' });
  // Its address is all there is to know of it.
  const again = mutationById(seed, third!.id, 1)!.make(seed, { rng: 1, tail: 0 })!;
  const sent = again.script.steps[again.focus[0]!]!;
  expect(isSend(sent) && new TextDecoder().decode(sent.bytes)).toBe('{"Command":"01"}');
  expect(schedule.planned).toHaveLength(plain.length + 1);
  expect(new Set(schedule.planned.map(({ id }) => id)).size).toBe(schedule.planned.length);
});
