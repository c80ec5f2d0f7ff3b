/** Pages of a write-ahead log that were committed: what a killed process left beside its file. As SQLite itself reads them. */

const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

/** Where the newest committed copy of each page lies in the log. */
export function committedPages(log: Uint8Array): ReadonlyMap<number, number> {
  const committed = new Map<number, number>();
  if (log.length < HEADER) return committed;
  const view = new DataView(log.buffer, log.byteOffset, log.length);
  const magic = view.getUint32(0);
  const isBig = magic === MAGIC + 1;
  if (magic !== MAGIC && !isBig) return committed;
  const pageSize = view.getUint32(8);
  if (pageSize < 512 || pageSize > 65_536) return committed;
  let sum: Sum = [0, 0];
  const add = (from: number, to: number): void => {
    sum = checksum(view, from, to, !isBig, sum);
  };
  const isNext = (at: number): boolean => view.getUint32(at) === sum[0] && view.getUint32(at + 4) === sum[1];
  add(0, 24);
  if (!isNext(24)) return committed;
  const waiting = new Map<number, number>();
  for (let at = HEADER; at + FRAME_HEADER + pageSize <= log.length; at += FRAME_HEADER + pageSize) {
    if (view.getUint32(at + 8) !== view.getUint32(16) || view.getUint32(at + 12) !== view.getUint32(20)) break;
    add(at, at + 8);
    add(at + FRAME_HEADER, at + FRAME_HEADER + pageSize);
    if (!isNext(at + 16)) break;
    waiting.set(view.getUint32(at), at + FRAME_HEADER);
    if (view.getUint32(at + 4) === 0) continue;
    for (const [page, place] of waiting) committed.set(page, place);
    waiting.clear();
  }
  return committed;
}

type Sum = readonly [number, number];

function checksum(view: DataView, from: number, to: number, isLittle: boolean, [first, second]: Sum): Sum {
  let a = first;
  let b = second;
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, isLittle) + b) >>> 0;
    b = (b + view.getUint32(at + 4, isLittle) + a) >>> 0;
  }
  return [a, b];
}
