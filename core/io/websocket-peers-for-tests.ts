/** WebSocket peers of the tests: `ws` on both sides, and raw sockets that speak any frame. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type ClientOptions, type PerMessageDeflateOptions, type RawData, WebSocket, WebSocketServer } from 'ws';
import type { Reader, World } from './world-for-tests.ts';

export interface Said {
  readonly kind: 'text' | 'binary' | 'ping' | 'pong' | 'close';
  readonly data: string;
}

/** Everything one WebSocket hears, in order. */
export class Ears {
  readonly socket: WebSocket;
  readonly heard: Said[] = [];
  #waiters: { ready: () => boolean; resolve: () => void }[] = [];

  constructor(socket: WebSocket) {
    this.socket = socket;
    const hear = (kind: Said['kind'], data: RawData | string): void => {
      const text =
        typeof data === 'string' ? data : Buffer.from(data as Buffer).toString(kind === 'binary' ? 'hex' : 'utf8');
      this.heard.push({ kind, data: text });
      for (const waiter of this.#waiters.filter((w) => w.ready())) {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
        waiter.resolve();
      }
    };
    socket.on('message', (data, isBinary) => hear(isBinary ? 'binary' : 'text', data));
    socket.on('ping', (data) => hear('ping', data));
    socket.on('pong', (data) => hear('pong', data));
    socket.on('close', (code, reason) => hear('close', `${code} ${reason.toString()}`));
    socket.on('error', () => undefined);
  }

  count(count: number): Promise<void> {
    const ready = (): boolean => this.heard.length >= count;
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }
  get texts(): string[] {
    return this.heard.filter((h) => h.kind === 'text').map((h) => h.data);
  }
}

export interface WebSocketPeer {
  readonly port: number;
  readonly server: WebSocketServer;
  next(): Promise<Ears>;
}

export async function listenWebSocket(
  world: World,
  options: {
    perMessageDeflate?: boolean | PerMessageDeflateOptions;
    handleProtocols?: (offered: Set<string>) => string | false;
  } = {},
): Promise<WebSocketPeer> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...options });
  await once(server, 'listening');
  const arrived: Ears[] = [];
  const waiting: ((ears: Ears) => void)[] = [];
  server.on('connection', (socket) => {
    const ears = new Ears(socket);
    const resolve = waiting.shift();
    if (resolve) resolve(ears);
    else arrived.push(ears);
  });
  world.onEnd(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    next: () => {
      const here = arrived.shift();
      return here ? Promise.resolve(here) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export async function dialWebSocket(
  world: World,
  url: string,
  options: ClientOptions & { protocols?: string[] } = {},
): Promise<Ears> {
  const { protocols, ...rest } = options;
  const socket = new WebSocket(url, protocols ?? [], rest);
  const ears = new Ears(socket);
  world.onEnd(() => socket.terminate());
  await once(socket, 'open');
  return ears;
}

/** Deflate that really deflates small messages and keeps its context. */
export const DEFLATE: PerMessageDeflateOptions = { threshold: 0 };

const REQUEST = [
  'GET /play HTTP/1.1',
  'Host: game.example',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Cookie: who=me',
  '',
  '',
].join('\r\n');
const RESPONSE = [
  'HTTP/1.1 101 Switching Protocols',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
  '',
  '',
].join('\r\n');

/** Upgrades a pair of raw sockets by hand; returns how many bytes each has read so far. */
export async function upgradeByHand(client: Reader, server: Reader): Promise<{ client: number; server: number }> {
  client.socket.write(REQUEST);
  await server.bytes(REQUEST.length);
  server.socket.write(RESPONSE);
  await client.bytes(RESPONSE.length);
  return { client: RESPONSE.length, server: REQUEST.length };
}
