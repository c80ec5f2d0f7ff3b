/** A growing, sorted list of frame numbers in blocks: 4 bytes a row, however many rows a view has, and nothing is copied to grow. */
const BLOCK_BITS = 14;
const BLOCK_SIZE = 1 << BLOCK_BITS;
const MASK = BLOCK_SIZE - 1;

export class FrameList {
  #blocks: Uint32Array[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }
  at(index: number): number {
    return this.#blocks[index >>> BLOCK_BITS]![index & MASK]!;
  }
  push(n: number): void {
    const block = this.#length >>> BLOCK_BITS;
    if (block === this.#blocks.length) this.#blocks.push(new Uint32Array(BLOCK_SIZE));
    this.#blocks[block]![this.#length & MASK] = n;
    this.#length++;
  }
  clear(): void {
    this.#blocks = [];
    this.#length = 0;
  }
  /** Position of the first item that is not below n. */
  firstNotBelow(n: number): number {
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  slice(start: number, end: number): number[] {
    const items: number[] = [];
    for (let i = Math.max(0, start); i < Math.min(end, this.#length); i++) items.push(this.at(i));
    return items;
  }

  /** Takes out every item that `without` knows, puts in the sorted `items`. True when the list changed. */
  merge(without: ReadonlySet<number>, items: readonly number[]): boolean {
    let lowest = items[0] ?? Number.POSITIVE_INFINITY;
    for (const n of without) lowest = Math.min(lowest, n);
    // What lies before the first change stays where it is: changes are nearly always at the end.
    const from = this.firstNotBelow(lowest);
    const tail = this.slice(from, this.#length);
    this.#length = from;
    this.#blocks.length = (from + MASK) >>> BLOCK_BITS;
    let next = 0;
    let isChanged = false;
    for (const n of tail) {
      while (next < items.length && items[next]! < n) {
        this.push(items[next++]!);
        isChanged = true;
      }
      if (next < items.length && items[next] === n) {
        this.push(n);
        next++;
      } else if (without.has(n)) isChanged = true;
      else this.push(n);
    }
    while (next < items.length) {
      this.push(items[next++]!);
      isChanged = true;
    }
    return isChanged;
  }
}
