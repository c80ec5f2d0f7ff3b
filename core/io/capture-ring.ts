/** The last minutes of a capture, kept in memory until someone wants them. */
import type { Packet } from '../capture/packet.ts';

const DEFAULT_BYTES = 512 * 1024 * 1024;
/** Memory a kept packet costs besides its bytes. */
const PACKET_COST = 160;

export class CaptureRing {
  readonly #seconds: number;
  readonly #maxBytes: number;
  #packets: Packet[] = [];
  /** Packets before this one are no longer kept. */
  #first = 0;
  #bytes = 0;
  /** Packets that had to go before their time because of the byte limit. */
  overflowed = 0;

  constructor(seconds: number, maxBytes = DEFAULT_BYTES) {
    this.#seconds = seconds;
    this.#maxBytes = maxBytes;
  }

  push(packets: readonly Packet[]): void {
    for (const packet of packets) {
      // A copy: the chunk it came in holds many others.
      this.#packets.push({ ...packet, bytes: packet.bytes.slice() });
      this.#bytes += packet.bytes.length + PACKET_COST;
    }
    const last = packets.at(-1);
    if (last !== undefined) this.#forget(last.time - this.#seconds);
  }

  get size(): number {
    return this.#packets.length - this.#first;
  }

  /** What is kept, oldest first; the ring is empty afterwards. */
  take(): Packet[] {
    const kept = this.#packets.slice(this.#first);
    this.#packets = [];
    this.#first = 0;
    this.#bytes = 0;
    return kept;
  }

  #forget(before: number): void {
    while (this.#first < this.#packets.length) {
      const { time, bytes } = this.#packets[this.#first]!;
      const isOld = time < before;
      if (!isOld && this.#bytes <= this.#maxBytes) break;
      if (!isOld) this.overflowed++;
      this.#bytes -= bytes.length + PACKET_COST;
      this.#first++;
    }
    // Moved together only when half of it is empty, so that forgetting stays cheap.
    if (this.#first > 1024 && this.#first * 2 > this.#packets.length) {
      this.#packets = this.#packets.slice(this.#first);
      this.#first = 0;
    }
  }
}
