/**
 * One connection of a host: its state, what it has to send, what has arrived. A Peer lives as long as its connection;
 * the next connection in the same place is a new Peer.
 */
import { ConnectionState } from './connection-state.ts';
import { joinHeads } from './command-heads.ts';
import type { DisconnectReason } from './event.ts';
import { PacketEvent } from './event.ts';
import type { OutgoingCommand } from './outgoing.ts';
import { type Packet, PacketFlag } from './packet.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  COMMAND_FLAG_UNSEQUENCED,
  COMMAND_MASK,
  COMMAND_SIZES,
  CONTROL_CHANNEL,
  MAXIMUM_FRAGMENT_COUNT,
  PING_INTERVAL,
  THROTTLE_SCALE,
  TIMEOUT_LIMIT,
  TIMEOUT_MAXIMUM,
  TIMEOUT_MINIMUM,
} from './protocol.ts';
import { ReceiveChannel, type ReceiveSink, WAITING_OVERHEAD, type Waiting } from './receive-channel.ts';
import { SendChannel } from './send-channel.ts';
import { channelStatistics, statisticsOf } from './peer-statistics.ts';
import type { ChannelStatistics, PeerStatistics } from './statistics.ts';

const NOTHING_PENDING = { queued: 0, inTransit: 0, waitingReliable: 0, waitingUnreliable: 0, assembling: 0 };

export class Peer extends ConnectionState implements ReceiveSink {
  readonly #sendChannels: (SendChannel | undefined)[] = [];
  readonly #receiveChannels: (ReceiveChannel | undefined)[] = [];
  /** Of the channels there were, when they are gone: a connection that ended can still be asked how it did. */
  #lastChannels: readonly ChannelStatistics[] = [];
  #paused = false;
  #backlog: PacketEvent[] = [];
  /** @internal */
  head: Uint8Array | undefined = undefined;

  /** Whether packets may be sent. */
  get connected(): boolean {
    return this.state === 'connected';
  }

  /**
   * Queues a packet. The data is not copied: leave it unchanged until it is sent, reliable data until acknowledged.
   * @returns false when the peer is not connected (any more)
   * @throws RangeError when there is no such channel or the packet is larger than the host's `maximumPacketSize`
   */
  send(channelId: number, packet: Packet): boolean {
    if (this.state !== 'connected') return false;
    if (!(channelId >= 0 && channelId < this.channelCount)) {
      throw new RangeError(`no channel ${channelId}: this connection has ${this.channelCount}, counted from 0`);
    }
    const { data, flags } = packet;
    const length = data.length;
    if (length > this.maximumPacketSize) {
      throw new RangeError(`packet of ${length} bytes; the host's maximumPacketSize is ${this.maximumPacketSize}`);
    }
    const channel = (this.#sendChannels[channelId] ??= new SendChannel(channelId));
    const fragmentLength = this.mtu - 28 - (this.host.checksum ? 4 : 0);
    this.packetsSent++;
    if (length > fragmentLength) {
      this.#sendFragments(channel, data, flags, fragmentLength);
      return true;
    }
    const command = this.host.pool.take();
    command.data = data;
    command.length = length;
    command.channel = channel;
    command.channelId = channelId;
    if ((flags & (PacketFlag.reliable | PacketFlag.unsequenced)) === PacketFlag.unsequenced) {
      command.command = Command.sendUnsequenced | COMMAND_FLAG_UNSEQUENCED;
    } else if ((flags & PacketFlag.reliable) !== 0 || channel.unreliable >= 0xffff) {
      command.command = Command.sendReliable | COMMAND_FLAG_ACKNOWLEDGE;
    } else command.command = Command.sendUnreliable;
    this.#queue(command, true);
    return true;
  }

  /**
   * For tests of other ENet peers: the numbers of the next packet on a channel are `reliable` and `unreliable` further than
   * they should be; below 0, numbers that were used before. The peer at the other end may wait for what never comes, drop the
   * packet, or leave it unacknowledged, so that this connection times out.
   * @throws RangeError when there is no such channel
   */
  skipSequence(channelId: number, { reliable = 0, unreliable = 0 }: { reliable?: number; unreliable?: number }): void {
    if (!(channelId >= 0 && channelId < this.channelCount)) {
      throw new RangeError(`no channel ${channelId}: this connection has ${this.channelCount}, counted from 0`);
    }
    const channel = (this.#sendChannels[channelId] ??= new SendChannel(channelId));
    channel.reliable = (channel.reliable + reliable) & 0xffff;
    channel.unreliable = (channel.unreliable + unreliable) & 0xffff;
  }

  #sendFragments(channel: SendChannel, data: Uint8Array, flags: number, fragmentLength: number): void {
    const count = Math.ceil(data.length / fragmentLength);
    if (count > MAXIMUM_FRAGMENT_COUNT) throw new RangeError(`packet needs ${count} fragments`);
    const unreliable =
      (flags & (PacketFlag.reliable | PacketFlag.unreliableFragment)) === PacketFlag.unreliableFragment &&
      channel.unreliable < 0xffff;
    const start = unreliable ? channel.unreliable + 1 : (channel.reliable + 1) & 0xffff;
    for (let number = 0; number < count; number++) {
      const command = this.host.pool.take();
      command.command = unreliable ? Command.sendUnreliableFragment : Command.sendFragment | COMMAND_FLAG_ACKNOWLEDGE;
      command.channel = channel;
      command.channelId = channel.id;
      command.data = data;
      command.offset = number * fragmentLength;
      command.length = Math.min(fragmentLength, data.length - command.offset);
      command.fragmentNumber = number;
      command.fragmentCount = count;
      command.sequence = start;
      this.#queue(command, number === 0);
    }
  }

  /** Gives a command its sequence numbers and its place in the queue. */
  #queue(command: OutgoingCommand, firstFragment: boolean): void {
    const { channel, length } = command;
    this.outgoingDataTotal += COMMAND_SIZES[command.command & COMMAND_MASK]! + length;
    if (channel === undefined) {
      this.outgoingReliableSequence = (this.outgoingReliableSequence + 1) & 0xffff;
      command.reliableSequence = this.outgoingReliableSequence;
    } else if ((command.command & COMMAND_FLAG_ACKNOWLEDGE) !== 0) {
      channel.reliable = (channel.reliable + 1) & 0xffff;
      channel.unreliable = 0;
      command.reliableSequence = channel.reliable;
    } else if ((command.command & COMMAND_FLAG_UNSEQUENCED) !== 0) {
      this.outgoingUnsequencedGroup = (this.outgoingUnsequencedGroup + 1) & 0xffff;
      command.reliableSequence = 0;
      command.sequence = this.outgoingUnsequencedGroup;
    } else {
      if (firstFragment) channel.unreliable++;
      command.reliableSequence = channel.reliable;
      command.sequence = channel.unreliable;
    }
    command.order = this.host.nextOrder++;
    command.queuedAt = this.host.now;
    if (channel === undefined) this.outgoing.push(command);
    else {
      channel.queued++;
      this.queuedData += length;
      if ((command.command & COMMAND_FLAG_ACKNOWLEDGE) !== 0) this.outgoingReliable.push(command);
      else this.outgoing.push(command);
    }
    this.host.markDirty(this);
  }

  /** @internal queues a command about the connection; `fields` is what follows the command header */
  queueControl(code: number, fields: Uint8Array): void {
    const command = this.host.pool.take();
    command.command = code;
    command.channelId = CONTROL_CHANNEL;
    command.data = fields;
    command.length = fields.length;
    this.#queue(command, true);
    this.outgoingDataTotal -= command.length; // counted with the command size already
  }

  /** @internal reliable bytes that may be in transit */
  get window(): number {
    if (!this.host.throttling) return this.windowSize;
    return Math.max(Math.floor((this.throttle * this.windowSize) / THROTTLE_SCALE), this.mtu);
  }

  /** Asks for an acknowledgement now, which also measures the round-trip time. */
  ping(): void {
    if (this.state === 'connected') this.queueControl(Command.ping | COMMAND_FLAG_ACKNOWLEDGE, NO_FIELDS);
  }

  /** Interval of the automatic pings of an idle connection in ms; 0 = default (500). */
  setPingInterval(interval: number): void {
    this.pingInterval = interval > 0 ? interval : PING_INTERVAL;
  }

  /**
   * When to give up on a peer that does not acknowledge: once the wait for one command has doubled past `limit` times
   * the first wait and `minimum` ms have gone by, or after `maximum` ms in any case. 0 = default (32, 5000, 30000).
   */
  setTimeout(limit: number, minimum: number, maximum: number): void {
    this.timeoutLimit = limit > 0 ? limit : TIMEOUT_LIMIT;
    this.timeoutMinimum = minimum > 0 ? minimum : TIMEOUT_MINIMUM;
    this.timeoutMaximum = maximum > 0 ? maximum : TIMEOUT_MAXIMUM;
  }

  /**
   * Sets, on both sides, how fast the share of unreliable packets that are sent follows the round-trip time.
   * @param interval ms over which the lowest round-trip time is taken
   * @param acceleration step up in 1/32 when it is good
   * @param deceleration step down in 1/32 when it is bad
   */
  throttleConfigure(interval: number, acceleration: number, deceleration: number): void {
    this.throttleInterval = interval >>> 0;
    this.throttleAcceleration = acceleration >>> 0;
    this.throttleDeceleration = deceleration >>> 0;
    const fields = uint32s(interval, acceleration, deceleration);
    this.queueControl(Command.throttleConfigure | COMMAND_FLAG_ACKNOWLEDGE, fields);
  }

  /**
   * Disconnects: drops what is queued, tells the other side, and waits for its answer. A `disconnect` event with the
   * reason `local` (or `timeout`) follows. During connecting, it ends at once without an event.
   * @param data 32-bit number for the other side
   */
  disconnect(data = 0): void {
    if (this.state === 'disconnected' || this.state === 'disconnecting' || this.state === 'acknowledging-disconnect') {
      return;
    }
    const wasConnected = this.state === 'connected' || this.state === 'disconnect-later';
    this.resetQueues();
    const flag = wasConnected ? COMMAND_FLAG_ACKNOWLEDGE : COMMAND_FLAG_UNSEQUENCED;
    this.queueControl(Command.disconnect | flag, uint32s(data));
    if (wasConnected) this.host.changeState(this, 'disconnecting');
    else {
      this.host.flushPeer(this);
      this.reset();
    }
  }

  /** Tells the other side once, without waiting, and ends at once without an event. */
  disconnectNow(data = 0): void {
    if (this.state === 'disconnected') return;
    if (this.state !== 'disconnecting') {
      this.resetQueues();
      this.queueControl(Command.disconnect | COMMAND_FLAG_UNSEQUENCED, uint32s(data));
      this.host.flushPeer(this);
    }
    this.reset();
  }

  /** As {@link disconnect}, once everything queued is sent and acknowledged. New packets are refused from now on. */
  disconnectLater(data = 0): void {
    if ((this.state === 'connected' || this.state === 'disconnect-later') && this.hasOutgoing) {
      this.host.changeState(this, 'disconnect-later');
      this.disconnectData = data;
    } else this.disconnect(data);
  }

  /** Ends at once, without an event and without telling the other side, which will time out. */
  reset(): void {
    if (this.state === 'disconnected') return;
    this.resetQueues();
    this.host.forget(this);
  }

  /**
   * Stops delivering packets. They are still acknowledged and kept, up to the host's `maximumWaitingData`; beyond that
   * they are refused, so that the other side repeats them and finally times out.
   */
  pause(): void {
    this.#paused = true;
  }

  /** Delivers what came during the pause, and goes on. */
  resume(): void {
    this.#paused = false;
    for (const packet of this.#backlog) this.host.report(packet);
    this.heldData = 0;
    this.#backlog = [];
  }

  /** @internal whether anything is queued or unacknowledged */
  get hasOutgoing(): boolean {
    return this.outgoing.size + this.outgoingReliable.size + this.sentReliable.size > 0;
  }

  /** @internal */
  deliver(
    channel: ReceiveChannel,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    waiting: Waiting | undefined,
  ): void {
    if (waiting === undefined) {
      this.deliverPacket(channel.id, data, flags, reliableSequence, unreliableSequence, 0, 0, 0, this.head);
      return;
    }
    const waited = this.host.now - waiting.completeAt;
    const assembled = waiting.completeAt - waiting.startedAt;
    this.deliverPacket(
      channel.id,
      data,
      flags,
      reliableSequence,
      unreliableSequence,
      waited,
      waiting.waitedFor,
      assembled,
      waiting.heads.length === 0 ? undefined : joinHeads(waiting.heads),
    );
  }

  /** @internal */
  deliverPacket(
    channel: number,
    data: Uint8Array,
    flags: number,
    reliableSequence: number,
    unreliableSequence: number,
    waited: number,
    waitedFor: number,
    assembled: number,
    heads: Uint8Array | undefined,
  ): void {
    const packet = new PacketEvent(
      this,
      channel,
      data,
      flags,
      reliableSequence,
      unreliableSequence,
      waited,
      waitedFor,
      assembled,
      heads,
    );
    this.packetsReceived++;
    if (this.#paused) {
      this.heldData += data.length + WAITING_OVERHEAD;
      this.#backlog.push(packet);
    } else this.host.report(packet);
  }

  /** @internal */
  receiveChannel(channelId: number): ReceiveChannel {
    return (this.#receiveChannels[channelId] ??= new ReceiveChannel(channelId, this));
  }

  /** @internal */
  sendChannel(channelId: number): SendChannel | undefined {
    return this.#sendChannels[channelId];
  }

  /** @internal reports the end of the connection and ends it */
  end(reason: DisconnectReason, data: number, wasConnected: boolean): void {
    this.resume();
    this.reset();
    this.host.report({ type: 'disconnect', peer: this, data, reason, wasConnected });
  }

  /** @internal drops everything queued, sent or waiting */
  resetQueues(): void {
    for (const list of [this.outgoing, this.outgoingReliable, this.sentReliable]) {
      for (let command = list.first; command !== undefined; command = list.first) {
        list.remove(command);
        if (command.channel === undefined) this.sentControl.delete(command.reliableSequence);
        this.host.pool.give(command);
      }
    }
    this.acknowledgements.clear();
    this.acknowledgesDisconnect = false;
    const channels = this.#channelStatistics();
    for (const channel of this.#receiveChannels) channel?.clear();
    if (channels.length > 0) this.#lastChannels = channels.map((channel) => ({ ...channel, ...NOTHING_PENDING }));
    this.#receiveChannels.length = 0;
    this.#sendChannels.length = 0;
    this.reliableInTransit = 0;
    this.queuedData = 0;
  }

  /** A snapshot of everything known about the connection; see {@link PeerStatistics}. */
  statistics(): PeerStatistics {
    const isUsed = this.#sendChannels.length + this.#receiveChannels.length > 0;
    return statisticsOf(this, isUsed ? this.#channelStatistics() : this.#lastChannels);
  }

  #channelStatistics(): ChannelStatistics[] {
    return channelStatistics(this.#sendChannels, this.#receiveChannels);
  }
}

const NO_FIELDS = new Uint8Array(0);

/** Numbers as big-endian 32-bit fields. */
export function uint32s(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value >>> 0);
  return bytes;
}
