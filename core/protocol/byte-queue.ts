/** Bytes that arrive in chunks and are taken in pieces. Copies only where a piece spans chunks. */
export class ByteQueue {
  #chunks: Uint8Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next `size` bytes without taking them, or undefined while there are fewer. */
  peek(size: number): Uint8Array | undefined {
    if (this.#length < size) return undefined;
    const first = this.#chunks[0];
    if (first === undefined) return new Uint8Array(0);
    if (first.length >= size) return first.subarray(0, size);
    const joined = new Uint8Array(Math.max(size, Math.min(this.#length, 65_536)));
    let at = 0;
    let used = 0;
    while (at < joined.length) {
      const chunk = this.#chunks[used]!;
      const part = chunk.subarray(0, joined.length - at);
      joined.set(part, at);
      at += part.length;
      if (part.length < chunk.length) {
        this.#chunks[used] = chunk.subarray(part.length);
        break;
      }
      used++;
    }
    this.#chunks.splice(0, used, joined);
    return joined.subarray(0, size);
  }

  take(size: number): Uint8Array | undefined {
    const bytes = this.peek(size);
    if (bytes === undefined) return undefined;
    const first = this.#chunks[0];
    if (first !== undefined && first.length > size) this.#chunks[0] = first.subarray(size);
    else this.#chunks.shift();
    this.#length -= size;
    return bytes;
  }
}
