import { expect, test } from 'vitest';
import { filterLiteral, stillFitting } from './filter-draft.ts';
import { queryTokens } from './query-tokens.ts';

const join = (text: string, caret = -1, check: Parameters<typeof queryTokens>[2] = null): string =>
  queryTokens(text, caret, check)
    .map((token) => token.text)
    .join('');

test('colouring never changes the text', () => {
  for (const text of [
    'mana and toClient',
    'a == "x y" || !b',
    "name matches /a'b/",
    '勇者 == "アリス',
    '  spaced  ',
    '((',
  ]) {
    expect(join(text)).toBe(text);
    expect(join(text, 3)).toBe(text);
  }
});

test('operators step back, the word at the caret is marked', () => {
  const kinds = queryTokens('mana and beings.dest', 20, null).map((token) => [token.text.trim(), token.kind]);
  expect(kinds).toContainEqual(['and', 'operator']);
  expect(kinds).toContainEqual(['beings.dest', 'now']);
});

test('the place that cannot be read is marked, at the end too', () => {
  const bad = { ok: false, message: '', at: 5, end: 8 } as const;
  expect(queryTokens('mana foo bar', 0, bad).find((token) => token.kind === 'bad')?.text).toBe('foo');
  const end = { ok: false, message: '', at: 4, end: 4 } as const;
  expect(queryTokens('mana', 4, end).at(-1)).toEqual({ text: ' ', kind: 'bad' });
});

test('values are written as the filter language reads them', () => {
  expect(filterLiteral('say "hi"')).toBe('"say \\"hi\\""');
  expect(filterLiteral({ big: '123456789012345678' })).toBe('123456789012345678');
  expect(filterLiteral({ hex: '05' })).toBe('0x05');
  expect(filterLiteral({ hex: '05cc' })).toBe('05:cc');
  expect(filterLiteral(null)).toBe('null');
});

test('a completion taken while its list is a moment old replaces all that was typed since', () => {
  const list = [
    { text: 'beings.destination.x', from: 9, to: 11, kind: 'field' },
    { text: 'being', from: 9, to: 11, kind: 'field' },
  ] as const;
  const now = stillFitting(list, 'mana and be', 'mana and beings.dest', 20);
  expect(now).toEqual([{ text: 'beings.destination.x', from: 9, to: 20, kind: 'field' }]);
  expect(stillFitting(list, 'mana and be', 'fco and be', 10)).toEqual([]);
});
