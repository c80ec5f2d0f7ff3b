/** Bytes received and not gone on, in order, as the very pieces they came in. */
export class Backlog {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  push(part: Uint8Array): void {
    this.#parts.push(part);
    this.#bytes += part.length;
  }

  /** The first so many bytes. */
  take(size: number): Uint8Array[] {
    const taken: Uint8Array[] = [];
    let left = size;
    while (left > 0 && this.#parts.length > 0) {
      const first = this.#parts[0]!;
      if (first.length <= left) {
        taken.push(first);
        left -= first.length;
        this.#parts.shift();
      } else {
        taken.push(first.subarray(0, left));
        this.#parts[0] = first.subarray(left);
        left = 0;
      }
    }
    this.#bytes -= size - left;
    return taken;
  }

  /** All of it, which stays. */
  peek(): readonly Uint8Array[] {
    return this.#parts;
  }

  takeAll(): Uint8Array[] {
    this.#bytes = 0;
    return this.#parts.splice(0);
  }
}
