/** Frames with a mark or a comment. */
import type { Verbs } from '../../contract/verbs.ts';
import type { SessionReader } from '../../session/session-reader.ts';

export function marksOf(reader: SessionReader): Verbs['marks.list']['result'] {
  const rows = reader.db.prepare('SELECT n, mark, comment FROM marks ORDER BY n').all() as {
    n: number;
    mark: string | null;
    comment: string | null;
  }[];
  return rows.map(({ n, mark, comment }) => ({
    n,
    ...(mark === null ? {} : { mark }),
    ...(comment === null ? {} : { comment }),
  }));
}
