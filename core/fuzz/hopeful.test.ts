import { expect, test } from 'vitest';
import type { Shown } from './checks.ts';
import { Hopeful } from './hopeful.ts';
import { countSends, type Script, type Step } from './script.ts';

const SHOWN = {} as Shown;
const script = (): Script => ({ steps: [] });

test('every third that seems to show it is tried where nobody was before', async () => {
  let starts = 0;
  const hopeful = new Hopeful(
    script(),
    () => Promise.resolve(SHOWN),
    () => Promise.resolve(++starts < 3 ? SHOWN : undefined),
  );
  const all = Array.from({ length: 9 }, script);
  for (const one of all.slice(0, 8)) expect(await hopeful.check(one)).toBe(SHOWN);
  expect([starts, hopeful.isAstray]).toEqual([2, false]);
  expect(hopeful.sure).toBe(all[5]);
  // Two that seemed to show it were helped by those before.
  expect(await hopeful.check(all[8]!)).toBeUndefined();
  expect(hopeful.isAstray).toBe(true);
  expect(hopeful.sure).toBe(all[5]);
});

test('a large step is tried there at once; where those before it do show it, only that step is not taken', async () => {
  const open = { kind: 'open', conn: 1 } as const;
  const none = new Uint8Array(0);
  const sends = (count: number): Script => ({
    steps: [
      open,
      ...Array.from(
        { length: count },
        (_, n): Step => ({
          kind: 'send',
          conn: 1,
          n,
          message: 'm',
          bytes: none,
          head: none,
          tail: none,
          awaits: [],
          mutated: false,
        }),
      ),
    ],
  });
  const played: number[] = [];
  const hopeful = new Hopeful(
    sends(20),
    () => Promise.resolve(SHOWN),
    (one) => {
      played.push(countSends(one));
      return Promise.resolve(countSends(one) > 10 ? SHOWN : undefined);
    },
  );
  const all = [sends(18), sends(1), sends(17), sends(16), sends(15)];
  const seen: boolean[] = [];
  for (const one of all) seen.push((await hopeful.check(one)) !== undefined);
  expect(seen).toEqual([true, false, true, true, true]);
  expect(played).toEqual([1, 18, 15]);
  expect([hopeful.isAstray, countSends(hopeful.sure)]).toEqual([false, 15]);
});

test('where it has ended up is tried there, unless that was what was tried last', async () => {
  const last = script();
  let starts = 0;
  const ending = (isShown: boolean): Hopeful =>
    new Hopeful(
      script(),
      () => Promise.resolve(SHOWN),
      () => Promise.resolve((starts++, isShown) ? SHOWN : undefined),
    );
  const sure = ending(true);
  expect([await sure.isSureOf(last), await sure.isSureOf(last), sure.sure === last, starts]).toEqual([
    true,
    true,
    true,
    1,
  ]);
  const helped = ending(false);
  const before = helped.sure;
  expect([await helped.isSureOf(last), helped.isAstray, helped.sure === before]).toEqual([false, true, true]);
});

test('what does not even seem to show it costs no start', async () => {
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  const hopeful = new Hopeful(script(), none, () => Promise.reject(new Error('started')));
  for (let i = 0; i < 10; i++) expect(await hopeful.check(script())).toBeUndefined();
  expect(hopeful.isAstray).toBe(false);
});
