import { expect, test } from 'vitest';
import { Avoidance } from './avoidance.ts';
import type { Family, Mutation } from './mutation.ts';

function mutation(message: string, field: string, name: string, family: Family = 'field'): Mutation {
  const make = (): undefined => undefined;
  return { id: `1:${field}#${name}`, family, message, field, name, doc: '', n: 1, step: 0, make };
}

test('what the server went down with is passed over, what is like it comes late', () => {
  const avoidance = new Avoidance();
  avoidance.add(mutation('login', 'name', 'null'), 'exit|1|x', 'F1');
  expect(avoidance.of(mutation('login', 'name', 'null'))).toBe('F1');
  expect(avoidance.of(mutation('login', 'name', 'empty'))).toBeUndefined();
  expect(avoidance.isRisky(mutation('login', 'name', 'empty'))).toBe(true);
  expect(avoidance.isRisky(mutation('chat', 'text', 'null'))).toBe(true);
  expect(avoidance.isRisky(mutation('chat', 'text', 'empty'))).toBe(false);
});

test('a field that all messages have is known after some of them', () => {
  const avoidance = new Avoidance();
  for (const [i, message] of ['login', 'chat', 'move'].entries())
    avoidance.add(mutation(message, 'command', `kind${i}`), 'exit|1|x', 'F1');
  expect(avoidance.of(mutation('buy', 'command', 'huge'))).toBe('F1');
  expect(avoidance.of(mutation('buy', 'amount', 'huge'))).toBeUndefined();
});

test('ways of going wrong that are named alike belong together after two of them', () => {
  const avoidance = new Avoidance();
  avoidance.add(mutation('login', '', 'root-null'), 'exit|1|x', 'F1');
  expect(avoidance.isRisky(mutation('chat', '', 'root-array'))).toBe(false);
  avoidance.add(mutation('chat', '', 'root-true'), 'exit|1|x', 'F1');
  expect(avoidance.isRisky(mutation('move', '', 'root-array'))).toBe(true);
});

test('what is wrong with the bytes of a message says nothing of its place among others', () => {
  const avoidance = new Avoidance();
  for (const name of ['ones', 'bad-utf8']) avoidance.add(mutation('login', '', name, 'payload'), 'exit|1|x', 'F1');
  expect(avoidance.of(mutation('login', '', 'zeros', 'payload'))).toBe('F1');
  expect(avoidance.of(mutation('login', '', 'again', 'sequence'))).toBeUndefined();
  expect(avoidance.of(mutation('login', '', 'havoc', 'havoc'))).toBeUndefined();
});

test('chance damage to a message the server often goes down with is played now and then', () => {
  const avoidance = new Avoidance();
  const havoc = (k: number): Mutation => ({ ...mutation('login', '', 'havoc', 'havoc'), id: `1:~${k}` });
  avoidance.add(havoc(1), 'exit|1|x', 'F1');
  expect(avoidance.of(havoc(2))).toBeUndefined();
  avoidance.add(havoc(2), 'exit|1|x', 'F1');
  const played = Array.from({ length: 80 }, (_, k) => k).filter((k) => avoidance.of(havoc(k)) === undefined);
  expect(played).toHaveLength(10);
});
