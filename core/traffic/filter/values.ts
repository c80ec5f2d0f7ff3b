/** Reading values out of decoded fields and comparing them: the semantics of the language in one place. */
import { SEVERITIES, type Severity } from '../../schema/expert-info.ts';
import type { Comparison, Literal, Segment } from './syntax.ts';

const MAX_VALUES = 100_000;

/**
 * Every value a path leads to. A list met where a key is asked for means any of its items, so `beings.x` reads all x.
 * Absent parts give nothing.
 */
export function collect(value: unknown, segments: readonly Segment[], from: number, out: unknown[]): void {
  if (value === undefined || out.length >= MAX_VALUES) return;
  const segment = segments[from];
  if (segment === undefined) {
    out.push(value);
    return;
  }
  if ('key' in segment) {
    if (Array.isArray(value)) for (const item of value) collect(item, segments, from, out);
    else if (isObject(value) && Object.hasOwn(value, segment.key)) collect(value[segment.key], segments, from + 1, out);
  } else if ('index' in segment) {
    const list = Array.isArray(value) || typeof value === 'string' || value instanceof Uint8Array ? value : undefined;
    const index = segment.index < 0 ? (list?.length ?? 0) + segment.index : segment.index;
    if (list !== undefined) collect(list[index], segments, from + 1, out);
  } else if ('any' in segment) {
    if (Array.isArray(value)) for (const item of value) collect(item, segments, from + 1, out);
    else if (isObject(value)) for (const item of Object.values(value)) collect(item, segments, from + 1, out);
  } else if (Array.isArray(value) || typeof value === 'string' || value instanceof Uint8Array) {
    collect(value.slice(segment.slice[0] ?? 0, segment.slice[1]), segments, from + 1, out);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

export function equals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumeric(a) && isNumeric(b)) return typeof a === typeof b ? a === b : a == b; // oxlint-disable-line eqeqeq -- number against bigint
  if (typeof a === 'string' && isNumeric(b)) return isNumericText(a) && Number(a) === Number(b);
  if (a instanceof Uint8Array) return sameBytes(a, asBytes(b));
  return false;
}

export function compare(a: unknown, op: Comparison, b: unknown): boolean {
  switch (op) {
    case '==':
      return equals(a, b);
    case '!=':
      return !equals(a, b);
    case 'contains':
      return contains(a, b);
    case 'matches':
      return b instanceof RegExp && typeof a !== 'object' && b.test(String(a));
    case '<':
    case '<=':
    case '>':
    case '>=':
      return ordered(a, op, b);
  }
}

function ordered(a: unknown, op: '<' | '<=' | '>' | '>=', b: unknown): boolean {
  let x: number | bigint | string;
  let y: number | bigint | string;
  if (isNumeric(a) && isNumeric(b)) [x, y] = [a, b];
  else if (typeof a === 'string' && isNumeric(b) && isNumericText(a)) [x, y] = [Number(a), b];
  else if (typeof a === 'string' && typeof b === 'string')
    [x, y] = isSeverity(a) && isSeverity(b) ? [SEVERITIES.indexOf(a), SEVERITIES.indexOf(b)] : [a, b];
  else return false;
  if (op === '<') return x < y;
  if (op === '<=') return x <= y;
  return op === '>' ? x > y : x >= y;
}

function contains(a: unknown, b: unknown): boolean {
  if (typeof a === 'string') return a.includes(String(b));
  if (a instanceof Uint8Array) return indexOfBytes(a, asBytes(b) ?? new TextEncoder().encode(String(b))) >= 0;
  if (Array.isArray(a))
    return a.some((item) => equals(item, b) || (typeof item === 'string' && typeof b === 'string' && item.includes(b)));
  if (isObject(a)) return Object.hasOwn(a, String(b));
  return false;
}

/** Constants as they are compared: `{ hex }` becomes bytes; regular expressions are compiled by the caller. */
export function literalValue(literal: Literal): unknown {
  return typeof literal === 'object' && literal !== null && 'hex' in literal ? hexBytes(literal.hex) : literal;
}

export function lengthOf(value: unknown): number | undefined {
  if (typeof value === 'string') return [...value].length;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return isObject(value) ? Object.keys(value).length : undefined;
}

export function indexOfBytes(haystack: Uint8Array, needle: Uint8Array): number {
  if (needle.length === 0) return 0;
  const first = needle[0]!;
  for (
    let at = haystack.indexOf(first);
    at >= 0 && at + needle.length <= haystack.length;
    at = haystack.indexOf(first, at + 1)
  ) {
    let i = 1;
    while (i < needle.length && haystack[at + i] === needle[i]) i++;
    if (i === needle.length) return at;
  }
  return -1;
}

function asBytes(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string' && /^([0-9a-fA-F]{2})+$/.test(value)) return hexBytes(value);
  return undefined;
}

function hexBytes(hex: string): Uint8Array {
  const bytes = new Uint8Array(hex.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isNumeric(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function isNumericText(text: string): boolean {
  return /^\s*[+-]?\d/.test(text) && !Number.isNaN(Number(text));
}

function isSeverity(text: string): text is Severity {
  return (SEVERITIES as readonly string[]).includes(text);
}
