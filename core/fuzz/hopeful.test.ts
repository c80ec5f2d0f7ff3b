import { expect, test } from 'vitest';
import type { Shown } from './checks.ts';
import { Hopeful } from './hopeful.ts';
import type { Script } from './script.ts';

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

test('what does not even seem to show it costs no start', async () => {
  const none = (): Promise<undefined> => Promise.resolve(undefined);
  const hopeful = new Hopeful(script(), none, () => Promise.reject(new Error('started')));
  for (let i = 0; i < 10; i++) expect(await hopeful.check(script())).toBeUndefined();
  expect(hopeful.isAstray).toBe(false);
});
