import { expect, test } from 'vitest';
import type { FieldView } from '../../../core/contract/frames.ts';
import { exactField, lineage, parentOf, smallestCovering, visibleLines } from './field-index.ts';
import { fieldCondition } from './field-condition.ts';
import { fieldText, jsonOf, plainValue, rangeText } from './field-text.ts';

const field = (name: string, path: string, start: number, end: number, more: Partial<FieldView> = {}): FieldView => ({
  name,
  path,
  kind: 'u16',
  start,
  end,
  text: '',
  children: [],
  ...more,
});

const root = field('move', '', 0, 10, {
  children: [
    field('beings', 'beings', 2, 10, {
      children: [
        field('[0]', 'beings[0]', 2, 6, {
          children: [
            field('x', 'beings[0].x', 2, 4, { value: 1072, text: '1072 px', unit: 'px' }),
            field('y', 'beings[0].y', 4, 6),
          ],
        }),
        field('[1]', 'beings[1]', 6, 10, {
          children: [
            field('flags', 'beings[1].flags', 6, 7, {
              children: [
                field('moves', 'beings[1].flags.moves', 6, 7, { bits: { offset: 0, width: 1 } }),
                field('stands', 'beings[1].flags.stands', 6, 7, { bits: { offset: 1, width: 1 } }),
              ],
            }),
          ],
        }),
      ],
    }),
  ],
});

test('a byte belongs to its smallest field, loose bytes to what covers them all', () => {
  expect(smallestCovering(root, 3, 4)?.path).toBe('beings[0].x');
  expect(smallestCovering(root, 3, 5)?.path).toBe('beings[0]');
  expect(smallestCovering(root, 0, 1)?.path).toBe('');
  expect(smallestCovering(root, 0, 11)).toBeUndefined();
});

test('bits that share a byte are reached through their field', () => {
  expect(smallestCovering(root, 6, 7)?.path).toBe('beings[1].flags');
});

test('dragged bytes name a field only when it is exactly them', () => {
  expect(exactField(root, 2, 4)?.path).toBe('beings[0].x');
  expect(exactField(root, 3, 5)).toBeUndefined();
});

test('the way to a field goes over its parents', () => {
  expect(lineage(root, 'beings[0].y').map((each) => each.path)).toEqual(['', 'beings', 'beings[0]', 'beings[0].y']);
  expect(parentOf(root, 'beings[0].y')?.path).toBe('beings[0]');
  expect(lineage(root, 'nowhere')).toEqual([]);
});

test('the tree shows what is open, in order, without the root', () => {
  const lines = visibleLines(root, (each) => each.path === 'beings');
  expect(lines.map((line) => line.field.path)).toEqual(['beings', 'beings[0]', 'beings[1]']);
  expect(visibleLines(field('bytes', '', 0, 3), () => true).map((line) => line.depth)).toEqual([0]);
});

test('a value and what is said about it stand apart', () => {
  const x = lineage(root, 'beings[0].x').at(-1);
  expect(x === undefined ? undefined : fieldText(x)).toEqual({ value: '1\u2009072', note: 'px' });
  expect(fieldText(field('f', 'f', 0, 1, { value: 3, text: '3 position, destination' }))).toEqual({
    value: '3',
    note: 'position, destination',
  });
  expect(fieldText(field('t', 't', 0, 1, { value: 'players', text: '"players" player' }))).toEqual({
    value: '"players"',
    note: 'player',
  });
  const key = field('k', 'k', 2, 6, { kind: 'bytes', value: { hex: '37790ec0' }, text: '37 79 0e c0' });
  expect(fieldText(key)).toEqual({ value: '37 79 0e c0', note: '' });
  expect(rangeText(field('x', 'x', 6, 7, { bits: { offset: 1, width: 1 } }))).toBe('6.1');
  expect(rangeText(field('size', 'size', 4, 4, { value: 52 }))).toBe('');
});

test('values leave as plain text and JSON, big numbers and bytes included', () => {
  expect(plainValue(field('n', 'n', 0, 8, { value: { big: '18446744073709551615' } }))).toBe('18446744073709551615');
  expect(plainValue(field('b', 'b', 0, 2, { value: { hex: '00ff' } }))).toBe('00ff');
  expect(
    jsonOf(
      field('l', 'l', 0, 2, {
        children: [field('[0]', 'l[0]', 0, 1, { value: 1 }), field('[1]', 'l[1]', 1, 2, { value: 2 })],
      }),
    ),
  ).toEqual([1, 2]);
});

test('a value becomes a condition on any item of its list', () => {
  expect(fieldCondition(field('y', 'beings[2].destination.y', 0, 2, { value: 1484 }))).toBe(
    'beings.destination.y == 1484',
  );
  expect(fieldCondition(field('n', 'name', 0, 2, { value: 'a "b"' }))).toBe('name == "a \\"b\\""');
  expect(fieldCondition(field('b', 'raw', 0, 2, { value: { hex: '00ff' } }))).toBe('raw == 00:ff');
  expect(fieldCondition(field('g', 'group', 0, 2))).toBe('exists(group)');
});
