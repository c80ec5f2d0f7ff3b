import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { byteDiff, changedPositions, readable } from './byte-diff.ts';
import { changedPaths, pathKeys, setAt, valueAt } from './field-values.ts';

const value = { name: 'Alice', stats: [20, 20], inner: { deep: [{ x: 1 }] } };

test('paths reach into lists and objects, odd keys too', () => {
  expect(pathKeys('inner.deep[0].x')).toEqual(['inner', 'deep', 0, 'x']);
  expect(pathKeys('a["b.c"]')).toEqual(['a', 'b.c']);
  expect(valueAt(value, 'inner.deep[0].x')).toBe(1);
  expect(valueAt(value, 'stats[5].no')).toBeUndefined();
});

test('a change is a copy: what came in stays as it was', () => {
  const next = setAt(value, 'inner.deep[0].x', 7);
  expect(valueAt(next, 'inner.deep[0].x')).toBe(7);
  expect(value.inner.deep[0]?.x).toBe(1);
  expect(setAt(value, 'name', undefined)).toEqual({ stats: [20, 20], inner: { deep: [{ x: 1 }] } });
  expect(setAt(value, 'stats[0]', undefined)).toMatchObject({ stats: [20] });
  expect(setAt(value, '', 5)).toBe(5);
});

test('what differs is told by leaf', () => {
  expect(changedPaths(value, setAt(setAt(value, 'stats[1]', 3), 'name', 'Bob'))).toEqual(['name', 'stats[1]']);
  expect(changedPaths(value, value)).toEqual([]);
});

test('a longer name in the middle is one changed stretch, not everything after it', () => {
  const before = Uint8Array.from([0, 32, 0, 3, 65, 66, 67, 9, 9, 1]);
  const after = Uint8Array.from([0, 32, 0, 5, 65, 66, 67, 68, 69, 9, 9, 1]);
  expect([...changedPositions(before, after)]).toEqual([3, 7, 8]);
});

test('unchanged stretches of any two buffers are the same bytes in the same order', () => {
  const bytes = fc.uint8Array({ maxLength: 40, max: 4 });
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const diff = byteDiff(a, b);
      const same = (buffer: Uint8Array, parts: (typeof diff)['before']): number[] =>
        parts.filter((part) => part.kind === 'same').flatMap((part) => [...buffer.subarray(part.start, part.end)]);
      expect(same(a, diff.before)).toEqual(same(b, diff.after));
      const covered = (parts: (typeof diff)['before']): number =>
        parts.reduce((sum, part) => sum + part.end - part.start, 0);
      expect(covered(diff.before)).toBe(a.length);
      expect(covered(diff.after)).toBe(b.length);
    }),
  );
});

test('bytes are shown as text only when all of them are', () => {
  expect(readable(new TextEncoder().encode('{"a":"勇"}'))).toBe('{"a":"勇"}');
  expect(readable(Uint8Array.from([1, 65]))).toBeUndefined();
  expect(readable(Uint8Array.from([0xc0, 0x80]))).toBeUndefined();
});
