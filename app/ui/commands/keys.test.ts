import { expect, test } from 'vitest';
import { chordsOf, keyCaps, normalizeChord, type KeyPress } from './keys.ts';

const press = (key: string, more: Partial<KeyPress> = {}): KeyPress => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

test('letters are chords in capitals, with Shift only when it is held', () => {
  expect(chordsOf(press('p'), false)).toEqual(['P']);
  expect(chordsOf(press('P', { shiftKey: true }), false)).toEqual(['Shift+P']);
});

test('a symbol that needs Shift on this keyboard still fits its plain chord', () => {
  expect(chordsOf(press('?', { shiftKey: true, code: 'Slash' }), false)).toContain('?');
  expect(chordsOf(press('>', { shiftKey: true, ctrlKey: true, code: 'Period' }), false)).toContain('Mod+Shift+.');
});

test('Mod is Cmd on a Mac and Ctrl elsewhere', () => {
  expect(chordsOf(press('k', { metaKey: true }), true)).toEqual(['Mod+K']);
  expect(chordsOf(press('k', { ctrlKey: true }), false)).toEqual(['Mod+K']);
  expect(chordsOf(press('k', { metaKey: true }), false)).toEqual([]);
});

test('chords have one spelling, and nonsense has none', () => {
  expect(normalizeChord('Shift+Mod+k')).toBe('Mod+Shift+K');
  expect(normalizeChord('Mod++')).toBe('Mod++');
  expect(normalizeChord('Hyper+K')).toBeNull();
  expect(normalizeChord('')).toBeNull();
});

test('key caps show arrows and the platform modifier', () => {
  expect(keyCaps('Mod+Shift+ArrowDown', false)).toEqual(['Ctrl', 'Shift', '↓']);
  expect(keyCaps('Mod+K', true)).toEqual(['⌘', 'K']);
});
