import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JournalLine, readJournal } from './journal.ts';

const HEAD: JournalLine = { what: 'campaign', version: 1, rng: 7, seed: '3 messages', to: ['tcp://h:1'], planned: 40 };
const start = (index: number): JournalLine => ({ what: 'start', case: index, id: `${index % 3}:x#y` });
const done = (index: number, fresh?: number): JournalLine => ({
  what: 'done',
  case: index,
  id: `${index % 3}:x#y`,
  outcome: 'rejected',
  ms: 1,
  ...(fresh === undefined ? {} : { fresh }),
});

function textOf(lines: readonly JournalLine[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('');
}

describe('a campaign that was killed', () => {
  test('at any byte: each case is over, under way or not begun, as the lines that were whole say', () => {
    // Several lanes: cases end in another order than they begin.
    const lanes = fc.shuffledSubarray(
      Array.from({ length: 12 }, (_, i) => i),
      { minLength: 12 },
    );
    fc.assert(
      fc.property(lanes, fc.nat({ max: 10_000 }), (order, cut) => {
        const lines = [HEAD, ...order.map(start), ...[...order].reverse().map((index) => done(index))];
        const text = textOf(lines);
        const kept = text.slice(0, Math.max(JSON.stringify(HEAD).length + 1, cut % (text.length + 1)));
        const whole = kept
          .slice(0, kept.lastIndexOf('\n') + 1)
          .split('\n')
          .filter((line) => line !== '');
        // A line without its end may still be a whole line.
        const rest = kept.slice(kept.lastIndexOf('\n') + 1);
        const entries = whole.map((line) => JSON.parse(line) as JournalLine);
        if (rest.endsWith('}')) {
          try {
            entries.push(JSON.parse(rest) as JournalLine);
          } catch {
            // Cut inside.
          }
        }
        const { done: over, open } = readJournal(kept);
        for (const index of order) {
          const isDone = entries.some((one) => one.what === 'done' && one.case === index);
          const isBegun = entries.some((one) => one.what === 'start' && one.case === index);
          expect(over.has(index)).toBe(isDone);
          expect(open.has(index)).toBe(isBegun && !isDone);
        }
      }),
    );
  });

  test('the line that was cut off is closed by the next one, and goes for nothing', () => {
    const text = `${textOf([HEAD, start(0), done(0), start(1)])}{"what":"done","ca\n${textOf([{ what: 'resumed', done: 1, again: 1 }, done(1)])}`;
    // Not the last line any more: the file that goes on is still read.
    expect([...readJournal(text).done]).toEqual([0, 1]);
  });

  test('what was found and what was rewarded is known again', () => {
    const { findings, hits, rewards, rng, planned } = readJournal(
      textOf([
        HEAD,
        start(0),
        done(0, 3),
        { what: 'finding', id: 'F1', key: 'exit|1|', case: 0 },
        { what: 'hit', id: 'F1', case: 4 },
      ]),
    );
    expect({ rng, planned }).toEqual({ rng: 7, planned: 40 });
    expect([...findings]).toEqual([['exit|1|', 'F1']]);
    expect([...hits]).toEqual([['F1', 2]]);
    expect(rewards).toEqual([{ case: 0, n: 0, points: 3 }]);
  });
});

test('a file that is no journal is refused', () => {
  expect(() => readJournal('')).toThrow('no journal');
  expect(() => readJournal('hello\nthere\nyou\n')).toThrow('Line 1');
});
