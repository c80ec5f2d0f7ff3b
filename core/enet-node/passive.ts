/**
 * Follows the ENet connections in captured datagrams without taking part: which connections there are, and their
 * packets in the order the receiving application got them. Works from any point of a capture on.
 */
import { checksumOf, DatagramOpener } from './datagram-opener.ts';
import { PassiveConnection } from './passive-connection.ts';
import { type Ends, EndsBook, lowerPort, nameOf, pairKey, same } from './passive-endpoints.ts';
import type { Endpoint, ObservedDatagram, ObserverOptions, PassiveEvent } from './passive-event.ts';
import type { Flow } from './passive-flow.ts';
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
import { acknowledgedTimes, commandEnd, PAYLOADS, uint16, uint32 } from './scan.ts';

export type { Endpoint, ObservedDatagram, ObserverOptions, PassiveEvent } from './passive-event.ts';

/** What is known about two endpoints. */
interface Pair {
  /** Whether their datagrams carry checksums; undefined = no datagram has told yet. */
  checksum: boolean | undefined;
  /** Connections asked for and not answered yet, by connect id. */
  readonly pending: Map<number, PassiveConnection>;
  /** Connections of which only one direction was seen. */
  readonly halves: { connection: PassiveConnection; fromClient: boolean }[];
}

export class PassiveObserver {
  readonly #options: ObserverOptions;
  readonly #pairs = new Map<string, Pair>();
  readonly #flows = new Map<string, { connection: PassiveConnection; fromClient: boolean }>();
  readonly #connections = new Set<PassiveConnection>();
  /** Those that asked to connect, by connect id and client. */
  readonly #asked = new Map<string, PassiveConnection>();
  readonly #ends = new EndsBook();
  readonly #opener = new DatagramOpener();
  #events: PassiveEvent[] = [];
  #nextId = 1;
  #now = Number.NEGATIVE_INFINITY;
  #swept = Number.NEGATIVE_INFINITY;
  #index: number | undefined;

  constructor(options: ObserverOptions = {}) {
    this.#options = options;
  }

  /** The connections that are open as far as seen. */
  get connections(): ReadonlySet<PassiveConnection> {
    return this.#connections;
  }

  /** Takes the next datagram; returns what it brought about. Never throws. */
  observe(datagram: ObservedDatagram): PassiveEvent[] {
    this.#now = Math.max(this.#now, datagram.time);
    this.#index = datagram.index;
    this.#sweep();
    this.#read(datagram);
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** The capture ends: what still waits is delivered, after a gap event, and all connections close. */
  finish(): PassiveEvent[] {
    this.#index = undefined;
    for (const connection of this.#connections) this.#close(connection, { reason: 'end' });
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #read(datagram: ObservedDatagram): void {
    const { bytes, source, destination } = datagram;
    if (bytes.length < 2) {
      this.#unreadable(undefined, 'shorter than an ENet header', 0);
      return;
    }
    const header = (bytes[0]! << 8) | bytes[1]!;
    const peerId = header & NO_PEER;
    const session = (header >> HEADER_SESSION_SHIFT) & SESSION_MASK;
    const timed = (header & HEADER_FLAG_SENT_TIME) !== 0;
    const ends = this.#ends.of(source, destination);
    const pair = this.#pair(ends.pair);
    const checksumAt = timed ? 4 : 2;
    const checksum = this.#opener.usesChecksum(pair, bytes, checksumAt, peerId);
    if (checksum === undefined) {
      this.#pairs.delete(ends.pair); // nothing is known about these two
      const known = this.#flows.get(ends.flow(peerId, session));
      this.#unreadable(known?.connection, 'not an ENet datagram', 0);
      return;
    }
    const start = checksumAt + (checksum ? 4 : 0);
    if (bytes.length < start) {
      this.#unreadable(undefined, 'cut short in the header', 2);
      return;
    }
    const end = this.#opener.inflate(bytes, start);
    if (end < 0) {
      const known = this.#flows.get(ends.flow(peerId, session));
      this.#unreadable(known?.connection, "compressed, but not with ENet's range coder", start);
      return;
    }
    const compressed = (header & HEADER_FLAG_COMPRESSED) !== 0;
    const plain = compressed ? this.#opener.plain : bytes;
    const flow = this.#flowOf(datagram, ends, pair, plain, start, end, peerId, session);
    if (flow === undefined) return;

    const { connection, fromClient } = flow;
    connection.lastSeen = this.#now;
    if (compressed) connection.compressed = true;
    if (checksum) {
      const seed = peerId === NO_PEER ? 0 : connection.connectId;
      if (seed !== undefined && checksumOf(plain, end, checksumAt, seed) !== uint32(bytes, checksumAt)) {
        if (connection.checksum === 'crc32') {
          this.#unreadable(connection, 'wrong checksum', checksumAt);
          return;
        }
        connection.checksum = 'other';
      } else if (seed !== undefined && connection.checksum !== 'other') connection.checksum = 'crc32';
      else if (connection.checksum === 'none') connection.checksum = 'unverified';
    }
    this.#readCommands(connection, fromClient, plain, start, end, timed ? uint16(bytes, 2) : undefined, bytes.length);
  }

  #readCommands(
    connection: PassiveConnection,
    fromClient: boolean,
    bytes: Uint8Array,
    start: number,
    end: number,
    sentTime: number | undefined,
    size: number,
  ): void {
    const mine = connection.flow(fromClient);
    const theirs = connection.flow(!fromClient);
    mine.begin(this.#now, size, sentTime);
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
      const sequence = uint16(bytes, at + 2);
      if (code === Command.acknowledge) {
        if (channel !== CONTROL_CHANNEL) {
          theirs.acknowledged(channel, uint16(bytes, at + 4), uint16(bytes, at + 6), this.#now);
        }
      } else if (code === Command.verifyConnect) this.#accept(connection, bytes, at);
      else if (code === Command.disconnect) {
        const data = uint32(bytes, at + 4);
        this.#close(connection, { reason: 'disconnect', byClient: fromClient, data });
        connection.disconnectedNow = (flags & COMMAND_FLAG_UNSEQUENCED) !== 0;
      } else if (PAYLOADS[code] === 1 && !connection.closed) {
        this.#takePacket(mine, bytes, code, channel, sequence, at, next);
      }
      at = next;
    }
    mine.settle(this.#now);
    theirs.settle(this.#now);
  }

  #takePacket(
    flow: Flow,
    bytes: Uint8Array,
    code: number,
    channel: number,
    sequence: number,
    at: number,
    next: number,
  ): void {
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
    flow.take(code, channel, sequence, uint16(bytes, at + 4), data, fragment);
  }

  /** Finds, or makes, the connection and direction a datagram belongs to. */
  #flowOf(
    datagram: ObservedDatagram,
    ends: Ends,
    pair: Pair,
    bytes: Uint8Array,
    start: number,
    end: number,
    peerId: number,
    session: number,
  ): { connection: PassiveConnection; fromClient: boolean } | undefined {
    const first = commandEnd(bytes, start, end) < 0 ? 0 : bytes[start]! & COMMAND_MASK;
    if (first === Command.connect) return this.#connecting(datagram, ends, pair, bytes, start);
    if (first === Command.verifyConnect) {
      this.#verifying(datagram, ends, pair, bytes, start, peerId);
    }
    const key = ends.flow(peerId, session);
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    if (peerId === NO_PEER) {
      // Only a refusal of a connection that has no number yet looks like this.
      for (const connection of pair.pending.values()) {
        return { connection, fromClient: same(connection.client, datagram.source) };
      }
      this.#unreadable(undefined, 'belongs to no connection', start);
      return undefined;
    }
    if (first === Command.disconnect) {
      for (const connection of pair.pending.values()) {
        if (connection.clientPeerId === peerId && same(connection.server, datagram.source)) {
          return { connection, fromClient: false };
        }
      }
    }
    return this.#midStream(datagram, key, pair, bytes, start, end);
  }

  #connecting(
    { source, destination }: ObservedDatagram,
    ends: Ends,
    pair: Pair,
    bytes: Uint8Array,
    at: number,
  ): { connection: PassiveConnection; fromClient: boolean } {
    const connectId = uint32(bytes, at + 40);
    const known = this.#asked.get(askedKey(connectId, ends.from));
    if (known !== undefined) return { connection: known, fromClient: true };
    const connection = this.#add(source, destination, true, false);
    connection.connectId = connectId;
    this.#asked.set(askedKey(connectId, ends.from), connection);
    connection.connectData = uint32(bytes, at + 44);
    connection.channelCount = uint32(bytes, at + 16);
    connection.clientPeerId = uint16(bytes, at + 4) & NO_PEER;
    pair.pending.set(connectId, connection);
    this.#events.push({ kind: 'open', connection, time: this.#now, index: this.#index });
    return { connection, fromClient: true };
  }

  /** The server's answer gives both directions their peer ids and sessions. */
  #verifying(
    { source, destination }: ObservedDatagram,
    ends: Ends,
    pair: Pair,
    bytes: Uint8Array,
    at: number,
    peerId: number,
  ): void {
    const connectId = uint32(bytes, at + 40);
    const toClient = ends.flow(peerId, bytes[at + 6]! & SESSION_MASK);
    const back = this.#ends.of(destination, source);
    const toServer = back.flow(uint16(bytes, at + 4) & NO_PEER, bytes[at + 7]! & SESSION_MASK);
    let connection = pair.pending.get(connectId);
    if (connection === undefined) {
      const known = this.#flows.get(toClient)?.connection;
      if (known !== undefined && (known.connectId ?? connectId) === connectId) return;
      connection = this.#add(destination, source, true, false);
      connection.connectId = connectId;
      this.#asked.set(askedKey(connectId, ends.to), connection);
      this.#events.push({ kind: 'open', connection, time: this.#now, index: this.#index });
    }
    pair.pending.delete(connectId);
    this.#assign(toClient, connection, false);
    this.#assign(toServer, connection, true);
  }

  #accept(connection: PassiveConnection, bytes: Uint8Array, at: number): void {
    if (connection.accepted || connection.closed) return;
    connection.accepted = true;
    const channelCount = uint32(bytes, at + 16);
    connection.channelCount = channelCount;
    this.#events.push({ kind: 'accept', connection, channelCount, time: this.#now, index: this.#index });
  }

  /** A direction of a connection whose beginning was not seen; joins it to the other direction if that is known. */
  #midStream(
    { source, destination }: ObservedDatagram,
    key: string,
    pair: Pair,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): { connection: PassiveConnection; fromClient: boolean } {
    const opposite = pair.halves.filter(({ connection, fromClient }) => {
      return same(fromClient ? connection.server : connection.client, source);
    });
    const acknowledged = acknowledgedTimes(bytes, start, end);
    const half =
      opposite.find(({ connection, fromClient }) => {
        return acknowledged.some((sentTime) => connection.flow(fromClient).sentAt(sentTime));
      }) ?? opposite[0];
    if (half !== undefined) {
      pair.halves.splice(pair.halves.indexOf(half), 1);
      return this.#assign(key, half.connection, !half.fromClient);
    }
    const server = (this.#options.guessServer ?? lowerPort)(source, destination);
    const client = same(server, source) ? destination : source;
    const connection = this.#add(client, server, false, true);
    const fromClient = same(client, source);
    pair.halves.push({ connection, fromClient });
    this.#events.push({ kind: 'open', connection, time: this.#now, index: this.#index });
    return this.#assign(key, connection, fromClient);
  }

  #assign(
    key: string,
    connection: PassiveConnection,
    fromClient: boolean,
  ): { connection: PassiveConnection; fromClient: boolean } {
    const previous = this.#flows.get(key);
    if (previous !== undefined && previous.connection !== connection) {
      this.#close(previous.connection, { reason: 'replaced' });
      this.#forget(previous.connection);
    }
    const flow = { connection, fromClient };
    this.#flows.set(key, flow);
    connection.keys.push(key);
    return flow;
  }

  #add(client: Endpoint, server: Endpoint, clientKnown: boolean, midStream: boolean): PassiveConnection {
    const connection: PassiveConnection = new PassiveConnection(
      this.#nextId++,
      client,
      server,
      clientKnown,
      midStream,
      (fromClient, event) => {
        this.#events.push({ connection, fromClient, time: this.#now, index: this.#index, ...event });
      },
      this.#options.giveUpAfter ?? 30_000,
    );
    connection.lastSeen = this.#now;
    this.#connections.add(connection);
    return connection;
  }

  #close(
    connection: PassiveConnection,
    how: {
      reason: 'disconnect' | 'replaced' | 'silent' | 'end';
      byClient?: boolean;
      data?: number;
    },
  ): void {
    if (connection.closed) return;
    connection.flow(true).finish();
    connection.flow(false).finish();
    connection.closed = true;
    this.#events.push({ kind: 'close', connection, time: this.#now, index: this.#index, ...how });
  }

  #forget(connection: PassiveConnection): void {
    this.#connections.delete(connection);
    for (const key of connection.keys) if (this.#flows.get(key)?.connection === connection) this.#flows.delete(key);
    const client = nameOf(connection.client);
    const asked = askedKey(connection.connectId ?? 0, client);
    if (this.#asked.get(asked) === connection) this.#asked.delete(asked);
    const key = pairKey(client, nameOf(connection.server));
    const pair = this.#pairs.get(key);
    if (pair === undefined) return;
    if (connection.connectId !== undefined) pair.pending.delete(connection.connectId);
    const half = pair.halves.findIndex((known) => known.connection === connection);
    if (half >= 0) pair.halves.splice(half, 1);
    if (pair.pending.size + pair.halves.length === 0) this.#pairs.delete(key); // its checksums are seen again at once
  }

  /** Closes and forgets connections that have been silent for long; closed ones are kept that long for stragglers. */
  #sweep(): void {
    if (this.#now - this.#swept < 1000) return;
    this.#swept = this.#now;
    const silence = this.#options.silence ?? 60_000;
    for (const connection of this.#connections) {
      if (this.#now - connection.lastSeen < silence) continue;
      this.#close(connection, { reason: 'silent' });
      this.#forget(connection);
    }
  }

  #unreadable(connection: PassiveConnection | undefined, reason: string, consumed: number): void {
    this.#events.push({ kind: 'unreadable', connection, reason, consumed, time: this.#now, index: this.#index });
  }

  #pair(key: string): Pair {
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { checksum: undefined, pending: new Map(), halves: [] };
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}

function askedKey(connectId: number, client: string): string {
  return `${connectId} ${client}`;
}
