/** One direction of an observed connection: the packets of its channels in order, and what the capture lacks. */
import { PacketFlag } from './packet.ts';
import { Command } from './protocol.ts';
import { ReceiveChannel, type ReceiveSink, Verdict, type Waiting } from './receive-channel.ts';
import { UnsequencedWindow } from './unsequenced-window.ts';

/** Counts of one direction. Times in ms, as far as the capture shows them. */
export interface FlowStatistics {
  datagrams: number;
  bytes: number;
  packets: number;
  /** Send commands seen more than once (repeats of the sender or of the network). */
  repeats: number;
  /** Unreliable packets that came too late to be delivered. */
  late: number;
  /** Reliable sequence numbers that were acknowledged or passed over but are not in the capture. */
  missing: number;
  /** Mean time from a command of this direction to its acknowledgement, at the place of the capture. */
  roundTripTime: number | undefined;
  /** Mean deviation from it. */
  roundTripTimeVariance: number;
}

/** Counts of one channel of one direction. */
export interface FlowChannelStatistics {
  readonly channel: number;
  packets: number;
  repeats: number;
}

/** What a flow reports; the observer adds connection, direction, time and index. */
export type FlowEvent =
  | {
      readonly kind: 'packet';
      readonly channel: number;
      readonly data: Uint8Array;
      /** {@link PacketFlag} values. */
      readonly flags: number;
      readonly reliable: boolean;
      readonly unsequenced: boolean;
      readonly reliableSequence: number;
      readonly unreliableSequence: number;
      /** Number of fragments it came in; 1 = whole. */
      readonly fragments: number;
      /** How long it was complete before its turn came, and the reliable sequence number it waited for. */
      readonly waited: number;
      readonly waitedFor: number;
      /** It came after packets that follow it: a repeat of one from before the capture, or from within a gap. */
      readonly outOfOrder: boolean;
    }
  | {
      readonly kind: 'gap';
      readonly channel: number;
      /** First and last reliable sequence number of the gap. */
      readonly first: number;
      readonly last: number;
      readonly reason: 'not captured' | 'incomplete' | 'still missing';
    }
  | {
      readonly kind: 'late';
      readonly channel: number;
      readonly data: Uint8Array;
      readonly reliableSequence: number;
      readonly unreliableSequence: number;
    };

interface ObservedChannel {
  readonly order: ReceiveChannel;
  readonly counts: FlowChannelStatistics;
  /** The first reliable sequence number to expect is known. */
  based: boolean;
  /** Acknowledged sequence numbers that were not seen, with the time of the acknowledgement. */
  readonly missed: Map<number, number>;
  /** Passed-over sequence numbers that may still come. */
  readonly passed: Set<number>;
  /** The last unreliable packets delivered, to tell a repeat from one that came late. */
  readonly recent: Set<number>;
  /** Since when the next packet has been missing, and which. */
  holeSince: number;
  holeAt: number;
}

/** How long a capture may show an acknowledgement before the command it is for (ms). */
const ACKNOWLEDGED_FIRST = 100;
/** Sequence numbers before the first one seen that may still come as repeats. */
const BEFORE_START = 64;
const REMEMBERED = 512;

export class Flow implements ReceiveSink {
  waitingData = 0;
  readonly heldData = 0;
  readonly maximumWaitingData = 64 * 1024 * 1024;
  readonly maximumPacketSize = 64 * 1024 * 1024;
  readonly statistics: FlowStatistics = {
    datagrams: 0,
    bytes: 0,
    packets: 0,
    repeats: 0,
    late: 0,
    missing: 0,
    roundTripTime: undefined,
    roundTripTimeVariance: 0,
  };

  readonly #report: (event: FlowEvent) => void;
  readonly #midStream: boolean;
  readonly #giveUpAfter: number;
  readonly #channels = new Map<number, ObservedChannel>();
  readonly #unsequenced = new UnsequencedWindow();
  #unsequencedBased: boolean;
  readonly #sendTimes = new Map<number, number>();
  #missed = 0;
  #now = 0;

  /**
   * @param midStream the beginning of the connection was not seen
   * @param giveUpAfter ms after which a missing reliable packet is passed over
   */
  constructor(report: (event: FlowEvent) => void, midStream: boolean, giveUpAfter: number) {
    this.#report = report;
    this.#midStream = midStream;
    this.#unsequencedBased = !midStream;
    this.#giveUpAfter = giveUpAfter;
  }

  /** A datagram of this direction begins. @param sentTime its 16-bit send time, if it has one */
  begin(now: number, bytes: number, sentTime: number | undefined): void {
    this.#now = now;
    this.statistics.datagrams++;
    this.statistics.bytes += bytes;
    if (sentTime !== undefined) {
      this.#sendTimes.delete(sentTime);
      this.#sendTimes.set(sentTime, now);
      if (this.#sendTimes.size > REMEMBERED) this.#sendTimes.delete(this.#sendTimes.keys().next().value!);
    }
  }

  /** Counts of the channels that were used. */
  channels(): readonly FlowChannelStatistics[] {
    return [...this.#channels.values()]
      .map(({ counts }) => counts)
      .filter(({ packets, repeats }) => packets + repeats > 0)
      .sort((a, b) => a.channel - b.channel);
  }

  /** Whether a datagram with this send time was seen lately. */
  sentAt(sentTime: number): boolean {
    return this.#sendTimes.has(sentTime);
  }

  /** Takes a send command of this direction. */
  take(
    code: number,
    channelId: number,
    sequence: number,
    second: number,
    data: Uint8Array,
    fragment: { count: number; number: number; total: number; offset: number } | undefined,
  ): void {
    if (code === Command.sendUnsequenced) {
      this.#takeUnsequenced(channelId, second, data);
      return;
    }
    const channel = this.#channel(channelId);
    const { order } = channel;
    if (!channel.based) this.#base(channel, code, sequence, second, fragment);
    let verdict = this.#offer(order, code, sequence, second, data, fragment);
    if (verdict === Verdict.refused) {
      this.#giveUp(channel);
      verdict = this.#offer(order, code, sequence, second, data, fragment);
    }
    if (verdict === Verdict.repeat) this.#repeated(channel);
    if (verdict === Verdict.stale) this.#takeStale(channel, code, sequence, second, data);
    this.#watchHole(channel);
  }

  /** The other side acknowledged a command of this direction. */
  acknowledged(channelId: number, sequence: number, sentTime: number, now: number): void {
    const sent = this.#sendTimes.get(sentTime);
    if (sent !== undefined) {
      const measured = now - sent;
      const { statistics } = this;
      const mean = statistics.roundTripTime;
      statistics.roundTripTime = mean === undefined ? measured : mean + (measured - mean) / 8;
      const apart = mean === undefined ? 0 : Math.abs(measured - mean);
      statistics.roundTripTimeVariance += (apart - statistics.roundTripTimeVariance) / 4;
    }
    const channel = this.#channels.get(channelId);
    if (channel === undefined || !channel.based || channel.missed.has(sequence)) return;
    if (isSeen(channel.order, sequence)) return;
    channel.missed.set(sequence, now);
    this.#missed++;
  }

  /** Passes over what was acknowledged some time ago and is still not here. Cheap when there is nothing. */
  settle(now: number): void {
    if (this.#missed === 0) return;
    this.#now = now;
    for (const channel of this.#channels.values()) this.#settleChannel(channel, ACKNOWLEDGED_FIRST);
  }

  /** The capture ends: delivers what waits, with the gaps before it. */
  finish(): void {
    for (const channel of this.#channels.values()) {
      this.#settleChannel(channel, 0);
      while (channel.order.waitingReliable.size > 0) this.#giveUp(channel);
    }
  }

  deliver(
    channel: ReceiveChannel,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    waiting: Waiting | undefined,
  ): void {
    this.statistics.packets++;
    const { counts, recent } = this.#channel(channel.id);
    counts.packets++;
    if ((flags & PacketFlag.reliable) === 0) {
      recent.add(reliableSequence * 0x10000 + unreliableSequence);
      if (recent.size > REMEMBERED) recent.delete(recent.keys().next().value!);
    }
    this.#report({
      kind: 'packet',
      channel: channel.id,
      data,
      flags,
      reliable: (flags & PacketFlag.reliable) !== 0,
      unsequenced: false,
      reliableSequence,
      unreliableSequence,
      fragments: waiting?.assembly?.fragmentCount ?? 1,
      waited: waiting === undefined ? 0 : this.#now - waiting.completeAt,
      waitedFor: waiting?.waitedFor ?? 0,
      outOfOrder: false,
    });
  }

  #repeated({ counts }: ObservedChannel): void {
    this.statistics.repeats++;
    counts.repeats++;
  }

  #takeUnsequenced(channel: number, group: number, data: Uint8Array): void {
    if (!this.#unsequencedBased) this.#unsequenced.startAt(group);
    this.#unsequencedBased = true;
    if (!this.#unsequenced.take(group)) {
      this.#repeated(this.#channel(channel));
      return;
    }
    this.#reportSingle(channel, data, PacketFlag.unsequenced, 0, group, false);
  }

  #reportSingle(
    channel: number,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    outOfOrder: boolean,
  ): void {
    this.statistics.packets++;
    this.#channel(channel).counts.packets++;
    this.#report({
      kind: 'packet',
      channel,
      data,
      flags,
      reliable: (flags & PacketFlag.reliable) !== 0,
      unsequenced: (flags & PacketFlag.unsequenced) !== 0,
      reliableSequence,
      unreliableSequence,
      fragments: 1,
      waited: 0,
      waitedFor: 0,
      outOfOrder,
    });
  }

  #offer(
    order: ReceiveChannel,
    code: number,
    sequence: number,
    second: number,
    data: Uint8Array,
    fragment: { count: number; number: number; total: number; offset: number } | undefined,
  ): Verdict {
    const now = this.#now;
    if (code === Command.sendReliable) return order.takeReliable(sequence, data, now);
    if (fragment === undefined) return order.takeUnreliable(sequence, second, data, now);
    const { number, count, offset, total } = fragment;
    if (code === Command.sendFragment) {
      return order.takeReliableFragment(second, number, count, offset, total, data, now);
    }
    return order.takeUnreliableFragment(sequence, second, number, count, offset, total, data, now);
  }

  /** Decides where a channel begins whose beginning was not seen. */
  #base(
    channel: ObservedChannel,
    code: number,
    sequence: number,
    second: number,
    fragment: { count: number; number: number } | undefined,
  ): void {
    const { order } = channel;
    channel.based = true;
    if (code === Command.sendReliable) order.reliable = (sequence - 1) & 0xffff;
    else if (code === Command.sendFragment) {
      // With its first fragment missing, the packet began before the capture and cannot be had.
      const begun = fragment !== undefined && fragment.number > 0;
      order.reliable = (begun ? second + fragment.count - 1 : second - 1) & 0xffff;
      if (begun) this.#gap(channel, second, fragment.count, 'incomplete');
    } else {
      order.reliable = sequence;
      order.unreliable = Math.max(second - 1, 0);
    }
    for (let i = 0; i < BEFORE_START; i++) channel.passed.add((order.reliable - i) & 0xffff);
  }

  #takeStale(channel: ObservedChannel, code: number, sequence: number, second: number, data: Uint8Array): void {
    const { id } = channel.order;
    if (code === Command.sendReliable && channel.passed.delete(sequence)) {
      this.#reportSingle(id, data, PacketFlag.reliable, sequence, 0, true);
    } else if (code === Command.sendUnreliable && !channel.recent.has(sequence * 0x10000 + second)) {
      this.statistics.late++;
      this.#report({ kind: 'late', channel: id, data, reliableSequence: sequence, unreliableSequence: second });
    } else this.#repeated(channel);
  }

  #watchHole(channel: ObservedChannel): void {
    const { order } = channel;
    if (order.waitingReliable.size === 0) {
      channel.holeAt = -1;
      return;
    }
    if (channel.holeAt !== order.reliable) {
      channel.holeAt = order.reliable;
      channel.holeSince = this.#now;
    } else if (this.#now - channel.holeSince >= this.#giveUpAfter) {
      this.#giveUp(channel);
      channel.holeAt = -1;
    }
  }

  #settleChannel(channel: ObservedChannel, grace: number): void {
    const { order, missed } = channel;
    if (missed.size === 0) return;
    for (const sequence of missed.keys()) if (isSeen(order, sequence)) this.#unmiss(channel, sequence);
    for (;;) {
      const next = (order.reliable + 1) & 0xffff;
      const waiting = order.waitingReliable.get(next);
      let count = 0;
      if (waiting?.assembly !== undefined) {
        const { assembly } = waiting;
        const lost = (number: number): boolean => this.#isMissed(channel, (next + number) & 0xffff, grace);
        let known = 0;
        for (let i = 0; i < assembly.fragmentCount; i++) if (assembly.has(i) || lost(i)) known++;
        if (known < assembly.fragmentCount) return;
        this.#gap(channel, next, assembly.fragmentCount, 'incomplete');
        count = assembly.fragmentCount;
      } else {
        while (this.#isMissed(channel, (next + count) & 0xffff, grace)) count++;
        if (count === 0) return;
        this.#gap(channel, next, count, 'not captured');
      }
      for (let i = 0; i < count; i++) this.#unmiss(channel, (next + i) & 0xffff);
      order.skip(count);
    }
  }

  #isMissed(channel: ObservedChannel, sequence: number, grace: number): boolean {
    const at = channel.missed.get(sequence);
    return at !== undefined && this.#now - at >= grace;
  }

  #unmiss(channel: ObservedChannel, sequence: number): void {
    if (channel.missed.delete(sequence)) this.#missed--;
  }

  /** Passes over the first hole of a channel. */
  #giveUp(channel: ObservedChannel): void {
    const { order } = channel;
    const next = (order.reliable + 1) & 0xffff;
    const incomplete = order.waitingReliable.get(next)?.assembly;
    if (incomplete !== undefined) {
      this.#gap(channel, next, incomplete.fragmentCount, 'incomplete');
      order.skip(incomplete.fragmentCount);
      return;
    }
    let count = 0x10000;
    for (const sequence of order.waitingReliable.keys()) count = Math.min(count, (sequence - next) & 0xffff);
    if (count === 0x10000) return;
    this.#gap(channel, next, count, 'still missing');
    order.skip(count);
  }

  #gap(
    channel: ObservedChannel,
    first: number,
    count: number,
    reason: 'not captured' | 'incomplete' | 'still missing',
  ) {
    this.statistics.missing += count;
    const last = (first + count - 1) & 0xffff;
    this.#report({ kind: 'gap', channel: channel.order.id, first, last, reason });
    if (channel.passed.size > 4096) channel.passed.clear();
    for (let i = 0; i < Math.min(count, 4096); i++) channel.passed.add((first + i) & 0xffff);
  }

  #channel(id: number): ObservedChannel {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      channel = {
        order: new ReceiveChannel(id, this),
        counts: { channel: id, packets: 0, repeats: 0 },
        based: !this.#midStream,
        missed: new Map(),
        passed: new Set(),
        recent: new Set(),
        holeSince: 0,
        holeAt: -1,
      };
      this.#channels.set(id, channel);
    }
    return channel;
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
