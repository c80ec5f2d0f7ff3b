/** Which connections there are among captured datagrams, and which of them, and which way, a datagram belongs to. */
import { PassiveConnection } from './passive-connection.ts';
import { type Ends, EndsBook, lowerPort, nameOf, pairKey, same } from './passive-endpoints.ts';
import type { CloseReason, Endpoint, ObservedDatagram, ObserverOptions, PassiveEvent } from './passive-event.ts';
import { Command, COMMAND_MASK, NO_PEER, SESSION_MASK } from './protocol.ts';
import { acknowledgedTimes, commandEnd, uint16, uint32 } from './scan.ts';

/** What is known about two endpoints. */
interface Pair {
  /** Whether their datagrams carry checksums; undefined = no datagram has told yet. */
  checksum: boolean | undefined;
  /** Connections asked for and not answered yet, by connect id. */
  readonly pending: Map<number, PassiveConnection>;
  /** Connections of which only one direction was seen. */
  readonly halves: DirectedConnection[];
}

/** A connection and one of its directions. */
export interface DirectedConnection {
  readonly connection: PassiveConnection;
  readonly fromClient: boolean;
}

/** A datagram that was opened: decompressed, its commands from `start` to `end`. */
export interface OpenedDatagram {
  readonly datagram: ObservedDatagram;
  readonly ends: Ends;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly peerId: number;
  readonly session: number;
}

export class ConnectionRoster {
  readonly #options: ObserverOptions;
  /** Adds connection-independent time and index, and hands the event out. */
  readonly #report: (event: Unstamped) => void;
  readonly #pairs = new Map<string, Pair>();
  readonly #flows = new Map<string, DirectedConnection>();
  readonly #connections = new Set<PassiveConnection>();
  /** Those that asked to connect, by connect id and client. */
  readonly #asked = new Map<string, PassiveConnection>();
  readonly #ends = new EndsBook();
  #nextId = 1;
  #swept = Number.NEGATIVE_INFINITY;

  constructor(options: ObserverOptions, report: (event: Unstamped) => void) {
    this.#options = options;
    this.#report = report;
  }

  get connections(): ReadonlySet<PassiveConnection> {
    return this.#connections;
  }

  endsOf({ source, destination }: ObservedDatagram): Ends {
    return this.#ends.of(source, destination);
  }

  pair({ pair: key }: Ends): Pair {
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      pair = { checksum: undefined, pending: new Map(), halves: [] };
      this.#pairs.set(key, pair);
    }
    return pair;
  }

  /** What was taken for ENet between these two is not: nothing is known about them. */
  forgetPair({ pair }: Ends): void {
    this.#pairs.delete(pair);
  }

  /** The connection a datagram with this peer id would belong to. */
  known(ends: Ends, peerId: number, session: number): PassiveConnection | undefined {
    return this.#flows.get(ends.flow(peerId, session))?.connection;
  }

  /** Finds, or makes, the connection and direction a datagram belongs to; undefined for one that belongs to none. */
  find(opened: OpenedDatagram): DirectedConnection | undefined {
    const { datagram, ends, bytes, start, end, peerId, session } = opened;
    const pair = this.pair(ends);
    const first = commandEnd(bytes, start, end) < 0 ? 0 : bytes[start]! & COMMAND_MASK;
    if (first === Command.connect) return this.#connecting(opened, pair);
    if (first === Command.verifyConnect) this.#verifying(opened, pair);
    const key = ends.flow(peerId, session);
    const known = this.#flows.get(key);
    if (known !== undefined) return known;
    if (peerId === NO_PEER) {
      // Only a refusal of a connection that has no number yet looks like this.
      for (const connection of pair.pending.values()) {
        return { connection, fromClient: same(connection.client, datagram.source) };
      }
      return undefined;
    }
    if (first === Command.disconnect) {
      for (const connection of pair.pending.values()) {
        if (connection.clientPeerId === peerId && same(connection.server, datagram.source)) {
          return { connection, fromClient: false };
        }
      }
    }
    return this.#midStream(opened, key, pair);
  }

  #connecting({ datagram, ends, bytes, start: at }: OpenedDatagram, pair: Pair): DirectedConnection {
    const connectId = uint32(bytes, at + 40);
    const known = this.#asked.get(askedKey(connectId, ends.from));
    if (known !== undefined) return { connection: known, fromClient: true };
    const connection = this.#add(datagram.source, datagram.destination, true, false);
    connection.connectId = connectId;
    this.#asked.set(askedKey(connectId, ends.from), connection);
    connection.connectData = uint32(bytes, at + 44);
    connection.channelCount = uint32(bytes, at + 16);
    connection.clientPeerId = uint16(bytes, at + 4) & NO_PEER;
    pair.pending.set(connectId, connection);
    this.#report({ kind: 'open', connection });
    return { connection, fromClient: true };
  }

  /** The server's answer gives both directions their peer ids and sessions. */
  #verifying({ datagram, ends, bytes, start: at, peerId }: OpenedDatagram, pair: Pair): void {
    const { source, destination } = datagram;
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
      this.#report({ kind: 'open', connection });
    }
    pair.pending.delete(connectId);
    this.#assign(toClient, connection, false);
    this.#assign(toServer, connection, true);
  }

  /** A direction of a connection whose beginning was not seen; joins it to the other direction if that is known. */
  #midStream({ datagram, bytes, start, end }: OpenedDatagram, key: string, pair: Pair): DirectedConnection {
    const { source, destination } = datagram;
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
    this.#report({ kind: 'open', connection });
    return this.#assign(key, connection, fromClient);
  }

  #assign(key: string, connection: PassiveConnection, fromClient: boolean): DirectedConnection {
    const previous = this.#flows.get(key);
    if (previous !== undefined && previous.connection !== connection) {
      this.close(previous.connection, { reason: 'replaced' });
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
      (fromClient, event) => this.#report({ connection, fromClient, ...event }),
      this.#options.giveUpAfter ?? 30_000,
    );
    this.#connections.add(connection);
    return connection;
  }

  close(connection: PassiveConnection, how: { reason: CloseReason; byClient?: boolean; data?: number }): void {
    if (connection.closed) return;
    connection.flow(true).finish();
    connection.flow(false).finish();
    connection.closed = true;
    this.#report({ kind: 'close', connection, ...how });
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
  sweep(now: number): void {
    if (now - this.#swept < 1000) return;
    this.#swept = now;
    const silence = this.#options.silence ?? 60_000;
    for (const connection of this.#connections) {
      if (now - connection.lastSeen < silence) continue;
      this.close(connection, { reason: 'silent' });
      this.#forget(connection);
    }
  }
}

/** An event without its time and the number of its datagram. */
export type Unstamped = PassiveEvent extends infer Each
  ? Each extends unknown
    ? Omit<Each, 'time' | 'index'>
    : never
  : never;

function askedKey(connectId: number, client: string): string {
  return `${connectId} ${client}`;
}
