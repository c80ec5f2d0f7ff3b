/** Is a filter well-formed, what does it say, and how many frames fit? Counted as far as a moment allows. */
import type { Verbs } from '../../contract/verbs.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { compileFilter, type Vocabulary } from '../../traffic/filter/filter.ts';
import { BLOCK, Selector } from './selector.ts';

const CHECK_MS = 25;

export function checkFilter(
  reader: SessionReader,
  vocabulary: Vocabulary,
  now: () => number,
  text: string,
): Verbs['filter.check']['result'] {
  const filter = compileFilter(text, vocabulary);
  if (!filter.ok) return { ok: false, message: filter.message, at: filter.at, end: filter.end };
  const selector = new Selector(reader, { filter });
  const end = now() + CHECK_MS;
  const total = reader.index.count;
  let count = 0;
  for (let from = 1; from <= total; from += BLOCK) {
    selector.scan(
      from,
      Math.min(total, from + BLOCK - 1),
      () => count++,
      () => undefined,
    );
    if (now() > end) return { ok: true, explain: filter.explain() };
  }
  return { ok: true, explain: filter.explain(), count };
}
