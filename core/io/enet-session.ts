/**
 * One ENet client and the server it is led to: two connections of their own, each with its sequence numbers, joined by a
 * relay. Both peers are served by our hosts, so they stay alive while messages are held.
 */
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import { type DisconnectEvent, type PacketEvent, PacketFlag, type Peer, type UdpHost } from '../enet-node/index.ts';
import { createMessageCodec, messageUnit } from '../relay/codec.ts';
import type { RelayPort } from '../relay/outlet.ts';
import { opposite, type Relay } from '../relay/relay.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Carrier, Connection, Direction, EnetCarrier } from '../traffic/frame.ts';
import { Alarm } from './alarm.ts';
import { BlameList } from '../traffic/enet-blame.ts';
import { enetDetails } from '../traffic/enet-figures.ts';
import { figuresOf, healthOf } from './enet-health.ts';
import type { LiveConnection, ProxyContext, Treatment } from './proxy-context.ts';

const QUEUE_LIMIT = 8 * 1024 * 1024;
/** How long the server may take to answer; the client is already connected to us meanwhile. */
const CONNECT_LIMIT_MS = 5000;
const MAX_PACKET = 32 * 1024 * 1024;

const QUEUED = 1;
const SINK_FULL = 2;

/** A connection of ours and the host that serves it. */
export interface EnetEnd {
  readonly peer: Peer;
  readonly host: UdpHost;
}

class EnetSession implements RelayPort, LiveConnection {
  readonly relay: Relay;
  readonly #context: ProxyContext;
  readonly #id: number;
  readonly #alarm: Alarm;
  readonly #peers: Record<Direction, Peer>;
  readonly #hosts: Record<Direction, UdpHost>;
  /** Data each side gave when it disconnected. */
  readonly #farewell: Record<Direction, number> = { toServer: 0, toClient: 0 };
  readonly #paused: Record<Direction, number> = { toServer: 0, toClient: 0 };
  /** By the direction of the packets that waited. */
  readonly #blames: Record<Direction, BlameList> = { toServer: new BlameList(), toClient: new BlameList() };
  #ending: string | undefined;
  readonly #isGone: Record<Direction, boolean> = { toServer: false, toClient: false };

  /** Both are connected; the client is paused, `early` is what it said before that. */
  constructor(
    context: ProxyContext,
    connection: Connection,
    ordinal: number,
    how: Treatment,
    client: EnetEnd,
    server: EnetEnd,
    early: readonly PacketEvent[],
  ) {
    this.#context = context;
    this.#id = connection.id;
    // Where a direction leads to.
    this.#peers = { toServer: server.peer, toClient: client.peer };
    this.#hosts = { toServer: server.host, toClient: client.host };
    this.#alarm = new Alarm(context.deps.clock, (now) => {
      this.relay.tick(now);
      this.#checkQueue('toServer');
      this.#checkQueue('toClient');
    });
    const codecs = { toServer: enetCodec(server.peer), toClient: enetCodec(client.peer) };
    this.relay = context.relay(connection, ordinal, how, this, codecs, true);
    context.register(this.#id, this);
    this.#listen(client.peer, 'toServer');
    this.#listen(server.peer, 'toClient');
    for (const packet of early) this.#received('toServer', packet);
    client.peer.resume();
    client.host.flush();
  }

  // ---- commands of the relay -------------------------------------------------------------------------------------------

  send(direction: Direction, bytes: Uint8Array, carrier: Carrier, unchanged: boolean): void {
    const { tamper } = this.#context.deps;
    const out = tamper === undefined ? bytes : tamper(bytes);
    const { channel, reliable, unsequenced } = carrier as EnetCarrier;
    if (unchanged) this.relay.lane(direction).meter.went(out, channel);
    const flags =
      (reliable ? PacketFlag.reliable : PacketFlag.unreliableFragment) | (unsequenced ? PacketFlag.unsequenced : 0);
    const peer = this.#peers[direction];
    if (channel >= peer.channelCount) {
      const text = `Channel ${channel} does not exist on the other side (it allows ${peer.channelCount}); the message is lost.`;
      this.#context.remark(this.#id, { severity: 'warning', group: 'transport', code: 'no-channel', text });
      return;
    }
    peer.send(channel, { data: out, flags });
  }

  end(direction: Direction): void {
    this.#peers[direction].disconnectLater(this.#farewell[direction]);
  }

  /** As if the line were cut: the other side finds out by itself. */
  reset(direction: Direction): void {
    this.#peers[direction].reset();
    this.#gone(direction);
  }

  wakeAt(time: number): void {
    this.#alarm.set(time);
  }

  // ---- the proxy's -----------------------------------------------------------------------------------------------------

  close(how: 'close' | 'reset'): void {
    this.#ending ??= how === 'close' ? 'closed by the user' : 'reset by the user';
    this.relay.release();
    for (const direction of ['toServer', 'toClient'] as const) {
      const peer = this.#peers[direction];
      if (how === 'close') peer.disconnectNow(0);
      else peer.reset();
      this.#gone(direction);
    }
  }

  enetHealth(): readonly EnetHealth[] {
    return [
      healthOf(this.#id, 'client', this.#peers.toClient, this.#blames.toServer.list),
      healthOf(this.#id, 'server', this.#peers.toServer, this.#blames.toClient.list),
    ];
  }

  setPaused(paused: boolean): void {
    for (const direction of ['toServer', 'toClient'] as const) this.#pause(direction, SINK_FULL, paused);
  }

  // ---- events of the peers ---------------------------------------------------------------------------------------------

  #listen(peer: Peer, direction: Direction): void {
    const who = direction === 'toServer' ? 'client' : 'server';
    peer.on('packet', (packet) => this.#received(direction, packet));
    peer.on('disconnect', (event: DisconnectEvent) => {
      if (event.reason === 'timeout') {
        this.#ending ??= `${who} timed out`;
        this.relay.wasReset(direction);
      } else {
        if (event.reason === 'remote') {
          this.#ending ??= `${who} disconnected${event.data === 0 ? '' : ` (${event.data})`}`;
          this.#farewell[direction] = event.data;
        }
        this.relay.ended(direction);
      }
      this.#gone(opposite(direction));
    });
  }

  #received(direction: Direction, packet: PacketEvent): void {
    const before = this.#context.lastFrame;
    this.relay.message(direction, unitOf(packet), packet.channel);
    const { lastFrame } = this.#context;
    this.#blames[direction].note(packet, lastFrame === before ? 0 : lastFrame);
    this.#checkQueue(direction);
    this.#context.checkSink();
  }

  /** The peer this direction leads to is no more. */
  #gone(direction: Direction): void {
    if (this.#isGone[direction]) return;
    this.#isGone[direction] = true;
    this.relay.lane(direction).destinationGone();
    if (!this.#isGone[opposite(direction)]) return;
    this.relay.closed();
    this.#alarm.set(Infinity);
    const figures = [
      figuresOf('client', this.#peers.toClient, this.#blames.toServer.list),
      figuresOf('server', this.#peers.toServer, this.#blames.toClient.list),
    ];
    const { details } = this.relay.connection;
    this.#context.deps.sink.changed(this.#id, { details: { ...details, ...enetDetails(figures) } });
    this.#context.closed(this.#id, this.#ending ?? 'closed');
  }

  #checkQueue(direction: Direction): void {
    const waiting = this.relay.waitingBytes(direction);
    if (waiting > QUEUE_LIMIT) this.#pause(direction, QUEUED, true);
    else if (waiting < QUEUE_LIMIT / 2) this.#pause(direction, QUEUED, false);
  }

  #pause(direction: Direction, why: number, on: boolean): void {
    const before = this.#paused[direction];
    const after = on ? before | why : before & ~why;
    if (before === after) return;
    this.#paused[direction] = after;
    const source = this.#peers[opposite(direction)];
    if (before === 0) source.pause();
    else if (after === 0) {
      source.resume();
      // What came during the pause is handed out with the host's next turn.
      this.#hosts[opposite(direction)].flush();
    }
  }
}

/** Relays between the two until both are disconnected. */
export function joinPeers(...args: ConstructorParameters<typeof EnetSession>): LiveConnection {
  return new EnetSession(...args);
}

/**
 * Calls `connected` within the event that the server has taken the connection (what it says next may be in the same
 * datagram), or `failed` with an EngineError `connect-failed`.
 */
export function whenConnected(
  peer: Peer,
  where: string,
  connected: () => void,
  failed: (error: EngineError) => void,
): void {
  const limit = setTimeout(() => {
    off();
    peer.reset();
    failed(noAnswer());
  }, CONNECT_LIMIT_MS);
  const noAnswer = (cause?: DisconnectEvent): EngineError => {
    const text = `No ENet server answered at ${where} within ${CONNECT_LIMIT_MS / 1000} seconds. Start the server, or change the upstream; the proxy goes on.`;
    return new EngineError('connect-failed', text, { cause });
  };
  const off = (): void => {
    clearTimeout(limit);
    peer.off('connect', taken);
    peer.off('disconnect', refused);
  };
  const taken = (): void => {
    off();
    connected();
  };
  const refused = (event: DisconnectEvent): void => {
    off();
    if (event.reason !== 'remote') failed(noAnswer(event));
    else {
      const text = `The server at ${where} refused the connection (disconnect data ${event.data}).`;
      failed(new EngineError('connect-failed', text, { cause: { code: event.reason, data: event.data } }));
    }
  };
  peer.on('connect', taken);
  peer.on('disconnect', refused);
}

export function unitOf(
  packet: Pick<PacketEvent, 'data' | 'channel' | 'reliable' | 'unsequenced' | 'heads'>,
): ReturnType<typeof messageUnit> {
  const { data, channel, reliable, unsequenced, heads } = packet;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length);
  return messageUnit(bytes, { channel, reliable, unsequenced }, heads);
}

function enetCodec(peer: Peer): ReturnType<typeof createMessageCodec> {
  const codec = createMessageCodec((carrier) => {
    const { channel = 0, reliable = true, unsequenced = false } = carrier as Partial<EnetCarrier>;
    return { channel, reliable, unsequenced };
  });
  return {
    ...codec,
    refuse(payload, carrier) {
      const { channel } = carrier as EnetCarrier;
      if (payload.length > MAX_PACKET) return `An ENet packet holds at most ${MAX_PACKET} bytes.`;
      return Number.isInteger(channel) && channel >= 0 && channel < peer.channelCount
        ? undefined
        : `There is no channel ${channel}: the connection has ${peer.channelCount}, counted from 0.`;
    },
  };
}
