import { expect, test } from 'vitest';
import { byteDiff, changedPositions } from './byte-diff.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const shown = (bytes: Uint8Array, parts: ReturnType<typeof byteDiff>['before']): string[] =>
  parts.map(
    ({ kind, start, end }) => `${kind === 'same' ? '' : '!'}${new TextDecoder().decode(bytes.subarray(start, end))}`,
  );

test('text is compared by character, never by half of one', () => {
  const [a, b] = [utf8('{"m": "你好，今晚"}'), utf8('{"m": "勇者，東🀄"}')];
  const diff = byteDiff(a, b);
  expect(shown(a, diff.before)).toEqual(['{"m": "', '!你好', '，', '!今晚', '"}']);
  expect(shown(b, diff.after)).toEqual(['{"m": "', '!勇者', '，', '!東🀄', '"}']);
});

test('bytes are compared by byte', () => {
  const [a, b] = [Uint8Array.of(0, 1, 2, 3), Uint8Array.of(0, 9, 2, 3, 4)];
  expect(byteDiff(a, b)).toEqual({
    before: [
      { kind: 'same', start: 0, end: 1 },
      { kind: 'changed', start: 1, end: 2 },
      { kind: 'same', start: 2, end: 4 },
    ],
    after: [
      { kind: 'same', start: 0, end: 1 },
      { kind: 'changed', start: 1, end: 2 },
      { kind: 'same', start: 2, end: 4 },
      { kind: 'changed', start: 4, end: 5 },
    ],
  });
  expect([...changedPositions(a, b)]).toEqual([1, 4]);
  expect(byteDiff(a, a).after).toEqual([{ kind: 'same', start: 0, end: 4 }]);
  expect(byteDiff(Uint8Array.of(), Uint8Array.of())).toEqual({ before: [], after: [] });
});
