/** Could this value be equal by chance? Only what could not may be taken for issued and echoed by looks alone. */
import type { Plain } from './spelling.ts';

/** Bits above which an equal value is no coincidence. */
const ENOUGH_BITS = 24;

/**
 * Bits of a value that looks drawn at random; 0 for names, words, round numbers, times and everything that people or authors
 * of a game choose.
 */
export function randomBits(plain: Plain): number {
  const text = plain.slice(2);
  switch (plain[0]) {
    case 'n':
      return bitsOfNumber(text);
    case 'b':
      return bitsOfBytes(text);
    default:
      return bitsOfText(text);
  }
}

export function isRandom(plain: Plain): boolean {
  return randomBits(plain) >= ENOUGH_BITS;
}

/** Whether two values look like two draws of one generator: same length, same alphabet, both random. */
export function areDraws(one: Plain, other: Plain): boolean {
  if (one[0] !== other[0] || !isRandom(one) || !isRandom(other)) return false;
  if (one[0] === 'n') return Math.abs(one.length - other.length) <= 2;
  return one.length === other.length && alphabetOf(one.slice(2)) === alphabetOf(other.slice(2));
}

function bitsOfNumber(text: string): number {
  const value = Math.abs(Number(text));
  if (!Number.isInteger(value) || value < 2 ** 24) return 0;
  // Round in decimal or binary: limits, flags, prices.
  if (/0{3}$/.test(text) || isRoundBinary(value)) return 0;
  // Seconds, milliseconds and microseconds of this century tell the time.
  for (const unit of [1, 1e3, 1e6]) if (value >= 9e8 * unit && value < 4e9 * unit) return 0;
  const digits = new Set(text).size;
  return digits < 4 ? 0 : Math.log2(value);
}

function isRoundBinary(value: number): boolean {
  let rest = BigInt(value);
  let zeros = 0;
  while (rest > 0n && (rest & 1n) === 0n) {
    rest >>= 1n;
    zeros++;
  }
  return zeros >= 12 || ((rest + 1n) & rest) === 0n;
}

function bitsOfBytes(hex: string): number {
  const size = hex.length / 2;
  if (size < 4) return 0;
  const seen = new Map<string, number>();
  for (let i = 0; i < hex.length; i += 2) {
    const byte = hex.slice(i, i + 2);
    seen.set(byte, (seen.get(byte) ?? 0) + 1);
  }
  // Few different bytes: padding, counters, small numbers. Only letters: words.
  if (seen.size < Math.min(4, size) || (seen.get('00') ?? 0) * 4 > size) return 0;
  const isText = [...seen.keys()].every((byte) => byte >= '20' && byte <= '7e');
  if (isText) {
    let text = '';
    for (let i = 0; i < hex.length; i += 2) text += String.fromCharCode(Number.parseInt(hex.slice(i, i + 2), 16));
    return bitsOfText(text);
  }
  let bits = 0;
  for (const count of seen.values()) bits -= count * Math.log2(count / size);
  return Math.max(bits, size >= 8 && seen.size >= 6 ? size * 4 : bits);
}

/** Letters and digits in turn, as no word has them; or plain hex; or a UUID. */
function bitsOfText(text: string): number {
  if (text.length < 6 || !/^[A-Za-z0-9_+/=~-]+$/.test(text)) return 0;
  const bare = text.replaceAll(/[-_=]/g, '');
  const alphabet = alphabetOf(text);
  const distinct = new Set(bare).size;
  if (alphabet === 'digits') return bare === text ? bitsOfNumber(text) : 0;
  if (distinct < Math.min(6, bare.length)) return 0;
  const letters = bare.replaceAll(/[^A-Za-z]/g, '').length;
  const digits = bare.replaceAll(/\D/g, '').length;
  // A capital before small letters begins a word: no turn of kind.
  const flat = bare.replaceAll(/[A-Z](?=[a-z])/g, 'a');
  let turns = 0;
  for (let i = 1; i < flat.length; i++) if (kindOf(flat[i]!) !== kindOf(flat[i - 1]!)) turns++;
  if (alphabet === 'hex') {
    if (bare.length < 8 || letters === 0) return 0;
    return digits > 0 && turns >= 2 ? bare.length * 4 : 0;
  }
  // Words in camel case, with a number behind, or joined by underscores, change kind seldom.
  const perTurn = bare.length / (turns + 1);
  if (bare.length >= 10 && perTurn <= 3 && digits > 0) return bare.length * 5;
  if (bare.length >= 20 && perTurn <= 4) return bare.length * 4;
  return 0;
}

function kindOf(char: string): number {
  return char >= '0' && char <= '9' ? 0 : char >= 'a' && char <= 'z' ? 1 : char >= 'A' && char <= 'Z' ? 2 : 3;
}

function alphabetOf(text: string): 'digits' | 'hex' | 'letters' {
  if (/^[\d-]+$/.test(text)) return 'digits';
  return /^[0-9a-f-]+$/.test(text) || /^[0-9A-F-]+$/.test(text) ? 'hex' : 'letters';
}
