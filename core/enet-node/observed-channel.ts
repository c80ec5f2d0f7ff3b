/** A channel of an observed direction: its packets in order, and what the capture lacks of it. */
import { PacketFlag } from './packet.ts';
import type { FlowChannelStatistics } from './passive-flow-event.ts';
import { Command } from './protocol.ts';
import { ReceiveChannel, type ReceiveSink } from './receive-channel.ts';

export type GapReason = 'not captured' | 'incomplete' | 'still missing';

/** Told of the reliable sequence numbers from `first` on that are passed over. */
export type OnGap = (channel: number, first: number, count: number, reason: GapReason) => void;

/** Which fragment of how many a command carries. */
export interface FragmentPlace {
  readonly count: number;
  readonly number: number;
  readonly total: number;
  readonly offset: number;
}

/** Sequence numbers before the first one seen that may still come as repeats. */
const BEFORE_START = 64;
const REMEMBERED = 512;
const MOST_PASSED = 4096;

export class ObservedChannel {
  readonly order: ReceiveChannel;
  readonly counts: FlowChannelStatistics;
  /** The first reliable sequence number to expect is known. */
  isBased: boolean;
  readonly #onGap: OnGap;
  readonly #giveUpAfter: number;
  /** Acknowledged sequence numbers that were not seen, with the time of the acknowledgement. */
  readonly #missed = new Map<number, number>();
  /** Passed-over sequence numbers that may still come. */
  readonly #passed = new Set<number>();
  /** The last unreliable packets delivered, to tell a repeat from one that came late. */
  readonly #recent = new Set<number>();
  /** Since when the next packet has been missing, and which. */
  #holeSince = 0;
  #holeAt = -1;

  /** @param giveUpAfter ms after which a missing reliable packet is passed over */
  constructor(id: number, sink: ReceiveSink, isBased: boolean, giveUpAfter: number, onGap: OnGap) {
    this.order = new ReceiveChannel(id, sink);
    this.counts = { channel: id, packets: 0, repeats: 0 };
    this.isBased = isBased;
    this.#giveUpAfter = giveUpAfter;
    this.#onGap = onGap;
  }

  /** Acknowledged sequence numbers that are not here. */
  get missed(): number {
    return this.#missed.size;
  }

  /** Decides where a channel begins whose beginning was not seen, by its first command. */
  base(code: number, sequence: number, second: number, fragment: FragmentPlace | undefined): void {
    const { order } = this;
    this.isBased = true;
    if (code === Command.sendReliable) order.reliable = (sequence - 1) & 0xffff;
    else if (code === Command.sendFragment) {
      // With its first fragment missing, the packet began before the capture and cannot be had.
      const begun = fragment !== undefined && fragment.number > 0;
      order.reliable = (begun ? second + fragment.count - 1 : second - 1) & 0xffff;
      if (begun) this.#gap(second, fragment.count, 'incomplete');
    } else {
      order.reliable = sequence;
      order.unreliable = Math.max(second - 1, 0);
    }
    for (let i = 0; i < BEFORE_START; i++) this.#passed.add((order.reliable - i) & 0xffff);
  }

  delivered(flags: number, reliableSequence: number, unreliableSequence: number): void {
    this.counts.packets++;
    if ((flags & PacketFlag.reliable) !== 0) return;
    this.#recent.add(reliableSequence * 0x10000 + unreliableSequence);
    if (this.#recent.size > REMEMBERED) this.#recent.delete(this.#recent.keys().next().value!);
  }

  /** Whether an unreliable packet was delivered lately. */
  wasDelivered(reliableSequence: number, unreliableSequence: number): boolean {
    return this.#recent.has(reliableSequence * 0x10000 + unreliableSequence);
  }

  /** Takes a sequence number back that was passed over; false when it was not. */
  unpass(sequence: number): boolean {
    return this.#passed.delete(sequence);
  }

  acknowledged(sequence: number, now: number): void {
    if (!this.isBased || this.#missed.has(sequence) || isSeen(this.order, sequence)) return;
    this.#missed.set(sequence, now);
  }

  /** Passes over a hole that has stood open for too long. */
  watchHole(now: number): void {
    const { order } = this;
    if (order.waitingReliable.size === 0) {
      this.#holeAt = -1;
      return;
    }
    if (this.#holeAt !== order.reliable) {
      this.#holeAt = order.reliable;
      this.#holeSince = now;
    } else if (now - this.#holeSince >= this.#giveUpAfter) {
      this.giveUp();
      this.#holeAt = -1;
    }
  }

  /** Passes over what was acknowledged at least `grace` ms ago and is still not here. */
  settle(now: number, grace: number): void {
    const { order } = this;
    if (this.#missed.size === 0) return;
    for (const sequence of this.#missed.keys()) if (isSeen(order, sequence)) this.#missed.delete(sequence);
    const isMissed = (sequence: number): boolean => {
      const at = this.#missed.get(sequence & 0xffff);
      return at !== undefined && now - at >= grace;
    };
    for (;;) {
      const next = (order.reliable + 1) & 0xffff;
      const assembly = order.waitingReliable.get(next)?.assembly;
      let count = 0;
      if (assembly !== undefined) {
        let known = 0;
        for (let i = 0; i < assembly.fragmentCount; i++) if (assembly.has(i) || isMissed(next + i)) known++;
        if (known < assembly.fragmentCount) return;
        count = assembly.fragmentCount;
      } else {
        while (isMissed(next + count)) count++;
        if (count === 0) return;
      }
      this.#gap(next, count, assembly === undefined ? 'not captured' : 'incomplete');
      for (let i = 0; i < count; i++) this.#missed.delete((next + i) & 0xffff);
      order.skip(count);
    }
  }

  /** Passes over the first hole. */
  giveUp(): void {
    const { order } = this;
    const next = (order.reliable + 1) & 0xffff;
    const incomplete = order.waitingReliable.get(next)?.assembly;
    let count = incomplete?.fragmentCount ?? 0x10000;
    if (incomplete === undefined) {
      for (const sequence of order.waitingReliable.keys()) count = Math.min(count, (sequence - next) & 0xffff);
      if (count === 0x10000) return;
    }
    this.#gap(next, count, incomplete === undefined ? 'still missing' : 'incomplete');
    order.skip(count);
  }

  #gap(first: number, count: number, reason: GapReason): void {
    this.#onGap(this.order.id, first, count, reason);
    if (this.#passed.size > MOST_PASSED) this.#passed.clear();
    for (let i = 0; i < Math.min(count, MOST_PASSED); i++) this.#passed.add((first + i) & 0xffff);
  }
}

/** Whether a reliable sequence number was delivered, waits, or is a fragment that is here. */
function isSeen(order: ReceiveChannel, sequence: number): boolean {
  const ahead = (sequence - order.reliable) & 0xffff;
  if (ahead === 0 || ahead > 0x8000) return true;
  for (const waiting of order.waitingReliable.values()) {
    const inside = (sequence - waiting.reliableSequence) & 0xffff;
    if (inside === 0 && waiting.assembly === undefined) return true;
    if (waiting.assembly !== undefined && inside < waiting.assembly.fragmentCount) {
      return waiting.assembly.has(inside);
    }
  }
  return false;
}
