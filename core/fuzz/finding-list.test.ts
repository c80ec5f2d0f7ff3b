import { expect, test } from 'vitest';
import type { Finding } from './finding.ts';
import { FindingList } from './finding-list.ts';

function listOf(...keys: readonly string[]): FindingList {
  const keeper = { append: () => undefined, keep: () => undefined, save: () => Promise.resolve() };
  const list = new FindingList(keeper, () => 0);
  list.restore(keys.map((key, i) => ({ id: `F${i + 1}`, key }) as Finding));
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
