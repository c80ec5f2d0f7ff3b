/**
 * Captured packets → connections and frames, handed to a sink exactly as a proxy hands its own. Who is the client is told by
 * the TCP or ENet handshake; in the middle of a connection, by the ports the protocols know, else by who speaks first.
 */
import type { Direction, Link, Protocol, Transport } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { Packet } from './packet.ts';
import type { ConnectionHint } from './packet-hint.ts';
import { type Datagram, PacketLayers, type Segment } from './packet-layers.ts';
import { type Choose, StreamPair } from './stream-pair.ts';
import { type StreamEvent, TcpReassembly } from './tcp-reassembly.ts';
import { type DatagramFlows, createDatagramFlows } from './datagram-flows.ts';
import { chooseAs, ConnectionNumbers, openedAs } from './hinted-connection.ts';

export interface CaptureOptions {
  readonly sink: TrafficSink;
  readonly choose: Choose;
  /** A protocol by its id, for connections whose protocol the file names. */
  readonly known?: (id: string, link: Link) => Protocol | undefined;
  /** Ports on which servers are known to listen: decide direction and carrier in mid-connection. */
  readonly serverPorts?: ReadonlyMap<number, Transport>;
  /** Also what is below the frames: the headers that carried them, and the carrier's commands without one. */
  readonly keepCarrier?: boolean;
  /** TCP streams and UDP flows kept at once; the longest silent is closed beyond. Default 50 000. */
  readonly maxConnections?: number;
}

interface Stream {
  readonly id: number;
  /** The sides were guessed, and it was the other way round: told to the sink, while `clientKey` stays as it was. */
  isSwapped: boolean;
  readonly clientKey: string;
  readonly reassembly: TcpReassembly;
  readonly pair: StreamPair;
  readonly hint: ConnectionHint | undefined;
  last: number;
  ended: Partial<Record<Direction, boolean>>;
}

export class CaptureTraffic {
  readonly #options: CaptureOptions;
  readonly layers = new PacketLayers();
  readonly #streams = new Map<string, Stream>();
  readonly #datagrams: DatagramFlows;
  #began: number | undefined;
  #last = { time: 0, packet: 0 };
  readonly #max: number;
  readonly #numbers: ConnectionNumbers;

  constructor(options: CaptureOptions) {
    this.#options = options;
    this.#max = options.maxConnections ?? 50_000;
    this.#numbers = new ConnectionNumbers(options.sink);
    this.#datagrams = createDatagramFlows(options, this.#numbers, this.#max, () => this.#began ?? 0);
  }

  /** Wall clock, seconds, that monotonic times count from; without it, that of the first packet. */
  begin(began: number): void {
    this.#began ??= began;
  }

  push(packet: Packet): void {
    this.#began ??= packet.time;
    this.#last = { time: packet.time, packet: packet.n };
    const found = this.layers.read(packet);
    if (found?.kind === 'tcp') this.#segment(found);
    else if (found?.kind === 'udp') this.#datagram(found);
  }

  /** End of the capture: everything pending comes out. */
  end(): void {
    for (const [key, stream] of this.#streams) this.#close(key, stream, 'capture ended');
    this.#datagrams.end(this.#last.time);
  }

  #datagram(datagram: Datagram): void {
    this.#datagrams.push(datagram);
  }

  #segment(segment: Segment): void {
    const { from: source, pair: key } = segment.route;
    let stream = this.#streams.get(key);
    if (
      stream?.reassembly.isReusedBy(segment, stream.clientKey === source) === true ||
      (stream !== undefined && stream.clientKey !== source && segment.syn && !segment.ack)
    ) {
      this.#close(key, stream, 'address reused');
      stream = undefined;
    }
    if (stream === undefined) {
      // A reset or a bare acknowledgement of something unseen opens nothing.
      if (segment.rst || (!segment.syn && segment.data.length === 0)) return;
      stream = this.#open(segment);
    }
    stream.last = segment.packet.time;
    const fromClient = stream.clientKey === source;
    for (const event of stream.reassembly.push(segment, fromClient)) this.#apply(key, stream, event);
    if (this.#streams.size > this.#max) this.#evict();
  }

  #open(segment: Segment): Stream {
    const { source, destination, from, to, pair } = segment.route;
    const fromClient = segment.syn ? !segment.ack : this.#isFromClient(segment);
    const [client, server] = fromClient ? [source, destination] : [destination, source];
    const { sink, choose } = this.#options;
    const hint = segment.packet.hint?.connection;
    const id = this.#numbers.next(hint);
    const connection: Connection =
      hint === undefined
        ? {
            id,
            transport: 'tcp',
            client,
            server,
            protocol: '',
            opened: segment.packet.time,
            details: segment.syn ? {} : { 'mid-stream': true },
          }
        : openedAs(hint, id);
    sink.opened(connection);
    const link: Link = {
      transport: connection.transport,
      serverPort: connection.server.port,
      clientPort: connection.client.port,
    };
    const swap = (): void => {
      sink.changed(id, { client: connection.server, server: connection.client });
      stream.isSwapped = true;
    };
    const isGuess = !segment.syn && hint === undefined && !this.#isTold(segment);
    const stream: Stream = {
      id,
      isSwapped: false,
      clientKey: fromClient ? from : to,
      reassembly: new TcpReassembly(),
      pair: new StreamPair(
        id,
        link,
        sink,
        hint === undefined ? choose : chooseAs(this.#options, hint),
        this.#began ?? segment.packet.time,
        { told: hint, swap: isGuess ? swap : undefined, isJoined: !segment.syn && hint === undefined },
      ),
      hint,
      last: segment.packet.time,
      ended: {},
    };
    this.#streams.set(pair, stream);
    return stream;
  }

  /** One port is known to be a server's, the other is not. */
  #isTold({ route: { source, destination } }: Segment): boolean {
    const ports = this.#options.serverPorts;
    return (ports?.has(destination.port) === true) !== (ports?.has(source.port) === true);
  }

  #isFromClient({ route: { source, destination } }: Segment): boolean {
    const ports = this.#options.serverPorts;
    const toKnown = ports?.has(destination.port) === true;
    const fromKnown = ports?.has(source.port) === true;
    if (toKnown !== fromKnown) return toKnown;
    return destination.port <= source.port;
  }

  #apply(key: string, stream: Stream, event: StreamEvent): void {
    const direction: Direction = event.fromClient ? 'toServer' : 'toClient';
    switch (event.kind) {
      case 'data':
        stream.pair.push(direction, event.bytes, event.time, event.note);
        return;
      case 'gap':
        stream.pair.gap(direction, event.missing, event.time);
        return;
      case 'remark':
        this.#options.sink.remark(stream.id, event.time, event.info);
        return;
      case 'ended': {
        if (event.how === 'reset') {
          this.#close(key, stream, event.fromClient !== stream.isSwapped ? 'client reset' : 'server reset');
          return;
        }
        stream.pair.end(direction, event.time);
        const isClientFirst = (stream.ended.toServer === true) !== stream.isSwapped;
        const first = isClientFirst ? 'client closed' : 'server closed';
        stream.ended[direction] = true;
        if (stream.ended.toServer === true && stream.ended.toClient === true) {
          // The entry stays a while: the last acknowledgements and repeats must not open a new connection.
          this.#closed(stream, event.time, first);
        }
        return;
      }
    }
  }

  #close(key: string, stream: Stream, ending: string): void {
    this.#streams.delete(key);
    for (const event of stream.reassembly.end(this.#last.time, this.#last.packet))
      if (event.kind !== 'ended') this.#apply(key, stream, event);
    const isClosed = stream.ended.toServer === true && stream.ended.toClient === true;
    for (const direction of ['toServer', 'toClient'] as const)
      if (stream.ended[direction] !== true) stream.pair.end(direction, this.#last.time);
    if (!isClosed) this.#closed(stream, this.#last.time, ending);
  }

  /** A connection whose end the file tells ends as told, also when it tells that it was still open. */
  #closed({ id, hint }: Stream, time: number, ending: string): void {
    if (hint === undefined) this.#options.sink.closed(id, time, ending);
    else if (hint.closed !== undefined) this.#options.sink.closed(id, hint.closed, hint.ending ?? ending);
  }

  #evict(): void {
    // Map order is order of opening; of the oldest few, the longest silent goes.
    let victim: [string, Stream] | undefined;
    let looked = 0;
    for (const entry of this.#streams) {
      if (victim === undefined || entry[1].last < victim[1].last) victim = entry;
      if (++looked === 64) break;
    }
    if (victim !== undefined) this.#close(victim[0], victim[1], 'silent for long');
  }
}
