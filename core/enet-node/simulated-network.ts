/**
 * A network in memory that loses, duplicates, delays and reorders datagrams, always the same way for the same seed.
 * For tests and for trying out bad lines; it has no clock of its own.
 */
import type { Address } from './connection-state.ts';
import { seededRandom } from './random.ts';

/** How bad the network is. Shares from 0 to 1, times in ms. */
export interface NetworkConditions {
  readonly seed?: number;
  /** Share of datagrams lost. */
  readonly loss?: number;
  /** Share of datagrams delivered twice. */
  readonly duplication?: number;
  /** Share of datagrams held back so that later ones pass them. */
  readonly reordering?: number;
  /** Shortest and longest way; with a difference, datagrams pass each other now and then anyway. Default [1, 1]. */
  readonly latency?: readonly [shortest: number, longest: number];
}

/** A datagram on its way. */
export interface Delivery {
  readonly time: number;
  readonly from: Address;
  readonly to: Address;
  readonly bytes: Uint8Array;
}

export class SimulatedNetwork {
  readonly #conditions: Required<NetworkConditions>;
  readonly #random: () => number;
  /** A binary heap by time, then by the order of sending. */
  readonly #heap: { delivery: Delivery; order: number }[] = [];
  #order = 0;

  constructor(conditions: NetworkConditions = {}) {
    this.#conditions = { seed: 1, loss: 0, duplication: 0, reordering: 0, latency: [1, 1], ...conditions };
    this.#random = seededRandom(this.#conditions.seed);
  }

  /** Number of datagrams on their way. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the next datagram arrives; infinity when there is none. */
  get nextTime(): number {
    return this.#heap[0]?.delivery.time ?? Number.POSITIVE_INFINITY;
  }

  /** Sends a copy of a datagram, or two, or none. */
  send(from: Address, to: Address, bytes: Uint8Array, now: number): void {
    for (const delay of this.delays()) this.#push({ time: now + delay, from, to, bytes: bytes.slice() });
  }

  /** Decides the fate of one datagram: the delays of its copies, none when it is lost. */
  delays(): number[] {
    const { loss, duplication } = this.#conditions;
    if (this.#random() < loss) return [];
    const first = this.#delay();
    return this.#random() < duplication ? [first, this.#delay()] : [first];
  }

  /** Takes out the next datagram due at `now`. */
  take(now: number): Delivery | undefined {
    const heap = this.#heap;
    const top = heap[0];
    if (top === undefined || top.delivery.time > now) return undefined;
    const last = heap.pop()!;
    if (heap.length > 0) {
      heap[0] = last;
      this.#sink();
    }
    return top.delivery;
  }

  #delay(): number {
    const [shortest, longest] = this.#conditions.latency;
    const delay = shortest + this.#random() * (longest - shortest);
    return this.#random() < this.#conditions.reordering ? delay + longest + 5 * this.#random() : delay;
  }

  #push(delivery: Delivery): void {
    const heap = this.#heap;
    heap.push({ delivery, order: this.#order++ });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#before(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(): void {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      let least = index;
      if (left < this.#heap.length && this.#before(left, least)) least = left;
      if (left + 1 < this.#heap.length && this.#before(left + 1, least)) least = left + 1;
      if (least === index) return;
      this.#swap(index, least);
      index = least;
    }
  }

  #before(a: number, b: number): boolean {
    const first = this.#heap[a]!;
    const second = this.#heap[b]!;
    if (first.delivery.time !== second.delivery.time) return first.delivery.time < second.delivery.time;
    return first.order < second.order;
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }
}
