/**
 * Key chords as text: `Mod+Shift+K`, `[`, `Shift+P`, `Space`. `Mod` is Cmd on a Mac and Ctrl elsewhere. One spelling each, so
 * that a table of chords can be compared.
 */

const MODIFIERS = ['Mod', 'Ctrl', 'Alt', 'Shift'] as const;
const NAMED: Readonly<Record<string, string>> = { ' ': 'Space', Esc: 'Escape' };
const CODES: Readonly<Record<string, string>> = {
  Period: '.',
  Comma: ',',
  Slash: '/',
  Quote: "'",
  BracketLeft: '[',
  BracketRight: ']',
  Equal: '=',
  Minus: '-',
};

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** The chords a key press can mean, likeliest first: `?` is `?` whether or not Shift was needed to type it. */
export function chordsOf(event: KeyPress, isMac: boolean): readonly string[] {
  const isMod = isMac ? event.metaKey : event.ctrlKey;
  const isOther = isMac ? event.ctrlKey : event.metaKey;
  if (isOther && !isMac) return [];
  const key = NAMED[event.key] ?? (/^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : event.key);
  const build = (name: string, shift: boolean): string =>
    [isMod ? 'Mod' : '', isMac && isOther ? 'Ctrl' : '', event.altKey ? 'Alt' : '', shift ? 'Shift' : '', name]
      .filter((part) => part !== '')
      .join('+');
  const chords = [build(key, event.shiftKey)];
  const isSymbol = key.length === 1 && !/[A-Z]/.test(key);
  if (isSymbol && event.shiftKey) {
    chords.push(build(key, false));
    const plain = CODES[event.code];
    if (plain !== undefined) chords.push(build(plain, true));
  }
  return chords;
}

/** Brings a chord into its one spelling, or says null when it is none. */
export function normalizeChord(chord: string): string | null {
  const parts = chord.split(/\+(?=.)/);
  const key = parts.pop() ?? '';
  if (key === '' || parts.some((part) => !(MODIFIERS as readonly string[]).includes(part))) return null;
  const name = /^[a-z]$/i.test(key) ? key.toUpperCase() : (NAMED[key] ?? key);
  return [...MODIFIERS.filter((modifier) => parts.includes(modifier)), name].join('+');
}

const SHOWN: Readonly<Record<string, string>> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  Escape: 'Esc',
  PageUp: 'PgUp',
  PageDown: 'PgDn',
  Delete: 'Del',
};

/** The keys of a chord as they stand on key caps. */
export function keyCaps(chord: string, isMac: boolean): readonly string[] {
  return chord.split(/\+(?=.)/).map((part) => {
    if (part === 'Mod') return isMac ? '⌘' : 'Ctrl';
    if (part === 'Alt' && isMac) return '⌥';
    return SHOWN[part] ?? part;
  });
}
