/** Finds many byte patterns at once and writes others of the same length over them. */
export interface Replacement {
  readonly find: Uint8Array;
  /** As long as `find`. */
  readonly put: Uint8Array;
  /** Only where no digit stands before or behind: a short number is part of many a longer one. */
  readonly isNumber?: boolean;
  /** Told for every place that was written over. */
  readonly found: () => void;
}

/** Shorter patterns would be found by chance. */
export const MIN_PATTERN = 4;

export class Replacer {
  readonly #byStart = new Map<number, Replacement[]>();
  /** Which pairs of first bytes any pattern has: most places are passed over by this alone. */
  readonly #pairs = new Uint8Array(65_536);
  #size = 0;

  /** Patterns shorter than `MIN_PATTERN` are not taken. */
  add(replacement: Replacement): void {
    const { find } = replacement;
    if (find.length < MIN_PATTERN || find.length !== replacement.put.length) return;
    const key = startOf(find, 0);
    const list = this.#byStart.get(key) ?? [];
    if (list.some((other) => equal(other.find, find))) return;
    list.push(replacement);
    // The longest wins where several begin.
    list.sort((a, b) => b.find.length - a.find.length);
    this.#byStart.set(key, list);
    this.#pairs[find[0]! | (find[1]! << 8)] = 1;
    this.#size++;
  }

  get size(): number {
    return this.#size;
  }

  /** Whether any pattern is in the bytes; nothing is told or changed. */
  finds(bytes: Uint8Array): boolean {
    for (let at = 0; at <= bytes.length - MIN_PATTERN; at++) {
      if (this.#pairs[bytes[at]! | (bytes[at + 1]! << 8)] === 0) continue;
      if (this.#byStart.get(startOf(bytes, at))?.some((each) => fits(each, bytes, at)) === true) return true;
    }
    return false;
  }

  /** The same bytes when nothing was found, else a copy. */
  apply(bytes: Uint8Array): Uint8Array {
    if (this.#size === 0) return bytes;
    let out: Uint8Array | undefined;
    const end = bytes.length - MIN_PATTERN;
    for (let at = 0; at <= end; at++) {
      if (this.#pairs[bytes[at]! | (bytes[at + 1]! << 8)] === 0) continue;
      const hit = this.#byStart.get(startOf(bytes, at))?.find((each) => fits(each, bytes, at));
      if (hit === undefined) continue;
      out ??= bytes.slice();
      out.set(hit.put, at);
      hit.found();
      at += hit.find.length - 1;
    }
    return out ?? bytes;
  }
}

function fits({ find, isNumber }: Replacement, bytes: Uint8Array, at: number): boolean {
  if (at + find.length > bytes.length) return false;
  for (let i = MIN_PATTERN; i < find.length; i++) if (bytes[at + i] !== find[i]) return false;
  return isNumber !== true || !(isDigit(bytes[at - 1]) || isDigit(bytes[at + find.length]));
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}
function startOf(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
