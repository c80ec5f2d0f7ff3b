import { expect, test } from 'vitest';
import type { CaseRun } from './case-run.ts';
import type { Suspicion } from './suspicion.ts';
import { type Suspect, Suspects } from './suspects.ts';

function suspect(key: string, index = 0): Suspect {
  const suspicion: Suspicion = { oracle: 'no-answer', key, title: key, evidence: [], step: 0 };
  return { at: { index } as CaseRun, suspicion, tries: 0 };
}

test('one of a kind is looked into at a time, others of its kind wait', () => {
  const suspects = new Suspects();
  for (const one of [suspect('a', 1), suspect('a', 2), suspect('b', 3)]) expect(suspects.add(one)).toBe(true);
  const first = suspects.take()!;
  expect(first.at.index).toBe(1);
  expect(suspects.take()!.at.index).toBe(3);
  expect(suspects.take()).toBeUndefined();
  suspects.done(first);
  expect(suspects.take()!.at.index).toBe(2);
});

test('what was broken off comes back first, and what is known is dropped', () => {
  const suspects = new Suspects();
  suspects.add(suspect('a', 1));
  suspects.add(suspect('a', 2));
  const first = suspects.take()!;
  suspects.done(first, { ...first, tries: 1 });
  expect(suspects.next()).toMatchObject({ tries: 1, at: { index: 1 } });
  expect(suspects.drop('a').map(({ at }) => at.index)).toEqual([1, 2]);
  expect(suspects.isEmpty).toBe(true);
});

test('of one kind a few are enough', () => {
  const suspects = new Suspects();
  expect([1, 2, 3, 4].map((n) => suspects.add(suspect('a', n)))).toEqual([true, true, true, false]);
});

test('what one case seemed to show is dropped, and nothing of the others', () => {
  const suspects = new Suspects();
  const [first, second] = [suspect('a', 1), suspect('a', 2)];
  for (const one of [first, second, { ...suspect('b'), at: first.at }]) suspects.add(one);
  suspects.dropOf(first.at);
  expect(suspects.size).toBe(1);
  expect(suspects.next()).toBe(second);
});
