import { expect, test } from 'vitest';
import { pretty } from './json-editor.tsx';

test('short lists of plain values stay on one line, everything else is spread', () => {
  expect(pretty({ stats: [60, 20], deep: [{ x: 1 }] })).toBe(
    '{\n  "stats": [60, 20],\n  "deep": [\n    {\n      "x": 1\n    }\n  ]\n}',
  );
  const long = { list: Array.from({ length: 40 }, (_, i) => i * 1000) };
  expect(JSON.parse(pretty(long))).toEqual(long);
  expect(pretty({ text: '[\n 1,\n 2\n]' })).toBe('{\n  "text": "[\\n 1,\\n 2\\n]"\n}');
});
