/** One client's datagrams to one server: a relay between the client's address and an upstream socket of its own. */
import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createMessageCodec, messageUnit } from '../relay/codec.ts';
import { printHostPort } from '../relay/endpoint-url.ts';
import type { RelayPort } from '../relay/outlet.ts';
import type { Relay } from '../relay/relay.ts';
import type { Carrier, Connection, Direction, Endpoint } from '../traffic/frame.ts';
import { Alarm } from './alarm.ts';
import type { LiveConnection, ProxyContext, Treatment } from './proxy-context.ts';
import { giveUp, refuseIfAsked } from './stream-carrier.ts';

const MAX_DATAGRAM = 65_507;
const BUFFER = 4 * 1024 * 1024;
/** Datagrams kept while the upstream's name is being looked up. */
const MAX_EARLY = 256;
const PLAIN: Carrier = Object.freeze({});

export interface UdpSessionSetup {
  readonly context: ProxyContext;
  readonly how: Treatment;
  readonly client: Endpoint;
  readonly target: Endpoint;
  /** Sends a datagram to the client. */
  reply(bytes: Uint8Array): void;
  /** The session is over. */
  ended(): void;
}

export class UdpSession implements RelayPort, LiveConnection {
  readonly relay: Relay;
  readonly #setup: UdpSessionSetup;
  readonly #id: number;
  readonly #alarm: Alarm;
  #upstream: Socket | undefined;
  #early: Uint8Array[] | undefined = [];
  /** Last datagram in either direction, milliseconds of the clock. */
  lastSeen: number;
  #ended = false;
  #isPaused = false;
  #missed = 0;

  constructor(setup: UdpSessionSetup) {
    const { context, how, client, target } = setup;
    const { clock } = context.deps;
    this.#setup = setup;
    this.lastSeen = clock.now();
    this.#alarm = new Alarm(clock, (now) => this.relay.tick(now));
    const connection = context.open('udp', client, target, how.role);
    this.#id = connection.id;
    const ordinal = context.nextOrdinal();
    const codecs = { toServer: datagramCodec(), toClient: datagramCodec() };
    this.relay = context.relay(connection, ordinal, how, this, codecs, true);
    try {
      refuseIfAsked(context, connection, ordinal);
    } catch (error) {
      this.#end('refused', error, connection);
      return;
    }
    context.register(this.#id, this);
    void this.#connect(connection);
  }

  /** A datagram of the client. */
  received(bytes: Uint8Array): void {
    if (this.#ended) return;
    this.lastSeen = this.#setup.context.deps.clock.now();
    if (this.#early === undefined) this.#relay('toServer', bytes);
    else if (this.#early.length < MAX_EARLY) this.#early.push(bytes);
  }

  // ---- commands of the relay -------------------------------------------------------------------------------------------

  send(direction: Direction, bytes: Uint8Array, _carrier: Carrier, unchanged: boolean): void {
    const { tamper } = this.#setup.context.deps;
    const out = tamper === undefined ? bytes : tamper(bytes);
    if (unchanged) this.relay.lane(direction).meter.went(out);
    if (direction === 'toClient') this.#setup.reply(out);
    else this.#upstream?.send(out);
  }

  end(): void {
    this.#end('closed by a rule');
  }

  reset(): void {
    this.#end('closed by a rule');
  }

  wakeAt(time: number): void {
    this.#alarm.set(time);
  }

  // ---- the proxy's -----------------------------------------------------------------------------------------------------

  close(): void {
    this.relay.release();
    this.#end('closed by the user');
  }

  expire(): void {
    this.#end('idle');
  }

  /** Datagrams cannot be pushed back: while the recorder cannot keep up they go on unrecorded, and the gap is said. */
  setPaused(paused: boolean): void {
    this.#isPaused = paused;
    if (paused || this.#missed === 0) return;
    this.#setup.context.remark(this.#id, {
      severity: 'warning',
      group: 'transport',
      code: 'gap',
      text: `${this.#missed} datagrams went on without being recorded, because the recorder could not keep up.`,
    });
    this.#missed = 0;
  }

  #relay(direction: Direction, bytes: Uint8Array): void {
    const lane = this.relay.lane(direction);
    if (this.#isPaused && !lane.control.active && lane.departures.isEmpty) {
      this.#missed++;
      lane.meter.came(bytes);
      this.send(direction, bytes, PLAIN, true);
      return;
    }
    this.relay.message(direction, messageUnit(bytes, PLAIN));
    this.#setup.context.checkSink();
  }

  async #connect(connection: Connection): Promise<void> {
    const { context, target } = this.#setup;
    try {
      const family = isIP(target.address);
      const address = family === 0 ? await lookup(target.address) : { address: target.address, family };
      if (this.#ended) return;
      const socket = createSocket({ type: address.family === 6 ? 'udp6' : 'udp4', recvBufferSize: BUFFER });
      this.#upstream = socket;
      let refused = false;
      socket.on('error', (error: NodeJS.ErrnoException) => {
        // Told once: every datagram to a closed port comes back as an error.
        if (refused || this.#ended) return;
        refused = true;
        context.remark(this.#id, {
          severity: 'warning',
          group: 'transport',
          code: error.code ?? 'socket-error',
          text: `Nothing listens on ${printHostPort(target.address, target.port)} (${error.code}); datagrams are lost until it does.`,
        });
      });
      socket.on('message', (message) => {
        this.lastSeen = context.deps.clock.now();
        this.#relay('toClient', viewOf(message));
      });
      await new Promise<void>((resolve) => {
        socket.connect(target.port, address.address, () => resolve());
      });
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const bytes of early) this.received(bytes);
    } catch (error) {
      this.#end('connect failed', error, connection);
    }
  }

  #end(ending: string, error?: unknown, connection?: Connection): void {
    if (this.#ended) return;
    this.#ended = true;
    this.relay.closed();
    this.#alarm.set(Infinity);
    this.#upstream?.close();
    if (error === undefined || connection === undefined) this.#setup.context.closed(this.#id, ending);
    else giveUp(this.#setup.context, connection, error);
    this.#setup.ended();
  }
}

function datagramCodec(): ReturnType<typeof createMessageCodec> {
  return {
    ...createMessageCodec(),
    refuse: (payload) =>
      payload.length > MAX_DATAGRAM
        ? `A datagram holds at most ${MAX_DATAGRAM} bytes; this one has ${payload.length}.`
        : undefined,
  };
}

export function viewOf(message: Buffer): Uint8Array {
  return new Uint8Array(message.buffer, message.byteOffset, message.length);
}
