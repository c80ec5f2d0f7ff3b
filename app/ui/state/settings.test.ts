import { expect, test } from 'vitest';
import { readPageState } from './page-state.ts';
import { createSettings, DEFAULT_SETTINGS } from './settings.ts';

const storage = (text: string | null): Pick<Storage, 'getItem' | 'setItem'> => ({
  getItem: () => text,
  setItem: () => undefined,
});

test('what is remembered is used, what does not fit any more is not', () => {
  const kept = createSettings(
    storage(
      JSON.stringify({
        theme: 'dark',
        columnWidths: { message: 300 },
        filterHistory: 'no list',
        dockHeights: null,
        unknown: 1,
      }),
    ),
  );
  expect(kept.get()).toEqual({ ...DEFAULT_SETTINGS, theme: 'dark', columnWidths: { message: 300 } });
});

test('broken storage costs remembering, nothing else', () => {
  expect(createSettings(storage('{')).get()).toEqual(DEFAULT_SETTINGS);
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error('full');
    },
  };
  const settings = createSettings(full);
  settings.change({ theme: 'light' });
  expect(settings.get().theme).toBe('light');
});

test('a reload goes on where the page was, and a broken memory begins anew', () => {
  expect(
    readPageState(
      storage(
        JSON.stringify({ filter: 'mana', window: [1, 2], focus: 84_105, field: 'x', tab: 'holds', mainView: 'lanes' }),
      ),
    ),
  ).toEqual({
    filter: 'mana',
    window: [1, 2],
    focus: 84_105,
    field: 'x',
    tab: 'holds',
    mainView: 'lanes',
  });
  expect(readPageState(storage('nonsense'))).toMatchObject({ filter: '', focus: 0, tab: 'inspector' });
  expect(readPageState(storage(JSON.stringify({ window: [5, 1], tab: 'nope' })))).not.toHaveProperty('window');
});
