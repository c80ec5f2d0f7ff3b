/**
 * One value, several spellings: a token may be bytes here, hex there, base64 in a third place, or stand inside a longer text.
 * A spelling says how to get from a leaf to the plain value and back, in the style the leaf had.
 */
import { toHex, valueText } from './leaves.ts';

/** How the plain value is written in a leaf. `piece`: which of the pieces of a longer text it is. */
export interface Spelling {
  readonly as: 'text' | 'number' | 'bytes' | 'decimal' | 'hex' | 'HEX' | 'base64' | 'base64url';
  readonly piece?: number;
  /** base64 of text rather than of bytes. */
  readonly ofText?: boolean;
  /** Of bytes nobody understands: which of them. */
  readonly slice?: readonly [start: number, end: number];
}

/** A plain value: `t:` text, `n:` number, `b:` bytes as hex. */
export type Plain = string;

export interface ReadingOfLeaf {
  readonly plain: Plain;
  readonly spelling: Spelling;
}

const MAX_TEXT = 4096;
const MAX_BYTES = 1024;
/** What a token is made of; everything else separates pieces. */
const PIECE = /[A-Za-z0-9_+/=~-]{6,}/g;

/** Every plain value a leaf may stand for; the leaf as it is comes first. */
export function readingsOf(value: unknown): ReadingOfLeaf[] {
  if (typeof value === 'number' || typeof value === 'bigint') {
    return [{ plain: `n:${value}`, spelling: { as: 'number' } }];
  }
  if (value instanceof Uint8Array) {
    if (value.length === 0 || value.length > MAX_BYTES) return [];
    const found: ReadingOfLeaf[] = [{ plain: `b:${toHex(value)}`, spelling: { as: 'bytes' } }];
    const text = printable(value);
    if (text !== undefined) found.push({ plain: `t:${text}`, spelling: { as: 'bytes', ofText: true } });
    return found;
  }
  if (typeof value !== 'string' || value === '' || value.length > MAX_TEXT) return [];
  const found = readingsOfText(value);
  const pieces = piecesOf(value);
  if (pieces.length === 1 && pieces[0] === value) return found;
  pieces.forEach((piece, index) => {
    for (const { plain, spelling } of readingsOfText(piece))
      found.push({ plain, spelling: { ...spelling, piece: index } });
  });
  return found;
}

/** The plain value of a leaf read in this spelling; undefined when it does not fit. */
export function readAs(value: unknown, { as, piece, ofText, slice }: Spelling): Plain | undefined {
  if (slice !== undefined) {
    const [start, end] = slice;
    return value instanceof Uint8Array && end <= value.length ? `b:${toHex(value.subarray(start, end))}` : undefined;
  }
  if (as === 'number') return typeof value === 'number' || typeof value === 'bigint' ? `n:${value}` : undefined;
  if (as === 'bytes') {
    if (!(value instanceof Uint8Array)) return undefined;
    return ofText === true ? textPlain(value) : `b:${toHex(value)}`;
  }
  const text = piece === undefined ? value : typeof value === 'string' ? piecesOf(value)[piece] : undefined;
  if (typeof text !== 'string') return undefined;
  switch (as) {
    case 'text':
      return `t:${text}`;
    case 'decimal':
      return /^\d+$/.test(text) ? `n:${text}` : undefined;
    case 'hex':
    case 'HEX':
      return /^(?:[0-9a-fA-F]{2})+$/.test(text) ? `b:${text.toLowerCase()}` : undefined;
    case 'base64':
    case 'base64url': {
      const bytes = fromBase64(text);
      if (bytes === undefined) return undefined;
      return ofText === true ? textPlain(bytes) : `b:${toHex(bytes)}`;
    }
    default:
      return as satisfies never;
  }
}

/** The leaf with another plain value written in; undefined when it cannot be written there. */
export function writeAs(leaf: unknown, spelling: Spelling, plain: Plain): unknown {
  const { as, piece, ofText, slice } = spelling;
  const kind = plain[0];
  const rest = plain.slice(2);
  if (slice !== undefined) {
    const [start, end] = slice;
    const part = kind === 'b' ? fromHex(rest) : undefined;
    if (!(leaf instanceof Uint8Array) || part === undefined || part.length !== end - start) return undefined;
    const whole = leaf.slice();
    whole.set(part, start);
    return whole;
  }
  if (as === 'number') {
    if (kind !== 'n') return undefined;
    return typeof leaf === 'bigint' ? BigInt(rest) : Number(rest);
  }
  const bytes = kind === 'b' ? fromHex(rest) : kind === 't' ? new TextEncoder().encode(rest) : undefined;
  if (as === 'bytes') return bytes !== undefined && (kind === 't') === (ofText === true) ? bytes : undefined;
  let text: string | undefined;
  if (as === 'text') text = kind === 't' ? rest : undefined;
  else if (as === 'decimal') text = kind === 'n' ? rest : undefined;
  else if (as === 'hex' || as === 'HEX') text = kind === 'b' ? (as === 'HEX' ? rest.toUpperCase() : rest) : undefined;
  else if (bytes !== undefined && (kind === 't') === (ofText === true)) {
    const isPadded = typeof leaf === 'string' && !(leaf.length % 4 !== 0 && piece === undefined);
    text = toBase64(bytes, as === 'base64url', isPadded);
  }
  if (text === undefined || piece === undefined) return text;
  return typeof leaf === 'string' ? replacePiece(leaf, piece, text) : undefined;
}

function readingsOfText(text: string): ReadingOfLeaf[] {
  const found: ReadingOfLeaf[] = [{ plain: `t:${text}`, spelling: { as: 'text' } }];
  if (/^[1-9]\d{4,19}$/.test(text)) found.push({ plain: `n:${text}`, spelling: { as: 'decimal' } });
  if (text.length >= 8 && text.length <= MAX_BYTES * 2 && /^(?:[0-9a-f]{2})+$|^(?:[0-9A-F]{2})+$/.test(text)) {
    found.push({ plain: `b:${text.toLowerCase()}`, spelling: { as: /[A-F]/.test(text) ? 'HEX' : 'hex' } });
  }
  // Words joined by underscores are base64 by accident.
  if (text.length >= 8 && /[a-z]/.test(text) && /[A-Z]/.test(text) && /[\d+/=]/.test(text)) {
    const bytes = fromBase64(text);
    if (bytes !== undefined && bytes.length >= 6) {
      const as = /[-_]/.test(text) ? 'base64url' : 'base64';
      found.push({ plain: `b:${toHex(bytes)}`, spelling: { as } });
      const inner = printable(bytes);
      if (inner !== undefined) found.push({ plain: `t:${inner}`, spelling: { as, ofText: true } });
    }
  }
  return found;
}

function piecesOf(text: string): string[] {
  return text.match(PIECE) ?? [];
}

function replacePiece(text: string, index: number, replacement: string): string {
  let at = -1;
  return text.replaceAll(PIECE, (piece) => (++at === index ? replacement : piece));
}

function printable(bytes: Uint8Array): string | undefined {
  if (bytes.length < 6) return undefined;
  for (const byte of bytes) if (byte < 0x20 || byte > 0x7e) return undefined;
  return new TextDecoder().decode(bytes);
}
function textPlain(bytes: Uint8Array): Plain | undefined {
  const text = printable(bytes);
  return text === undefined ? undefined : `t:${text}`;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard or URL alphabet, padded or not; undefined when it is neither, or would not be written so. */
function fromBase64(text: string): Uint8Array | undefined {
  if (!/^(?:[A-Za-z0-9+/]+|[A-Za-z0-9_-]+)={0,2}$/.test(text) || text.length > MAX_BYTES * 2) return undefined;
  const plain = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (plain.length % 4 === 1 || (text.endsWith('=') && text.length % 4 !== 0)) return undefined;
  const bytes = new Uint8Array(Math.floor((plain.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of plain) {
    held = (held << 6) | ALPHABET.indexOf(char);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
      held &= (1 << bits) - 1;
    }
  }
  return held === 0 ? bytes : undefined;
}

function toBase64(bytes: Uint8Array, url: boolean, padded: boolean): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const group = [bytes[at]!, bytes[at + 1], bytes[at + 2]];
    const word = (group[0]! << 16) | ((group[1] ?? 0) << 8) | (group[2] ?? 0);
    const chars = group[1] === undefined ? 2 : group[2] === undefined ? 3 : 4;
    for (let i = 0; i < chars; i++) text += ALPHABET[(word >> (18 - 6 * i)) & 63];
    if (padded) text += '='.repeat(4 - chars);
  }
  return url ? text.replaceAll('+', '-').replaceAll('/', '_') : text;
}

function fromHex(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return bytes;
}

/** A plain value for people. */
export function plainText(plain: Plain): string {
  const text = plain.slice(2);
  return plain[0] === 't' ? valueText(text) : text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
