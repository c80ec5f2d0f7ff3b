/** The minimap strip: frames and trouble per span of time. */
import type { Strip, StripBucket } from '../../contract/rows.ts';
import { FLAG, worstRank } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { View } from './view.ts';

const MAX_BUCKETS = 4096;

type Bucket = { -readonly [K in keyof StripBucket]: number };

/** @param from, to seconds since the session began */
export function stripOf(
  reader: SessionReader,
  view: View | undefined,
  from: number,
  to: number,
  wanted: number,
): Strip {
  const { index, began } = reader;
  const count = Math.max(1, Math.min(MAX_BUCKETS, Math.floor(wanted)));
  const buckets: Bucket[] = Array.from({ length: count }, () => ({
    toServer: 0,
    toClient: 0,
    warnings: 0,
    errors: 0,
    marks: 0,
  }));
  const step = (to - from) / count;
  if (!(step > 0) || index.count === 0) return { from, to, buckets };
  const first = index.firstAt(began + from);
  const last = index.firstAt(began + to);
  const add = (n: number): void => {
    const at = Math.floor((index.time(n) - began - from) / step);
    const bucket = buckets[Math.min(count - 1, Math.max(0, at))]!;
    const flags = index.flags(n);
    if (flags & FLAG.toClient) bucket.toClient++;
    else bucket.toServer++;
    const worst = worstRank(flags);
    if (worst === 2) bucket.warnings++;
    else if (worst === 3) bucket.errors++;
    if (flags & FLAG.marked) bucket.marks++;
  };
  const end = Math.min(index.count, to >= index.time(index.count) - began ? index.count : last - 1);
  if (view === undefined) {
    for (let n = first; n <= end; n++) add(n);
  } else {
    for (let row = view.firstRowFrom(first); row < view.length && view.frameAt(row) <= end; row++) {
      add(view.frameAt(row));
    }
  }
  return { from, to, buckets };
}
