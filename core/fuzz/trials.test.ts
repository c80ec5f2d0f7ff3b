import { expect, test } from 'vitest';
import type { Shown } from './checks.ts';
import { countSends, type Script, type Step } from './script.ts';
import { shrink } from './shrink.ts';
import { Trials } from './trials.ts';

const NONE = new Uint8Array(0);
const NEEDED = [3, 17, 41];
/** Tries of one go. */
const A_GO = 12;

function send(n: number, bytes: readonly number[], mutated = false): Step {
  return {
    kind: 'send',
    conn: 1,
    n,
    message: `m${n}`,
    bytes: Uint8Array.from(bytes),
    head: NONE,
    tail: NONE,
    awaits: [],
    mutated,
  };
}

function namesOf({ steps }: Script): string {
  return steps.map((step) => (step.kind === 'send' ? step.message : step.kind)).join();
}

test('what ends for lack of time goes on in the next go, and plays nothing twice that did not show it', async () => {
  const whole: Script = {
    steps: [
      { kind: 'open', conn: 1 },
      ...Array.from({ length: 60 }, (_, i) => send(i + 1, [i])),
      send(61, [255], true),
    ],
  };
  const trials = new Trials(whole, false);
  const played: string[] = [];
  const vain: string[] = [];
  const check = (candidate: Script): Promise<Shown | undefined> => {
    const names = namesOf(candidate).split(',');
    const shows = [...NEEDED, 61].every((n) => names.includes(`m${n}`));
    played.push(names.join());
    if (!shows) vain.push(names.join());
    return Promise.resolve(shows ? ({ found: { step: 0 } } as Shown) : undefined);
  };
  let best = whole;
  let goes = 0;
  for (let isCut = true; isCut; goes++) {
    isCut = false;
    const before = trials.runs;
    best = await shrink(best, {
      fails: trials.asked(check),
      isKnown: (one) => trials.hasFailed(one),
      isOver: () => trials.runs - before >= A_GO,
      onCut: () => (isCut = true),
    });
    trials.from(best);
    expect(trials.shown).toEqual([best]);
  }
  expect(namesOf(best)).toBe('open,m3,m17,m41,m61');
  expect(countSends(best)).toBe(4);
  expect(goes).toBeGreaterThan(2);
  expect(trials.runs).toBe(played.length);
  expect(new Set(vain).size).toBe(vain.length);
});

test('the same bytes in the same place are the same try, whoever made them', async () => {
  const trials = new Trials({ steps: [send(1, [1])] }, false);
  const never = (): Promise<undefined> => Promise.resolve(undefined);
  expect(await trials.asked(never)({ steps: [send(1, [7], true)] })).toBe(false);
  expect(trials.hasFailed({ steps: [send(1, [7], true)] })).toBe(true);
  expect(trials.hasFailed({ steps: [send(1, [8], true)] })).toBe(false);
  expect(trials.hasFailed({ steps: [send(1, [7])] })).toBe(false);
});
