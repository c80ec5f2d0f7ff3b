/**
 * The last bytes of a stream, copied, to compare retransmissions with: each stands at its sequence number modulo the size. Views of the
 * capture's own buffers would keep whole pieces of the file in memory for every connection.
 */

const FIRST_SIZE = 1024;
const MOST = 64 * 1024;

export class Delivered {
  #ring: Uint8Array | undefined;
  /** How many of the bytes before the next one are known. */
  #kept = 0;

  /** @param next sequence number of the first byte */
  add(next: number, bytes: Uint8Array): void {
    const fresh = bytes.length > MOST ? bytes.subarray(bytes.length - MOST) : bytes;
    const from = (next + bytes.length - fresh.length) >>> 0;
    const ring = this.#ringFor(next, Math.min(MOST, this.#kept + fresh.length));
    const at = from & (ring.length - 1);
    const first = Math.min(fresh.length, ring.length - at);
    if (first === fresh.length) ring.set(fresh, at);
    else {
      ring.set(fresh.subarray(0, first), at);
      ring.set(fresh.subarray(first), 0);
    }
    this.#kept = Math.min(MOST, this.#kept + fresh.length);
  }

  /** A hole was passed over: what came before it is not compared any more. */
  forget(): void {
    this.#ring = undefined;
    this.#kept = 0;
  }

  /** Whether these bytes, all before `next`, are others than those delivered, as far as those are remembered. */
  differs(next: number, sequence: number, bytes: Uint8Array): boolean {
    const ring = this.#ring;
    if (ring === undefined) return false;
    const ahead = (next - sequence) | 0;
    for (let i = Math.max(0, ahead - this.#kept); i < Math.min(bytes.length, ahead); i++)
      if (ring[(sequence + i) & (ring.length - 1)] !== bytes[i]) return true;
    return false;
  }

  #ringFor(next: number, needed: number): Uint8Array {
    let ring = this.#ring;
    if (ring !== undefined && ring.length >= needed) return ring;
    let size = ring?.length ?? FIRST_SIZE;
    while (size < needed) size *= 2;
    const grown = new Uint8Array(size);
    if (ring !== undefined)
      for (let back = 1; back <= this.#kept; back++) {
        const at = next - back;
        grown[at & (size - 1)] = ring[at & (ring.length - 1)]!;
      }
    this.#ring = ring = grown;
    return ring;
  }
}
