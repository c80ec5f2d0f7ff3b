import { expect, test } from 'vitest';
import { richText } from './rich-text.ts';

test('colour marks become runs, and characters of their own', () => {
  expect(richText('如果{r请重新注册{n。{/{whttp://x{n', 'muddery')).toEqual([
    { text: '如果', tint: 'plain' },
    { text: '请重新注册', tint: 'problem' },
    { text: '。\n', tint: 'plain' },
    { text: 'http://x', tint: 'plain' },
  ]);
});

test('braces that mark nothing stay, and other text is left alone', () => {
  expect(richText('{"a":1} {gok{n', 'muddery')).toEqual([
    { text: '{"a":1} ', tint: 'plain' },
    { text: 'ok', tint: 'ok' },
  ]);
  expect(richText('no marks', 'muddery')).toBeUndefined();
  expect(richText('{rred', undefined)).toBeUndefined();
});
