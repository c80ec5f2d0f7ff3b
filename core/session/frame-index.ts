/**
 * What is kept of every frame in memory: 20 bytes, in columns, in memory shared between the recorder and the reader. Filters on
 * message, connection, direction, fate, size, time and severity are answered from here alone, at any length of session.
 * The recorder writes, the reader reads; a frame counts once the recorder has announced it.
 */
import type { Severity } from '../schema/expert-info.ts';
import { SEVERITIES } from '../schema/expert-info.ts';
import type { Direction, Fate, Origin } from '../traffic/frame.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';

export const CHUNK_FRAMES = 65_536;
const ENTRY_BYTES = 20;

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
  /** Wall clock, seconds. */
  readonly time: Float64Array;
  readonly conn: Uint32Array;
  readonly size: Uint32Array;
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

export class FrameIndex {
  readonly chunks: IndexChunk[] = [];
  /** Frames that may be read: 1 ≤ n ≤ count. */
  count = 0;

  /** Room for frame n; returns the chunk when it is a new one. */
  reserve(n: number): IndexChunk | undefined {
    const at = Math.floor((n - 1) / CHUNK_FRAMES);
    let made: IndexChunk | undefined;
    while (this.chunks.length <= at) {
      made = chunkOver(new SharedArrayBuffer(CHUNK_FRAMES * ENTRY_BYTES));
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
  time(n: number): number {
    return this.chunkOf(n).time[slot(n)]!;
  }
  conn(n: number): number {
    return this.chunkOf(n).conn[slot(n)]!;
  }
  size(n: number): number {
    return this.chunkOf(n).size[slot(n)]!;
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
    chunk.time[i] = time;
    chunk.conn[i] = conn;
    chunk.size[i] = size;
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
    const bytes = new Uint8Array(frames * ENTRY_BYTES);
    let to = 0;
    for (const column of [chunk.time, chunk.conn, chunk.size, chunk.message, chunk.flags]) {
      const part = new Uint8Array(column.buffer, column.byteOffset, frames * column.BYTES_PER_ELEMENT);
      bytes.set(part, to);
      to += part.length;
    }
    return bytes;
  }
  /** Reads a stored block; false when it does not have the size it should. */
  unpack(at: number, bytes: Uint8Array): number {
    if (bytes.length % ENTRY_BYTES !== 0 || bytes.length > CHUNK_FRAMES * ENTRY_BYTES) return 0;
    const frames = bytes.length / ENTRY_BYTES;
    const chunk = this.chunks[at]!;
    let from = 0;
    for (const column of [chunk.time, chunk.conn, chunk.size, chunk.message, chunk.flags]) {
      const size = frames * column.BYTES_PER_ELEMENT;
      new Uint8Array(column.buffer, column.byteOffset, size).set(bytes.subarray(from, from + size));
      from += size;
    }
    return frames;
  }
}

export const slot = (n: number): number => (n - 1) % CHUNK_FRAMES;

function chunkOver(buffer: SharedArrayBuffer): IndexChunk {
  return {
    buffer,
    time: new Float64Array(buffer, 0, CHUNK_FRAMES),
    conn: new Uint32Array(buffer, CHUNK_FRAMES * 8, CHUNK_FRAMES),
    size: new Uint32Array(buffer, CHUNK_FRAMES * 12, CHUNK_FRAMES),
    message: new Uint16Array(buffer, CHUNK_FRAMES * 16, CHUNK_FRAMES),
    flags: new Uint16Array(buffer, CHUNK_FRAMES * 18, CHUNK_FRAMES),
  };
}
