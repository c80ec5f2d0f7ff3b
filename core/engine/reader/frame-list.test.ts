import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameList } from './frame-list.ts';

function listOf(items: Iterable<number>): FrameList {
  const list = new FrameList();
  for (const n of items) list.push(n);
  return list;
}

test('a list over many blocks gives back what was put in, by place, by span and by search', () => {
  const list = listOf(Array.from({ length: 50_000 }, (_, i) => i * 2));
  expect(list.length).toBe(50_000);
  for (const i of [0, 1, 16_383, 16_384, 16_385, 49_999]) expect(list.at(i)).toBe(i * 2);
  expect(list.slice(16_383, 16_386)).toEqual([32_766, 32_768, 32_770]);
  expect(list.slice(49_999, 60_000)).toEqual([99_998]);
  expect(list.firstNotBelow(32_767)).toBe(16_384);
  expect(list.firstNotBelow(200_000)).toBe(50_000);
  list.clear();
  expect(list.length).toBe(0);
});

test('merging takes out and puts in, keeps the order, and says whether anything changed', () => {
  const numbers = fc.uniqueArray(fc.integer({ min: 1, max: 200 }), { maxLength: 100 });
  fc.assert(
    fc.property(numbers, numbers, numbers, (before, changed, shown) => {
      const sorted = [...before].sort((a, b) => a - b);
      const items = shown.filter((n) => changed.includes(n)).sort((a, b) => a - b);
      const wanted = [...new Set([...sorted.filter((n) => !changed.includes(n)), ...items])].sort((a, b) => a - b);
      const list = listOf(sorted);
      const isChanged = list.merge(new Set(changed), items);
      expect(list.slice(0, 1000)).toEqual(wanted);
      expect(isChanged).toBe(JSON.stringify(wanted) !== JSON.stringify(sorted));
    }),
  );
});

test('merging across blocks keeps every other row', () => {
  const list = listOf(Array.from({ length: 40_000 }, (_, i) => i + 1));
  expect(list.merge(new Set([16_384, 16_385, 40_000]), [16_385])).toBe(true);
  expect(list.length).toBe(39_998);
  expect(list.slice(16_382, 16_385)).toEqual([16_383, 16_385, 16_386]);
  list.push(50_000);
  expect(list.at(39_998)).toBe(50_000);
});
