/**
 * Finds one key of the outermost JSON object without parsing the rest: what `classify` needs, on every frame.
 * Answers only when sure; anything unusual is left to the parser.
 */
import { shortAscii, utf8Strict } from '../schema/characters.ts';

/** The key's string or number; null when the object ends without it or is no object; undefined: parse to find out. */
export function peekKey(bytes: Uint8Array, key: string): string | number | null | undefined {
  let at = skipBlanks(bytes, 0);
  if (bytes[at] !== 0x7b) return null;
  at = skipBlanks(bytes, at + 1);
  let found: string | number | undefined;
  for (;;) {
    if (bytes[at] !== 0x22) return bytes[at] === 0x7d ? (found ?? null) : undefined;
    const keyEnd = stringEnd(bytes, at);
    if (keyEnd < 0) return undefined;
    const match = matches(bytes, at + 1, keyEnd - 1, key);
    at = skipBlanks(bytes, keyEnd);
    if (bytes[at] !== 0x3a) return undefined;
    at = skipBlanks(bytes, at + 1);
    if (match) {
      found = scalar(bytes, at);
      return found;
    }
    at = skipValue(bytes, at);
    if (at < 0) return undefined;
    at = skipBlanks(bytes, at);
    if (bytes[at] === 0x2c) at = skipBlanks(bytes, at + 1);
    else if (bytes[at] !== 0x7d) return undefined;
  }
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === 0x20 || bytes[at] === 0x0a || bytes[at] === 0x0d || bytes[at] === 0x09) at += 1;
  return at;
}

/** Just past the closing quote, -1 when there is none. */
function stringEnd(bytes: Uint8Array, open: number): number {
  for (let at = open + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) return at + 1;
    if (byte === 0x5c) at += 1;
  }
  return -1;
}

function matches(bytes: Uint8Array, start: number, end: number, key: string): boolean {
  if (end - start !== key.length) return false;
  for (let index = 0; index < key.length; index += 1) {
    if (bytes[start + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}

const recent: (string | undefined)[] = new Array(256).fill(undefined);

function scalar(bytes: Uint8Array, at: number): string | number | undefined {
  const byte = bytes[at];
  if (byte === 0x22) {
    const end = stringEnd(bytes, at);
    if (end < 0) return undefined;
    // Names repeat: a tiny cache of the last ones saves making the string again.
    const slot = ((bytes[at + 1] ?? 0) * 31 + (bytes[end - 2] ?? 0) + (end - at)) & 0xff;
    const cached = recent[slot];
    if (cached !== undefined && matches(bytes, at + 1, end - 1, cached)) return cached;
    const text = shortAscii(bytes, at + 1, end - 1) ?? utf8Strict(bytes, at + 1, end - 1) ?? undefined;
    if (text === undefined || text.includes('\\')) return undefined;
    if (end - at < 50) recent[slot] = text;
    return text;
  }
  let end = at;
  let value = 0;
  while (end < bytes.length && end - at < 10) {
    const digit = (bytes[end] as number) - 0x30;
    if (digit < 0 || digit > 9) break;
    value = value * 10 + digit;
    end += 1;
  }
  if (end === at || (end - at > 1 && bytes[at] === 0x30)) return undefined;
  const next = bytes[end];
  return next === 0x2c || next === 0x7d || next === 0x20 ? value : undefined;
}

/** Just past a value, -1 when it does not end. */
function skipValue(bytes: Uint8Array, from: number): number {
  let depth = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) {
      at = stringEnd(bytes, at) - 1;
      if (at < 0) return -1;
      if (depth === 0) return at + 1;
    } else if (byte === 0x7b || byte === 0x5b) depth += 1;
    else if (byte === 0x7d || byte === 0x5d) {
      if (depth === 0) return at;
      depth -= 1;
      if (depth === 0) return at + 1;
    } else if (byte === 0x2c && depth === 0) return at;
  }
  return -1;
}
