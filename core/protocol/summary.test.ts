import { expect, test } from 'vitest';
import { array, object, oneOf, string } from '../schema/builders.ts';
import { fieldsLine, SUMMARY_LIMIT, oneLine } from './summary.ts';

test('what is nested is said as far as it fits, what is nothing is said in words', () => {
  expect(fieldsLine({ shop: null, count: 2 })).toBe('no shop, count 2');
  expect(fieldsLine({ level: { name: '东门', key: 'area_hill', x: 4, deep: { a: 1 } } })).toBe(
    'level (name 东门, key area_hill, x 4, …)',
  );
  expect(fieldsLine({ beings: [{ beingId: 7, x: 1066, y: 1060, speed: 46 }] })).toBe(
    'beings [1: beingId 7, x 1066, y 1060, …]',
  );
  expect(fieldsLine({ beings: [7, 8, 9].map((beingId) => ({ x: 1, beingId })) })).toBe('beings [3: 7, 8, 9]');
  expect(
    fieldsLine({
      players: [
        { id: 1, name: 'Anna' },
        { id: 2, name: 'Bo' },
      ],
    }),
  ).toBe('players [2: Anna, Bo]');
  expect(fieldsLine({ stats: [20, 20, 20, 15, 10], none: [], empty: {} })).toBe(
    'stats [5: 20, 20, 20, 15, …], none [], empty {}',
  );
});

test('a secret is masked wherever it is, and not said at all where it cannot be told from something else', () => {
  const secret = string({ secret: true });
  const login = object({ name: string(), password: secret });
  expect(fieldsLine({ who: { name: 'Anna', password: 'xyzzy' } }, object({ who: login }))).toBe(
    'who (name Anna, password •••)',
  );
  expect(fieldsLine({ all: [{ password: 'xyzzy' }] }, object({ all: array(login) }))).toBe('all [1: password •••]');
  const either = object({ who: oneOf([login, object({ token: secret })]), all: array(oneOf([login, secret])) });
  expect(fieldsLine({ who: { token: 'xyzzy' }, all: [{ password: 'xyzzy' }] }, either)).toBe('who {…}, all [1]');
});

test('a line is one line, and never too long', () => {
  expect(fieldsLine({ text: 'x'.repeat(500), list: [{ a: 'y'.repeat(100) }] }).length).toBeLessThan(200);
  const line = oneLine(`a\nb${'😀'.repeat(200)}`);
  expect(line.length).toBeLessThanOrEqual(SUMMARY_LIMIT);
  expect(line).toMatch(/^a b(😀)+…$/u);
});
