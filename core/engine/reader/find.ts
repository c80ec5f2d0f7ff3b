/** The next row that fits, as a job: a search for a decoded field may have to look at many. */
import type { FindWhat } from '../../contract/verbs.ts';
import { FLAG, worstRank } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Vocabulary } from '../../traffic/filter/filter.ts';
import type { Job } from './job.ts';
import { compileOrRefuse, type View } from './view.ts';

/** @throws EngineError `bad-filter` */
export function* findRow(
  reader: SessionReader,
  view: View,
  vocabulary: Vocabulary,
  from: number,
  back: boolean,
  what: FindWhat,
): Job<{ readonly index: number } | null> {
  if (what.kind === 'time') {
    const row = view.firstRowFrom(reader.index.firstAt(reader.began + what.at));
    return view.length === 0 ? null : { index: Math.min(row, view.length - 1) };
  }
  const fits = predicate(reader, vocabulary, what);
  const step = back ? -1 : 1;
  let looked = 0;
  for (let row = from + step; row >= 0 && row < view.length; row += step) {
    if (fits(view.frameAt(row))) return { index: row };
    if ((++looked & 255) === 0) yield undefined;
  }
  return null;
}

function predicate(
  reader: SessionReader,
  vocabulary: Vocabulary,
  what: Exclude<FindWhat, { kind: 'time' }>,
): (n: number) => boolean {
  const { index } = reader;
  switch (what.kind) {
    case 'problem':
      return (n) => worstRank(index.flags(n)) >= 2;
    case 'mark':
      return (n) => (index.flags(n) & (FLAG.marked | FLAG.commented)) !== 0;
    case 'connection':
      return (n) => index.conn(n) === what.conn;
    case 'message':
      return (n) => reader.messageNames(n).includes(what.message);
    case 'filter': {
      const filter = compileOrRefuse(what.filter, vocabulary);
      const subject = reader.subject();
      return (n) => filter.test(subject.moveTo(n));
    }
  }
}
