/** The wrong numbers and texts worth trying, shared by binary and JSON mutants. */
import { utf8Bytes } from './characters.ts';
import type { Meta } from './nodes.ts';
import { rollFrom } from './roll.ts';

/** `value`: replace the value at the path; `override`: write this there, whatever the value; `remove`: leave it out. */
export interface Edit {
  readonly path: string;
  readonly name: string;
  readonly doc: string;
  readonly how: 'value' | 'override' | 'remove';
  readonly value: unknown;
  /** Where an override is written, when it is not the path itself. */
  readonly at?: string;
}

export function editOf(path: string, name: string, doc: string, how: Edit['how'], value: unknown): Edit {
  return { path, name, doc, how, value };
}

/** The items worth trying in a list: the first, one in the middle, the last. */
export function telling(length: number): readonly number[] {
  return [...new Set([0, length >> 1, length - 1])].filter((index) => index >= 0 && index < length);
}

type Whole = number | bigint;

/** A number when it is exact as one. */
function plain(value: Whole): Whole {
  return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

/** Borders of the type and of the meaning, neighbours, and three by chance. */
export function* integerEdits(
  value: unknown,
  limits: readonly [Whole, Whole],
  meta: Meta,
  path: string,
  seed: number | string,
): Generator<Edit> {
  const wide = typeof limits[1] === 'bigint';
  const shape = (whole: Whole): Whole => (wide && typeof value === 'bigint' ? BigInt(whole) : plain(whole));
  const [least, most] = [BigInt(limits[0]), BigInt(limits[1])];
  const fits = (whole: bigint): boolean => whole >= least && whole <= most;
  const tries: [string, bigint, string][] = [
    ['zero', 0n, 'Zero.'],
    ['one', 1n, 'One.'],
    ['minus-one', -1n, 'Minus one.'],
    ['min', least, 'The smallest number there is room for.'],
    ['max', most, 'The largest number there is room for.'],
    ['half', most >> 1n, 'Half of the largest number.'],
    ['top-bit', (most >> 1n) + 1n, 'The top bit alone.'],
    ['byte', 255n, '255.'],
    ['past-byte', 256n, '256.'],
  ];
  if (meta.min !== undefined && Number.isInteger(meta.min)) {
    tries.push(['below-range', BigInt(meta.min) - 1n, 'One below what the game allows.']);
    tries.push(['range-min', BigInt(meta.min), 'The least the game allows.']);
  }
  if (meta.max !== undefined && Number.isInteger(meta.max)) {
    tries.push(['above-range', BigInt(meta.max) + 1n, 'One above what the game allows.']);
    tries.push(['range-max', BigInt(meta.max), 'The most the game allows.']);
  }
  if (typeof value === 'bigint' || Number.isInteger(value)) {
    const whole = BigInt(value as Whole);
    tries.push(['minus-step', whole - 1n, 'One less.'], ['plus-step', whole + 1n, 'One more.']);
    tries.push(['negated', -whole, 'The other sign.']);
  }
  const roll = rollFrom(`${seed}:${path}`);
  const span = most - least + 1n;
  for (const name of ['random-1', 'random-2', 'random-3']) {
    const wideRoll = (BigInt(roll(0x1_0000_0000)) << 32n) | BigInt(roll(0x1_0000_0000));
    tries.push([name, least + (wideRoll % span), 'Any number there is room for.']);
  }
  for (const [name, whole, doc] of tries) if (fits(whole)) yield editOf(path, name, doc, 'value', shape(whole));
}

const FORMAT = '%s%s%s%n%x%d{0}{}${7*7}{{7*7}}';
const MARKUP = '<script>alert(1)</script><b>&lt;"\'';

/** Texts that break readers; `binary` also gets bytes that are no text. */
export function* textEdits(value: string, meta: Meta, path: string, family: 'binary' | 'json'): Generator<Edit> {
  const set = (name: string, doc: string, made: unknown): Edit => editOf(path, name, doc, 'value', made);
  yield set('empty', 'No characters.', '');
  yield set('blank', 'Only a blank.', ' ');
  yield set('one', 'One character.', 'x');
  yield set('twice', 'The text twice.', value + value);
  if (value.length > 1) yield set('shorter', 'The last character is missing.', value.slice(0, -1));
  if (value !== value.toUpperCase()) yield set('upper', 'In capitals.', value.toUpperCase());
  else if (value !== value.toLowerCase()) yield set('lower', 'In small letters.', value.toLowerCase());
  if (meta.max !== undefined)
    yield set('overlong', 'One character above the limit.', 'x'.repeat(Math.min(meta.max + 1, 1_000_000)));
  if (meta.min !== undefined && meta.min > 0)
    yield set('too-short', 'One character below the limit.', 'x'.repeat(meta.min - 1));
  yield set('long-256', '256 characters.', 'A'.repeat(256));
  yield set('long-4096', '4096 characters.', 'A'.repeat(4096));
  yield set('long-65536', '65536 characters.', 'A'.repeat(65_536));
  yield set('nul', 'A zero character inside.', `${value}\0tail`);
  yield set('control', 'Control characters.', '\u0001\u0007\u0008\u001b[31m\u007f');
  yield set('newline', 'Line breaks.', `${value}\r\n${value}\n`);
  yield set('bom', 'A byte order mark first.', `\ufeff${value}`);
  yield set('emoji', 'Characters outside the basic plane, joined.', '👨‍👩‍👧𝕏🏳️‍🌈');
  yield set('right-to-left', 'Direction override and combining marks.', `\u202e${value}\u0301\u0301\u0301`);
  yield set('format', 'Format directives and templates.', FORMAT);
  yield set('markup', 'HTML markup.', MARKUP);
  yield set('quotes', 'Quotes and backslashes.', "'\"\\`'; --");
  yield set('path', 'A path upwards.', '../../../../etc/passwd');
  yield set('number', 'Digits in place of words.', '-1');
  if (family === 'binary') {
    yield set('bad-utf8', 'Bytes that are not UTF-8.', Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80));
    yield set('cut-utf8', 'A character cut in half.', utf8Bytes(`${value}你`).slice(0, -1));
  } else {
    yield set('bad-utf8', 'Bytes that are not UTF-8.', Uint8Array.of(0x22, 0xff, 0xfe, 0xc0, 0x80, 0x22));
    yield set('cut-utf8', 'A character cut in half.', Uint8Array.of(0x22, 0xe4, 0xbd, 0x22));
    yield set('lone-surrogate', 'Half a surrogate pair.', utf8Bytes('"\\ud800"'));
    yield set('raw-control', 'An unescaped line break inside the string.', utf8Bytes('"a\nb"'));
    yield set('unclosed', 'The string is not closed.', utf8Bytes('"abc'));
    yield set('bad-escape', 'An escape that does not exist.', utf8Bytes('"\\x41\\u12"'));
    yield set('escaped', 'Every character escaped.', utf8Bytes(escaped(value === '' ? 'x' : value.slice(0, 4096))));
  }
}

function escaped(value: string): string {
  let out = '"';
  for (let at = 0; at < value.length; at += 1) out += `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`;
  return `${out}"`;
}
