import { describe, expect, test } from 'vitest';
import type { DissectedMessage } from '../protocol/protocol.ts';
import { integer, object, string } from '../schema/builders.ts';
import { findRenumbered } from './renumbered.ts';

const node = object({
  id: integer({ role: 'id', label: 'Room' }),
  item: integer({ role: 'id', label: 'Item' }),
  name: string(),
});

function message(id: number, item = 500): DissectedMessage {
  return {
    name: 'room',
    fields: { id, item, name: 'hall' },
    spec: { name: 'room', node, direction: 'toClient' },
  } as unknown as DissectedMessage;
}

/** Recorded id → live id of one message each. */
function found(...ids: readonly (readonly [number, number])[]): [string, string[]][] {
  const pairs = ids.map(([was, is]) => [message(was), message(is)] as const);
  return findRenumbered(pairs, () => false).map(({ kind, pairs: all }) => [
    kind,
    all.map(({ recorded, replayed }) => `${recorded} → ${replayed}`),
  ]);
}

describe('ids nobody echoes', () => {
  test('that are all counted on from elsewhere were issued anew, and ids of a kind that stay were not', () => {
    expect(found([1, 71], [2, 72], [1, 71])).toEqual([['Room', ['n:1 → n:71', 'n:2 → n:72']]]);
    expect(found([1, 2], [2, 3], [3, 4])).toEqual([['Room', ['n:1 → n:2', 'n:2 → n:3', 'n:3 → n:4']]]);
  });

  test('one that is wrong among others that are right stays a difference', () => {
    expect(found([1, 71], [1, 71], [1, 99], [2, 72])).toEqual([['Room', ['n:1 → n:71', 'n:2 → n:72']]]);
    // Seen once, and not counted on as the others are.
    expect(found([1, 71], [1, 71], [2, 72], [3, 99])).toEqual([['Room', ['n:1 → n:71', 'n:2 → n:72']]]);
    // The right one's id in the wrong one's place.
    expect(found([1, 71], [1, 71], [2, 72], [3, 71])).toEqual([['Room', ['n:1 → n:71', 'n:2 → n:72']]]);
  });

  test('one alone, two that changed places, and one of many that changed are differences', () => {
    expect(found([1, 71], [1, 71])).toEqual([]);
    expect(found([1, 2], [2, 1], [1, 2], [2, 1])).toEqual([]);
    expect(found([1, 1], [2, 2], [3, 73], [3, 73])).toEqual([]);
  });

  test('one alone is enough where a binding knows another of its kind', () => {
    const pairs = [
      [message(1), message(71)],
      [message(2), message(72)],
    ] as const;
    const known = findRenumbered(pairs, (was, _is, kind) => kind === 'Room' && was === 'n:1');
    expect(known).toMatchObject([{ kind: 'Room', pairs: [{ recorded: 'n:2', replayed: 'n:72' }], where: ['room.id'] }]);
  });
});
