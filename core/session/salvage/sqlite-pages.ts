/**
 * The pages of an SQLite file read one by one, without SQLite: it refuses a damaged file as a whole, while most of its pages still
 * hold their rows. https://sqlite.org/fileformat2.html
 */
import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { committedPages } from './wal.ts';

export type Value = null | number | string | Uint8Array;
/** A row; `rowid` is 0 in tables without one. `values` is undefined where part of the row is gone. */
export interface PageRow {
  readonly rowid: number;
  readonly values: readonly Value[] | undefined;
}

/** Of our own files. */
const USUAL_PAGE_SIZE = 8192;
const TABLE_LEAF = 0x0d;
const TABLE_INTERIOR = 0x05;
const INDEX_LEAF = 0x0a;
const INDEX_INTERIOR = 0x02;

export class SqlitePages {
  readonly size: number;
  /** Pages that are there, in part at least, in the file or its log. */
  readonly count: number;
  /** By how much the file is shorter than its header says. */
  readonly missingBytes: number;
  readonly #fd: number;
  readonly #log: Uint8Array;
  readonly #inLog: ReadonlyMap<number, number>;
  readonly #usable: number;
  readonly #decoder = new TextDecoder();

  constructor(path: string) {
    this.#fd = openSync(path, 'r');
    const header = Buffer.alloc(100);
    readSync(this.#fd, header, 0, 100, 0);
    const told = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
    const isPower = told >= 512 && (told & (told - 1)) === 0;
    this.size = isPower ? told : USUAL_PAGE_SIZE;
    this.#usable = this.size - (isPower ? header[20]! : 0);
    this.#log = existsSync(`${path}-wal`) ? readFileSync(`${path}-wal`) : new Uint8Array(0);
    this.#inLog = committedPages(this.#log);
    const fileSize = fstatSync(this.#fd).size;
    // The header's count of pages holds when it was written together with the counter of changes.
    const isSure = isPower && this.#inLog.size === 0 && header.readUInt32BE(24) === header.readUInt32BE(92);
    this.missingBytes = isSure ? Math.max(0, header.readUInt32BE(28) * this.size - fileSize) : 0;
    let last = Math.ceil(fileSize / this.size);
    for (const page of this.#inLog.keys()) last = Math.max(last, page);
    this.count = last;
  }

  close(): void {
    closeSync(this.#fd);
  }

  /** Pages count from 1. What lies past the end of the file is zero, and no page begins with that. */
  page(number: number): Uint8Array {
    const inLog = this.#inLog.get(number);
    if (inLog !== undefined) return this.#log.subarray(inLog, inLog + this.size);
    const page = new Uint8Array(this.size);
    if (number >= 1 && number <= this.count) readSync(this.#fd, page, 0, this.size, (number - 1) * this.size);
    return page;
  }

  /** Rows that begin on a page; none when it holds no rows. */
  *rows(number: number): Generator<PageRow> {
    const page = this.page(number);
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    const start = number === 1 ? 100 : 0;
    const type = page[start];
    if (type !== TABLE_LEAF && type !== INDEX_LEAF && type !== INDEX_INTERIOR) return;
    const pointers = start + (type === INDEX_INTERIOR ? 12 : 8);
    const cells = view.getUint16(start + 3);
    for (let i = 0; i < cells && pointers + 2 * i + 2 <= page.length; i++) {
      const row = this.#cell(page, view.getUint16(pointers + 2 * i), type);
      if (row !== undefined) yield row;
    }
  }

  /** Pages below an interior page. */
  children(number: number): number[] {
    const page = this.page(number);
    const view = new DataView(page.buffer, page.byteOffset, page.length);
    const start = number === 1 ? 100 : 0;
    if (page[start] !== TABLE_INTERIOR && page[start] !== INDEX_INTERIOR) return [];
    const children = [view.getUint32(start + 8)];
    const cells = view.getUint16(start + 3);
    for (let i = 0; i < cells && start + 12 + 2 * i + 2 <= page.length; i++) {
      const at = view.getUint16(start + 12 + 2 * i);
      if (at + 4 <= page.length) children.push(view.getUint32(at));
    }
    return children.filter((child) => child >= 1 && child <= this.count);
  }

  #cell(page: Uint8Array, from: number, type: number): PageRow | undefined {
    const reader = new Varints(page, from + (type === INDEX_INTERIOR ? 4 : 0));
    const size = reader.next();
    const rowid = type === TABLE_LEAF ? reader.next() : 0;
    if (reader.hasEnded || size < 1 || size > this.count * this.size) return undefined;
    const most = type === TABLE_LEAF ? this.#usable - 35 : Math.floor(((this.#usable - 12) * 64) / 255) - 23;
    let here = size;
    if (size > most) {
      const least = Math.floor(((this.#usable - 12) * 32) / 255) - 23;
      const even = least + ((size - least) % (this.#usable - 4));
      here = even <= most ? even : least;
    }
    const { at } = reader;
    if (at + here + (here < size ? 4 : 0) > page.length) return undefined;
    if (here === size) return { rowid, values: this.#values(page.subarray(at, at + here)) };
    const payload = this.#gather(page.subarray(at, at + here), size, u32(page, at + here));
    return { rowid, values: payload === undefined ? undefined : this.#values(payload) };
  }

  /** The rest of a long row lies in a chain of pages. */
  #gather(first: Uint8Array, size: number, next: number): Uint8Array | undefined {
    const payload = new Uint8Array(size);
    payload.set(first);
    let page = next;
    for (let at = first.length; at < size; ) {
      if (page < 2 || page > this.count) return undefined;
      const bytes = this.page(page);
      const length = Math.min(this.#usable - 4, size - at);
      payload.set(bytes.subarray(4, 4 + length), at);
      at += length;
      page = u32(bytes, 0);
    }
    return payload;
  }

  #values(payload: Uint8Array): Value[] | undefined {
    const header = new Varints(payload, 0);
    const headerSize = header.next();
    if (header.hasEnded || headerSize > payload.length) return undefined;
    const values: Value[] = [];
    let at = headerSize;
    while (header.at < headerSize) {
      const serial = header.next();
      const size = sizeOf(serial);
      if (header.hasEnded || size === undefined || at + size > payload.length) return undefined;
      values.push(this.#value(serial, payload.subarray(at, at + size)));
      at += size;
    }
    // A row fills its place; where the file was cut within what says how long its values are, it does not.
    return at === payload.length ? values : undefined;
  }

  #value(serial: number, bytes: Uint8Array): Value {
    if (serial === 0) return null;
    if (serial === 8 || serial === 9) return serial - 8;
    // A copy: pages come and go.
    if (serial >= 12) return serial % 2 === 0 ? bytes.slice() : this.#decoder.decode(bytes);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    if (serial === 7) return view.getFloat64(0);
    let value = view.getInt8(0);
    for (let i = 1; i < bytes.length; i++) value = value * 256 + bytes[i]!;
    return value;
  }
}

const INTEGER_SIZES = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0] as const;
function sizeOf(serial: number): number | undefined {
  return serial >= 12 ? (serial - 12) >>> 1 : INTEGER_SIZES[serial];
}

function u32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0);
}

/** SQLite's numbers of one to nine bytes, the highest bits first. */
class Varints {
  at: number;
  hasEnded = false;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  next(): number {
    let value = 0;
    for (let i = 0; i < 9; i++) {
      const byte = this.#bytes[this.at++];
      if (byte === undefined) {
        this.hasEnded = true;
        return 0;
      }
      if (i === 8) return value * 256 + byte;
      value = value * 128 + (byte & 0x7f);
      if (byte < 0x80) return value;
    }
    return value;
  }
}
