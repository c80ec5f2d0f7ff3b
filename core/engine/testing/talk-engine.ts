/** An engine with the test protocol, a client over its WebSocket, and a server and clients that talk through a proxy. */
import { mkdtempSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import { decodeRowBatch, type RowBatch } from '../../contract/row-batch.ts';
import { CONTRACT_VERSION, type EventName, type Events, type VerbName, type Verbs } from '../../contract/verbs.ts';
import { createSystemClock } from '../../io/system-clock.ts';
import { tableTalk } from '../../session/testing/table-talk.ts';
import type { ApiServer } from '../api-server.ts';
import { compileProtocol } from '../compile-protocol.ts';
import { Engine } from '../engine.ts';
import { createLog } from '../log.ts';

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'interpose-test-'));
}

export interface TalkEngine {
  readonly engine: Engine;
  readonly home: string;
  /** Lines the log printed. */
  readonly printed: string[];
}

/** An engine with a session open. */
export async function talkEngine(recorder = './talk-recorder-worker.ts'): Promise<TalkEngine> {
  const home = temporaryFolder();
  const printed: string[] = [];
  const engine = new Engine({
    protocols: [tableTalk()],
    compileProtocol,
    workers: {
      recorder: new URL(recorder, import.meta.url),
      reader: new URL('./talk-reader-worker.ts', import.meta.url),
    },
    clock: createSystemClock(),
    log: createLog('all', (line) => printed.push(line)),
    version: '0.0.0',
    attendedMs: 300,
    home,
  });
  await engine.session.create();
  return { engine, home, printed };
}

type JsonVerb = Exclude<VerbName, 'view.rows'>;

export class TestClient {
  readonly socket: WebSocket;
  readonly live: RowBatch[] = [];
  readonly #pending = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  readonly #waiting = new Set<{ event: EventName; fits: (data: never) => boolean; resolve: (data: never) => void }>();
  #last = 0;

  static async connect(server: ApiServer, token: string = server.token): Promise<TestClient> {
    const origin = `http://127.0.0.1:${server.port}`;
    const client = new TestClient(new WebSocket(`ws://127.0.0.1:${server.port}/api`, { origin }));
    await new Promise<void>((resolve, reject) => {
      client.socket.once('open', resolve);
      client.socket.once('error', reject);
    });
    client.socket.send(JSON.stringify({ token, version: CONTRACT_VERSION }));
    return client;
  }

  constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer, isBinary) => {
      if (isBinary) this.#rows(decodeRowBatch(new Uint8Array(data)));
      else this.#text(JSON.parse(data.toString()) as Record<string, unknown>);
    });
  }

  request<V extends JsonVerb>(verb: V, args: Verbs[V]['args']): Promise<Verbs[V]['result']> {
    return this.ask(verb, args) as Promise<Verbs[V]['result']>;
  }
  rows(args: Verbs['view.rows']['args']): Promise<RowBatch> {
    return this.ask('view.rows', args) as Promise<RowBatch>;
  }
  /** Any verb with any arguments, right or wrong. */
  ask(verb: string, args: unknown): Promise<unknown> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, verb, args }));
    });
  }
  /** The next event that fits. */
  event<E extends EventName>(event: E, fits: (data: Events[E]) => boolean = () => true): Promise<Events[E]> {
    return new Promise((resolve) => {
      this.#waiting.add({ event, fits, resolve } as never);
    });
  }
  /** Resolves when the session holds so many frames and the view of all of them has told so. */
  async frames(count: number): Promise<void> {
    const view = await this.request('view.open', { spec: { filter: '' }, follow: true });
    const enough = this.event('grew', (grew) => grew.frames >= count);
    const info = await this.request('view.indexOf', { view: view.view, n: count });
    if (!info.exact) await enough;
    await this.request('view.close', { view: view.view });
  }
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.socket.once('close', () => resolve());
      this.socket.close();
    });
  }

  #rows(batch: RowBatch): void {
    if (batch.kind === 'live') {
      this.live.push(batch);
      return;
    }
    this.#pending.get(batch.id)?.resolve(batch);
    this.#pending.delete(batch.id);
  }
  #text(message: Record<string, unknown>): void {
    if (typeof message.event === 'string') {
      for (const waiting of this.#waiting) {
        if (waiting.event !== message.event || !waiting.fits(message.data as never)) continue;
        this.#waiting.delete(waiting);
        waiting.resolve(message.data as never);
      }
      return;
    }
    const pending = this.#pending.get(message.id as number);
    this.#pending.delete(message.id as number);
    const error = message.error as { code: string; message: string } | undefined;
    if (error === undefined) pending?.resolve(message.ok);
    else pending?.reject(Object.assign(new Error(error.message), { code: error.code }));
  }
}

/** A server that answers `ask` by `reply` and greets. */
export function talkServer(): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    let rest = '';
    socket.write('{"type":"hello","dialect":"plain"}\n');
    socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const message = JSON.parse(line) as { type: string; id: number; text: string };
        if (message.type === 'ask') {
          socket.write(`${JSON.stringify({ type: 'reply', id: message.id, text: message.text.toUpperCase() })}\n`);
        }
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      const close = (): Promise<void> =>
        new Promise((done) => {
          for (const socket of sockets) socket.destroy();
          server.close(() => done());
        });
      resolve({ port, close });
    });
  });
}

export interface Talker {
  readonly lines: string[];
  say(message: unknown): void;
  /** Resolves when so many lines have come in all. */
  heard(count: number): Promise<void>;
  end(): Promise<void>;
}

export function talker(port: number): Promise<Talker> {
  const socket = net.connect(port, '127.0.0.1');
  const lines: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  let rest = '';
  socket.on('data', (data) => {
    const parts = (rest + data.toString()).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts);
    for (const w of waiting.splice(0)) {
      if (lines.length >= w.count) w.resolve();
      else waiting.push(w);
    }
  });
  socket.on('error', () => socket.destroy());
  const it: Talker = {
    lines,
    say: (message) => void socket.write(`${JSON.stringify(message)}\n`),
    heard: (count) =>
      new Promise((resolve) => {
        if (lines.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    end: () =>
      new Promise((resolve) => {
        if (socket.closed) return resolve();
        socket.once('close', () => resolve());
        return socket.end();
      }),
  };
  return new Promise((resolve) => socket.once('connect', () => resolve(it)));
}

export function portOf(url: string): number {
  return Number(new URL(url.replace(/^\w+:/, 'http:')).port);
}
