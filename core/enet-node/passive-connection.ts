/** A connection found in captured datagrams. */
import type { Endpoint } from './passive-event.ts';
import { Flow, type FlowChannelStatistics, type FlowEvent, type FlowStatistics } from './passive-flow.ts';

export class PassiveConnection {
  /** Counts the connections of an observer from 1. */
  readonly id: number;
  /** The side that asked for the connection. */
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** False when the connecting was not captured, so that client and server are a guess. */
  readonly clientKnown: boolean;
  /** Whether it was under way already when the capture began. */
  readonly midStream: boolean;
  connectId: number | undefined = undefined;
  connectData: number | undefined = undefined;
  /** As asked for; after `accept` as granted. */
  channelCount: number | undefined = undefined;
  /**
   * Whether datagrams carry a checksum: `crc32` = ENet's own, and right; `other` = some other function; `unverified` =
   * there is one, but without the connect id it cannot be checked.
   */
  checksum: 'none' | 'crc32' | 'other' | 'unverified' = 'none';
  /** Whether a compressed datagram was seen. */
  compressed = false;
  accepted = false;
  closed = false;
  /** The side that disconnected did not wait for an answer. */
  disconnectedNow = false;

  /** @internal */
  clientPeerId = 0;
  /** @internal */
  lastSeen = 0;
  /** @internal */
  readonly keys: string[] = [];
  readonly #toServer: Flow;
  readonly #toClient: Flow;

  /** @internal */
  constructor(
    id: number,
    client: Endpoint,
    server: Endpoint,
    clientKnown: boolean,
    midStream: boolean,
    report: (fromClient: boolean, event: FlowEvent) => void,
    giveUpAfter: number,
  ) {
    this.id = id;
    this.client = client;
    this.server = server;
    this.clientKnown = clientKnown;
    this.midStream = midStream;
    this.#toServer = new Flow((event) => report(true, event), midStream, giveUpAfter);
    this.#toClient = new Flow((event) => report(false, event), midStream, giveUpAfter);
  }

  /** Counts of the datagrams from the client. */
  get toServer(): Readonly<FlowStatistics> {
    return this.#toServer.statistics;
  }

  /** Counts of the datagrams from the server. */
  get toClient(): Readonly<FlowStatistics> {
    return this.#toClient.statistics;
  }

  /** Counts of the channels that carried packets one way. */
  channels(fromClient: boolean): readonly Readonly<FlowChannelStatistics>[] {
    return this.flow(fromClient).channels();
  }

  /** @internal */
  flow(fromClient: boolean): Flow {
    return fromClient ? this.#toServer : this.#toClient;
  }
}
