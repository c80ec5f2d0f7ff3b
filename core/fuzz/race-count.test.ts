import { expect, test } from 'vitest';
import { isRace, isSteady, type RaceResult } from './race-count.ts';

function result(wins: number, kinds: Record<string, readonly string[]> = {}): RaceResult {
  return { wins, kinds: new Map(Object.entries(kinds)) };
}

test('more successes at once than in turn are a race, a crowd is none', () => {
  expect(isRace(result(1), result(2))).toBe(true);
  expect(isRace(result(1), result(1))).toBe(false);
  expect(isRace(result(0), result(2))).toBe(false);
  expect(isRace(result(9), result(30))).toBe(false);
});

test('who is told in turn that it is too late must be told so at once, too', () => {
  const turns = result(1, { loot: ['loot full', 'loot empty'] });
  expect(isRace(turns, result(1, { loot: ['loot empty', 'loot full'] }))).toBe(false);
  expect(isRace(turns, result(0, { loot: ['loot full', 'loot partly'] }))).toBe(true);
  // Not both have been answered by then.
  expect(isRace(turns, result(1, { loot: ['loot full'] }))).toBe(false);
});

test('what differs from one time to the next is chance', () => {
  const hit = result(1, { hit: ['hit', 'dead'] });
  expect(isSteady(hit, result(1, { hit: ['hit', 'dead'] }))).toBe(true);
  expect(isSteady(hit, result(1, { hit: ['hit', 'hit'] }))).toBe(false);
});
