/** Two sockets with a relay between them: bytes, ends, resets and backpressure in both directions. */
import type { Socket } from 'node:net';
import type { Codec } from '../relay/codec.ts';
import type { RelayPort } from '../relay/outlet.ts';
import { opposite, type Relay } from '../relay/relay.ts';
import type { Carrier, Connection, Direction, ExpertInfo } from '../traffic/frame.ts';
import { Alarm } from './alarm.ts';
import type { LiveConnection, ProxyContext, Treatment } from './proxy-context.ts';
import { resetSocket } from './reset-socket.ts';

/** One end: the socket that is read and written, and the TCP socket below it (the same without TLS). */
export interface StreamEnd {
  readonly socket: Socket;
  readonly wire: Socket;
}

/** Reading stops while so much waits to go on. */
const QUEUE_LIMIT = 8 * 1024 * 1024;

/** How long a peer may take to close its half after we closed ours. */
const CLOSE_LIMIT_MS = 500;

/** Why a source is not read: bits of a mask. */
const CONGESTED = 1;
const QUEUED = 2;
const SINK_FULL = 4;

const SILENT: ExpertInfo = {
  severity: 'warning',
  group: 'transport',
  code: 'tls-client-left',
  text:
    'The client left right after the TLS handshake without a word, which is what clients do that pin certificates or do not ' +
    'trust the local authority (interpose ca). For passage untouched, list the host in tls.passThrough.',
};

class StreamPair implements RelayPort, LiveConnection {
  readonly relay: Relay;
  readonly #context: ProxyContext;
  readonly #id: number;
  /** What a direction comes from and leads to. */
  readonly #from: Record<Direction, StreamEnd>;
  readonly #to: Record<Direction, StreamEnd>;
  readonly #alarm: Alarm;
  readonly #paused: Record<Direction, number> = { toServer: 0, toClient: 0 };
  readonly #ended: Record<Direction, boolean> = { toServer: false, toClient: false };
  #open = 2;
  #ending: string | undefined;

  constructor(
    context: ProxyContext,
    connection: Connection,
    ordinal: number,
    how: Treatment,
    client: StreamEnd,
    server: StreamEnd,
    codecs?: Readonly<Record<Direction, Codec>>,
  ) {
    this.#context = context;
    this.#id = connection.id;
    this.#from = { toServer: client, toClient: server };
    this.#to = { toServer: server, toClient: client };
    this.#alarm = new Alarm(context.deps.clock, (now) => {
      this.relay.tick(now);
      this.#checkQueue('toServer');
      this.#checkQueue('toClient');
    });
    this.relay = context.relay(connection, ordinal, how, this, codecs, false, client.wire.localAddress);
    context.register(this.#id, this);
    this.#listen('toServer');
    this.#listen('toClient');
  }

  // ---- commands of the relay -------------------------------------------------------------------------------------------

  send(direction: Direction, bytes: Uint8Array, _carrier: Carrier, unchanged: boolean): void {
    const { socket } = this.#to[direction];
    if (socket.destroyed || socket.writableEnded) return;
    const { tamper } = this.#context.deps;
    const out = tamper === undefined ? bytes : tamper(bytes);
    if (unchanged) this.relay.lane(direction).meter.went(out);
    if (!socket.write(out)) this.#pause(direction, CONGESTED);
  }

  end(direction: Direction): void {
    const { socket } = this.#to[direction];
    if (!socket.destroyed && !socket.writableEnded) socket.end();
  }

  reset(direction: Direction): void {
    const { socket, wire } = this.#to[direction];
    resetSocket(wire);
    socket.destroy();
  }

  wakeAt(time: number): void {
    this.#alarm.set(time);
  }

  // ---- the proxy's -----------------------------------------------------------------------------------------------------

  close(how: 'close' | 'reset'): void {
    this.#ending ??= how === 'close' ? 'closed by the user' : 'reset by the user';
    this.relay.release();
    if (how === 'close') {
      for (const end of [this.#from.toServer, this.#from.toClient]) {
        end.socket.end();
        // A peer that does not close its half is not waited for.
        setTimeout(() => {
          end.socket.destroy();
          end.wire.destroy();
        }, CLOSE_LIMIT_MS).unref();
      }
    } else {
      this.reset('toServer');
      this.reset('toClient');
    }
  }

  setPaused(paused: boolean): void {
    for (const direction of ['toServer', 'toClient'] as const) {
      if (paused) this.#pause(direction, SINK_FULL);
      else this.#unpause(direction, SINK_FULL);
    }
  }

  // ---- events of the sockets -------------------------------------------------------------------------------------------

  #listen(direction: Direction): void {
    const { socket, wire } = this.#from[direction];
    const who = direction === 'toServer' ? 'client' : 'server';
    socket.on('data', (chunk: Buffer) => this.#received(direction, chunk));
    socket.on('drain', () => this.#unpause(opposite(direction), CONGESTED));
    // Silence after a TLS handshake is how a client says that it does not trust the certificate.
    const leftSilently = (): void => {
      if (direction === 'toServer' && socket !== wire && socket.bytesRead === 0) this.#context.remark(this.#id, SILENT);
    };
    socket.on('end', () => {
      if (!this.#ended[direction]) leftSilently();
      this.#ending ??= `${who} closed`;
      this.#sourceEnded(direction);
    });
    const failed = (error: NodeJS.ErrnoException): void => {
      if (this.#ended[direction] && socket.destroyed) return;
      this.#ending ??= `${who} reset`;
      leftSilently();
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') this.#remarkError(who, error);
      this.#ended[direction] = true;
      this.relay.wasReset(direction);
      this.#unpause(opposite(direction), CONGESTED);
    };
    socket.on('error', failed);
    if (wire !== socket) wire.on('error', failed);
    socket.on('close', () => {
      this.#ending ??= `${who} closed`;
      this.#sourceEnded(direction);
      this.relay.lane(opposite(direction)).destinationGone();
      this.#unpause(opposite(direction), CONGESTED);
      if (--this.#open === 0) this.#finish();
    });
    if (socket.destroyed) socket.emit('close');
    else socket.resume();
  }

  #received(direction: Direction, chunk: Buffer): void {
    const bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    const { relay } = this;
    if (relay.lane(direction).isFramed) {
      const { socket } = this.#to[direction];
      socket.cork();
      relay.received(direction, bytes);
      socket.uncork();
      this.#checkQueue(direction);
    } else {
      relay.received(direction, bytes);
    }
    this.#context.checkSink();
  }

  #sourceEnded(direction: Direction): void {
    if (this.#ended[direction]) return;
    this.#ended[direction] = true;
    this.relay.ended(direction);
  }

  #checkQueue(direction: Direction): void {
    const waiting = this.relay.waitingBytes(direction);
    if (waiting > QUEUE_LIMIT) this.#pause(direction, QUEUED);
    else if (waiting < QUEUE_LIMIT / 2) this.#unpause(direction, QUEUED);
  }

  #pause(direction: Direction, why: number): void {
    const before = this.#paused[direction];
    this.#paused[direction] = before | why;
    if (before === 0) this.#from[direction].socket.pause();
  }

  #unpause(direction: Direction, why: number): void {
    const before = this.#paused[direction];
    if ((before & why) === 0) return;
    this.#paused[direction] = before & ~why;
    if (this.#paused[direction] === 0) this.#from[direction].socket.resume();
  }

  #remarkError(who: string, error: NodeJS.ErrnoException): void {
    this.#context.remark(this.#id, {
      severity: 'warning',
      group: 'transport',
      code: error.code ?? 'socket-error',
      text: `The ${who}'s side failed: ${error.message}`,
    });
  }

  #finish(): void {
    this.relay.closed();
    this.#alarm.set(Infinity);
    this.#context.closed(this.#id, this.#ending ?? 'closed');
  }
}

/** Relays between the two until both are closed. */
export function pairStreams(...args: ConstructorParameters<typeof StreamPair>): LiveConnection {
  return new StreamPair(...args);
}
