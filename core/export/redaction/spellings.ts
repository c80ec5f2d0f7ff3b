/** The ways a secret is written down: as itself, escaped in JSON, in URLs, as hex, in base64 at any offset. */
import { toHex, utf8Bytes } from '../../schema/characters.ts';
import { toBase64 } from '../base64.ts';
import { fillHex, fillText, type Placeholder } from './placeholder.ts';

export interface Spelling {
  readonly find: Uint8Array;
  readonly put: Uint8Array;
}

export function spellingsOfText(text: string, placeholder: Placeholder): Spelling[] {
  const plain = utf8Bytes(text);
  const json = JSON.stringify(text).slice(1, -1);
  const texts = new Set([
    text,
    json,
    // As Python and PHP write JSON: nothing beyond ASCII, slashes escaped.
    asciiJson(json),
    asciiJson(json).replaceAll(/\\u[0-9a-f]{4}/g, (escape) => `\\u${escape.slice(2).toUpperCase()}`),
    json.replaceAll('/', '\\/'),
    asciiJson(json).replaceAll('/', '\\/'),
    percent(text, encodeURIComponent),
    percent(text, (each) => encodeURIComponent(each).toLowerCase()),
    percent(text, encodeURI),
    text.replaceAll(' ', '+'),
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
  ]);
  const spellings: Spelling[] = [];
  for (const each of texts) {
    const find = utf8Bytes(each);
    spellings.push({ find, put: utf8Bytes(fillText(placeholder, find.length)) });
  }
  spellings.push(wide(text, placeholder), ...spellingsOfBytes(plain, placeholder));
  return spellings;
}

/** Bytes as hex and base64; as themselves too. */
export function spellingsOfBytes(bytes: Uint8Array, placeholder: Placeholder): Spelling[] {
  const hex = toHex(bytes);
  const spellings: Spelling[] = [{ find: bytes, put: utf8Bytes(fillText(placeholder, bytes.length)) }];
  for (const each of [hex, hex.toUpperCase()])
    spellings.push({ find: utf8Bytes(each), put: utf8Bytes(fillHex(placeholder, each.length)) });
  for (const each of base64Cores(bytes)) {
    const url = each.replaceAll('+', '-').replaceAll('/', '_');
    for (const form of new Set([each, url]))
      spellings.push({
        find: utf8Bytes(form),
        put: utf8Bytes(fillText(placeholder, form.length)),
      });
  }
  return spellings;
}

/** What base64 of any text around the bytes contains, for the three places a group of three may begin. */
function base64Cores(bytes: Uint8Array): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const shifted = new Uint8Array(offset + bytes.length);
    shifted.set(bytes, offset);
    const text = toBase64(shifted);
    // Characters that also hold bits of what stands before or behind are left off.
    const start = offset === 0 ? 0 : offset + 1;
    const end = Math.floor((shifted.length * 8) / 6);
    const core = text.slice(start, end);
    return core.length >= 6 ? [core] : [];
  });
}

/** UTF-16, little endian. */
function wide(text: string, placeholder: Placeholder): Spelling {
  const fill = fillText(placeholder, text.length);
  return { find: utf16(text), put: utf16(fill) };
}

function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    bytes[2 * i] = text.charCodeAt(i) & 255;
    bytes[2 * i + 1] = text.charCodeAt(i) >> 8;
  }
  return bytes;
}

function asciiJson(json: string): string {
  return json.replaceAll(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A lone half of a surrogate pair has no percent form. */
function percent(text: string, encode: (text: string) => string): string {
  try {
    return encode(text);
  } catch {
    return text;
  }
}
