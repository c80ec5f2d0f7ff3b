/**
 * ws:// and wss:// as a client that may break the rules: what `wire` holds goes out as it is, so that fragments, opcodes, masks
 * and lengths can be wrong on purpose. Everything else is masked and framed as it should be.
 */
import { randomBytes } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { isUpgradeResponse, readHttpHead } from '../protocol/websocket/handshake.ts';
import { MessageAssembler } from '../protocol/websocket/messages.ts';
import { createWireFrameReader, OPCODE, writeWireFrame } from '../protocol/websocket/wire-frames.ts';
import { printHostPort } from '../relay/endpoint-url.ts';
import type { ConnectHow, Ending, OutgoingFrame, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { WebSocketCarrier } from '../traffic/frame.ts';
import type { TargetOptions } from './target.ts';
import { codeOf, CONNECT_LIMIT_MS, END_LIMIT_MS, explainConnect, timedOut } from './target-explain.ts';

const NONE = new Uint8Array(0);
const MASK = Uint8Array.of(0x11, 0x22, 0x33, 0x44);

export function connectRawWebSocket(
  how: ConnectHow,
  events: TargetEvents,
  options: TargetOptions,
): Promise<TargetConnection> {
  const { url, timeoutMs = CONNECT_LIMIT_MS } = how;
  return new Promise((resolve, reject) => {
    const socket = open(how, options);
    const limit = setTimeout(() => fail(timedOut(url, timeoutMs)), timeoutMs);
    let head: Uint8Array = NONE;
    const fail = (error: unknown): void => {
      clearTimeout(limit);
      socket.removeAllListeners('data');
      socket.on('error', () => undefined).destroy();
      reject(explainConnect(url, error));
    };
    const closed = (): void => fail(new Error('the server closed the connection at once'));
    socket.once('error', fail);
    socket.once('close', closed);
    socket.once(url.scheme === 'wss' ? 'secureConnect' : 'connect', () => socket.write(requestOf(how)));
    const read = (chunk: Uint8Array): void => {
      head = new Uint8Array(Buffer.concat([head, chunk]));
      const found = readHttpHead(head);
      if (found === 'incomplete') return;
      if (found === 'no' || !isUpgradeResponse(found)) {
        const what = found === 'no' ? 'not with HTTP' : found.startLine;
        fail(
          new EngineError(
            'connect-failed',
            `${url.host}:${url.port} answered the WebSocket upgrade: ${what}. Check the path of the URL.`,
          ),
        );
        return;
      }
      clearTimeout(limit);
      socket.off('data', read);
      socket.off('error', fail);
      socket.off('close', closed);
      const connection = new RawWebSocket(socket, events);
      const rest = head.subarray(found.size);
      if (rest.length > 0) connection.take(rest);
      resolve(connection);
    };
    socket.on('data', read);
  });
}

function open({ url }: ConnectHow, options: TargetOptions): Socket {
  const where = { host: url.host, port: url.port, noDelay: true };
  if (url.scheme === 'ws') return connectTcp(where);
  const name = options.serverName ?? (isIP(url.host) === 0 ? url.host : undefined);
  return connectTls({
    ...where,
    rejectUnauthorized: options.verify !== false,
    ...(name === undefined ? {} : { servername: name }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
}

function requestOf({ url, protocols, headers }: ConnectHow): string {
  const lines = [
    `GET ${url.path || '/'} HTTP/1.1`,
    `Host: ${printHostPort(url.host, url.port)}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ];
  if (protocols !== undefined && protocols.length > 0) lines.push(`Sec-WebSocket-Protocol: ${protocols.join(', ')}`);
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

class RawWebSocket implements TargetConnection {
  readonly framing = { kind: 'message' } as const;
  readonly details = {};
  readonly #socket: Socket;
  readonly #events: TargetEvents;
  readonly #frames = createWireFrameReader();
  readonly #assembler = new MessageAssembler({});
  #isOver = false;
  #isLeaving = false;
  #code: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, events: TargetEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Uint8Array) => this.take(new Uint8Array(chunk)));
    socket.on('error', (error) =>
      this.#over({ by: 'error', text: codeOf(error) === 'ECONNRESET' ? 'connection reset' : error.message }),
    );
    socket.on('close', () => this.#over(this.#closing()));
    socket.on('end', () => this.#over(this.#closing()));
  }

  get isOpen(): boolean {
    return !this.#isOver && !this.#isLeaving;
  }

  send({ bytes, carrier, wire }: OutgoingFrame): void {
    if (!this.isOpen || !this.#socket.writable) return;
    const opcode = (carrier as WebSocketCarrier | undefined)?.opcode ?? 'text';
    this.#socket.write(wire ?? writeWireFrame(bytes, OPCODE[opcode], { mask: MASK }));
  }

  end(): void {
    if (!this.isOpen) return;
    this.#socket.write(writeWireFrame(Uint8Array.of(0x03, 0xe8), OPCODE.close, { mask: MASK }));
    this.#isLeaving = true;
    this.#timer = setTimeout(() => this.reset(), END_LIMIT_MS);
  }

  reset(): void {
    this.#isLeaving = true;
    if (!this.#socket.destroyed) this.#socket.resetAndDestroy();
    this.#over(this.#closing());
  }

  take(chunk: Uint8Array): void {
    for (const frame of this.#frames.push(chunk)) {
      for (const message of this.#assembler.push(frame)) {
        if (this.#isOver) return;
        const { opcode, payload, expert, compressed, fragments } = message;
        if (opcode === 'ping' && this.isOpen) this.#socket.write(writeWireFrame(payload, OPCODE.pong, { mask: MASK }));
        if (opcode === 'close' && payload.length >= 2) this.#code = (payload[0]! << 8) | payload[1]!;
        this.#events.frame({
          bytes: payload,
          head: NONE,
          tail: NONE,
          carrier: { opcode, compressed, fragments },
          expert,
        });
        if (opcode === 'close') this.#over(this.#closing());
      }
    }
  }

  #closing(): Ending {
    const code = this.#code === undefined ? {} : { code: this.#code };
    if (this.#isLeaving) return { by: 'client', text: 'client closed', ...code };
    const text = this.#code === undefined ? 'server closed without a close frame' : 'server closed';
    return { by: 'server', text, ...code };
  }

  #over(ending: Ending): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#events.ended(ending);
    if (!this.#socket.destroyed) this.#socket.end(() => this.#socket.destroy());
  }
}
