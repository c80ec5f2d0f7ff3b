import { expect, test } from 'vitest';
import { ICONS } from '../icons/icon-set.ts';
import { COMMANDS } from './command-list.ts';
import { normalizeChord } from './keys.ts';

test('every command has an id of its own, a title and a drawn icon', () => {
  expect(COMMANDS.length).toBeGreaterThan(60);
  expect(new Set(COMMANDS.map((command) => command.id)).size).toBe(COMMANDS.length);
  for (const command of COMMANDS) {
    expect(command.title, command.id).not.toBe('');
    expect(ICONS[command.icon], command.id).toBeDefined();
  }
});

test('every key is spelled in the one way keys are compared', () => {
  for (const command of COMMANDS)
    for (const key of command.keys ?? []) expect(normalizeChord(key), command.id).toBe(key);
});

test('no two commands share a key', () => {
  const owners = new Map<string, string[]>();
  for (const command of COMMANDS) {
    for (const key of command.keys ?? []) owners.set(key, [...(owners.get(key) ?? []), command.id]);
  }
  expect([...owners].filter(([, ids]) => ids.length > 1)).toEqual([]);
});

test('keys a browser keeps for itself are left to it', () => {
  const keys = COMMANDS.flatMap((command) => command.keys ?? []);
  for (const taken of ['Mod+N', 'Mod+T', 'Mod+W', 'Mod+Shift+N', 'Mod+Shift+T', 'Mod+L'])
    expect(keys).not.toContain(taken);
});

test('a key the browser also uses has a second one that is free', () => {
  for (const command of COMMANDS) {
    const keys = command.keys ?? [];
    if (keys.includes('Mod+R') || keys.includes('Mod+F')) expect(keys.length, command.id).toBeGreaterThan(1);
  }
});

test('keys that act while typing always have a modifier, apart from Escape', () => {
  for (const command of COMMANDS) {
    if (command.whileTyping !== true) continue;
    for (const key of command.keys ?? [])
      expect(key === 'Escape' || key.includes('Mod+'), `${command.id} ${key}`).toBe(true);
  }
});

test('the second half of a pair in the shortcut list exists and is not listed twice', () => {
  const byId = new Map(COMMANDS.map((command) => [command.id, command]));
  for (const command of COMMANDS) {
    if (typeof command.sheet !== 'object' || command.sheet.with === undefined) continue;
    expect(byId.get(command.sheet.with)?.sheet, command.id).toBe(false);
  }
});

test('the keyboard map of the design is kept', () => {
  const keysOf = (id: string): readonly string[] => COMMANDS.find((command) => command.id === id)?.keys ?? [];
  const map: Readonly<Record<string, string>> = {
    'move.next': 'ArrowDown',
    'move.previousSame': '[',
    'move.nextSame': ']',
    'move.nextProblem': 'P',
    'move.previousProblem': 'Shift+P',
    goto: 'G',
    'mark.toggle': 'M',
    'mark.next': "'",
    'field.filter': 'F',
    'field.exclude': 'Shift+F',
    'copy.value': 'C',
    'copy.hex': 'Shift+C',
    'filter.focus': '/',
    close: 'Escape',
    palette: 'Mod+K',
    help: '?',
    'follow.toggle': 'Space',
    'record.toggle': 'Mod+R',
    'frame.edit': 'E',
    'hold.like': 'H',
    'held.forward': 'Enter',
    'held.drop': 'D',
    'replay.selection': 'R',
    'fuzz.selection': 'Z',
    'view.toggle': 'V',
    'held.next': 'N',
    'held.undo': 'U',
    'replay.ignore': 'Shift+I',
    panic: 'Mod+Shift+.',
    'select.all': 'Mod+A',
  };
  for (const [id, key] of Object.entries(map)) expect(keysOf(id), id).toContain(key);
});
