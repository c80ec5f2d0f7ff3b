/** Which blocks of the index are in the file, so that opening it need not scan the frames. A block whose frames change is dropped. */
import { CHUNK_FRAMES, type FrameIndex } from './frame-index.ts';
import type { SessionWriter } from './session-writer.ts';

export class IndexBlocks {
  readonly #index: FrameIndex;
  readonly #writer: SessionWriter;
  readonly #stored = new Set<number>();

  constructor(index: FrameIndex, writer: SessionWriter) {
    this.#index = index;
    this.#writer = writer;
  }

  /** Blocks already stored in the file that was opened. */
  known(blocks: Iterable<number>): void {
    for (const at of blocks) this.#stored.add(at);
  }

  /** Frame n changed. */
  touch(n: number): void {
    const at = Math.floor((n - 1) / CHUNK_FRAMES);
    if (this.#stored.delete(at)) this.#writer.dropBlock(at * CHUNK_FRAMES + 1);
  }

  /** Stores the blocks filled since `announced` frames. */
  storeFull(announced: number): void {
    const full = Math.floor(this.#index.count / CHUNK_FRAMES);
    const known = Math.floor(announced / CHUNK_FRAMES);
    for (let at = known; at < full; at++) this.#store(at);
  }

  /** Stores what is not stored yet, the last and unfinished one too. */
  storeRest(): void {
    const blocks = Math.ceil(this.#index.count / CHUNK_FRAMES);
    for (let at = 0; at < blocks; at++) {
      if (!this.#stored.has(at)) this.#store(at);
    }
  }

  /** Blocks with frames after `announced` did not get into the file. */
  forgetAfter(announced: number): void {
    for (const at of this.#stored) if ((at + 1) * CHUNK_FRAMES > announced) this.#stored.delete(at);
  }

  #store(at: number): void {
    this.#writer.block(at * CHUNK_FRAMES + 1, this.#index.pack(at, this.#index.count));
    this.#stored.add(at);
  }
}
