/**
 * What is kept of every frame in memory: 14 bytes, in columns, in memory shared between the recorder and the reader. Filters on
 * message, connection, direction, fate, size, time and severity are answered from here alone, at any length of session.
 * The recorder writes, the reader reads; a frame counts once the recorder has announced it.
 */
import { crc32 } from 'node:zlib';
import type { Severity } from '../schema/expert-info.ts';
import { SEVERITIES } from '../schema/expert-info.ts';
import type { Direction, Fate, Origin } from '../traffic/frame.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';

export const CHUNK_FRAMES = 65_536;
const ENTRY_BYTES = 14;
/** Before the columns of a chunk: its layout's number, when stored its checksum, then the time its frames count from. */
const HEAD_BYTES = 16;
const CRC_AT = 4;
const TIME_AT = 8;
const LAYOUT = 2;
/** Times are kept to 20 µs, which reaches 23 hours past the chunk's first frame; the file has them exactly. */
const TICK = 20e-6;
const TIME_IN_FILE = 0xffff_ffff;
const SIZE_IN_FILE = 0xffff;

/** Bits of an entry's flags. Origin, fate and worst severity are small numbers between them. */
export const FLAG = {
  toClient: 1,
  decoded: 1 << 8,
  /** Several messages in the frame: the names beyond the first are in the file. */
  batch: 1 << 9,
  handoff: 1 << 10,
  turns: 1 << 11,
  marked: 1 << 12,
  commented: 1 << 13,
  control: 1 << 14,
  /** Has a row in `outcomes`: sent bytes, waiting time, rules that touched it. */
  outcome: 1 << 15,
} as const;
const ORIGIN_SHIFT = 1;
const FATE_SHIFT = 3;
const WORST_SHIFT = 6;

/** Message number in the index when the session's names have outgrown it: the file knows. */
export const MESSAGE_IN_FILE = 0xffff;

export interface IndexChunk {
  readonly buffer: SharedArrayBuffer;
  readonly layout: Uint32Array;
  /** [0]: what times count from, seconds; 0 before the first frame. */
  readonly base: Float64Array;
  readonly time: Uint32Array;
  readonly conn: Uint32Array;
  readonly size: Uint16Array;
  /** `names.id`; 0: not understood. */
  readonly message: Uint16Array;
  readonly flags: Uint16Array;
}

export function flagsOf(direction: Direction, origin: Origin, fate: Fate, isControl: boolean): number {
  return (
    (direction === 'toClient' ? FLAG.toClient : 0) |
    (ORIGINS.indexOf(origin) << ORIGIN_SHIFT) |
    (FATES.indexOf(fate) << FATE_SHIFT) |
    (isControl ? FLAG.control : 0)
  );
}
export const directionOf = (flags: number): Direction => (flags & FLAG.toClient ? 'toClient' : 'toServer');
export const originOf = (flags: number): Origin => ORIGINS[(flags >> ORIGIN_SHIFT) & 3] ?? 'wire';
export const fateOf = (flags: number): Fate => FATES[(flags >> FATE_SHIFT) & 7] ?? 'forwarded';
/** 0: no expert info; 1 note, 2 warning, 3 error. */
export const worstRank = (flags: number): number => (flags >> WORST_SHIFT) & 3;
export const worstOf = (flags: number): Severity | undefined => SEVERITIES[worstRank(flags) - 1];
export const withFate = (flags: number, fate: Fate): number =>
  (flags & ~(7 << FATE_SHIFT)) | (FATES.indexOf(fate) << FATE_SHIFT);
export const withWorst = (flags: number, rank: number): number =>
  worstRank(flags) >= rank ? flags : (flags & ~(3 << WORST_SHIFT)) | (rank << WORST_SHIFT);
export const withoutWorst = (flags: number): number => flags & ~(3 << WORST_SHIFT);
export const severityRank = (severity: Severity): number => SEVERITIES.indexOf(severity) + 1;

/** Looks up what does not fit into the index: sizes above 64 KiB, times far from the chunk's first. */
export interface FarValues {
  time(n: number): number;
  size(n: number): number;
}

export class FrameIndex {
  readonly chunks: IndexChunk[] = [];
  far: FarValues | undefined;
  /** Frames that may be read: 1 ≤ n ≤ count. */
  count = 0;

  /** Room for frame n; returns the chunk when it is a new one. */
  reserve(n: number): IndexChunk | undefined {
    const at = Math.floor((n - 1) / CHUNK_FRAMES);
    let made: IndexChunk | undefined;
    while (this.chunks.length <= at) {
      made = chunkOver(new SharedArrayBuffer(HEAD_BYTES + CHUNK_FRAMES * ENTRY_BYTES));
      this.chunks.push(made);
    }
    return made;
  }
  /** Takes a chunk made on the other side. */
  attach(buffer: SharedArrayBuffer): void {
    this.chunks.push(chunkOver(buffer));
  }
  chunkOf(n: number): IndexChunk {
    const chunk = this.chunks[Math.floor((n - 1) / CHUNK_FRAMES)];
    if (chunk === undefined) throw new RangeError(`Frame ${n} is not in the index.`);
    return chunk;
  }
  /** Wall clock, seconds, to 20 µs. */
  time(n: number): number {
    const chunk = this.chunkOf(n);
    const ticks = chunk.time[slot(n)]!;
    return ticks === TIME_IN_FILE ? (this.far?.time(n) ?? chunk.base[0]!) : chunk.base[0]! + ticks * TICK;
  }
  setTime(n: number, time: number): void {
    const chunk = this.chunkOf(n);
    if (chunk.base[0] === 0) chunk.base[0] = time;
    const ticks = Math.round((time - chunk.base[0]!) / TICK);
    chunk.time[slot(n)] = ticks >= 0 && ticks < TIME_IN_FILE ? ticks : TIME_IN_FILE;
  }
  conn(n: number): number {
    return this.chunkOf(n).conn[slot(n)]!;
  }
  size(n: number): number {
    const size = this.chunkOf(n).size[slot(n)]!;
    return size === SIZE_IN_FILE ? (this.far?.size(n) ?? size) : size;
  }
  message(n: number): number {
    return this.chunkOf(n).message[slot(n)]!;
  }
  flags(n: number): number {
    return this.chunkOf(n).flags[slot(n)]!;
  }
  setFlags(n: number, flags: number): void {
    this.chunkOf(n).flags[slot(n)] = flags;
  }
  setMessage(n: number, message: number): void {
    this.chunkOf(n).message[slot(n)] = Math.min(message, MESSAGE_IN_FILE);
  }
  put(n: number, time: number, conn: number, size: number, flags: number): void {
    const chunk = this.chunkOf(n);
    const i = slot(n);
    this.setTime(n, time);
    chunk.conn[i] = conn;
    chunk.size[i] = Math.min(size, SIZE_IN_FILE);
    chunk.message[i] = 0;
    chunk.flags[i] = flags;
  }

  /** First frame at or after a time, `count + 1` when there is none. Frames are numbered in the order of recording. */
  firstAt(time: number): number {
    let low = 1;
    let high = this.count + 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.time(middle) < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The columns of block `at` up to `count`, as stored in `index_blocks`. */
  pack(at: number, count: number): Uint8Array {
    const chunk = this.chunks[at]!;
    const frames = Math.min(CHUNK_FRAMES, count - at * CHUNK_FRAMES);
    const bytes = new Uint8Array(HEAD_BYTES + frames * ENTRY_BYTES);
    bytes.set(new Uint8Array(chunk.buffer, 0, HEAD_BYTES));
    let to = HEAD_BYTES;
    for (const column of columnsOf(chunk)) {
      const part = new Uint8Array(column.buffer, column.byteOffset, frames * column.BYTES_PER_ELEMENT);
      bytes.set(part, to);
      to += part.length;
    }
    new DataView(bytes.buffer).setUint32(CRC_AT, crc32(bytes.subarray(TIME_AT)), true);
    return bytes;
  }
  /** Reads a stored block; returns its frames, 0 when it is not of this layout or not what was stored. */
  unpack(at: number, bytes: Uint8Array): number {
    const frames = (bytes.length - HEAD_BYTES) / ENTRY_BYTES;
    if (!Number.isInteger(frames) || frames < 1 || frames > CHUNK_FRAMES) return 0;
    const head = new DataView(bytes.buffer, bytes.byteOffset, HEAD_BYTES);
    const base = head.getFloat64(TIME_AT, true);
    const crc = head.getUint32(CRC_AT, true);
    if (head.getUint32(0, true) !== LAYOUT || !Number.isFinite(base)) return 0;
    // Files of the first format have none.
    if (crc !== 0 && crc !== crc32(bytes.subarray(TIME_AT))) return 0;
    const chunk = this.chunks[at]!;
    chunk.base[0] = base;
    let from = HEAD_BYTES;
    for (const column of columnsOf(chunk)) {
      const size = frames * column.BYTES_PER_ELEMENT;
      new Uint8Array(column.buffer, column.byteOffset, size).set(bytes.subarray(from, from + size));
      from += size;
    }
    return frames;
  }
}

export const slot = (n: number): number => (n - 1) % CHUNK_FRAMES;

function columnsOf(chunk: IndexChunk): readonly (Uint32Array | Uint16Array)[] {
  return [chunk.time, chunk.conn, chunk.size, chunk.message, chunk.flags];
}

function chunkOver(buffer: SharedArrayBuffer): IndexChunk {
  const column = (before: number): number => HEAD_BYTES + CHUNK_FRAMES * before;
  const chunk: IndexChunk = {
    buffer,
    layout: new Uint32Array(buffer, 0, 1),
    base: new Float64Array(buffer, 8, 1),
    time: new Uint32Array(buffer, column(0), CHUNK_FRAMES),
    conn: new Uint32Array(buffer, column(4), CHUNK_FRAMES),
    size: new Uint16Array(buffer, column(8), CHUNK_FRAMES),
    message: new Uint16Array(buffer, column(10), CHUNK_FRAMES),
    flags: new Uint16Array(buffer, column(12), CHUNK_FRAMES),
  };
  chunk.layout[0] = LAYOUT;
  return chunk;
}
