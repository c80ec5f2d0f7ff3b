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

/** Lines in blocks of 64 KiB, waiting when the reader is slow. */
export class LineWriter {
  #buffer = '';

  async line(text: string): Promise<void> {
    this.#buffer += text;
    this.#buffer += '\n';
    if (this.#buffer.length > 65_536) await this.flush();
  }

  async flush(): Promise<void> {
    const block = this.#buffer;
    this.#buffer = '';
    if (block !== '' && !process.stdout.write(block)) await once(process.stdout, 'drain');
  }
}
