/** Which titles fit what was typed: each word must be found, best at word starts. Pure. */

export interface FuzzyMatch {
  readonly score: number;
  /** Share of the words that were found, 0 < share <= 1. */
  readonly share: number;
  /** Stretches of the title to underline. */
  readonly spans: readonly (readonly [start: number, end: number])[];
}

/** Null when no word is found. */
export function fuzzyMatch(query: string, title: string): FuzzyMatch | null {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return { score: 0, share: 1, spans: [] };
  const text = title.toLowerCase();
  const spans: [number, number][] = [];
  let score = 0;
  let found = 0;
  for (const word of words) {
    const at = findWord(text, word);
    if (at < 0) continue;
    found++;
    const isStart = at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] ?? ' ');
    score += (isStart ? 10 : 3) + word.length - at / 100;
    spans.push([at, at + word.length]);
  }
  if (found === 0) return null;
  return { score: score - title.length / 200, share: found / words.length, spans: merge(spans) };
}

/** A word's beginning is a better place than its middle. */
function findWord(text: string, word: string): number {
  const first = text.indexOf(word);
  for (let at = first; at >= 0; at = text.indexOf(word, at + 1)) {
    if (at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1] ?? ' ')) return at;
  }
  return first;
}

function merge(spans: readonly [number, number][]): readonly (readonly [number, number])[] {
  const sorted = [...spans].sort((a, b) => a[0] - b[0]);
  const out: [number, number][] = [];
  for (const [start, end] of sorted) {
    const last = out.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else out.push([start, end]);
  }
  return out;
}
