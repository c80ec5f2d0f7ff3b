/** ws:// and wss:// as a client. */
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { type RawData, WebSocket } from 'ws';
import { printHostPort } from '../relay/endpoint-url.ts';
import type { Framing } from '../protocol/framing.ts';
import type { ConnectHow, Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { WebSocketCarrier } from '../traffic/frame.ts';
import type { TargetOptions } from './target.ts';
import { CONNECT_LIMIT_MS, END_LIMIT_MS, explainConnect, timedOut } from './target-explain.ts';

const NONE = new Uint8Array(0);
const MESSAGE: Framing = { kind: 'message' };
const MAX_MESSAGE = 64 * 1024 * 1024;

export function connectWebSocket(
  how: ConnectHow,
  events: TargetEvents,
  options: TargetOptions,
): Promise<TargetConnection> {
  const { url, timeoutMs = CONNECT_LIMIT_MS } = how;
  return new Promise((resolve, reject) => {
    const name = options.serverName ?? (isIP(url.host) === 0 ? url.host : undefined);
    const socket = new WebSocket(
      `${url.scheme}://${printHostPort(url.host, url.port)}${url.path || '/'}`,
      [...(how.protocols ?? [])],
      {
        perMessageDeflate: false,
        maxPayload: how.maxFrame ?? MAX_MESSAGE,
        headers: { ...how.headers },
        rejectUnauthorized: options.verify !== false,
        ...(name === undefined ? {} : { servername: name }),
        ...(options.ca === undefined ? {} : { ca: [...rootCertificates, options.ca] }),
      },
    );
    // The connection listens from the first moment: a server may speak in the packet that carries its 101.
    const connection = new WebSocketConnection(socket, events);
    const limit = setTimeout(() => fail(timedOut(url, timeoutMs)), timeoutMs);
    const fail = (error: unknown): void => {
      clearTimeout(limit);
      connection.abandon();
      reject(explainConnect(url, error));
    };
    socket.once('error', fail);
    socket.once('unexpected-response', (_request, response) => {
      const { statusCode = 0, statusMessage = '' } = response;
      const what = `${url.host}:${url.port} answered the WebSocket upgrade with ${statusCode} ${statusMessage}`.trim();
      fail(new EngineError('connect-failed', `${what}: check the path of the URL.`));
    });
    socket.once('open', () => {
      clearTimeout(limit);
      socket.off('error', fail);
      connection.begin();
      resolve(connection);
    });
  });
}

/** Also the server's side, for a stand-in. */
export class WebSocketConnection implements TargetConnection {
  readonly framing = MESSAGE;
  readonly #socket: WebSocket;
  readonly #events: TargetEvents;
  readonly #us: 'client' | 'server';
  readonly #them: 'client' | 'server';
  /** Messages that came before the connection was announced. */
  #early: (() => void)[] | undefined = [];
  #isOver = false;
  #isLeaving = false;
  #problem: string | undefined;

  constructor(socket: WebSocket, events: TargetEvents, asClient = true) {
    this.#socket = socket;
    this.#events = events;
    this.#us = asClient ? 'client' : 'server';
    this.#them = asClient ? 'server' : 'client';
    socket.on('message', (data, isBinary) => this.#take(bytesOf(data), isBinary ? 'binary' : 'text'));
    socket.on('ping', (data) => this.#take(bytesOf(data), 'ping'));
    socket.on('error', (error) => {
      this.#problem = error.message;
    });
    socket.on('close', (code, reason) => this.#when(() => this.#over(this.#endingOf(code, reason.toString()))));
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isLeaving;
  }
  get details(): Readonly<Record<string, string | number | boolean>> {
    const { protocol } = this.#socket;
    return protocol === '' ? {} : { subprotocol: protocol };
  }

  /** The connection has been handed over: what came early is told after the caller has had his turn. */
  begin(): void {
    setImmediate(() => {
      const early = this.#early ?? [];
      this.#early = undefined;
      for (const tell of early) tell();
    });
  }
  /** It never came to be. */
  abandon(): void {
    this.#isOver = true;
    this.#socket.on('error', () => undefined);
    this.#socket.terminate();
  }

  send({ bytes, carrier }: OutgoingFrame): void {
    if (!this.isOpen || this.#socket.readyState !== WebSocket.OPEN) return;
    const opcode = (carrier as WebSocketCarrier | undefined)?.opcode ?? 'text';
    if (opcode === 'text' || opcode === 'binary') this.#socket.send(bytes, { binary: opcode === 'binary' });
    else if (opcode === 'ping') this.#socket.ping(bytes);
    else if (opcode === 'pong') this.#socket.pong(bytes);
  }

  end(): void {
    if (this.#isOver || this.#isLeaving) return;
    this.#isLeaving = true;
    this.#socket.close(1000);
    const timer = setTimeout(() => this.#socket.terminate(), END_LIMIT_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  reset(): void {
    this.#isLeaving = true;
    this.#socket.terminate();
    this.#over({ by: this.#us, text: `${this.#us} reset` });
  }

  #take(bytes: Uint8Array, opcode: WebSocketCarrier['opcode']): void {
    this.#when(() => {
      if (this.#isOver) return;
      const carrier: WebSocketCarrier = { opcode, compressed: false, fragments: 1 };
      this.#events.frame({ bytes, head: NONE, tail: NONE, carrier, expert: [] });
    });
  }
  #when(tell: () => void): void {
    if (this.#early === undefined) tell();
    else this.#early.push(tell);
  }

  #endingOf(code: number, reason: string): Ending {
    if (this.#problem !== undefined) return { by: 'error', text: this.#problem, code };
    if (this.#isLeaving) return { by: this.#us, text: `${this.#us} closed`, code };
    if (code === 1006) return { by: 'error', text: 'connection lost without a close frame', code };
    return { by: this.#them, text: `${this.#them} closed${reason === '' ? '' : `: ${reason}`}`, code };
  }
  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events.ended(ending);
  }
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
