/**
 * Windows of timeline rows and live tails as one binary batch: a header, fixed-size records, the extra columns, and a string
 * table in which equal texts are stored once. Little endian throughout.
 *
 *   0 u8  version           1 u8  kind (0: answer to a request, 1: live tail of a view)
 *   2 u16 columns per row   4 u32 request id or view id
 *   8 u32 first row index  12 u32 rows     16 u32 strings     20 u32 rows in the view when this was made
 *  24 records of 60 bytes, then rows × columns u32 string indices, then strings u32 lengths (UTF-16 units), then one UTF-8 text
 */
import { SEVERITIES } from '../schema/expert-info.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import type { Row } from './rows.ts';

export const ROW_BATCH_VERSION = 2;

/** `answer`: `id` is the request's id (`view.rows`). `live`: `id` is the view's id, sent after a `grew` event. */
export type RowBatchKind = 'answer' | 'live';

export interface RowBatchHead {
  readonly kind: RowBatchKind;
  readonly id: number;
  /** Index within the view of the first row. */
  readonly start: number;
  /** Rows in the view when the batch was made. */
  readonly total: number;
}

/** A received batch. Rows are read when asked for: a batch that scrolls past costs nothing. */
export interface RowBatch extends RowBatchHead {
  readonly count: number;
  /** Row `i` of the batch, `0 <= i < count`; its index in the view is `start + i`. */
  row(i: number): Row;
  rows(): Row[];
}

const HEAD_SIZE = 24;
const RECORD_SIZE = 60;
const KINDS: readonly RowBatchKind[] = ['answer', 'live'];

/** Between names of rules, which are one line each. */
const BETWEEN = '\n';
const NOBODY: readonly string[] = [];

const TO_CLIENT = 1;
const MARKED = 2;
const COMMENTED = 4;
const HANDOFF = 8;
const CONTROL = 16;

/** Writes rows as one batch. Numbers above 2³² − 1 (n, size, partner) do not occur: a session numbers its frames from 1. */
export function encodeRowBatch(head: RowBatchHead, rows: readonly Row[]): Uint8Array<ArrayBuffer> {
  const columns = rows[0]?.columns.length ?? 0;
  const strings = new Map<string, number>();
  const intern = (text: string): number => {
    let index = strings.get(text);
    if (index === undefined) {
      index = strings.size;
      strings.set(text, index);
    }
    return index;
  };
  const columnsAt = HEAD_SIZE + rows.length * RECORD_SIZE;
  const lengthsAt = columnsAt + rows.length * columns * 4;
  const fixed = new ArrayBuffer(lengthsAt);
  const view = new DataView(fixed);
  rows.forEach((row, i) => {
    writeRecord(view, HEAD_SIZE + i * RECORD_SIZE, row, intern);
    for (let c = 0; c < columns; c++) {
      view.setUint32(columnsAt + (i * columns + c) * 4, intern(row.columns[c] ?? ''), true);
    }
  });
  view.setUint8(0, ROW_BATCH_VERSION);
  view.setUint8(1, KINDS.indexOf(head.kind));
  view.setUint16(2, columns, true);
  view.setUint32(4, head.id, true);
  view.setUint32(8, head.start, true);
  view.setUint32(12, rows.length, true);
  view.setUint32(16, strings.size, true);
  view.setUint32(20, head.total, true);

  const texts = [...strings.keys()];
  const text = new TextEncoder().encode(texts.join(''));
  const bytes = new Uint8Array(lengthsAt + texts.length * 4 + text.length);
  bytes.set(new Uint8Array(fixed));
  const lengths = new DataView(bytes.buffer, lengthsAt);
  texts.forEach((each, i) => {
    lengths.setUint32(i * 4, each.length, true);
  });
  bytes.set(text, lengthsAt + texts.length * 4);
  return bytes;
}

/** Reads a batch. Throws `RangeError` when the bytes are not a whole batch of this version. */
export function decodeRowBatch(bytes: Uint8Array): RowBatch {
  if (bytes.length < HEAD_SIZE)
    throw new RangeError(`A row batch has at least ${HEAD_SIZE} bytes, got ${bytes.length}.`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(0);
  if (version !== ROW_BATCH_VERSION) {
    throw new RangeError(
      `Row batch version ${version}; this side reads version ${ROW_BATCH_VERSION}. Reload the page.`,
    );
  }
  const kind = KINDS[view.getUint8(1)];
  const columns = view.getUint16(2, true);
  const count = view.getUint32(12, true);
  const stringCount = view.getUint32(16, true);
  const columnsAt = HEAD_SIZE + count * RECORD_SIZE;
  const lengthsAt = columnsAt + count * columns * 4;
  const textAt = lengthsAt + stringCount * 4;
  if (kind === undefined || textAt > bytes.length) throw new RangeError('The row batch is cut off or damaged.');
  const strings = readStrings(view, bytes, lengthsAt, textAt, stringCount);
  const text = (index: number): string => strings[index] ?? '';

  const row = (i: number): Row => {
    if (!(i >= 0 && i < count)) throw new RangeError(`Row ${i} of a batch of ${count}.`);
    const values: string[] = [];
    for (let c = 0; c < columns; c++) values.push(text(view.getUint32(columnsAt + (i * columns + c) * 4, true)));
    return readRecord(view, HEAD_SIZE + i * RECORD_SIZE, text, values);
  };
  return {
    kind,
    id: view.getUint32(4, true),
    start: view.getUint32(8, true),
    count,
    total: view.getUint32(20, true),
    row,
    rows: () => Array.from({ length: count }, (_, i) => row(i)),
  };
}

function writeRecord(view: DataView, at: number, row: Row, intern: (text: string) => number): void {
  const flags =
    (row.direction === 'toClient' ? TO_CLIENT : 0) |
    (row.marked ? MARKED : 0) |
    (row.commented ? COMMENTED : 0) |
    (row.handoff ? HANDOFF : 0) |
    (row.isControl ? CONTROL : 0);
  view.setFloat64(at, row.time, true);
  view.setUint32(at + 8, row.n, true);
  view.setUint32(at + 12, row.conn, true);
  view.setUint32(at + 16, row.size, true);
  view.setUint32(at + 20, row.partner, true);
  view.setFloat32(at + 24, row.answerMs, true);
  view.setFloat32(at + 28, row.waitedMs, true);
  view.setUint8(at + 32, flags);
  view.setUint8(at + 33, ORIGINS.indexOf(row.origin));
  view.setUint8(at + 34, FATES.indexOf(row.fate));
  view.setUint8(at + 35, row.worst === undefined ? 0 : SEVERITIES.indexOf(row.worst) + 1);
  view.setUint16(at + 36, Math.min(row.expertCount, 0xffff), true);
  view.setUint16(at + 38, Math.min(row.batch, 0xffff), true);
  view.setInt16(at + 40, row.color, true);
  view.setUint32(at + 44, intern(row.protocol), true);
  view.setUint32(at + 48, intern(row.message), true);
  view.setUint32(at + 52, intern(row.summary), true);
  view.setUint32(at + 56, intern(row.touchedBy.join(BETWEEN)), true);
}

function readRecord(view: DataView, at: number, text: (i: number) => string, columns: readonly string[]): Row {
  const flags = view.getUint8(at + 32);
  const worst = SEVERITIES[view.getUint8(at + 35) - 1];
  return {
    n: view.getUint32(at + 8, true),
    time: view.getFloat64(at, true),
    conn: view.getUint32(at + 12, true),
    direction: flags & TO_CLIENT ? 'toClient' : 'toServer',
    origin: ORIGINS[view.getUint8(at + 33)] ?? 'wire',
    fate: FATES[view.getUint8(at + 34)] ?? 'forwarded',
    protocol: text(view.getUint32(at + 44, true)),
    message: text(view.getUint32(at + 48, true)),
    summary: text(view.getUint32(at + 52, true)),
    size: view.getUint32(at + 16, true),
    ...(worst ? { worst } : {}),
    expertCount: view.getUint16(at + 36, true),
    partner: view.getUint32(at + 20, true),
    answerMs: view.getFloat32(at + 24, true),
    batch: view.getUint16(at + 38, true),
    marked: (flags & MARKED) !== 0,
    commented: (flags & COMMENTED) !== 0,
    waitedMs: view.getFloat32(at + 28, true),
    handoff: (flags & HANDOFF) !== 0,
    touchedBy: listOf(text(view.getUint32(at + 56, true))),
    isControl: (flags & CONTROL) !== 0,
    columns,
    color: view.getInt16(at + 40, true),
  };
}

function listOf(text: string): readonly string[] {
  return text === '' ? NOBODY : text.split(BETWEEN);
}

/** One decode for the whole table: lengths count UTF-16 units, so the strings are slices of the decoded text. */
function readStrings(view: DataView, bytes: Uint8Array, lengthsAt: number, textAt: number, count: number): string[] {
  const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(textAt));
  const strings: string[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const length = view.getUint32(lengthsAt + i * 4, true);
    strings.push(whole.slice(at, at + length));
    at += length;
  }
  if (at !== whole.length) throw new RangeError('The row batch is cut off or damaged.');
  return strings;
}
