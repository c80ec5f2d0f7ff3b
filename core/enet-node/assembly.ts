/**
 * A packet arriving in fragments. Keeps the pieces as they came and joins them at the end, so that a single datagram
 * that announces a huge packet costs nothing.
 */
export class Assembly {
  readonly fragmentCount: number;
  readonly totalLength: number;
  #pieces = new Map<number, { offset: number; data: Uint8Array }>();
  #length = 0;

  /** @param totalLength bytes of the whole packet */
  constructor(fragmentCount: number, totalLength: number) {
    this.fragmentCount = fragmentCount;
    this.totalLength = totalLength;
  }

  /** Number of fragments here. */
  get received(): number {
    return this.#pieces.size;
  }

  get complete(): boolean {
    return this.#pieces.size === this.fragmentCount;
  }

  has(fragment: number): boolean {
    return this.#pieces.has(fragment);
  }

  /** Adds a fragment; one that is already here is ignored. */
  add(fragment: number, offset: number, data: Uint8Array): void {
    if (this.#pieces.has(fragment)) return;
    this.#pieces.set(fragment, { offset, data });
    this.#length += data.length;
  }

  /** The joined packet; undefined when the fragments, though all here, do not fill it. */
  join(): Uint8Array | undefined {
    if (!this.complete || this.#length !== this.totalLength) return undefined;
    const whole = new Uint8Array(this.totalLength);
    for (const { offset, data } of this.#pieces.values()) whole.set(data, offset);
    return whole;
  }
}
