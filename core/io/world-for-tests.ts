/** What the tests of this folder share: a sink that keeps everything, peers on real sockets, and a proxy with its controls. */
import { createServer, type Server, type Socket, connect } from 'node:net';
import { once } from 'node:events';
import { type Control, type ControlEvents, createControl } from '../relay/control.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import { createDice } from '../traffic/clock.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { MemorySink, TOY } from '../relay/toy-for-tests.ts';
import { type ProxyDeps, type RunningProxy, startProxy } from './proxy.ts';
import { createSystemClock } from './system-clock.ts';

export { MemorySink, say } from '../relay/toy-for-tests.ts';

export interface World {
  readonly sink: MemorySink;
  readonly control: Control;
  readonly deps: ProxyDeps;
  start(spec: Partial<ProxySpec>, deps?: Partial<ProxyDeps>): Promise<RunningProxy>;
  /** Closes everything the world opened. */
  end(): Promise<void>;
  onEnd(close: () => unknown): void;
}

export function createWorld(options: { deps?: Partial<ProxyDeps>; events?: ControlEvents; seed?: number } = {}): World {
  const sink = new MemorySink();
  const clock = createSystemClock();
  const control = createControl({
    clock,
    dice: createDice(options.seed ?? 1),
    ...(options.events ? { events: options.events } : {}),
  });
  const closers: (() => unknown)[] = [];
  const shared: ProxyDeps = {
    protocols: [TOY],
    sink,
    clock,
    control,
    onChange: () => sink.poke(),
    ...options.deps,
  };
  return {
    sink,
    control,
    deps: shared,
    async start(spec, deps) {
      const proxy = await startProxy(
        { name: 'proxy', listen: 'tcp://127.0.0.1:0', protocol: 'toy', ...spec },
        { ...shared, ...deps },
      );
      closers.push(() => proxy.close());
      return proxy;
    },
    onEnd: (close) => closers.push(close),
    async end() {
      for (const close of closers.reverse()) await close();
    },
  };
}

export const portOf = (proxy: RunningProxy): number => parseEndpointUrl(proxy.status().url!).port;

/** Reads a socket to its end, and lets a test wait for so many bytes. */
export class Reader {
  readonly socket: Socket;
  readonly chunks: Uint8Array[] = [];
  size = 0;
  ended = false;
  closed = false;
  error: NodeJS.ErrnoException | undefined;
  #waiters: { ready: () => boolean; resolve: () => void }[] = [];

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.chunks.push(new Uint8Array(chunk));
      this.size += chunk.length;
      this.#wake();
    });
    socket.on('end', () => {
      this.ended = true;
      this.#wake();
    });
    socket.on('error', (error) => {
      this.error = error;
    });
    socket.on('close', () => {
      this.closed = true;
      this.#wake();
    });
  }

  until(ready: () => boolean): Promise<void> {
    if (ready()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ ready, resolve }));
  }
  bytes(count: number): Promise<void> {
    return this.until(() => this.size >= count);
  }
  get all(): Uint8Array {
    return new Uint8Array(Buffer.concat(this.chunks));
  }
  get text(): string {
    return new TextDecoder().decode(this.all);
  }
  lines(count: number): Promise<void> {
    return this.until(() => this.text.split('\n').length > count);
  }

  #wake(): void {
    for (const waiter of this.#waiters.filter((w) => w.ready())) {
      this.#waiters.splice(this.#waiters.indexOf(waiter), 1);
      waiter.resolve();
    }
  }
}

export interface Peer {
  readonly port: number;
  readonly server: Server;
  readonly clients: Reader[];
  /** The next client that comes. */
  next(): Promise<Reader>;
}

export async function listen(world: World, host = '127.0.0.1', port = 0): Promise<Peer> {
  const clients: Reader[] = [];
  const waiting: ((reader: Reader) => void)[] = [];
  const arrived: Reader[] = [];
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    const reader = new Reader(socket);
    clients.push(reader);
    const resolve = waiting.shift();
    if (resolve) resolve(reader);
    else arrived.push(reader);
  });
  server.listen(port, host);
  await once(server, 'listening');
  world.onEnd(() => {
    for (const client of clients) client.socket.destroy();
    server.close();
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    server,
    clients,
    next: () => {
      const here = arrived.shift();
      return here ? Promise.resolve(here) : new Promise((resolve) => waiting.push(resolve));
    },
  };
}

export async function dial(world: World, port: number, host = '127.0.0.1'): Promise<Reader> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true });
  const reader = new Reader(socket);
  world.onEnd(() => socket.destroy());
  // A refusal may come before the connect is told; the reader then shows the error.
  await Promise.race([once(socket, 'connect'), reader.until(() => reader.closed)]).catch(() => undefined);
  return reader;
}

/** A client and the server it reaches through a fresh proxy. */
export async function connected(
  world: World,
  spec: Partial<ProxySpec> = {},
  deps: Partial<ProxyDeps> = {},
): Promise<{ proxy: RunningProxy; client: Reader; server: Reader; peer: Peer; id: number }> {
  const peer = await listen(world);
  const scheme = spec.listen?.split(':')[0] ?? 'tcp';
  const proxy = await world.start({ upstream: `${scheme}://127.0.0.1:${peer.port}`, ...spec }, deps);
  const client = await dial(world, portOf(proxy));
  const server = await peer.next();
  await world.sink.until(() => proxy.connections.length > 0);
  return { proxy, client, server, peer, id: proxy.connections[0] ?? 1 };
}
