/** A growing, sorted list of frame numbers: 4 bytes a row, however many rows a view has. */
export class FrameList {
  #items = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }
  at(index: number): number {
    return this.#items[index]!;
  }
  push(n: number): void {
    if (this.#length === this.#items.length) {
      const larger = new Uint32Array(this.#items.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.#length++] = n;
  }
  clear(): void {
    this.#items = new Uint32Array(1024);
    this.#length = 0;
  }
  /** Position of the first item that is not below n. */
  firstNotBelow(n: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#items[middle]! < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  has(n: number): boolean {
    const at = this.firstNotBelow(n);
    return at < this.#length && this.#items[at] === n;
  }
  slice(start: number, end: number): number[] {
    return Array.from(this.#items.subarray(Math.max(0, start), Math.min(end, this.#length)));
  }
  /** Takes out every item `without` knows, puts in the sorted `items`. True when the list changed. */
  merge(without: ReadonlySet<number>, items: readonly number[]): boolean {
    const merged = new Uint32Array(Math.max(1024, this.#length + items.length));
    let length = 0;
    let next = 0;
    let changed = false;
    let added = 0;
    for (let i = 0; i < this.#length; i++) {
      const n = this.#items[i]!;
      while (next < items.length && items[next]! < n) {
        merged[length++] = items[next++]!;
        added++;
      }
      if (next < items.length && items[next] === n) {
        merged[length++] = n;
        next++;
      } else if (without.has(n)) changed = true;
      else merged[length++] = n;
    }
    while (next < items.length) {
      merged[length++] = items[next++]!;
      added++;
    }
    if (!changed && added === 0) return false;
    this.#items = merged;
    this.#length = length;
    return true;
  }
}
