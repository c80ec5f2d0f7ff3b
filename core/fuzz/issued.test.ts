import { expect, test } from 'vitest';
import { issuedAs } from './issued.ts';
import type { LiveFrame } from './run.ts';
import type { Issue } from './script.ts';

const entering = (being: number, name: string): LiveFrame =>
  ({ conn: 1, heard: { messages: [{ name: 'ENTER', fields: { being, name } }] } }) as unknown as LiveFrame;
const issue = (nth: number, value: string, nthOfName = 0): Issue =>
  ({ conn: 1, name: 'ENTER', nth, named: { path: 'name', value, nth: nthOfName }, path: 'being' }) as unknown as Issue;
const toNow = (value: string): string => value.replace('Sami', 'Zoe');

test('a value is taken from the message about the same one, whoever else comes before it', () => {
  const frames = [entering(9, 'Stranger'), entering(5, 'Trader'), entering(7, 'Zoe'), entering(8, 'Zoe')];
  expect(issuedAs(frames, issue(0, 'Trader'), toNow)).toEqual({ being: 5, name: 'Trader' });
  expect(issuedAs(frames, issue(1, 'Sami'), toNow)).toEqual({ being: 7, name: 'Zoe' });
  expect(issuedAs(frames, issue(1, 'Sami', 1), toNow)).toEqual({ being: 8, name: 'Zoe' });
});

test('where nobody is called so, it is the one in the same place', () => {
  const frames = [entering(9, 'Stranger'), entering(5, 'Trader')];
  expect(issuedAs(frames, issue(1, 'Maggot'), toNow)).toEqual({ being: 5, name: 'Trader' });
  expect(issuedAs(frames, issue(4, 'Maggot'), toNow)).toBeUndefined();
});
