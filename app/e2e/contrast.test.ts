/** Recomputes every contrast the tokens promise, in each theme. A colour that is changed and no longer reads fails here. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const UI = join(import.meta.dirname, '../ui');
const tokens = readFileSync(join(UI, 'theme/tokens.css'), 'utf8');

type Theme = 'light' | 'dark';
type Palette = Readonly<Record<string, Readonly<Record<Theme, string>>>>;

function read(css: string): Record<string, Readonly<Record<Theme, string>>> {
  const found: Record<string, Readonly<Record<Theme, string>>> = {};
  for (const match of css.matchAll(/--([\w-]+):\s*light-dark\(\s*(#\w+)\s*,\s*(#\w+)\s*\)/g)) {
    const [, name = '', light = '', dark = ''] = match;
    found[name] = { light, dark };
  }
  return found;
}

const at = tokens.indexOf(':root[data-contrast="more"]');
const NORMAL: Palette = read(tokens.slice(0, at));
const MORE: Palette = { ...NORMAL, ...read(tokens.slice(at)) };

function luminance(hex: string): number {
  const channel = (start: number): number => {
    const value = Number.parseInt(hex.slice(start, start + 2), 16) / 255;
    return value <= 0.040_45 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
}

function ratio(a: string, b: string): number {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

const TEXT = [
  'fg',
  'muted',
  'faint',
  'accent',
  'to-server',
  'to-client',
  'injected',
  'edited',
  'dropped',
  'problem',
  'warning',
  'ok',
];
const SURFACES = ['bg', 'panel', 'hover', 'selected'];
/** Steps aside where it would not read: there the same thing is written in `muted`. */
const NEVER = new Set(['faint on selected']);
const TINTS: Readonly<Record<string, readonly string[]>> = {
  'warning-tint': ['fg', 'muted', 'warning'],
  'problem-tint': ['fg', 'muted', 'problem'],
  'ok-tint': ['fg', 'ok', 'muted'],
  'edited-tint': ['fg', 'edited', 'muted'],
  'accent-tint': ['fg', 'accent'],
  'selected-idle': ['fg'],
  well: ['fg', 'muted', 'accent'],
  raised: ['fg', 'muted', 'faint', 'accent', 'problem', 'warning'],
  range: ['fg'],
  'range-parent': ['fg', 'muted'],
};
const WASHES = ['wash-red', 'wash-amber', 'wash-green', 'wash-teal', 'wash-blue', 'wash-violet'];
const ON_WASH = [
  'fg',
  'muted',
  'to-server',
  'to-client',
  'injected',
  'edited',
  'dropped',
  'problem',
  'warning',
  'accent',
];
const SOLIDS = [
  ['on-accent', 'accent'],
  ['on-problem', 'problem-solid'],
] as const;
const IDS = ['id-mana', 'id-muddery', 'id-fco', 'id-mjsonp', 'id-socketchat', 'id-1', 'id-2', 'id-3', 'id-4'];

const color = (palette: Palette, name: string, theme: Theme): string => {
  const value = palette[name]?.[theme];
  if (value === undefined) throw new Error(`There is no token --${name}.`);
  return value.slice(0, 7);
};

function tooFaint(
  palette: Palette,
  theme: Theme,
  pairs: readonly (readonly [string, string])[],
  least: number,
): string[] {
  return pairs
    .map(([text, surface]) => ({
      text,
      surface,
      is: ratio(color(palette, text, theme), color(palette, surface, theme)),
    }))
    .filter(({ is }) => is < least)
    .map(({ text, surface, is }) => `${text} on ${surface}: ${is.toFixed(2)}`);
}

const cross = (texts: readonly string[], surfaces: readonly string[]): (readonly [string, string])[] =>
  surfaces.flatMap((surface) =>
    texts.filter((text) => !NEVER.has(`${text} on ${surface}`)).map((text) => [text, surface] as const),
  );

const CASES: readonly (readonly [string, Palette, Theme, number])[] = [
  ['light', NORMAL, 'light', 4.5],
  ['dark', NORMAL, 'dark', 4.5],
  ['light, high contrast', MORE, 'light', 4.5],
  ['dark, high contrast', MORE, 'dark', 4.5],
];

test.each(CASES)('every text role reads on every surface: %s', (_name, palette, theme, least) => {
  const pairs = [
    ...cross(TEXT, SURFACES),
    ...Object.entries(TINTS).flatMap(([tint, texts]) => cross(texts, [tint])),
    ...SOLIDS,
  ];
  expect(tooFaint(palette, theme, pairs, least)).toEqual([]);
});

test.each(CASES)('rows coloured by the user still read: %s', (_name, palette, theme) => {
  expect(tooFaint(palette, theme, cross(ON_WASH, WASHES), 4.5)).toEqual([]);
});

test.each(CASES)('inputs, swatches and the focus ring can be seen: %s', (_name, palette, theme) => {
  const pairs = [...cross(['control', 'accent', ...IDS], ['bg', 'panel']), ...cross(['accent'], ['selected', 'hover'])];
  expect(tooFaint(palette, theme, pairs, 3)).toEqual([]);
});

test('high contrast gives main text at least 7 : 1 everywhere', () => {
  for (const theme of ['light', 'dark'] as const) {
    expect(tooFaint(MORE, theme, cross(['fg', 'muted', 'accent', 'problem', 'warning', 'ok'], SURFACES), 7)).toEqual(
      [],
    );
  }
});

test('no style sheet but the tokens has a colour of its own', () => {
  const others = readdirSync(UI, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.css') && !path.endsWith('tokens.css'))
    .map((path) => [path, readFileSync(join(UI, path), 'utf8')] as const);
  expect(others.length).toBeGreaterThan(10);
  const found = others.flatMap(([path, css]) =>
    [...css.replaceAll(/url\([^)]*\)|unicode-range:[^;]*/g, '').matchAll(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/gi)].map(
      (match) => `${path}: ${match[0]}`,
    ),
  );
  expect(found).toEqual([]);
});
