/**
 * The engine on loopback: the built page over HTTP, files by ticket, and one WebSocket for everything else. Nothing is answered
 * before the gate; nobody is heard before the token.
 */
import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { CONTRACT_VERSION, type EventName, type Events } from '../contract/verbs.ts';
import { messageOf } from '../session/session-database.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine } from './engine.ts';
import { createToken, isToken, refusalOf, securityHeaders } from './gate.ts';
import { StaticFiles } from './static-files.ts';
import type { Download } from './tickets.ts';

export interface ApiServerOptions {
  /** Folder of the built page. */
  readonly ui?: string;
  /** Default 0: any free port. */
  readonly port?: number;
  /** Tried first when no port is given: a browser keeps what it remembers of the page by its address. */
  readonly usualPort?: number;
  /** Origin of a development server that serves the page. */
  readonly devOrigin?: string;
  /** Milliseconds until the token must have come. Default 2000. */
  readonly tokenMs?: number;
  /** Unread bytes at which a client is let go. Default 64 MiB. */
  readonly tooSlowBytes?: number;
}

export interface ApiServer {
  readonly port: number;
  readonly token: string;
  /** For a browser: the token is in the fragment, which is never sent anywhere. */
  readonly url: string;
  close(): Promise<void>;
}

/** Close codes of our own. */
export const CLOSE = { badToken: 4401, otherVersion: 4400, tooSlow: 4408, tooMuch: 4429 } as const;

const MAX_MESSAGE = 64 * 1024 * 1024;
/** Before the token, nobody needs to say much. */
const MAX_FIRST_MESSAGE = 4096;
const MAX_FRAGMENTS = 1024;
const MAX_WAITING = 256;
/** Unread bytes at which live rows and growth are left out: they can be asked for. */
const SLOW_BYTES = 2 * 1024 * 1024;
const TOO_SLOW_BYTES = 64 * 1024 * 1024;

/** @throws EngineError `port-taken` */
export async function startApiServer(engine: Engine, options: ApiServerOptions = {}): Promise<ApiServer> {
  const token = createToken();
  const files = new StaticFiles(options.ui);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
    clientTracking: true,
  } as ConstructorParameters<typeof WebSocketServer>[0]);
  const clients = new Map<number, Client>();
  let gate = { port: 0, ...(options.devOrigin === undefined ? {} : { devOrigin: options.devOrigin }) };

  const server = createServer({ requestTimeout: 0, headersTimeout: 10_000 }, (request, response) => {
    const refusal = refusalOf(request.method ?? 'GET', request.headers, 'http', gate);
    if (refusal !== undefined) refuse(response, refusal.status, refusal.reason);
    else void answer(engine, files, request, response);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request.method ?? 'GET', request.headers, 'websocket', gate);
    const path = (request.url ?? '').split('?')[0];
    if (refusal !== undefined || path !== '/api') {
      const status = refusal?.status ?? 404;
      socket.end(`HTTP/1.1 ${status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => admit(client));
  });

  const admit = (socket: WebSocket): void => {
    socket.on('error', () => socket.terminate());
    const late = setTimeout(() => socket.close(CLOSE.badToken, 'no token'), options.tokenMs ?? 2000);
    socket.once('close', () => clearTimeout(late));
    socket.once('message', (data: Buffer, isBinary) => {
      clearTimeout(late);
      const hello = isBinary || data.length > MAX_FIRST_MESSAGE ? undefined : parsed(data.toString('utf8'));
      if (!isToken(hello?.token, token)) {
        socket.close(CLOSE.badToken, 'wrong token');
        return;
      }
      if (hello?.version !== undefined && hello.version !== CONTRACT_VERSION) {
        socket.close(CLOSE.otherVersion, 'the page is of another version: reload it');
        return;
      }
      const client = new Client(engine, socket, options.tooSlowBytes ?? TOO_SLOW_BYTES);
      clients.set(client.id, client);
      socket.once('close', () => {
        clients.delete(client.id);
        client.gone();
      });
    });
  };

  const stop = engine.events.listen({
    event: <E extends EventName>(event: E, data: Events[E]) => {
      if (clients.size === 0) return;
      const text = JSON.stringify({ event, data });
      for (const client of clients.values()) client.tell(event, text);
    },
    rows: (id, batch) => clients.get(id)?.rows(batch),
  });

  if (options.port !== undefined || options.usualPort === undefined) await listen(server, options.port ?? 0);
  else await listen(server, options.usualPort).catch(() => listen(server, 0));
  const { port } = server.address() as AddressInfo;
  gate = { ...gate, port };
  return {
    port,
    token,
    url: `http://127.0.0.1:${port}/#token=${token}`,
    async close() {
      stop();
      for (const socket of sockets.clients) socket.close(1001, 'the engine is being closed');
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      sockets.close();
      // Clients that do not answer the closing are cut.
      const cut = setTimeout(() => {
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      }, 300);
      await closed;
      clearTimeout(cut);
    },
  };
}

class Client {
  readonly id: number;
  readonly #engine: Engine;
  readonly #socket: WebSocket;
  readonly #tooSlowBytes: number;
  #waiting = 0;

  constructor(engine: Engine, socket: WebSocket, tooSlowBytes: number) {
    this.#engine = engine;
    this.#socket = socket;
    this.#tooSlowBytes = tooSlowBytes;
    this.id = engine.addClient();
    socket.on('message', (data: Buffer, isBinary) => void this.#hear(data, isBinary));
  }

  tell(event: EventName, text: string): void {
    const unread = this.#socket.bufferedAmount;
    if (unread > this.#tooSlowBytes) {
      this.#socket.close(CLOSE.tooSlow, 'too slow');
      this.#socket.terminate();
    } else if (unread <= SLOW_BYTES || !SKIPPABLE.has(event)) this.#socket.send(text);
  }

  rows(batch: Uint8Array): void {
    if (this.#socket.bufferedAmount <= SLOW_BYTES) this.#socket.send(batch);
  }

  gone(): void {
    this.#engine.removeClient(this.id);
  }

  async #hear(data: Buffer, isBinary: boolean): Promise<void> {
    const request = isBinary ? undefined : parsed(data.toString('utf8'));
    const id = request?.id;
    if (request === undefined || typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffff_ffff) {
      this.#reply(
        0,
        new EngineError('bad-request', 'A request is JSON: { id: whole number, verb: text, args: object }.'),
      );
      return;
    }
    if (this.#waiting >= MAX_WAITING) {
      this.#reply(
        id,
        new EngineError('bad-request', `More than ${MAX_WAITING} requests are waiting for their answers.`),
      );
      return;
    }
    this.#waiting++;
    try {
      const { verb, args } = request;
      if (typeof verb !== 'string') throw new EngineError('bad-request', 'A request needs a `verb`.');
      const answer = await this.#engine.perform(verb, args, this.id, id);
      if ('batch' in answer) this.#socket.send(answer.batch);
      else this.#socket.send(JSON.stringify({ id, ok: answer.ok ?? null }));
    } catch (error) {
      this.#reply(id, error);
    } finally {
      this.#waiting--;
    }
  }

  #reply(id: number, error: unknown): void {
    const isOurs = error instanceof EngineError;
    if (!isOurs) this.#engine.log.failure(error);
    const code = isOurs ? error.code : 'internal';
    const message = isOurs ? error.message : `Something went wrong inside Interpose: ${messageOf(error)}.`;
    this.#socket.send(JSON.stringify({ id, error: { code, message } }));
  }
}

/** Told again soon, or to be had by asking. */
const SKIPPABLE: ReadonlySet<EventName> = new Set(['grew', 'connections', 'meter', 'rules', 'proxies']);

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return value !== null && typeof value === 'object' && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function answer(
  engine: Engine,
  files: StaticFiles,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0]!;
  const { method } = request;
  try {
    if (method === 'POST' && path.startsWith('/upload/')) {
      const received = await engine.tickets.receive(path.slice('/upload/'.length), request);
      if (received === undefined) refuse(response, 404, 'There is no such upload.');
      else json(response, 200, received);
      return;
    }
    if (method !== 'GET' && method !== 'HEAD') {
      refuse(response, 405, 'Only reading is possible here.');
      return;
    }
    if (path.startsWith('/download/')) {
      const download = method === 'GET' ? engine.tickets.takeDownload(path.slice('/download/'.length)) : undefined;
      if (download === undefined) refuse(response, 404, 'There is no such download; links work once.');
      else send(download, response);
      return;
    }
    if (!files.serve(path, response, method === 'HEAD')) refuse(response, 404, 'There is nothing here.');
  } catch (error) {
    if (response.headersSent) response.destroy();
    else refuse(response, error instanceof EngineError ? 400 : 500, messageOf(error));
  }
}

function send(download: Download, response: ServerResponse): void {
  response.writeHead(200, {
    ...securityHeaders(),
    'Content-Type': download.type,
    'Cache-Control': 'no-store',
    'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(download.name)}`,
  });
  if ('bytes' in download.content) response.end(download.content.bytes);
  else
    createReadStream(download.content.path)
      .on('error', () => response.destroy())
      .pipe(response);
}

function refuse(response: ServerResponse, status: number, reason: string): void {
  response.writeHead(status, {
    ...securityHeaders(),
    'Content-Type': 'text/plain; charset=utf-8',
    'Cache-Control': 'no-store',
    Connection: 'close',
  });
  response.end(`${reason}\n`);
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    ...securityHeaders(),
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store',
  });
  response.end(JSON.stringify(body));
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new EngineError('port-taken', `Port ${port} is taken. Choose another one, or leave it out to take any.`)
          : error,
      );
    });
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
