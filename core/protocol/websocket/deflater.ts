/** Deflates messages for permessage-deflate; the context stays from message to message. */
import { Deflate } from 'pako';

const SYNC_FLUSH = 2;

export class MessageDeflater {
  readonly #deflate: Deflate;
  #parts: Uint8Array[] = [];

  /** @param windowBits agreed for the direction, 8 to 15 */
  constructor(windowBits: number) {
    // zlib cannot do a raw window of 8 bits; without references any window will do.
    const how = windowBits < 9 ? { level: 0, windowBits: 9 } : { level: 6, windowBits };
    this.#deflate = new Deflate({ raw: true, ...how });
    this.#deflate.onData = (chunk) => {
      this.#parts.push(chunk);
    };
  }

  /** Without the trailing 00 00 FF FF that every message would end with. */
  deflate(payload: Uint8Array): Uint8Array {
    this.#parts = [];
    this.#deflate.push(payload, SYNC_FLUSH);
    const size = this.#parts.reduce((sum, part) => sum + part.length, 0);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole.subarray(0, Math.max(0, size - 4));
  }
}
