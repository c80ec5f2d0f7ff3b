/** Brings the frame index of a file into memory: whole blocks as they were stored, the rest read from the tables. */
import type { DatabaseSync } from 'node:sqlite';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import { CHUNK_FRAMES, FLAG, type FrameIndex, MESSAGE_IN_FILE, flagsOf, slot, withWorst } from './frame-index.ts';
import { MEANING } from './schema.ts';

/** Returns the numbers of the blocks that were stored whole. */
export function loadIndex(db: DatabaseSync, index: FrameIndex): number[] {
  const last = (db.prepare('SELECT max(n) AS n FROM frames').get() as { n: number | null }).n ?? 0;
  if (last === 0) return [];
  index.reserve(last);
  index.count = last;
  const select = db.prepare('SELECT data FROM index_blocks WHERE first = ?');
  const known: number[] = [];
  for (let at = 0; at * CHUNK_FRAMES < last; at++) {
    const first = at * CHUNK_FRAMES + 1;
    const row = select.get(first) as { data: Uint8Array } | undefined;
    const wanted = Math.min(CHUNK_FRAMES, last - first + 1);
    const got = row === undefined ? 0 : index.unpack(at, row.data);
    // Given back at once: a hundred blocks waiting for the collector would double the process.
    if (row !== undefined) (row.data.buffer as ArrayBuffer).transfer(0);
    if (got === wanted) known.push(at);
    else scan(db, index, first, first + wanted - 1);
  }
  return known;
}

function scan(db: DatabaseSync, index: FrameIndex, from: number, to: number): void {
  const control = new Set(
    (db.prepare('SELECT id, carrier FROM carriers').all() as { id: number; carrier: string }[])
      .filter((c) => /"opcode":"(ping|pong|close)"/.test(c.carrier))
      .map((c) => c.id),
  );
  const frames = db.prepare(
    `SELECT f.n, f.conn, f.time, length(f.bytes), f.direction, f.origin, f.carrier, m.message, m.flags, m.more IS NOT NULL,
       f.gap IS NOT NULL AND length(f.bytes) = 0
     FROM frames f LEFT JOIN meanings m ON m.n = f.n WHERE f.n BETWEEN ? AND ?`,
  );
  frames.setReturnArrays(true);
  const chunk = index.chunkOf(from);
  for (const row of frames.iterate(from, to) as unknown as Iterable<(number | null)[]>) {
    const [n, conn, time, size, direction, origin, carrier, message, meaning, batch, gap] = row as number[];
    const i = slot(n!);
    index.put(n!, time!, conn!, size!, 0);
    chunk.message[i] = Math.min(message ?? 0, MESSAGE_IN_FILE);
    chunk.flags[i] =
      flagsOf(
        direction === 1 ? 'toClient' : 'toServer',
        ORIGINS[origin!] ?? 'wire',
        'forwarded',
        control.has(carrier!) || gap === 1,
      ) |
      (message === null ? 0 : FLAG.decoded) |
      (batch ? FLAG.batch : 0) |
      ((meaning ?? 0) & MEANING.turns ? FLAG.turns : 0) |
      ((meaning ?? 0) & MEANING.handoff ? FLAG.handoff : 0);
  }
  // A number without a frame (it could not be written) keeps the order of times.
  for (let n = Math.max(from, 2); n <= to; n++) if (index.conn(n) === 0) index.setTime(n, index.time(n - 1));
  const each = (sql: string, apply: (flags: number, row: number[]) => number): void => {
    const statement = db.prepare(sql);
    statement.setReturnArrays(true);
    for (const row of statement.all(from, to) as unknown as number[][]) {
      const i = slot(row[0]!);
      chunk.flags[i] = apply(chunk.flags[i]!, row);
    }
  };
  each('SELECT n, fate FROM outcomes WHERE n BETWEEN ? AND ?', (flags, [, fate]) => {
    return (flags & ~(7 << 3)) | (Math.max(0, Math.min(fate ?? 0, FATES.length - 1)) << 3) | FLAG.outcome;
  });
  each(
    'SELECT n, mark IS NOT NULL, comment IS NOT NULL FROM marks WHERE n BETWEEN ? AND ?',
    (flags, [, mark, comment]) => flags | (mark ? FLAG.marked : 0) | (comment ? FLAG.commented : 0),
  );
  each('SELECT n, max(severity) FROM experts WHERE n BETWEEN ? AND ? GROUP BY n', (flags, [, worst]) =>
    withWorst(flags, (worst ?? 0) + 1),
  );
}
