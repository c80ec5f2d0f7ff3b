/**
 * The checksum of a frame: CRC-32 over its fixed fields, its bytes and its carrier's headers, begun with the number of its carrier. Batches hold frames in
 * just this form, so that recording computes it in one go over memory that is there anyway.
 */
import { crc32 } from 'node:zlib';

/** Where the fixed fields lie, little-endian: numbers of frame and connection, direction, origin, times, gap, lengths. */
export const CHECKED = {
  n: 0,
  conn: 4,
  direction: 8,
  origin: 9,
  time: 10,
  mono: 18,
  gap: 26,
  bytes: 34,
  head: 38,
  tail: 42,
} as const;
export const CHECKED_HEAD = 46;

/** Lengths in place of the three byte strings. */
export interface CheckedFields {
  readonly n: number;
  readonly conn: number;
  readonly direction: number;
  readonly origin: number;
  readonly time: number;
  readonly mono: number;
  readonly gap: number | null;
  readonly bytes: number;
  readonly head: number;
  readonly tail: number;
}

export function putChecked(view: DataView, at: number, f: CheckedFields): void {
  view.setUint32(at + CHECKED.n, f.n, true);
  view.setUint32(at + CHECKED.conn, f.conn, true);
  view.setUint8(at + CHECKED.direction, f.direction);
  view.setUint8(at + CHECKED.origin, f.origin);
  view.setFloat64(at + CHECKED.time, f.time, true);
  view.setFloat64(at + CHECKED.mono, f.mono, true);
  view.setFloat64(at + CHECKED.gap, f.gap ?? -1, true);
  view.setUint32(at + CHECKED.bytes, f.bytes, true);
  view.setUint32(at + CHECKED.head, f.head, true);
  view.setUint32(at + CHECKED.tail, f.tail, true);
}

/** A row of `frames` as it is read back. */
export interface CheckedRow extends Omit<CheckedFields, 'bytes' | 'head' | 'tail'> {
  readonly carrier: number | null;
  readonly bytes: Uint8Array;
  readonly head: Uint8Array | null;
  readonly tail: Uint8Array | null;
  readonly headers: Uint8Array | null;
}

const fixed = new Uint8Array(CHECKED_HEAD);
const fixedView = new DataView(fixed.buffer);

/** What `frames.crc` must be for this row. */
export function checksumOf(row: CheckedRow): number {
  const parts = [row.bytes, row.head, row.tail, row.headers];
  putChecked(fixedView, 0, {
    ...row,
    bytes: row.bytes.length,
    head: row.head?.length ?? 0,
    tail: row.tail?.length ?? 0,
  });
  let crc = crc32(fixed, (row.carrier ?? 0) >>> 0);
  for (const part of parts) if (part !== null && part.length > 0) crc = crc32(part, crc);
  return crc;
}
