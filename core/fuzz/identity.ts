/**
 * Each case is somebody else: the names a recording logs in with are replaced by others of the same length, so that thousands
 * of cases, and several at once, do not meet as the same user. Replaced in the bytes: the length stays, so every framing does.
 */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789';
const FIRST = LETTERS.slice(0, 26);
const MOST_CHANGED = 6;
/** Shorter names, in bytes, are replaced only where they stand as words: they may be a part of something else. */
const SHORT = 4;

/** The name this run goes by in place of a recorded one, as many bytes long. `tag` counts runs. */
export function freshName(name: string, tag: number): string {
  const chars = [...name];
  const encoder = new TextEncoder();
  let bytes = 0;
  while (chars.length > 0 && bytes < MOST_CHANGED) bytes += encoder.encode(chars.pop()).length;
  let rest = tag >>> 0;
  let end = '';
  for (let i = 0; i < bytes; i++) {
    // A name begins with a letter.
    const letters = chars.length === 0 && i === bytes - 1 ? FIRST : LETTERS;
    end = letters[rest % letters.length]! + end;
    rest = Math.floor(rest / letters.length);
  }
  return chars.join('') + end;
}

interface Place {
  readonly at: number;
  readonly identity: number;
}
const places = new WeakMap<Uint8Array, readonly Place[]>();

export class Identities {
  readonly #names: readonly string[];
  readonly #bytes: readonly Uint8Array[];

  constructor(names: readonly string[]) {
    this.#names = names;
    const encoder = new TextEncoder();
    this.#bytes = names.map((name) => encoder.encode(name));
  }

  get isEmpty(): boolean {
    return this.#names.length === 0;
  }

  /** The names of one run, as bytes. */
  forRun(tag: number): readonly Uint8Array[] {
    const encoder = new TextEncoder();
    return this.#names.map((name, i) => encoder.encode(freshName(name, tag * this.#names.length + i)));
  }

  /** The bytes with every recorded name replaced. */
  write(bytes: Uint8Array, fresh: readonly Uint8Array[]): Uint8Array {
    if (this.#names.length === 0) return bytes;
    let found = places.get(bytes);
    if (found === undefined) places.set(bytes, (found = this.#find(bytes)));
    if (found.length === 0) return bytes;
    const out = bytes.slice();
    for (const { at, identity } of found) out.set(fresh[identity]!, at);
    return out;
  }

  /** A text with every recorded name replaced. */
  writeText(text: string, fresh: readonly Uint8Array[]): string {
    if (this.#names.length === 0) return text;
    return new TextDecoder().decode(this.write(new TextEncoder().encode(text), fresh));
  }

  #find(bytes: Uint8Array): Place[] {
    const found: Place[] = [];
    this.#bytes.forEach((name, identity) => {
      for (let at = indexOf(bytes, name, 0); at >= 0; at = indexOf(bytes, name, at + name.length)) {
        if (name.length >= SHORT || isWord(bytes, at, name.length)) found.push({ at, identity });
      }
    });
    return found;
  }
}

/** Neither a letter nor a digit right before or behind it. */
function isWord(bytes: Uint8Array, at: number, length: number): boolean {
  return !isWordByte(bytes[at - 1]) && !isWordByte(bytes[at + length]);
}

function isWordByte(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a) || byte >= 0x80;
}

function indexOf(bytes: Uint8Array, part: Uint8Array, from: number): number {
  const first = part[0]!;
  for (
    let at = bytes.indexOf(first, from);
    at >= 0 && at + part.length <= bytes.length;
    at = bytes.indexOf(first, at + 1)
  ) {
    let same = 1;
    while (same < part.length && bytes[at + same] === part[same]) same++;
    if (same === part.length) return at;
  }
  return -1;
}
