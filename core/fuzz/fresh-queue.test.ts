import { expect, test } from 'vitest';
import { FreshQueue } from './fresh-queue.ts';
import type { Suspect } from './suspects.ts';

function suspect(key: string, { name = key, sends = 1, oracle = 'accepted', isGuess = false } = {}): Suspect {
  const steps = Array.from({ length: sends }, () => ({ kind: 'send' }));
  const at = { mutation: { name }, made: { script: { steps }, focus: [] } };
  return { at, suspicion: { key, oracle }, tries: 0, isGuess } as unknown as Suspect;
}

function keysOf(queue: FreshQueue): string[] {
  const keys: string[] = [];
  for (let one = queue.take(); one !== undefined; one = queue.take()) keys.push(one.suspicion.key);
  return keys;
}

test('what is accepted comes last, and short ones before long ones', () => {
  const queue = new FreshQueue();
  queue.add(suspect('long', { sends: 30 }));
  queue.add(suspect('short', { sends: 3 }));
  queue.add(suspect('broken', { sends: 100, oracle: 'invariant' }));
  expect(keysOf(queue)).toEqual(['broken', 'short', 'long']);
});

test('what was seen and what is guessed take turns', () => {
  const queue = new FreshQueue();
  for (const key of ['guess-1', 'guess-2', 'guess-3']) queue.add(suspect(key, { isGuess: true }));
  for (const key of ['seen-1', 'seen-2']) queue.add(suspect(key, { sends: 30 }));
  expect(keysOf(queue)).toEqual(['seen-1', 'guess-1', 'seen-2', 'guess-2', 'guess-3']);
});

test('another value waits until each other kind was looked into', () => {
  const queue = new FreshQueue();
  queue.add(suspect('slot', { name: 'slot-1', sends: 2 }));
  queue.add(suspect('slot', { name: 'slot-2', sends: 2 }));
  queue.add(suspect('item', { sends: 9 }));
  expect(queue.has(suspect('slot', { name: 'slot-1' }))).toBe(true);
  expect(queue.has(suspect('slot', { name: 'slot-3' }))).toBe(false);
  expect(keysOf(queue)).toEqual(['slot', 'item', 'slot']);
  queue.add(suspect('slot', { name: 'slot-3' }));
  queue.take();
  const late = suspect('slot', { name: 'slot-4' });
  expect(queue.add(late)).toEqual([late]);
});

test('where there are too many, the last of all are let go, and told', () => {
  const queue = new FreshQueue();
  for (let i = 0; i < 24; i++) expect(queue.add(suspect(`${i}`, { sends: i + 1 }))).toEqual([]);
  const [gone] = queue.add(suspect('new', { sends: 4 }));
  expect(gone?.suspicion.key).toBe('23');
  const late = suspect('late', { sends: 50 });
  expect(queue.add(late)).toEqual([late]);
  queue.keep(({ suspicion }) => suspicion.key === 'new');
  expect([queue.size, queue.takeAll().length, queue.size]).toEqual([1, 1, 0]);
});
