/** One direction of an observed connection: the packets of its channels in order, and what the capture lacks. */
import { joinHeads } from './command-heads.ts';
import { type FragmentPlace, type GapReason, ObservedChannel } from './observed-channel.ts';
import { PacketFlag } from './packet.ts';
import type { FlowChannelStatistics, FlowEvent, FlowStatistics } from './passive-flow-event.ts';
import { Command } from './protocol.ts';
import { type ReceiveChannel, type ReceiveSink, Verdict, type Waiting } from './receive-channel.ts';
import { UnsequencedWindow } from './unsequenced-window.ts';

export type { FlowChannelStatistics, FlowEvent, FlowStatistics } from './passive-flow-event.ts';

/** How long a capture may show an acknowledgement before the command it is for (ms). */
const ACKNOWLEDGED_FIRST = 100;
const REMEMBERED = 512;

export class Flow implements ReceiveSink {
  waitingData = 0;
  readonly heldData = 0;
  readonly maximumWaitingData = 64 * 1024 * 1024;
  readonly maximumPacketSize = 64 * 1024 * 1024;
  head: Uint8Array | undefined = undefined;
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

  /**
   * Takes a send command of this direction.
   * @returns whether it carries a packet, or a part of one: not a repeat, nor too late
   */
  take(
    code: number,
    channelId: number,
    sequence: number,
    second: number,
    data: Uint8Array,
    fragment: FragmentPlace | undefined,
    head: Uint8Array | undefined,
  ): boolean {
    this.head = head;
    const channel = this.#channel(channelId);
    if (code === Command.sendUnsequenced) return this.#takeUnsequenced(channel, second, data);
    const { order } = channel;
    if (!channel.isBased) channel.base(code, sequence, second, fragment);
    let verdict = this.#offer(order, code, sequence, second, data, fragment);
    if (verdict === Verdict.refused) {
      channel.giveUp();
      verdict = this.#offer(order, code, sequence, second, data, fragment);
    }
    let isCarrier = verdict === Verdict.accepted;
    if (verdict === Verdict.repeat) this.#repeated(channel);
    if (verdict === Verdict.stale) isCarrier = this.#takeStale(channel, code, sequence, second, data);
    channel.watchHole(this.#now);
    return isCarrier;
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
    this.#channels.get(channelId)?.acknowledged(sequence, now);
  }

  /** Passes over what was acknowledged some time ago and is still not here. Cheap when there is nothing. */
  settle(now: number): void {
    for (const channel of this.#channels.values()) {
      if (channel.missed === 0) continue;
      this.#now = now;
      channel.settle(now, ACKNOWLEDGED_FIRST);
    }
  }

  /** The capture ends: delivers what waits, with the gaps before it. */
  finish(): void {
    for (const channel of this.#channels.values()) {
      channel.settle(this.#now, 0);
      while (channel.order.waitingReliable.size > 0) channel.giveUp();
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
    this.#channel(channel.id).delivered(flags, reliableSequence, unreliableSequence);
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
      heads: waiting === undefined ? this.head : waiting.heads.length === 0 ? undefined : joinHeads(waiting.heads),
    });
  }

  #repeated({ counts }: ObservedChannel): void {
    this.statistics.repeats++;
    counts.repeats++;
  }

  #takeUnsequenced(channel: ObservedChannel, group: number, data: Uint8Array): boolean {
    if (!this.#unsequencedBased) this.#unsequenced.startAt(group);
    this.#unsequencedBased = true;
    if (!this.#unsequenced.take(group)) {
      this.#repeated(channel);
      return false;
    }
    this.#reportSingle(channel, data, PacketFlag.unsequenced, 0, group, false);
    return true;
  }

  #reportSingle(
    { counts }: ObservedChannel,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    outOfOrder: boolean,
  ): void {
    this.statistics.packets++;
    counts.packets++;
    this.#report({
      kind: 'packet',
      channel: counts.channel,
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
      heads: this.head,
    });
  }

  #offer(
    order: ReceiveChannel,
    code: number,
    sequence: number,
    second: number,
    data: Uint8Array,
    fragment: FragmentPlace | undefined,
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

  /** What the order has no place for any more; true when it is reported all the same. */
  #takeStale(channel: ObservedChannel, code: number, sequence: number, second: number, data: Uint8Array): boolean {
    if (code === Command.sendReliable && channel.unpass(sequence)) {
      this.#reportSingle(channel, data, PacketFlag.reliable, sequence, 0, true);
      return true;
    }
    if (code === Command.sendUnreliable && !channel.wasDelivered(sequence, second)) {
      this.statistics.late++;
      const { id } = channel.order;
      this.#report({ kind: 'late', channel: id, data, reliableSequence: sequence, unreliableSequence: second });
    } else this.#repeated(channel);
    return false;
  }

  #gap(channel: number, first: number, count: number, reason: GapReason): void {
    this.statistics.missing += count;
    this.#report({ kind: 'gap', channel, first, last: (first + count - 1) & 0xffff, reason });
  }

  #channel(id: number): ObservedChannel {
    let channel = this.#channels.get(id);
    if (channel === undefined) {
      channel = new ObservedChannel(id, this, !this.#midStream, this.#giveUpAfter, (...gap) => this.#gap(...gap));
      this.#channels.set(id, channel);
    }
    return channel;
  }
}
