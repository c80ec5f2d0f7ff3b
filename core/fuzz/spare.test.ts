import { expect, test } from 'vitest';
import type { Script, Step } from './script.ts';
import { Spare } from './spare.ts';

const NONE = new Uint8Array(0);

/** `3` is said as it was recorded, `3!` is wrong. */
function script(text: string): Script {
  const sends = text.split(' ').map((word): Step => {
    const [n, mutated] = [Number.parseInt(word, 10), word.endsWith('!')];
    return { kind: 'send', conn: 1, n, message: 'm', bytes: NONE, head: NONE, tail: NONE, awaits: [], mutated };
  });
  return { steps: [{ kind: 'open', conn: 1 }, ...sends] };
}

test('what one finding could do without is left out of the next, but not what another needed', () => {
  const spare = new Spare();
  const second = { caseId: '1:8:x', script: script('1 2 3 4 6!') };
  expect(spare.hintsFor(second)).toEqual([]);
  spare.learn({ caseId: '1:7:x', script: script('1 2 3 5!') }, script('2 5!'));
  expect(spare.hintsFor(second)).toEqual([script('2 4 6!')]);
  spare.learn(second, script('1 6!'));
  expect(spare.hintsFor({ caseId: '1:9:x', script: script('1 2 3 4 5 7!') })).toEqual([script('1 2 5 7!')]);
});

test('two findings of one case begin with what is left of the first', () => {
  const spare = new Spare();
  const found = { caseId: '1:7:x', script: script('1 2 3! 4') };
  spare.learn(found, script('2 3!'));
  expect(spare.hintsFor(found)).toEqual([script('2 3!'), script('2 3!')]);
});

test('what was said at an earlier place could do without nothing that comes behind it', () => {
  const spare = new Spare();
  spare.learn({ caseId: '1:7:x', script: script('1 2 3 4 5!') }, script('2 3!'));
  expect(spare.hintsFor({ caseId: '1:8:x', script: script('1 2 3 4 6!') })).toEqual([script('2 3 4 6!')]);
});
