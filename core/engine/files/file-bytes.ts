/** The bytes of a file of traffic, unpacked where it was packed by gzip or zstd, as capture files are before they are sent around. */
import { closeSync, createReadStream, openSync, readSync, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { EngineError } from '../../traffic/engine-error.ts';

export const HEAD_BYTES = 64 * 1024;
/** Files that are read whole (HAR, flows, stream logs) are refused above this. */
const MAX_WHOLE_BYTES = 512 * 1024 * 1024;

export class FileBytes {
  readonly path: string;
  /** On the disk. */
  readonly size: number;
  /** How much of that was read by `chunks`. */
  done = 0;
  /** Where unpacking stopped before the end. */
  problem: string | undefined;
  readonly #packed: 'gzip' | 'zstd' | undefined;

  /** @throws EngineError `unreadable-file` */
  constructor(path: string) {
    this.path = path;
    const start = readStart(path, 4);
    this.size = statSync(path).size;
    this.#packed = packedBy(start);
  }

  /** Up to 64 KiB from the beginning, to tell by what the file is. */
  async head(): Promise<Uint8Array> {
    if (this.#packed === undefined) return readStart(this.path, HEAD_BYTES);
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.chunks()) {
      parts.push(chunk);
      size += chunk.length;
      if (size >= HEAD_BYTES) break;
    }
    return Buffer.concat(parts).subarray(0, HEAD_BYTES);
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    this.done = 0;
    const file = createReadStream(this.path, { highWaterMark: 1 << 18 });
    if (this.#packed === undefined) {
      for await (const chunk of file as AsyncIterable<Uint8Array>) {
        this.done += chunk.length;
        yield chunk;
      }
      return;
    }
    const unpacking = this.#packed === 'gzip' ? createGunzip({ chunkSize: 1 << 18 }) : createZstdDecompress();
    // What fails comes out of the reading below.
    pipeline(file, unpacking, () => undefined);
    try {
      for await (const chunk of unpacking as AsyncIterable<Uint8Array>) {
        this.done = file.bytesRead;
        yield chunk;
      }
    } catch (error) {
      this.problem = `the ${this.#packed} file cannot be unpacked to its end (${(error as Error).message})`;
    }
  }

  /** @throws EngineError `unreadable-file` when it is too large for that */
  async whole(): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of this.chunks()) {
      size += chunk.length;
      if (size > MAX_WHOLE_BYTES)
        throw new EngineError(
          'unreadable-file',
          `${this.path} is larger than ${MAX_WHOLE_BYTES >> 20} MiB, too large for this format`,
        );
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  }
}

/** @throws EngineError `unreadable-file` */
export function readStart(path: string, size: number): Uint8Array {
  const unreadable = (error: unknown): EngineError => {
    const { code } = error as NodeJS.ErrnoException;
    const text = code === 'ENOENT' ? `there is no file ${path}` : `cannot read ${path} (${code})`;
    return new EngineError('unreadable-file', text);
  };
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    throw unreadable(error);
  }
  try {
    const start = new Uint8Array(size);
    return start.subarray(0, readSync(file, start, 0, size, 0));
  } catch (error) {
    throw unreadable(error);
  } finally {
    closeSync(file);
  }
}

function packedBy(start: Uint8Array): 'gzip' | 'zstd' | undefined {
  const magic = Buffer.from(start).toString('hex');
  if (magic.startsWith('1f8b')) return 'gzip';
  return magic === '28b52ffd' ? 'zstd' : undefined;
}
