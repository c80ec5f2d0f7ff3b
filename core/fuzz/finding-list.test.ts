import { expect, test } from 'vitest';
import type { Finding } from './finding.ts';
import { FindingList } from './finding-list.ts';

const dropped: string[] = [];

function listOf(...keys: readonly string[]): FindingList {
  const keeper = {
    append: () => undefined,
    keep: () => undefined,
    save: () => Promise.resolve(),
    drop: (id: string) => void dropped.push(id),
  };
  const list = new FindingList(keeper, () => 0);
  list.restore(
    keys.map((key, i) => ({ id: `F${i + 1}`, key, title: key, log: [], caseId: '1:2:3' }) as unknown as Finding),
  );
  return list;
}

test('a check that fails in one message is no news in the next', () => {
  const list = listOf('schema|hora/invariant/scores-sum/scores');
  expect(list.alike('schema|end_game/invariant/scores-sum/scores')?.id).toBe('F1');
  expect(list.alike('schema|end_game/invariant/scores/scores')).toBeUndefined();
});

test('a field that is accepted in two messages is no news in the third', () => {
  expect(listOf('accepted|buy|amount').alike('accepted|sell|amount')).toBeUndefined();
  expect(listOf('accepted|buy|amount', 'accepted|sell|amount').alike('accepted|give|amount')?.id).toBe('F1');
});

test('what does not show on a server that was just started is no finding, and told as not confirmed', () => {
  const list = listOf('accepted|buy|amount');
  list.drop('accepted|buy|amount');
  expect(list.all).toEqual([]);
  expect(list.unconfirmed).toMatchObject([
    { key: 'accepted|buy|amount', cases: ['1:2:3'], title: expect.stringContaining('just started') },
  ]);
  expect(dropped).toEqual(['F1']);
});

test('silence at nonsense in two messages is no news in the third; what is accepted is its own in each', () => {
  expect(listOf('no-answer|who|', 'no-answer|list|').alike('no-answer|join|')?.id).toBe('F1');
  expect(listOf('accepted|who|', 'accepted|list|').alike('accepted|join|')).toBeUndefined();
});
