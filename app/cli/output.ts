/** Writing to the terminal: results on stdout, progress and errors on stderr. */
import { once } from 'node:events';
import { writeSync } from 'node:fs';

export function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

/** One line, whatever the error's text is. */
export function printError(error: Error): void {
  process.stderr.write(`interpose: ${error.message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
  if (process.env['INTERPOSE_DEBUG'] !== undefined) process.stderr.write(`${error.stack}\n`);
}

/** Progress is for people: written over itself, and only when stderr is a terminal. */
export function progress(text: string): void {
  if (process.stderr.isTTY) writeSync(2, `\r\u001b[K${text}`);
}

const BLOCK_BYTES = 256 * 1024;

/** Lines in large blocks, waiting when the reader is slow. */
export class LineWriter {
  #block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
  #used = 0;
  #isSlow = false;

  /** True: wait for `drain` before more lines. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  line(text: string): void {
    // A character is three bytes at most, then the line end.
    if (this.#used + text.length * 3 + 1 > BLOCK_BYTES) {
      this.#write();
      if (text.length * 3 + 1 > BLOCK_BYTES) {
        this.#isSlow = !process.stdout.write(`${text}\n`) || this.#isSlow;
        return;
      }
    }
    this.#used += this.#block.write(text, this.#used);
    this.#block[this.#used++] = 10;
  }

  /** Until what was written is taken. */
  async drain(): Promise<void> {
    if (!this.#isSlow) return;
    this.#isSlow = false;
    await once(process.stdout, 'drain');
  }

  async flush(): Promise<void> {
    this.#write();
    await this.drain();
  }

  #write(): void {
    if (this.#used === 0) return;
    const block = this.#block.subarray(0, this.#used);
    // The stream may keep the block for a while: the next lines go elsewhere.
    this.#block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#used = 0;
    this.#isSlow = !process.stdout.write(block) || this.#isSlow;
  }
}
