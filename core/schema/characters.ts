/** Bytes to text and back, with a fast road for short ASCII, which is most of what games send. */
import type { TextNode } from './nodes.ts';

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lossy = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le', { ignoreBOM: true });
const encoder = new TextEncoder();

/** The text of a short ASCII span, or null when it is long or has other bytes. */
export function shortAscii(bytes: Uint8Array, start: number, end: number): string | null {
  if (end - start > 48) return null;
  let text = '';
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte >= 0x80) return null;
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Strict UTF-8, null when the bytes are not. A BOM stays in the text. */
export function utf8Strict(bytes: Uint8Array, start = 0, end = bytes.length): string | null {
  const short = shortAscii(bytes, start, end);
  if (short !== null) return short;
  try {
    return strict.decode(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  } catch {
    return null;
  }
}

/** UTF-8 with U+FFFD for what is not. */
export function utf8Lossy(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return shortAscii(bytes, start, end) ?? lossy.decode(bytes.subarray(start, end));
}

export function utf8Bytes(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

/** Text of a span in one of the schema's encodings; `bad` when bytes did not fit the encoding. */
export function decodeText(
  bytes: Uint8Array,
  start: number,
  end: number,
  encoding: TextNode['encoding'],
): { text: string; bad: boolean } {
  if (encoding === 'utf8') {
    const text = utf8Strict(bytes, start, end);
    return text === null ? { text: utf8Lossy(bytes, start, end), bad: true } : { text, bad: false };
  }
  if (encoding === 'utf16le') return { text: utf16.decode(bytes.subarray(start, end)), bad: (end - start) % 2 === 1 };
  let text = '';
  for (let at = start; at < end; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096)));
  }
  return { text, bad: false };
}

/** Characters beyond the encoding become `?`. */
export function encodeText(text: string, encoding: TextNode['encoding']): Uint8Array {
  if (encoding === 'utf8') return encoder.encode(text);
  if (encoding === 'latin1') {
    return Uint8Array.from(text, (char) => (char.charCodeAt(0) > 0xff ? 0x3f : char.charCodeAt(0)));
  }
  const bytes = new Uint8Array(text.length * 2);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    bytes[index * 2] = unit & 0xff;
    bytes[index * 2 + 1] = unit >> 8;
  }
  return bytes;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX[byte];
  return text;
}

/** Bytes of hexadecimal text; blanks are allowed between bytes. @throws Error when it is not hexadecimal. */
export function fromHex(text: string): Uint8Array<ArrayBuffer> {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(digits)) {
    throw new Error(`Not hexadecimal bytes: ${text.length > 40 ? `${text.slice(0, 40)}…` : text}`);
  }
  const bytes = new Uint8Array(digits.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(digits.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes;
}
