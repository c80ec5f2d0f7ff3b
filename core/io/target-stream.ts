/** tcp:// and tls:// as a client: one socket, cut into frames by the protocol's framing. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, rootCertificates } from 'node:tls';
import { createFramer, wrapPayload } from '../protocol/framer.ts';
import type { Cut, Framer } from '../protocol/framing.ts';
import type { EndpointUrl } from '../relay/endpoint-url.ts';
import type { ConnectHow, Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import { resetSocket } from './reset-socket.ts';
import type { TargetOptions } from './target.ts';
import { codeOf, CONNECT_LIMIT_MS, END_LIMIT_MS, explainConnect, timedOut } from './target-explain.ts';

const NONE = new Uint8Array(0);
const PLAIN = Object.freeze({});

export function connectStream(
  how: ConnectHow,
  events: TargetEvents,
  options: TargetOptions,
): Promise<TargetConnection> {
  const { url, timeoutMs = CONNECT_LIMIT_MS } = how;
  return new Promise((resolve, reject) => {
    const isSecure = url.scheme === 'tls';
    const { socket, wire } = openStream(url, isSecure, options);
    const limit = setTimeout(() => fail(timedOut(url, timeoutMs)), timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(limit);
      for (const each of [socket, wire]) each.on('error', () => undefined).destroy();
      reject(explainConnect(url, error));
    };
    const closed = (): void => fail(new Error('the server closed the connection at once'));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(isSecure ? 'secureConnect' : 'connect', () => {
      clearTimeout(limit);
      socket.off('error', fail);
      socket.off('close', closed);
      resolve(new StreamConnection(socket, how, events, { wire }));
    });
  });
}

/** `wire` is the TCP socket, below TLS when there is TLS. */
export function openStream(
  url: EndpointUrl,
  isSecure: boolean,
  options: TargetOptions,
): { socket: Socket; wire: Socket } {
  const wire = connectTcp({ host: url.host, port: url.port, noDelay: true, allowHalfOpen: true });
  if (!isSecure) return { socket: wire, wire };
  const name = options.serverName ?? (isIP(url.host) === 0 ? url.host : undefined);
  const socket = connectTls({
    socket: wire,
    rejectUnauthorized: options.verify !== false,
    ...(name === undefined ? { host: url.host } : { servername: name, host: name }),
    ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
  });
  return { socket, wire };
}

/** Also the server's side of a connection: a stand-in takes sockets that came. */
export class StreamConnection implements TargetConnection {
  readonly details: Readonly<Record<string, string | number | boolean>>;
  readonly #socket: Socket;
  readonly #wire: Socket;
  readonly #events: TargetEvents;
  readonly #incoming: Framer;
  readonly #asClient: boolean;
  #isOver = false;
  #isLeaving = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    socket: Socket,
    how: Pick<ConnectHow, 'framing' | 'maxFrame'>,
    events: TargetEvents,
    { wire = socket, asClient = true }: { wire?: Socket; asClient?: boolean } = {},
  ) {
    this.#socket = socket;
    this.#wire = wire;
    this.#events = events;
    this.#asClient = asClient;
    this.#incoming = createFramer(how.framing, how.maxFrame === undefined ? {} : { maxFrame: how.maxFrame });
    this.details = asClient ? { local: socket.localPort ?? 0 } : { remote: socket.remotePort ?? 0 };
    socket.on('data', (chunk: Uint8Array) => this.#give(this.#incoming.push(new Uint8Array(chunk))));
    socket.on('end', () => this.#over({ by: this.#isLeaving ? this.#us : this.#them, text: `${this.#them} closed` }));
    socket.on('error', (error) => this.#over(endingOf(error)));
    socket.on('close', () => {
      clearTimeout(this.#timer);
      this.#over({ by: this.#isLeaving ? this.#us : this.#them, text: `${this.#them} closed` });
    });
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isLeaving;
  }
  get framing(): Framer['framing'] {
    return this.#incoming.framing;
  }

  send({ bytes, wire }: OutgoingFrame): void {
    if (!this.isOpen || !this.#socket.writable) return;
    this.#socket.write(wire ?? wrapPayload(this.#incoming.framing, bytes));
  }

  end(): void {
    if (this.#isOver || this.#isLeaving) return;
    this.#isLeaving = true;
    this.#socket.end();
    this.#timer = setTimeout(() => {
      this.#over({ by: this.#us, text: `${this.#us} closed` });
      this.#socket.destroy();
    }, END_LIMIT_MS);
  }

  reset(): void {
    this.#isLeaving = true;
    resetSocket(this.#wire);
    this.#over({ by: this.#us, text: `${this.#us} reset` });
  }

  get #us(): 'client' | 'server' {
    return this.#asClient ? 'client' : 'server';
  }
  get #them(): 'client' | 'server' {
    return this.#asClient ? 'server' : 'client';
  }

  #give(cuts: readonly Cut[]): void {
    for (const { raw, payload, expert } of cuts) {
      if (this.#isOver) return;
      const head = payload.byteOffset - raw.byteOffset;
      const isView = payload.buffer === raw.buffer && head >= 0;
      this.#events.frame({
        bytes: payload,
        head: isView ? raw.subarray(0, head) : NONE,
        tail: isView ? raw.subarray(head + payload.length) : NONE,
        carrier: PLAIN,
        expert,
      });
    }
  }

  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#give(this.#incoming.end());
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#events.ended(ending);
    // Half-open connections are of no use here: what was written still goes out.
    if (!this.#socket.destroyed) this.#socket.end(() => this.#socket.destroy());
  }
}

function endingOf(error: Error): Ending {
  const code = codeOf(error);
  if (code === 'ECONNRESET') return { by: 'error', text: 'connection reset' };
  if (code === 'EPIPE') return { by: 'error', text: 'connection is gone' };
  return { by: 'error', text: error.message || code };
}
