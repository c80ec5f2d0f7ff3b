/** Typed netstrings, the form of mitmproxy's flow files: `5:hello,` `2:42#` `4:true!` `0:~` `…]` `…}`; `;` marks text. */
import { utf8Lossy } from '../schema/characters.ts';

export type NetValue = null | boolean | number | string | Uint8Array | readonly NetValue[] | NetRecord;
export interface NetRecord {
  readonly [key: string]: NetValue;
}

const MAX_DEPTH = 64;

/** One value and where the next begins. @throws Error with a sentence when the bytes are none */
export function readNetValue(bytes: Uint8Array, at: number, depth = 0): { value: NetValue; end: number } {
  if (depth > MAX_DEPTH) throw new Error(`values are nested deeper than ${MAX_DEPTH}`);
  let length = 0;
  let digits = 0;
  let from = at;
  for (; from < bytes.length && isDigit(bytes[from]!); from++, digits++) length = length * 10 + bytes[from]! - 48;
  if (digits === 0 || digits > 12 || bytes[from] !== 0x3a) throw new Error(`there is no length at byte ${at}`);
  const start = from + 1;
  const end = start + length;
  if (end >= bytes.length) throw new Error(`the value at byte ${at} is cut: ${length} bytes are announced`);
  const content = bytes.subarray(start, end);
  return { value: valueOf(String.fromCharCode(bytes[end]!), content, at, depth), end: end + 1 };
}

function valueOf(type: string, content: Uint8Array, at: number, depth: number): NetValue {
  switch (type) {
    case ',':
      return content;
    case ';':
      return utf8Lossy(content);
    case '#':
    case '^':
      return Number(utf8Lossy(content));
    case '!':
      return content[0] === 0x74;
    case '~':
      return null;
    case ']':
      return [...items(content, depth)];
    case '}': {
      const entries: [string, NetValue][] = [];
      let key: NetValue | undefined;
      for (const item of items(content, depth)) {
        if (key === undefined) key = item;
        else {
          entries.push([textOf(key), item]);
          key = undefined;
        }
      }
      return Object.fromEntries(entries);
    }
    default:
      throw new Error(`the value at byte ${at} has the unknown type ${JSON.stringify(type)}`);
  }
}

function* items(content: Uint8Array, depth: number): Generator<NetValue> {
  for (let at = 0; at < content.length; ) {
    const { value, end } = readNetValue(content, at, depth + 1);
    yield value;
    at = end;
  }
}

/** Old files write texts as bytes. */
export function textOf(value: NetValue | undefined): string {
  if (typeof value === 'string') return value;
  return value instanceof Uint8Array ? utf8Lossy(value) : '';
}

export function isNetRecord(value: NetValue | undefined): value is NetRecord {
  return (
    value !== null && typeof value === 'object' && !Array.isArray(value) && !((value as unknown) instanceof Uint8Array)
  );
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}
