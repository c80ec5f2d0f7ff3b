/**
 * The transparency meter: the running proof that unedited bytes and order are unchanged. What came in and should go on is
 * hashed on receipt; what really goes out is hashed where it is handed to the socket. Whenever both have counted the same
 * number of bytes, the hashes must agree.
 */
import type { Meter } from '../traffic/control.ts';

/** Order-sensitive running hash over bytes: the chunking does not matter. */
class RunningHash {
  bytes = 0;
  #hash = 0x811c9dc5;
  /** Up to three bytes that do not yet fill a word. */
  #carry = 0;

  update(chunk: Uint8Array): void {
    let h = this.#hash;
    let i = 0;
    const end = chunk.length;
    let phase = this.bytes & 3;
    let word = this.#carry;
    while (phase !== 0 && i < end) {
      word |= chunk[i++]! << (phase << 3);
      phase = (phase + 1) & 3;
      if (phase === 0) {
        h = mix(h, word);
        word = 0;
      }
    }
    const last = end - 3;
    for (; i < last; i += 4) {
      h = mix(h, chunk[i]! | (chunk[i + 1]! << 8) | (chunk[i + 2]! << 16) | (chunk[i + 3]! << 24));
    }
    if (phase === 0) {
      word = 0;
      for (; i < end; i++) {
        word |= chunk[i]! << (phase << 3);
        phase++;
      }
    }
    this.#carry = word;
    this.#hash = h;
    this.bytes += end;
  }

  /** A message of so many bytes ends here. */
  boundary(size: number): void {
    this.#hash = mix(this.#hash, size ^ 0x5bd1e995);
  }

  equals(other: RunningHash): boolean {
    return this.#hash === other.#hash && this.#carry === other.#carry;
  }
}

function mix(h: number, word: number): number {
  const x = Math.imul(h ^ word, 0x9e3779b1);
  return x ^ (x >>> 15);
}

/** Bytes that arrived and of which it is not yet known whether they go on as they are. */
export interface Ticket {
  parts: readonly Uint8Array[];
  state: 'open' | 'pass' | 'excused';
}

/** One channel's two hashes; streams have one channel, 0. */
class ChannelMeter {
  readonly came = new RunningHash();
  readonly went = new RunningHash();
  readonly tickets: Ticket[] = [];

  /** In the order of arrival: a later pass never overtakes an earlier undecided one. */
  commit(whole: boolean): void {
    while (this.tickets.length > 0 && this.tickets[0]!.state !== 'open') {
      const ticket = this.tickets.shift()!;
      if (ticket.state !== 'pass') continue;
      for (const part of ticket.parts) {
        this.came.update(part);
        if (whole) this.came.boundary(part.length);
      }
    }
  }
}

/** One direction of one connection. */
export class LaneMeter {
  readonly #total: Totals;
  /** Message boundaries count too (datagrams, ENet packets). */
  readonly #whole: boolean;
  readonly #first = new ChannelMeter();
  #others: Map<number, ChannelMeter> | undefined;
  #differs = false;
  /** Frame in hand when a difference shows; 0: the next one recorded. */
  frame = 0;

  constructor(total: Totals, whole: boolean) {
    this.#total = total;
    this.#whole = whole;
  }

  /** Bytes as they came, which go on unchanged at once. */
  came(bytes: Uint8Array, channel = 0): void {
    const meter = this.#channel(channel);
    if (meter.tickets.length > 0) {
      meter.tickets.push({ parts: [bytes], state: 'pass' });
      return;
    }
    meter.came.update(bytes);
    if (this.#whole) meter.came.boundary(bytes.length);
  }

  /** Bytes as they came, whose fate is not known yet. */
  arrived(parts: readonly Uint8Array[], channel = 0): Ticket {
    const ticket: Ticket = { parts, state: 'open' };
    this.#channel(channel).tickets.push(ticket);
    return ticket;
  }

  /** They go on unchanged now, or are excused: something asked for a change. */
  settle(ticket: Ticket, pass: boolean, channel = 0): void {
    if (ticket.state !== 'open') return;
    ticket.state = pass ? 'pass' : 'excused';
    if (!pass) this.#total.changed++;
    this.#channel(channel).commit(this.#whole);
  }

  /** Bytes handed to the socket in place of what came. */
  went(bytes: Uint8Array, channel = 0): void {
    const meter = this.#channel(channel);
    meter.went.update(bytes);
    if (this.#whole) meter.went.boundary(bytes.length);
    this.#total.bytes += bytes.length;
    if (this.#differs || meter.went.bytes < meter.came.bytes) return;
    if (meter.went.bytes > meter.came.bytes || !meter.went.equals(meter.came)) {
      this.#differs = true;
      this.#total.exact = false;
      if (this.frame > 0) this.#blame(this.frame);
    }
  }

  /** A frame of this direction was recorded. */
  recorded(n: number): void {
    this.#total.frames++;
    if (this.#differs) this.#blame(n);
  }

  /** Something of our own was written. */
  changedOnPurpose(): void {
    this.#total.changed++;
  }

  /** Milliseconds between arrival and being handed on, when nothing asked for a delay. */
  took(ms: number): void {
    const slot = ms <= 0.001 ? 0 : Math.min(SLOTS - 1, Math.ceil(Math.log2(ms * 1000) * PER_OCTAVE));
    const { latencies } = this.#total;
    latencies[slot] = latencies[slot]! + 1;
  }

  #channel(channel: number): ChannelMeter {
    if (channel === 0) return this.#first;
    this.#others ??= new Map();
    let meter = this.#others.get(channel);
    if (meter === undefined) this.#others.set(channel, (meter = new ChannelMeter()));
    return meter;
  }

  #blame(n: number): void {
    this.#total.firstDifference ??= n;
  }
}

/** Latency buckets: eight per doubling, from 1 µs to about 17 minutes. */
const PER_OCTAVE = 8;
const SLOTS = 30 * PER_OCTAVE;

interface Totals {
  exact: boolean;
  bytes: number;
  frames: number;
  changed: number;
  firstDifference: number | undefined;
  readonly latencies: Uint32Array;
}

export interface TransparencyMeter {
  /** `whole`: the carrier keeps message boundaries. */
  lane(whole: boolean): LaneMeter;
  read(): Meter;
}

export function createMeter(): TransparencyMeter {
  const total: Totals = {
    exact: true,
    bytes: 0,
    frames: 0,
    changed: 0,
    firstDifference: undefined,
    latencies: new Uint32Array(SLOTS),
  };
  return {
    lane: (whole) => new LaneMeter(total, whole),
    read: () => ({
      exact: total.exact,
      bytes: total.bytes,
      frames: total.frames,
      changedOnPurpose: total.changed,
      ...(total.firstDifference === undefined ? {} : { firstDifference: total.firstDifference }),
      p50Ms: percentile(total.latencies, 0.5),
      p99Ms: percentile(total.latencies, 0.99),
    }),
  };
}

/** Upper edge of the bucket that holds the share; 0 when nothing was measured. */
function percentile(buckets: Uint32Array, share: number): number {
  let all = 0;
  for (const count of buckets) all += count;
  if (all === 0) return 0;
  let left = Math.ceil(all * share);
  for (let i = 0; i < buckets.length; i++) {
    left -= buckets[i]!;
    if (left <= 0) return 2 ** (i / PER_OCTAVE) / 1000;
  }
  return 0;
}
