import { expect, test } from 'vitest';
import { readTemplate, writeTemplate } from './action-form.tsx';
import { blankAction, ACTION_KINDS, readExpression, ruleTitle, writeExpression } from './rule-words.ts';

test('a value is read as it was written: number, text, expression, JSON', () => {
  for (const value of [
    5,
    true,
    null,
    'plain',
    '5',
    '= not an expression',
    { expr: 'x + 10' },
    { json: [1, { a: 2 }] },
  ] as const) {
    expect(readExpression(writeExpression(value))).toEqual(value);
  }
  expect(readExpression('= dice(1, 6)')).toEqual({ expr: 'dice(1, 6)' });
  expect(readExpression('42')).toBe(42);
  expect(readExpression('hello')).toBe('hello');
});

test('a message to write is read as it was written: by name, hex or text', () => {
  for (const template of [
    { message: 'say', fields: { text: 'hi' } },
    { hex: '0020ff' },
    { text: 'hello {world' },
  ] as const) {
    expect(readTemplate(writeTemplate(template))).toEqual(template);
  }
});

test('every kind of action starts as something that can be edited', () => {
  for (const kind of ACTION_KINDS) expect(blankAction(kind).do).toBe(kind);
});

test('a rule without a title says what it does, and how often', () => {
  const rule = { id: 'a', enabled: true, when: 'mana', actions: [{ do: 'delay', ms: 250, jitterMs: 20 } as const] };
  expect(ruleTitle(rule)).toBe('Delay 250 ms ± 20');
  expect(ruleTitle({ ...rule, probability: 0.05, actions: [{ do: 'duplicate', times: 1 }] })).toBe(
    'Send twice, 1 in 20',
  );
  expect(ruleTitle({ ...rule, title: 'Mine' })).toBe('Mine');
});
