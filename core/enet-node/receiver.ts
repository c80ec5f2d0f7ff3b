/** Reads incoming datagrams in place and acts on their commands, as ENet 1.3.17 does. Never throws on any input. */
import { joinHeads, packCommandHead } from './command-heads.ts';
import { crc32 } from './crc32.ts';
import type { Host } from './host.ts';
import type { OutgoingCommand } from './outgoing.ts';
import type { SendChannel } from './send-channel.ts';
import { NEVER, type Address } from './connection-state.ts';
import type { Peer } from './peer.ts';
import { PacketFlag } from './packet.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  COMMAND_MASK,
  COMMAND_SIZES,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  HEADER_SESSION_SHIFT,
  MAXIMUM_CHANNEL_COUNT,
  MAXIMUM_MTU,
  mayAcknowledge,
  MINIMUM_CHANNEL_COUNT,
  NO_PEER,
  SESSION_MASK,
} from './protocol.ts';
import type { RangeCoder } from './range-coder.ts';
import { Verdict } from './receive-channel.ts';
import { elapsed } from './round-trip.ts';
import { PAYLOADS } from './scan.ts';

const BROADCAST = '255.255.255.255';

export class Receiver {
  readonly #host: Host;
  readonly #coder: RangeCoder | undefined;
  readonly #plain: Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  /** Payloads must be copied because their memory is used again. */
  #shared = false;
  #size = 0;
  #headerSize = 0;
  /** Heads of this datagram's commands without a packet. */
  #bare: Uint8Array[] = [];

  constructor(host: Host, coder: RangeCoder | undefined) {
    this.#host = host;
    this.#coder = coder;
    this.#plain = new Uint8Array(coder === undefined ? 0 : MAXIMUM_MTU);
  }

  /** Acts on one datagram. Its memory belongs to the host from now on: packets are views into it. */
  receive(from: Address, bytes: Uint8Array): void {
    const host = this.#host;
    if (bytes.length < 2 || bytes.length > MAXIMUM_MTU) return;
    const header = (bytes[0]! << 8) | bytes[1]!;
    const peerId = header & NO_PEER;
    const session = (header >> HEADER_SESSION_SHIFT) & SESSION_MASK;
    const hasTime = (header & HEADER_FLAG_SENT_TIME) !== 0;
    const headerSize = (hasTime ? 4 : 2) + (host.checksum ? 4 : 0);
    if (bytes.length < headerSize) return;

    let peer: Peer | undefined;
    if (peerId !== NO_PEER) {
      peer = host.peerAt(peerId);
      if (peer === undefined || peer.state === 'disconnected') return;
      const known = peer.address;
      if ((from.port !== known.port || from.address !== known.address) && known.address !== BROADCAST) return;
      if (peer.outgoingPeerId < NO_PEER && session !== peer.incomingSession) return;
    }

    this.#bytes = bytes;
    this.#end = bytes.length;
    this.#shared = false;
    if ((header & HEADER_FLAG_COMPRESSED) !== 0) {
      if (this.#coder === undefined) return;
      const plain = this.#plain;
      const length = this.#coder.decompress(bytes, headerSize, bytes.length, plain, headerSize, plain.length);
      if (length === 0) return;
      plain.set(bytes.subarray(0, headerSize));
      this.#bytes = plain;
      this.#end = headerSize + length;
      this.#shared = true;
    }
    if (host.checksum && !this.#checksumRight(headerSize - 4, peer)) return;
    if (peer !== undefined) {
      if (peer.address.address === BROADCAST) peer.address = { address: from.address, port: from.port };
      peer.incomingDataTotal += bytes.length;
      peer.datagramsReceived++;
      peer.bytesReceived += bytes.length;
    }
    this.#size = bytes.length;
    this.#headerSize = headerSize;
    const end = this.#readCommands(from, peer, headerSize, hasTime ? this.#uint16(2) : -1);
    if (this.#bare.length === 0) return;
    if (end !== undefined) host.report({ type: 'commands', peer: end, heads: joinHeads(this.#bare) });
    this.#bare = [];
  }

  #checksumRight(at: number, peer: Peer | undefined): boolean {
    const bytes = this.#bytes;
    const wanted = this.#uint32(at);
    const seed = peer === undefined ? 0 : peer.connectId;
    bytes[at] = seed >>> 24;
    bytes[at + 1] = seed >>> 16;
    bytes[at + 2] = seed >>> 8;
    bytes[at + 3] = seed;
    const isRight = crc32(bytes, 0, this.#end) === wanted;
    bytes[at] = wanted >>> 24;
    bytes[at + 1] = wanted >>> 16;
    bytes[at + 2] = wanted >>> 8;
    bytes[at + 3] = wanted;
    return isRight;
  }

  /** @param sentTime -1 when the header has none @returns the peer the commands were about */
  #readCommands(from: Address, sender: Peer | undefined, start: number, sentTime: number): Peer | undefined {
    const bytes = this.#bytes;
    const end = this.#end;
    let peer = sender;
    let at = start;
    while (at + 4 <= end) {
      const flags = bytes[at]!;
      const code = flags & COMMAND_MASK;
      const size = COMMAND_SIZES[code]!;
      if (size === 0 || at + size > end) return peer;
      const channelId = bytes[at + 1]!;
      const sequence = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      let next = at + size;
      if (this.#host.reportCommands && PAYLOADS[code] === 0) this.#bare.push(this.#head(at, this.#bare.length > 0));

      if (code === Command.acknowledge) {
        // First because it is half of all commands, and never acknowledged itself.
        if (peer === undefined || !this.#acknowledge(peer, channelId, this.#uint16(at + 4), this.#uint16(at + 6))) {
          return peer;
        }
      } else if (code === Command.connect) {
        if (peer !== undefined) return peer;
        peer = this.#connect(from, at);
        if (peer === undefined) return undefined;
      } else if (peer === undefined) {
        return undefined;
      } else if (code === Command.verifyConnect) {
        if (!this.#verifyConnect(peer, at)) return peer;
      } else if (code === Command.disconnect) {
        const answer = (flags & COMMAND_FLAG_ACKNOWLEDGE) !== 0 && sentTime >= 0;
        this.#disconnect(peer, this.#uint32(at + 4), answer);
      } else {
        if (peer.state !== 'connected' && peer.state !== 'disconnect-later') return peer;
        if (code === Command.bandwidthLimit) {
          this.#host.limitPeer(peer, this.#uint32(at + 4), this.#uint32(at + 8));
        } else if (code === Command.throttleConfigure) {
          peer.throttleInterval = this.#uint32(at + 4);
          peer.throttleAcceleration = this.#uint32(at + 8);
          peer.throttleDeceleration = this.#uint32(at + 12);
        } else if (code !== Command.ping) {
          next = this.#packet(peer, code, channelId, sequence, at);
          if (next < 0) return peer;
        }
      }

      if ((flags & COMMAND_FLAG_ACKNOWLEDGE) !== 0) {
        if (sentTime < 0) return peer;
        this.#queueAcknowledgement(peer, code, channelId, sequence, sentTime);
      }
      at = next;
    }
    return peer;
  }

  /** Takes a send command. Returns where the next command starts, or -1 to drop the rest without acknowledging. */
  #packet(peer: Peer, code: number, channelId: number, sequence: number, at: number): number {
    if (channelId >= peer.channelCount) return -1;
    const { now } = this.#host;
    const lengthAt = code === Command.sendReliable ? at + 4 : at + 6;
    const length = this.#uint16(lengthAt);
    const dataAt = at + COMMAND_SIZES[code]!;
    const next = dataAt + length;
    if (next > this.#end || length > peer.maximumPacketSize) return -1;
    // After `disconnectLater` nothing more is delivered, but everything is still acknowledged.
    if (peer.state === 'disconnect-later') return next;
    const second = this.#uint16(at + 4);
    const head = this.#host.keepHeads ? this.#head(at, false) : undefined;
    if (code === Command.sendUnsequenced) {
      if (peer.heldData >= peer.maximumWaitingData) return -1;
      if (peer.unsequenced.take(second)) {
        const data = this.#payload(dataAt, next);
        peer.deliverPacket(channelId, data, PacketFlag.unsequenced, 0, second, 0, 0, 0, head);
      } else this.#repeated(peer, at);
      return next;
    }

    peer.head = head;
    const channel = peer.receiveChannel(channelId);
    const data = this.#payload(dataAt, next);
    let verdict: Verdict;
    if (code === Command.sendReliable) verdict = channel.takeReliable(sequence, data, now);
    else if (code === Command.sendUnreliable) verdict = channel.takeUnreliable(sequence, second, data, now);
    else {
      const count = this.#uint32(at + 8);
      const number = this.#uint32(at + 12);
      const total = this.#uint32(at + 16);
      const offset = this.#uint32(at + 20);
      if (code === Command.sendFragment) {
        verdict = channel.takeReliableFragment(second, number, count, offset, total, data, now);
      } else {
        verdict = channel.takeUnreliableFragment(sequence, second, number, count, offset, total, data, now);
      }
    }
    if (verdict === Verdict.repeat || verdict === Verdict.stale) this.#repeated(peer, at);
    return verdict === Verdict.refused || verdict === Verdict.malformed ? -1 : next;
  }

  #repeated(peer: Peer, at: number): void {
    peer.repeatsReceived++;
    if (this.#host.reportCommands) this.#bare.push(this.#head(at, this.#bare.length > 0));
  }

  #head(at: number, follows: boolean): Uint8Array {
    return packCommandHead(this.#bytes, this.#size, this.#headerSize, at, follows);
  }

  #payload(start: number, end: number): Uint8Array {
    const bytes = this.#bytes;
    if (this.#shared) return bytes.slice(start, end);
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
  }

  #queueAcknowledgement(peer: Peer, code: number, channelId: number, sequence: number, sentTime: number): void {
    switch (peer.state) {
      case 'disconnecting':
      case 'acknowledging-connect':
      case 'disconnected':
        return;
      case 'acknowledging-disconnect':
        if (code !== Command.disconnect) return;
        peer.acknowledgesDisconnect = true;
        break;
      default:
        break;
    }
    if (code >= Command.sendReliable && code !== Command.bandwidthLimit && code !== Command.throttleConfigure) {
      if (channelId < peer.channelCount && !mayAcknowledge(sequence, peer.receiveChannel(channelId).reliable)) return;
    }
    if (peer.acknowledgements.push(channelId, sequence, sentTime)) {
      peer.outgoingDataTotal += COMMAND_SIZES[Command.acknowledge]!;
      this.#host.markDirty(peer);
    }
  }

  /** Notes an acknowledgement; false when it makes no sense in this state. */
  #acknowledge(peer: Peer, channelId: number, sequence: number, sentTime: number): boolean {
    if (peer.state === 'disconnected') return true;
    const { now } = this.#host;
    const roundTripTime = elapsed(now, sentTime);
    if (roundTripTime < 0) return true; // from the future
    this.#host.measure(peer, Math.max(roundTripTime, 1));
    peer.lastReceiveTime = now;
    peer.earliestTimeout = NEVER;
    const code = this.#removeSent(peer, channelId, sequence);
    switch (peer.state) {
      case 'acknowledging-connect':
        if (code !== Command.verifyConnect) return false;
        this.#host.established(peer, peer.connectData);
        break;
      case 'disconnecting':
        if (code !== Command.disconnect) return false;
        peer.end('local', 0, true);
        break;
      case 'disconnect-later':
        if (!peer.hasOutgoing) peer.disconnect(peer.disconnectData);
        break;
      default:
        break;
    }
    return true;
  }

  /** Takes an acknowledged command out of its list; returns its code, or 0 when it is not known. */
  #removeSent(peer: Peer, channelId: number, sequence: number): number {
    let channel: SendChannel | undefined;
    let command: OutgoingCommand | undefined;
    if (channelId < peer.channelCount) {
      channel = peer.sendChannel(channelId);
      command = channel?.sent.get(sequence);
    } else command = peer.sentControl.get(sequence);
    if (command === undefined) return 0;
    const wasSent = command.list === peer.sentReliable;
    command.list?.remove(command);
    if (channel === undefined) peer.sentControl.delete(sequence);
    else {
      channel.sent.delete(sequence);
      channel.leaveWindow(sequence);
      if (wasSent) {
        peer.reliableInTransit -= command.length;
        channel.inFlight--;
      } else {
        peer.queuedData -= command.length;
        channel.queued--;
      }
    }
    const code = command.command & COMMAND_MASK;
    this.#host.pool.give(command);
    const first = peer.sentReliable.first;
    if (first !== undefined) peer.nextTimeout = first.sentAt + first.timeout;
    if (peer.outgoingReliable.first !== undefined) this.#host.markDirty(peer); // the window may have opened
    return code;
  }

  #connect(from: Address, at: number): Peer | undefined {
    const channelCount = this.#uint32(at + 16);
    if (channelCount < MINIMUM_CHANNEL_COUNT || channelCount > MAXIMUM_CHANNEL_COUNT) return undefined;
    return this.#host.accept(from, {
      outgoingPeerId: this.#uint16(at + 4) & NO_PEER,
      incomingSession: this.#bytes[at + 6]!,
      outgoingSession: this.#bytes[at + 7]!,
      mtu: this.#uint32(at + 8),
      windowSize: this.#uint32(at + 12),
      channelCount,
      incomingBandwidth: this.#uint32(at + 20),
      outgoingBandwidth: this.#uint32(at + 24),
      throttleInterval: this.#uint32(at + 28),
      throttleAcceleration: this.#uint32(at + 32),
      throttleDeceleration: this.#uint32(at + 36),
      connectId: this.#uint32(at + 40),
      data: this.#uint32(at + 44),
    });
  }

  #verifyConnect(peer: Peer, at: number): boolean {
    if (peer.state !== 'connecting') return true;
    const channelCount = this.#uint32(at + 16);
    if (
      channelCount < MINIMUM_CHANNEL_COUNT ||
      channelCount > MAXIMUM_CHANNEL_COUNT ||
      this.#uint32(at + 28) !== peer.throttleInterval ||
      this.#uint32(at + 32) !== peer.throttleAcceleration ||
      this.#uint32(at + 36) !== peer.throttleDeceleration ||
      this.#uint32(at + 40) !== peer.connectId
    ) {
      peer.end('protocol', 0, false);
      return false;
    }
    this.#removeSent(peer, 0xff, 1);
    peer.channelCount = Math.min(peer.channelCount, channelCount);
    peer.outgoingPeerId = this.#uint16(at + 4) & NO_PEER;
    this.#host.setSessions(peer, this.#bytes[at + 6]!, this.#bytes[at + 7]!);
    this.#host.agree(peer, this.#uint32(at + 8), this.#uint32(at + 12));
    peer.incomingBandwidth = this.#uint32(at + 20);
    peer.outgoingBandwidth = this.#uint32(at + 24);
    this.#host.established(peer, 0);
    return true;
  }

  #disconnect(peer: Peer, data: number, wantsAcknowledgement: boolean): void {
    switch (peer.state) {
      case 'disconnected':
      case 'acknowledging-disconnect':
        return;
      case 'connecting':
        peer.end('remote', data, false);
        return;
      case 'disconnecting':
        peer.end('remote', data, true);
        return;
      case 'acknowledging-connect':
        peer.reset();
        return;
      default:
        peer.resetQueues();
        if (wantsAcknowledgement) {
          peer.disconnectData = data;
          this.#host.changeState(peer, 'acknowledging-disconnect');
        } else peer.end('remote', data, true);
    }
  }

  #uint16(at: number): number {
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  #uint32(at: number): number {
    const bytes = this.#bytes;
    return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
}
