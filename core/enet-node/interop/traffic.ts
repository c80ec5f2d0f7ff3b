/**
 * The traffic of the interoperation tests. Both ends make and check the same sequence of packets from the same
 * arithmetic (peer.c has it in C), so neither has to trust the other.
 */
import { PacketFlag } from '../packet.ts';

export const CHANNELS = 3;
const { reliable, unsequenced, unreliableFragment } = PacketFlag;

/** The kinds of ten packets in a row. */
const KINDS = [reliable, reliable, 0, reliable, unsequenced, reliable, 0, reliable, unreliableFragment, reliable];

/** Size of a reliable packet: mostly up to 120 bytes, some 5 KB and 100 KB, now and then 1 MB. */
function reliableSize(key: number): number {
  if (key % 8000 === 999) return 1_000_000;
  if (key % 800 === 399) return 100_000;
  if (key % 80 === 39) return 5000;
  return 1 + ((key * 7919) % 120);
}

function fill(data: Uint8Array, from: number, key: number): void {
  for (let i = from; i < data.length; i++) data[i] = key * 131 + i * 7 + (key >> 8);
}

function right(data: Uint8Array, from: number, key: number): boolean {
  for (let i = from; i < data.length; i++) if (data[i] !== ((key * 131 + i * 7 + (key >> 8)) & 0xff)) return false;
  return true;
}

/** One side's sending. */
export class TrafficSource {
  readonly count: number;
  sent = 0;
  readonly #numbers = [0, 0, 0];

  constructor(count: number) {
    this.count = count;
  }

  get done(): boolean {
    return this.sent >= this.count;
  }

  next(): { channel: number; flags: number; data: Uint8Array } {
    const index = this.sent++;
    const channel = index % CHANNELS;
    const flags = KINDS[Math.floor(index / CHANNELS) % 10]!;
    if (flags === reliable) {
      const key = this.#numbers[channel]! * CHANNELS + channel;
      this.#numbers[channel]!++;
      const data = new Uint8Array(reliableSize(key));
      fill(data, 0, key);
      return { channel, flags, data };
    }
    const large = flags === unreliableFragment && index % 4 === 0;
    const data = new Uint8Array(large ? 3000 : 4 + ((index * 31) % 200));
    new DataView(data.buffer).setUint32(0, index);
    fill(data, 4, index);
    return { channel, flags, data };
  }
}

/** One side's checking. */
export class TrafficSink {
  /** Reliable packets that must come. */
  readonly expected: number;
  reliable = 0;
  unreliable = 0;
  faults: string[] = [];
  readonly #numbers = [0, 0, 0];
  readonly #last = [-1, -1, -1];
  readonly #seen = new Set<number>();

  constructor(count: number) {
    this.expected = Array.from({ length: count }, (_, i) => KINDS[Math.floor(i / CHANNELS) % 10]).filter(
      (flags) => flags === reliable,
    ).length;
  }

  get done(): boolean {
    return this.reliable >= this.expected;
  }

  take(channel: number, flags: number, data: Uint8Array): void {
    if ((flags & reliable) !== 0) {
      const key = this.#numbers[channel]! * CHANNELS + channel;
      this.#numbers[channel]!++;
      this.reliable++;
      const wanted = reliableSize(key);
      if (data.length !== wanted) this.#fault(`reliable ${key}: ${data.length} bytes instead of ${wanted}`);
      else if (!right(data, 0, key)) this.#fault(`reliable ${key} is damaged`);
      return;
    }
    this.unreliable++;
    const index = new DataView(data.buffer, data.byteOffset).getUint32(0);
    if (!right(data, 4, index)) this.#fault(`unreliable ${index} is damaged`);
    if ((flags & unsequenced) !== 0) {
      if (this.#seen.has(index)) this.#fault(`unsequenced ${index} came twice`);
      this.#seen.add(index);
    } else {
      if (index <= this.#last[channel]!) this.#fault(`unreliable ${index} after ${this.#last[channel]}`);
      this.#last[channel] = index;
    }
  }

  #fault(text: string): void {
    if (this.faults.length < 10) this.faults.push(text);
  }
}
