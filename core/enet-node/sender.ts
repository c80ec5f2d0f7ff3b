/**
 * Turns what peers have queued into datagrams: acknowledgements first, then commands in the order they were queued,
 * as many as fit. Everything is written straight into one datagram buffer, which is handed to the transport.
 */
import type { Host } from './host.ts';
import type { CommandList, OutgoingCommand } from './outgoing.ts';
import { NEVER } from './connection-state.ts';
import type { Peer } from './peer.ts';
import {
  Command,
  COMMAND_FLAG_ACKNOWLEDGE,
  COMMAND_MASK,
  COMMAND_SIZES,
  CONTROL_CHANNEL,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  HEADER_SESSION_SHIFT,
  MAXIMUM_MTU,
  NO_PEER,
  PACKET_LOSS_INTERVAL,
  PACKET_LOSS_SCALE,
  THROTTLE_COUNTER,
  THROTTLE_SCALE,
} from './protocol.ts';
import { crc32 } from './crc32.ts';
import type { RangeCoder } from './range-coder.ts';

/** Room before the commands for the longest header: peer id, send time, checksum. */
const FRONT = 8;
const COPY_BY_HAND = 48;

export class Sender {
  readonly #host: Host;
  readonly #coder: RangeCoder | undefined;
  readonly #buffer = new Uint8Array(FRONT + MAXIMUM_MTU);
  readonly #packed: Uint8Array;
  #at = FRONT;
  #limit = 0;
  #commands = 0;
  #hasSentTime = false;
  #more = false;

  constructor(host: Host, coder: RangeCoder | undefined) {
    this.#host = host;
    this.#coder = coder;
    this.#packed = new Uint8Array(coder === undefined ? 0 : FRONT + MAXIMUM_MTU);
  }

  /**
   * Sends what a peer has to send now, repeats what was not acknowledged in time, and pings an idle connection. The
   * peer may be gone afterwards.
   */
  transmit(peer: Peer): void {
    const { now } = this.#host;
    do {
      if (peer.state === 'disconnected') return;
      this.#more = false;
      this.#commands = 0;
      this.#hasSentTime = false;
      this.#at = FRONT;
      // ENet counts the header as four bytes even where it is two.
      this.#limit = FRONT + peer.mtu - 4 - (this.#host.checksum ? 4 : 0);
      if (peer.acknowledgements.size > 0) this.#writeAcknowledgements(peer);
      if (peer.sentReliable.first !== undefined && now >= peer.nextTimeout && this.#checkTimeouts(peer)) return;

      const idle = peer.outgoing.size + peer.outgoingReliable.size === 0 || this.#writeCommands(peer);
      if (idle && this.#pingDue(peer)) {
        peer.ping();
        this.#writeCommands(peer);
      }
      if (this.#commands > 0) {
        this.#countLoss(peer);
        this.#finish(peer);
      }
      if (peer.acknowledgesDisconnect && peer.acknowledgements.size === 0) {
        peer.end('remote', peer.disconnectData, true);
        return;
      }
      if (peer.state === 'disconnect-later' && !peer.hasOutgoing) {
        peer.disconnect(peer.disconnectData);
        this.#more = true;
      }
    } while (this.#more);
  }

  #pingDue(peer: Peer): boolean {
    return (
      peer.state === 'connected' &&
      peer.sentReliable.first === undefined &&
      this.#host.now - peer.lastReceiveTime >= peer.pingInterval &&
      this.#limit - this.#at >= COMMAND_SIZES[Command.ping]!
    );
  }

  #writeAcknowledgements(peer: Peer): void {
    const count = peer.acknowledgements.moveTo(this.#buffer, this.#at, this.#limit, this.#host.commandsPerDatagram);
    this.#at += count * COMMAND_SIZES[Command.acknowledge]!;
    this.#commands += count;
    if (peer.acknowledgements.size > 0) this.#more = true;
  }

  /** Puts commands whose acknowledgement is late back into the queue; true when the peer was given up instead. */
  #checkTimeouts(peer: Peer): boolean {
    const { now } = this.#host;
    const firstControl = peer.outgoing.first;
    const firstReliable = peer.outgoingReliable.first;
    let command = peer.sentReliable.first;
    while (command !== undefined) {
      const next: OutgoingCommand | undefined = command.next;
      if (now - command.sentAt >= command.timeout) {
        if (peer.earliestTimeout === NEVER || command.sentAt < peer.earliestTimeout) {
          peer.earliestTimeout = command.sentAt;
        }
        const silent = now - peer.earliestTimeout;
        const patience = command.timeout >= command.timeoutLimit ? peer.timeoutMinimum : peer.timeoutMaximum;
        if (silent >= patience || silent >= peer.timeoutMaximum) {
          this.#host.timeOut(peer);
          return true;
        }
        peer.commandsLost++;
        command.timeout *= 2;
        peer.sentReliable.remove(command);
        if (command.channel === undefined) peer.outgoing.insertBefore(firstControl, command);
        else {
          peer.reliableInTransit -= command.length;
          peer.queuedData += command.length;
          command.channel.inFlight--;
          command.channel.queued++;
          peer.outgoingReliable.insertBefore(firstReliable, command);
        }
      }
      command = next;
    }
    const first = peer.sentReliable.first;
    if (first !== undefined) peer.nextTimeout = first.sentAt + first.timeout;
    return false;
  }

  /** Writes queued commands; returns whether the connection counts as idle (nothing reliable was written or full). */
  #writeCommands(peer: Peer): boolean {
    let idle = true;
    let other = peer.outgoing.first;
    let reliable = peer.outgoingReliable.first;
    const { window } = peer;
    while (other !== undefined || reliable !== undefined) {
      const takeReliable = other === undefined || (reliable !== undefined && reliable.order < other.order);
      const command: OutgoingCommand = takeReliable ? reliable! : other!;
      if (takeReliable) {
        const blocked =
          peer.reliableInTransit + command.length > window ||
          (command.attempts === 0 && command.channel!.windowBlocked(command.reliableSequence));
        if (blocked) {
          // Everything reliable waits, so that the order across channels stays; the rest may pass.
          reliable = undefined;
          continue;
        }
      }
      const acknowledged = (command.command & COMMAND_FLAG_ACKNOWLEDGE) !== 0;
      if (acknowledged) idle = false;
      const fixed = COMMAND_SIZES[command.command & COMMAND_MASK]!;
      const size = command.channel === undefined ? fixed : fixed + command.length;
      if (this.#commands >= this.#host.commandsPerDatagram || this.#limit - this.#at < size) {
        this.#more = true;
        break;
      }
      const next: OutgoingCommand | undefined = command.next;
      if (takeReliable) reliable = next;
      else other = next;

      if (acknowledged) {
        this.#noteSent(peer, command, takeReliable ? peer.outgoingReliable : peer.outgoing);
        this.#write(command);
        peer.commandsSent++;
        continue;
      }
      if (command.channel !== undefined && command.offset === 0 && throttled(peer)) {
        other = this.#drop(peer, command);
        continue;
      }
      peer.outgoing.remove(command);
      this.#write(command);
      peer.commandsSent++;
      if (command.channel !== undefined) {
        command.channel.queued--;
        peer.queuedData -= command.length;
      }
      this.#host.pool.give(command);
    }
    return idle;
  }

  #noteSent(peer: Peer, command: OutgoingCommand, from: CommandList): void {
    const { now } = this.#host;
    const { channel } = command;
    if (command.attempts === 0) {
      command.firstSentAt = now;
      if (channel === undefined) peer.sentControl.set(command);
      else {
        channel.enterWindow(command.reliableSequence);
        channel.sent.set(command);
        channel.reliableSent++;
      }
    } else {
      peer.resent++;
      if (channel !== undefined) channel.resent++;
    }
    command.attempts++;
    if (command.timeout === 0) {
      command.timeout = peer.roundTripTime + 4 * peer.roundTripTimeVariance;
      command.timeoutLimit = peer.timeoutLimit * command.timeout;
    }
    if (peer.sentReliable.first === undefined) peer.nextTimeout = now + command.timeout;
    from.remove(command);
    peer.sentReliable.push(command);
    command.sentAt = now;
    this.#hasSentTime = true;
    if (channel !== undefined) {
      peer.reliableInTransit += command.length;
      peer.queuedData -= command.length;
      channel.queued--;
      channel.inFlight++;
    }
  }

  /** Drops an unreliable packet, all its fragments with it; returns the command after. */
  #drop(peer: Peer, command: OutgoingCommand): OutgoingCommand | undefined {
    const { channel, sequence, reliableSequence, fragmentCount } = command;
    peer.droppedByThrottle++;
    let doomed: OutgoingCommand | undefined = command;
    for (;;) {
      const next: OutgoingCommand | undefined = doomed.next;
      peer.outgoing.remove(doomed);
      channel!.queued--;
      peer.queuedData -= doomed.length;
      this.#host.pool.give(doomed);
      const samePacket =
        fragmentCount > 0 &&
        next !== undefined &&
        next.channel === channel &&
        next.fragmentCount === fragmentCount &&
        next.sequence === sequence &&
        next.reliableSequence === reliableSequence;
      if (!samePacket) return next;
      doomed = next;
    }
  }

  #write(command: OutgoingCommand): void {
    const buffer = this.#buffer;
    const { data, length, offset } = command;
    let at = this.#at;
    buffer[at] = command.command;
    buffer[at + 1] = command.channel === undefined ? CONTROL_CHANNEL : command.channelId;
    buffer[at + 2] = command.reliableSequence >> 8;
    buffer[at + 3] = command.reliableSequence;
    at += 4;
    if (command.channel !== undefined) {
      const code = command.command & COMMAND_MASK;
      if (code !== Command.sendReliable) {
        buffer[at] = command.sequence >> 8;
        buffer[at + 1] = command.sequence;
        at += 2;
      }
      buffer[at] = length >> 8;
      buffer[at + 1] = length;
      at += 2;
      if (command.fragmentCount > 0) {
        at = putUint32(buffer, at, command.fragmentCount);
        at = putUint32(buffer, at, command.fragmentNumber);
        at = putUint32(buffer, at, data.length);
        at = putUint32(buffer, at, offset);
      }
    }
    if (length <= COPY_BY_HAND) for (let i = 0; i < length; i++) buffer[at + i] = data[offset + i]!;
    else if (length === data.length) buffer.set(data, at);
    else buffer.set(data.subarray(offset, offset + length), at);
    this.#at = at + length;
    this.#commands++;
  }

  /** Puts the header before the commands, compresses, adds the checksum, and hands the datagram over. */
  #finish(peer: Peer): void {
    const { checksum, now } = this.#host;
    const headerSize = (this.#hasSentTime ? 4 : 2) + (checksum ? 4 : 0);
    const start = FRONT - headerSize;
    let out: Uint8Array = this.#buffer;
    let end = this.#at;
    let header = peer.outgoingPeerId;
    if (this.#hasSentTime) header |= HEADER_FLAG_SENT_TIME;
    if (peer.outgoingPeerId < NO_PEER) header |= peer.outgoingSession << HEADER_SESSION_SHIFT;
    let packed = 0;
    if (this.#coder !== undefined) {
      const limit = FRONT + (end - FRONT) - 1; // only worth it when shorter
      packed = this.#coder.compress(out, FRONT, end, this.#packed, FRONT, limit);
      if (packed > 0) header |= HEADER_FLAG_COMPRESSED;
    }
    out[start] = header >> 8;
    out[start + 1] = header;
    if (this.#hasSentTime) {
      const time = now % 65536;
      out[start + 2] = time >> 8;
      out[start + 3] = time;
    }
    if (checksum) {
      putUint32(out, FRONT - 4, peer.outgoingPeerId < NO_PEER ? peer.connectId : 0);
      putUint32(out, FRONT - 4, crc32(out, start, end));
    }
    if (packed > 0) {
      this.#packed.set(out.subarray(start, FRONT), start);
      out = this.#packed;
      end = FRONT + packed;
    }
    peer.datagramsSent++;
    peer.bytesSent += end - start;
    this.#host.put(peer, out.subarray(start, end));
  }

  #countLoss(peer: Peer): void {
    const { now } = this.#host;
    if (peer.lossEpoch === NEVER) peer.lossEpoch = now;
    else if (now - peer.lossEpoch >= PACKET_LOSS_INTERVAL && peer.commandsSent > 0) {
      const loss = Math.floor((peer.commandsLost * PACKET_LOSS_SCALE) / peer.commandsSent);
      peer.packetLossVariance = (peer.packetLossVariance * 3 + Math.abs(loss - peer.packetLoss)) >> 2;
      peer.packetLoss = (peer.packetLoss * 7 + loss) >> 3;
      peer.lossEpoch = now;
      peer.commandsSent = 0;
      peer.commandsLost = 0;
    }
  }
}

/** Whether this unreliable packet is one of those the throttle lets fall. */
function throttled(peer: Peer): boolean {
  if (!peer.host.throttling) return false;
  peer.throttleCounter = (peer.throttleCounter + THROTTLE_COUNTER) % THROTTLE_SCALE;
  return peer.throttleCounter > peer.throttle;
}

function putUint32(bytes: Uint8Array, at: number, value: number): number {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
  return at + 4;
}
