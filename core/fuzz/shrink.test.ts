import { expect, test } from 'vitest';
import { countSends, isSend, type Script, type SendStep, type Step } from './script.ts';
import { shrink, type ShrinkTry } from './shrink.ts';

const encoder = new TextEncoder();
const NONE = new Uint8Array(0);

function send(n: number, text: string, mutated = false, conn = 1): SendStep {
  return {
    kind: 'send',
    conn,
    n,
    message: 'm',
    bytes: encoder.encode(text),
    head: NONE,
    tail: NONE,
    awaits: [],
    mutated,
  };
}

function textsOf(script: Script): string[] {
  return script.steps.filter(isSend).map((step) => new TextDecoder().decode(step.bytes));
}

/** Counts the runs that are spent. */
function failing(isWrong: (script: Script) => boolean): { how: Parameters<typeof shrink>[1]; runs: () => number } {
  let runs = 0;
  const fails = (script: Script): Promise<boolean> => {
    runs += 1;
    return Promise.resolve(isWrong(script));
  };
  return { how: { fails, isOver: () => runs >= 160 }, runs: () => runs };
}

test.each([
  [17, 203],
  [0, 398],
  [198, 199],
  [5, 6],
])('a bug that needs 3 of 400 messages (%i, %i and the wrong one) is shrunk to those 3', async (one, other) => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 399 }, (_, i) => send(i, `m${i}`)),
    send(399, 'wrong', true),
  ];
  const { how, runs } = failing((script) => {
    const texts = textsOf(script);
    const [a, b] = [texts.indexOf(`m${one}`), texts.indexOf(`m${other}`)];
    return a >= 0 && b > a && texts.some((text, i) => i > b && text.startsWith('w'));
  });
  const shrunk = await shrink({ steps }, how);
  expect(countSends(shrunk)).toBeLessThanOrEqual(4);
  expect(textsOf(shrunk).slice(0, 2)).toEqual([`m${one}`, `m${other}`]);
  expect(runs()).toBeLessThanOrEqual(160);
});

test('where each message answers the one before, few tries are spent on leaving some out', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 299 }, (_, i) => send(i, `m${i}`)),
    send(299, 'wrong', true),
  ];
  const { how, runs } = failing((script) => script.steps.length === steps.length);
  expect(countSends(await shrink({ steps }, { ...how, isLate: () => true, isBrokenOff: () => true }))).toBe(300);
  expect(runs()).toBeLessThanOrEqual(20);
});

test('where each message answers the one before, the same is said at the earliest place that shows it', async () => {
  const open: Step = { kind: 'open', conn: 1 };
  const recorded = Array.from({ length: 300 }, (_, i) => send(i, `m${i}`));
  const at = (place: number): Script => ({ steps: [open, ...recorded.slice(0, place), send(place, 'wrong', true)] });
  // Nothing can be left out, and what is wrong is heard from the eighth message on.
  const { how, runs } = failing((script) => {
    const texts = textsOf(script);
    return texts.length > 7 && texts.every((text, i) => text === (i === texts.length - 1 ? 'wrong' : `m${i}`));
  });
  const places = [2, 4, 7, 8, 20, 100];
  const shrunk = await shrink(at(280), {
    ...how,
    isLate: () => true,
    isBrokenOff: () => true,
    earlier: [() => places.map(at)],
  });
  expect(shrunk).toEqual(at(7));
  expect(runs()).toBeLessThanOrEqual(24);
});

test('rounds that lead to where they began go at once, though none of their messages can', async () => {
  const round = (n: number): SendStep[] =>
    ['start', 'play', 'end'].map((text, i) => ({ ...send(n + i, text), message: text }));
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 12 }, (_, i) => round(3 * i)).flat(),
    send(90, 'start'),
    send(91, 'wrong', true),
  ];
  const { how } = failing((script) => /^(?:start,play,end,)*start,wrong$/.test(textsOf(script).join(',')));
  const shrunk = await shrink({ steps }, { ...how, isLate: () => true, isBrokenOff: () => true });
  expect(countSends(shrunk)).toBeLessThanOrEqual(5);
});

test('what shows before the end is cut off there', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 100 }, (_, i) => send(i, `m${i}`)),
  ];
  let shownAt = 0;
  // It shows at each tenth message once m3 was said.
  const { how, runs } = failing((script) => {
    const texts = textsOf(script);
    const from = texts.indexOf('m3');
    const at = texts.findIndex((text, i) => from >= 0 && i >= from && text.endsWith('0'));
    shownAt = at + 1;
    return at >= 0;
  });
  const shrunk = await shrink({ steps }, { ...how, shownAt: () => shownAt });
  expect(textsOf(shrunk)).toHaveLength(2);
  expect(runs()).toBeLessThan(30);
});

test('what shows in several places, in some by chance, is cut off where it has shown each time', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 100 }, (_, i) => send(i, `m${i}`)),
  ];
  let runs = 0;
  let shownAt = 0;
  const asked: number[] = [];
  const fails = (script: Script): Promise<boolean> => {
    const texts = textsOf(script);
    asked.push(texts.length);
    // By chance at m20, where m3 was said at m50, and at the end, too.
    const isLucky = ++runs % 2 === 1 && texts.includes('m20');
    const at = isLucky ? texts.indexOf('m20') : texts.includes('m3') ? texts.indexOf('m50') : -1;
    shownAt = at + 1;
    return Promise.resolve(at >= 0 || texts.includes('m99'));
  };
  const shrunk = await shrink({ steps }, { fails, isOver: () => runs >= 160, shownAt: () => shownAt });
  expect(asked.slice(0, 4)).toEqual([100, 100, 100, 51]);
  expect(textsOf(shrunk)).not.toContain('m99');
});

test('of a long session all messages of names that have nothing to do with it go at once', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 200 }, (_, i): SendStep => ({ ...send(i, `m${i}`), message: `name-${i % 20}` })),
    { ...send(200, 'wrong', true), message: 'wrong' },
  ];
  // Each of two names is needed ten times.
  const { how, runs } = failing((script) => {
    const names = script.steps.flatMap((step) => (isSend(step) ? [step.message] : []));
    const count = (name: string): number => names.filter((one) => one === name).length;
    return count('name-4') === 10 && count('name-15') === 10 && names.at(-1) === 'wrong';
  });
  const shrunk = await shrink({ steps }, how);
  expect(countSends(shrunk)).toBe(21);
  expect(runs()).toBeLessThan(80);
});

test('what comes behind the wrong message goes first, then connections it does not need', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    { kind: 'open', conn: 2 },
    send(1, 'hello', false, 2),
    send(2, 'login'),
    send(3, 'wrong', true),
    send(4, 'more'),
  ];
  const { how } = failing(
    (script) => textsOf(script).includes('login') && textsOf(script).some((t) => t.startsWith('w')),
  );
  const told: ShrinkTry[] = [];
  const shrunk = await shrink({ steps }, { ...how, onTry: (one) => told.push(one) });
  expect(textsOf(shrunk)).toEqual(['login', 'w']);
  expect(told.slice(0, 3)).toEqual([
    { what: 'everything after it left out', sends: 3, bytes: 5, fails: true },
    { what: 'the message alone', sends: 1, bytes: 5, fails: false },
    { what: 'connection 2 left out', sends: 2, bytes: 5, fails: true },
  ]);
  expect(shrunk.steps.filter((step) => step.kind === 'open')).toEqual([{ kind: 'open', conn: 1 }]);
});

test('what shows in the silence at the next message is shrunk to those two', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    { kind: 'open', conn: 2 },
    send(1, 'hello'),
    send(2, 'wrong', true),
    send(3, 'other', false, 2),
    send(4, 'next'),
    ...Array.from({ length: 20 }, (_, i) => send(5 + i, `m${i}`)),
  ];
  const { how, runs } = failing((script) => {
    const texts = textsOf(script);
    return texts.indexOf('wrong') >= 0 && texts.length > texts.indexOf('wrong') + 1;
  });
  expect(textsOf(await shrink({ steps }, { ...how, isLate: () => true }))).toEqual(['wrong', 'next']);
  expect(runs()).toBeLessThanOrEqual(4);
});

test('of many wrong messages as few are left as it takes', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    send(1, 'hello'),
    ...Array.from({ length: 200 }, (_, i) => send(2 + i, `wrong${i}`, true)),
  ];
  // Lock step: what comes behind a wrong one is never reached, and the third shows it at the next.
  const { how, runs } = failing((script) => textsOf(script).slice(0, 5).join() === 'hello,wrong0,wrong1,wrong2,wrong3');
  const shrunk = await shrink({ steps }, { ...how, isLate: () => true, isBrokenOff: () => true });
  expect(textsOf(shrunk)).toEqual(['hello', 'wrong0', 'wrong1', 'wrong2', 'wrong3']);
  expect(runs()).toBeLessThan(30);
});

test('bytes of what is wrong as a whole message are left alone', async () => {
  const script: Script = { steps: [{ kind: 'open', conn: 1 }, send(1, 'before'), send(2, 'xxxxwrong', true)] };
  const { how } = failing((other) => textsOf(other).some((text) => text.endsWith('wrong')));
  expect(textsOf(await shrink(script, { ...how, isOfWholeMessages: true }))).toEqual(['xxxxwrong']);
  expect(textsOf(await shrink(script, how))).toEqual(['wrong']);
});

test('keys and bytes that do not matter go too', async () => {
  const wrong = send(1, JSON.stringify({ type: 'buy', amount: -1, note: 'a'.repeat(40), where: [1, 2, 3] }), true);
  const { how } = failing((script) =>
    textsOf(script).some((text) => {
      try {
        return (JSON.parse(text) as { amount?: unknown }).amount === -1;
      } catch {
        return false;
      }
    }),
  );
  const shrunk = await shrink({ steps: [{ kind: 'open', conn: 1 }, wrong] }, how);
  expect(textsOf(shrunk)).toEqual(['{"amount":-1}']);
});

test('where nothing can go, the script stays as it is', async () => {
  const script: Script = { steps: [{ kind: 'open', conn: 1 }, send(1, 'x', true)] };
  const { how } = failing((other) => other === script);
  expect(await shrink(script, how)).toBe(script);
});

test('it stops when it is told to, with what it has by then', async () => {
  const steps: Script['steps'] = [
    { kind: 'open', conn: 1 },
    ...Array.from({ length: 50 }, (_, i) => send(i, `m${i}`)),
    send(99, 'wrong', true),
  ];
  let runs = 0;
  const shrunk = await shrink(
    { steps },
    {
      fails: (script) => {
        runs += 1;
        return Promise.resolve(textsOf(script).includes('wrong') && countSends(script) > 1);
      },
      isOver: () => runs >= 3,
    },
  );
  expect(runs).toBe(3);
  expect(countSends(shrunk)).toBeLessThan(51);
});
