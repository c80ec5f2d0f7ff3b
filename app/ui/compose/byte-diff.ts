/** What came in against what will go, in stretches. Pure. */

export interface DiffPart {
  readonly kind: 'same' | 'changed';
  readonly start: number;
  readonly end: number;
}

export interface ByteDiff {
  readonly before: readonly DiffPart[];
  readonly after: readonly DiffPart[];
}

/** Beyond this only the common beginning and end are found. */
const LONGEST = 600;

export function byteDiff(before: Uint8Array, after: Uint8Array): ByteDiff {
  if (readable(before) === undefined || readable(after) === undefined) {
    const [keptBefore, keptAfter] = kept(before, after);
    return { before: partsOf(keptBefore), after: partsOf(keptAfter) };
  }
  // Text is compared by character: half a character can be neither kept nor shown.
  const [a, b] = [codePoints(before), codePoints(after)];
  const [keptBefore, keptAfter] = kept(a, b);
  return { before: partsOf(perByte(keptBefore, a)), after: partsOf(perByte(keptAfter, b)) };
}

function codePoints(bytes: Uint8Array): Uint32Array {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  return Uint32Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

function perByte(kept: Uint8Array, characters: Uint32Array): Uint8Array {
  const out: number[] = [];
  characters.forEach((code, i) => {
    const width = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    for (let k = 0; k < width; k++) out.push(kept[i] ?? 0);
  });
  return Uint8Array.from(out);
}

type Units = Uint8Array | Uint32Array;

/** 1 for each unit that both have in common, in order. */
function kept(before: Units, after: Units): [Uint8Array, Uint8Array] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  ) {
    tail++;
  }
  const keptBefore = new Uint8Array(before.length).fill(1, 0, head).fill(1, before.length - tail);
  const keptAfter = new Uint8Array(after.length).fill(1, 0, head).fill(1, after.length - tail);
  const n = before.length - head - tail;
  const m = after.length - head - tail;
  if (n > 0 && m > 0 && n <= LONGEST && m <= LONGEST) markCommon(before, after, head, n, m, keptBefore, keptAfter);
  return [keptBefore, keptAfter];
}

/** Longest common subsequence of the middles. */
function markCommon(
  before: Units,
  after: Units,
  head: number,
  n: number,
  m: number,
  keptBefore: Uint8Array,
  keptAfter: Uint8Array,
): void {
  const table = new Uint16Array((n + 1) * (m + 1));
  const at = (i: number, j: number): number => table[i * (m + 1) + j] ?? 0;
  for (let i = n - 1; i >= 0; i--) {
    for (let j = m - 1; j >= 0; j--) {
      table[i * (m + 1) + j] =
        before[head + i] === after[head + j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  let i = 0;
  let j = 0;
  while (i < n && j < m) {
    if (before[head + i] === after[head + j]) {
      keptBefore[head + i++] = 1;
      keptAfter[head + j++] = 1;
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
}

function partsOf(kept: Uint8Array): readonly DiffPart[] {
  const parts: DiffPart[] = [];
  let start = 0;
  for (let i = 1; i <= kept.length; i++) {
    if (i < kept.length && kept[i] === kept[start]) continue;
    parts.push({ kind: kept[start] === 1 ? 'same' : 'changed', start, end: i });
    start = i;
  }
  return kept.length === 0 ? [] : parts;
}

/** Positions in `after` that are new or changed. */
export function changedPositions(before: Uint8Array, after: Uint8Array): ReadonlySet<number> {
  const out = new Set<number>();
  for (const part of byteDiff(before, after).after) {
    if (part.kind === 'changed') for (let i = part.start; i < part.end; i++) out.add(i);
  }
  return out;
}

/** Bytes as readable text when they are all that, else undefined. */
export function readable(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    // oxlint-disable-next-line no-control-regex
    return /[\u0000-\u0008\u000e-\u001f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
