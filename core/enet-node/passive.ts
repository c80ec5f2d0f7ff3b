/**
 * Follows the ENet connections in captured datagrams without taking part: which connections there are, and their
 * packets in the order the receiving application got them. Works from any point of a capture on.
 */
import { joinHeads, packCommandHead } from './command-heads.ts';
import { checksumOf, DatagramOpener } from './datagram-opener.ts';
import type { PassiveConnection } from './passive-connection.ts';
import type { ObservedDatagram, ObserverOptions, PassiveEvent } from './passive-event.ts';
import type { Flow } from './passive-flow.ts';
import { ConnectionRoster, type DirectedConnection, type OpenedDatagram, type Unstamped } from './passive-roster.ts';
import {
  Command,
  COMMAND_FLAG_UNSEQUENCED,
  COMMAND_MASK,
  COMMAND_SIZES,
  CONTROL_CHANNEL,
  HEADER_FLAG_COMPRESSED,
  HEADER_FLAG_SENT_TIME,
  HEADER_SESSION_SHIFT,
  NO_PEER,
  SESSION_MASK,
} from './protocol.ts';
import { commandEnd, PAYLOADS, uint16, uint32 } from './scan.ts';

export type { Endpoint, ObservedDatagram, ObserverOptions, PassiveEvent } from './passive-event.ts';

export class PassiveObserver {
  readonly #keepHeads: boolean;
  readonly #roster: ConnectionRoster;
  readonly #opener = new DatagramOpener();
  #events: PassiveEvent[] = [];
  #now = Number.NEGATIVE_INFINITY;
  #index: number | undefined;

  constructor(options: ObserverOptions = {}) {
    this.#keepHeads = options.keepHeads ?? false;
    this.#roster = new ConnectionRoster(options, (event) => this.#report(event));
  }

  /** The connections that are open as far as seen. */
  get connections(): ReadonlySet<PassiveConnection> {
    return this.#roster.connections;
  }

  /** Takes the next datagram; returns what it brought about. Never throws. */
  observe(datagram: ObservedDatagram): PassiveEvent[] {
    this.#now = Math.max(this.#now, datagram.time);
    this.#index = datagram.index;
    this.#roster.sweep(this.#now);
    this.#read(datagram);
    return this.#takeEvents();
  }

  /** The capture ends: what still waits is delivered, after a gap event, and all connections close. */
  finish(): PassiveEvent[] {
    this.#index = undefined;
    for (const connection of this.#roster.connections) this.#roster.close(connection, { reason: 'end' });
    return this.#takeEvents();
  }

  #takeEvents(): PassiveEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #report(event: Unstamped): void {
    this.#events.push({ time: this.#now, index: this.#index, ...event } as PassiveEvent);
  }

  #read(datagram: ObservedDatagram): void {
    const { bytes } = datagram;
    if (bytes.length < 2) {
      this.#unreadable(undefined, 'shorter than an ENet header', 0);
      return;
    }
    const header = (bytes[0]! << 8) | bytes[1]!;
    const peerId = header & NO_PEER;
    const session = (header >> HEADER_SESSION_SHIFT) & SESSION_MASK;
    const checksumAt = (header & HEADER_FLAG_SENT_TIME) === 0 ? 2 : 4;
    const roster = this.#roster;
    const ends = roster.endsOf(datagram);
    const hasChecksum = this.#opener.usesChecksum(roster.pair(ends), bytes, checksumAt, peerId);
    if (hasChecksum === undefined) {
      roster.forgetPair(ends);
      this.#unreadable(roster.known(ends, peerId, session), 'not an ENet datagram', 0);
      return;
    }
    const start = checksumAt + (hasChecksum ? 4 : 0);
    if (bytes.length < start) {
      this.#unreadable(undefined, 'cut short in the header', 2);
      return;
    }
    const end = this.#opener.inflate(bytes, start);
    if (end < 0) {
      const known = roster.known(ends, peerId, session);
      this.#unreadable(known, "compressed, but not with ENet's range coder", start);
      return;
    }
    const isCompressed = (header & HEADER_FLAG_COMPRESSED) !== 0;
    const plain = isCompressed ? this.#opener.plain : bytes;
    const opened: OpenedDatagram = { datagram, ends, bytes: plain, start, end, peerId, session };
    const flow = roster.find(opened);
    if (flow === undefined) {
      this.#unreadable(undefined, 'belongs to no connection', start);
      return;
    }
    const { connection } = flow;
    connection.lastSeen = this.#now;
    if (isCompressed) connection.compressed = true;
    if (hasChecksum && !this.#checksumFits(connection, opened, checksumAt)) return;
    this.#readCommands(flow, opened, checksumAt);
  }

  /** Learns what the checksum is; false when it is ENet's own and wrong. */
  #checksumFits(connection: PassiveConnection, { datagram, bytes, end, peerId }: OpenedDatagram, at: number): boolean {
    const seed = peerId === NO_PEER ? 0 : connection.connectId;
    if (seed === undefined) {
      if (connection.checksum === 'none') connection.checksum = 'unverified';
    } else if (checksumOf(bytes, end, at, seed) !== uint32(datagram.bytes, at)) {
      if (connection.checksum === 'crc32') {
        this.#unreadable(connection, 'wrong checksum', at);
        return false;
      }
      connection.checksum = 'other';
    } else if (connection.checksum !== 'other') connection.checksum = 'crc32';
    return true;
  }

  #readCommands({ connection, fromClient }: DirectedConnection, opened: OpenedDatagram, timedEnd: number): void {
    const { datagram, bytes, start, end } = opened;
    const size = datagram.bytes.length;
    const mine = connection.flow(fromClient);
    const theirs = connection.flow(!fromClient);
    mine.begin(this.#now, size, timedEnd === 4 ? uint16(datagram.bytes, 2) : undefined);
    /** Heads of the commands that carry no packet. */
    const bare: Uint8Array[] = [];
    let at = start;
    while (at < end) {
      const next = commandEnd(bytes, at, end);
      if (next < 0) {
        this.#unreadable(connection, 'a command that does not exist, or is cut short', at);
        break;
      }
      const flags = bytes[at]!;
      const code = flags & COMMAND_MASK;
      const channel = bytes[at + 1]!;
      let isCarrier = false;
      if (code === Command.acknowledge) {
        if (channel !== CONTROL_CHANNEL) {
          theirs.acknowledged(channel, uint16(bytes, at + 4), uint16(bytes, at + 6), this.#now);
        }
      } else if (code === Command.verifyConnect) this.#accept(connection, bytes, at);
      else if (code === Command.disconnect) {
        const data = uint32(bytes, at + 4);
        this.#roster.close(connection, { reason: 'disconnect', byClient: fromClient, data });
        connection.disconnectedNow = (flags & COMMAND_FLAG_UNSEQUENCED) !== 0;
      } else if (PAYLOADS[code] === 1 && !connection.closed) {
        const head = this.#keepHeads ? packCommandHead(bytes, size, start, at, false) : undefined;
        isCarrier = this.#takePacket(mine, bytes, at, next, head);
      }
      if (this.#keepHeads && !isCarrier) bare.push(packCommandHead(bytes, size, start, at, bare.length > 0));
      at = next;
    }
    if (bare.length > 0) this.#report({ kind: 'commands', connection, fromClient, heads: joinHeads(bare) });
    mine.settle(this.#now);
    theirs.settle(this.#now);
  }

  #takePacket(flow: Flow, bytes: Uint8Array, at: number, next: number, head: Uint8Array | undefined): boolean {
    const code = bytes[at]! & COMMAND_MASK;
    const dataAt = at + COMMAND_SIZES[code]!;
    const data = bytes === this.#opener.plain ? bytes.slice(dataAt, next) : bytes.subarray(dataAt, next);
    const isFragment = code === Command.sendFragment || code === Command.sendUnreliableFragment;
    const fragment = isFragment
      ? {
          count: uint32(bytes, at + 8),
          number: uint32(bytes, at + 12),
          total: uint32(bytes, at + 16),
          offset: uint32(bytes, at + 20),
        }
      : undefined;
    return flow.take(code, bytes[at + 1]!, uint16(bytes, at + 2), uint16(bytes, at + 4), data, fragment, head);
  }

  #accept(connection: PassiveConnection, bytes: Uint8Array, at: number): void {
    if (connection.accepted || connection.closed) return;
    connection.accepted = true;
    const channelCount = uint32(bytes, at + 16);
    connection.channelCount = channelCount;
    this.#report({ kind: 'accept', connection, channelCount });
  }

  #unreadable(connection: PassiveConnection | undefined, reason: string, consumed: number): void {
    this.#report({ kind: 'unreadable', connection, reason, consumed });
  }
}
