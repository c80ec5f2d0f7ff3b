import { expect, test } from 'vitest';
import type { Script, Step } from './script.ts';
import { shortcuts } from './shortcuts.ts';

const NONE = new Uint8Array(0);

/** `a3` is frame 3, a message named `a`, on connection 1; `a3@2` on connection 2; with `!` it is wrong. */
function script(text: string): Script {
  const sends = text.split(' ').map((word): Step => {
    const [, message, n, conn] = /^(\w)(\d+)(?:@(\d))?/.exec(word)!;
    const mutated = word.endsWith('!');
    const step = { n: Number(n), conn: Number(conn ?? 1), message: message!, mutated };
    return { kind: 'send', bytes: NONE, head: NONE, tail: NONE, awaits: [], ...step };
  });
  const conns = [...new Set(sends.map(({ conn }) => conn))];
  return { steps: [...conns.map((conn): Step => ({ kind: 'open', conn })), ...sends] };
}

test('before one of the last messages only what it needs is said, the shortest first', () => {
  const whole = script('a1 b2 c3 d4 e5 f6 f6!');
  const ways: Readonly<Record<number, readonly Step[]>> = {
    6: whole.steps.slice(0, 6),
    5: script('a1').steps,
    4: script('a1 b2').steps,
  };
  expect(shortcuts(whole, (n) => ways[n])).toEqual([
    script('a1 e5 f6 f6!'),
    script('a1 b2 c3 d4 e5 f6!'),
    script('a1 b2 d4 e5 f6 f6!'),
  ]);
});

test('each connection that goes on has its own way, and one that nothing is said on is not opened', () => {
  const whole = script('a1 z2@3 b3@2 c4 d5@2 e6 g7@2!');
  const ways: Readonly<Record<number, readonly Step[]>> = { 5: script('b3@2').steps, 6: script('a1').steps };
  const [made] = shortcuts(whole, (n) => ways[n]);
  expect(made).toEqual({
    steps: script('a1 b3@2 d5@2 e6 g7@2!').steps,
  });
});

test('a way that is not known, or is no shorter, is none', () => {
  expect(shortcuts(script('a1 b2 c3!'), () => undefined)).toEqual([]);
  expect(shortcuts(script('a1 b2!'), () => script('a1').steps)).toEqual([]);
});
