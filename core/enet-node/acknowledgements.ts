/** Acknowledgements to send, kept as the eight bytes that go on the wire so that sending them is one copy. */
import { Command } from './protocol.ts';

const SIZE = 8;

export class Acknowledgements {
  #bytes = new Uint8Array(16 * SIZE);
  #start = 0;
  #end = 0;
  readonly #limit: number;

  /** @param limit number of acknowledgements kept at most; more are dropped, and their commands repeated */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return (this.#end - this.#start) / SIZE;
  }

  /** @returns false when there was no room */
  push(channel: number, sequence: number, sentTime: number): boolean {
    if (this.#end === this.#bytes.length && !this.#makeRoom()) return false;
    const bytes = this.#bytes;
    const at = this.#end;
    bytes[at] = Command.acknowledge;
    bytes[at + 1] = channel;
    bytes[at + 2] = sequence >> 8;
    bytes[at + 3] = sequence;
    bytes[at + 4] = sequence >> 8;
    bytes[at + 5] = sequence;
    bytes[at + 6] = sentTime >> 8;
    bytes[at + 7] = sentTime;
    this.#end += SIZE;
    return true;
  }

  /**
   * Moves up to `commands` acknowledgements into `output[at, end)`.
   * @returns how many were moved
   */
  moveTo(output: Uint8Array, at: number, end: number, commands: number): number {
    const count = Math.min(this.size, commands, Math.floor((end - at) / SIZE));
    const stop = this.#start + count * SIZE;
    output.set(this.#bytes.subarray(this.#start, stop), at);
    this.#start = stop;
    if (this.#start === this.#end) this.clear();
    return count;
  }

  clear(): void {
    this.#start = 0;
    this.#end = 0;
  }

  #makeRoom(): boolean {
    const length = this.#end - this.#start;
    if (length >= this.#limit * SIZE) return false;
    const target = length * 2 > this.#bytes.length ? new Uint8Array(this.#bytes.length * 2) : this.#bytes;
    target.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = target;
    this.#start = 0;
    this.#end = length;
    return true;
  }
}
