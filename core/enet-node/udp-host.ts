/** A host on a UDP socket of Node, with the process clock: one timer, answers right after the datagrams that are there. */
import { randomInt } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { Emitter } from './emitter.ts';
import type { CommandsEvent, DisconnectEvent, HostEvent, PacketEvent } from './event.ts';
import { Host } from './host.ts';
import type { HostOptions, HostStatistics } from './host-options.ts';
import type { Packet } from './packet.ts';
import type { Address } from './connection-state.ts';
import type { Peer } from './peer.ts';

/** Settings of a UDP host: those of {@link HostOptions} and the socket's. */
export interface UdpHostOptions extends Omit<HostOptions, 'transmit' | 'wake'> {
  /** IPv4 or IPv6 address to bind. There is no default: whether to be seen on the network is a decision. */
  readonly address: string;
  /** UDP port to bind; 0 (default) = any free one. */
  readonly port?: number;
  /** For an IPv6 address: do not take IPv4 traffic too. Default true. */
  readonly ipv6Only?: boolean;
  /** Receive and send buffers asked of the system, in bytes. Default 1 MB; the system may give less. */
  readonly socketBuffers?: number;
  /** Sees every datagram, before it is read and after it is written. The bytes are only valid during the call. */
  readonly observe?: (direction: 'received' | 'sent', other: Address, bytes: Uint8Array) => void;
}

/** Events of a UDP host. The peers have the same ones for themselves; the peer's handlers come first. */
export interface UdpHostEvents {
  connect: [peer: Peer, data: number];
  packet: [packet: PacketEvent];
  disconnect: [event: DisconnectEvent];
  /** With `reportCommands`. */
  commands: [event: CommandsEvent];
  /** The socket failed; the host goes on if it can. */
  error: [error: Error];
  close: [];
}

/** Send buffers kept for reuse. */
const SPARE_BUFFERS = 64;

/**
 * Binds a socket and makes a host on it.
 * @throws Error (as a rejection) when the address is not an IP address or cannot be bound
 */
export async function createHost(options: UdpHostOptions): Promise<UdpHost> {
  const family = isIP(options.address);
  if (family === 0) {
    throw new Error(`address must be an IPv4 or IPv6 address, not "${options.address}" (use dns.lookup for names)`);
  }
  const buffers = options.socketBuffers ?? 1024 * 1024;
  const socket = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    ipv6Only: family === 6 && (options.ipv6Only ?? true),
    recvBufferSize: buffers,
    sendBufferSize: buffers,
    // Addresses are numeric here; Node's own lookup would cost a tick for every datagram.
    lookup: (name, _options, done) => done(null, name, family),
  });
  const host = new UdpHost(socket, options);
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: options.address, port: options.port ?? 0, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', (error) => host.emit('error', error));
  if (family === 4) socket.setBroadcast(true);
  return host;
}

/** An ENet host on a UDP socket; made by {@link createHost}. */
export class UdpHost extends Emitter<UdpHostEvents> {
  /** The host proper; its `receive`, `flush` and `service` are called from here. */
  readonly core: Host;
  readonly #socket: Socket;
  readonly #observe: UdpHostOptions['observe'];
  readonly #spare: Uint8Array[] = [];
  #flushPlanned = false;
  #reporting = false;
  #unref = false;
  #timer: NodeJS.Timeout | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #sending = 0;
  #sendErrors = 0;
  #closed: Promise<void> | undefined;
  #allSent: (() => void) | undefined;

  /** @internal use {@link createHost} */
  constructor(socket: Socket, options: UdpHostOptions) {
    super();
    this.#socket = socket;
    this.#observe = options.observe;
    this.core = new Host({
      seed: randomInt(2 ** 32),
      ...options,
      transmit: (to, bytes) => this.#send(to, bytes),
      wake: () => this.#planFlush(),
    });
    this.core.flush(performance.now());
    socket.on('message', (bytes, from) => this.#receive(bytes, from));
  }

  /** Where the socket is bound. */
  get address(): Address {
    const { address, port } = this.#socket.address();
    return { address, port };
  }

  /** All peers that are not disconnected. */
  get peers(): ReadonlySet<Peer> {
    return this.core.peers;
  }

  /** Datagrams the system refused to send; ENet treats them as lost. */
  get sendErrors(): number {
    return this.#sendErrors;
  }

  /** See {@link Host.connect}. The address must be numeric and of the family the host is bound to. */
  connect(address: Address, options?: { channels?: number; data?: number }): Peer {
    if (isIP(address.address) === 0) {
      throw new Error(`cannot connect to "${address.address}": give an IP address (use dns.lookup for names)`);
    }
    // The system would say so only when the first datagram is sent.
    if (!Number.isInteger(address.port) || address.port < 1 || address.port > 65_535) {
      throw new Error(`cannot connect to port ${address.port}: a port is a whole number from 1 to 65535`);
    }
    return this.core.connect(address, options);
  }

  /** See {@link Host.broadcast}. */
  broadcast(channel: number, packet: Packet): void {
    this.core.broadcast(channel, packet);
  }

  /** Sends what is queued now rather than at the end of this turn of the event loop. */
  flush(): void {
    this.#work();
  }

  statistics(): HostStatistics {
    return this.core.statistics();
  }

  /** Lets the process end although the host is open. */
  unref(): this {
    this.#unref = true;
    this.#socket.unref();
    this.#timer?.unref();
    return this;
  }

  /**
   * Tells all peers that they are disconnected (once, without waiting for answers) and closes the socket. The
   * application gets no `disconnect` events for them.
   * @param data disconnect data for the other sides
   */
  close(data = 0): Promise<void> {
    this.#closed ??= this.#close(data);
    return this.#closed;
  }

  async #close(data: number): Promise<void> {
    for (const peer of this.core.peers) peer.disconnectNow(data);
    clearTimeout(this.#timer);
    if (this.#sending > 0) await new Promise<void>((resolve) => (this.#allSent = resolve));
    await new Promise<void>((resolve) => this.#socket.close(resolve));
    this.emit('close');
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    if (this.#closed !== undefined) return;
    this.#observe?.('received', from, bytes);
    this.core.receive(from, bytes, performance.now());
    this.#report();
  }

  /** Hands events to the handlers, in order also when a handler flushes. */
  #report(): void {
    if (this.#reporting) return;
    this.#reporting = true;
    for (;;) {
      const events = this.core.takeEvents();
      if (events.length === 0) break;
      for (const event of events) {
        try {
          this.#emitEvent(event);
        } catch (error) {
          // As with Node's own emitters the process hears of it, but the other events are not lost.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    }
    this.#reporting = false;
  }

  #emitEvent(event: HostEvent): void {
    switch (event.type) {
      case 'packet':
        event.peer.emit('packet', event);
        this.emit('packet', event);
        break;
      case 'connect':
        event.peer.emit('connect', event.data);
        this.emit('connect', event.peer, event.data);
        break;
      case 'disconnect':
        event.peer.emit('disconnect', event);
        this.emit('disconnect', event);
        break;
      case 'commands':
        event.peer.emit('commands', event);
        this.emit('commands', event);
        break;
    }
  }

  /** Everything that happens in this turn of the event loop goes out together at its end. */
  #planFlush(): void {
    if (this.#flushPlanned || this.#closed !== undefined) return;
    this.#flushPlanned = true;
    setImmediate(() => {
      this.#flushPlanned = false;
      if (this.#closed === undefined) this.#work();
    });
  }

  #work(): void {
    this.core.flush(performance.now());
    this.#report();
    this.#setTimer();
  }

  #setTimer(): void {
    const due = this.core.nextServiceTime;
    if (due >= this.#timerAt) return; // an early timer finds nothing to do and is set anew
    clearTimeout(this.#timer);
    this.#timerAt = due;
    const delay = Math.max(Math.ceil(due - performance.now()), 1);
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      // After a pause of the process the acknowledgements are still in the socket: read them before judging time-outs.
      this.#planFlush();
    }, delay);
    if (this.#unref) this.#timer.unref();
  }

  #send(to: Address, bytes: Uint8Array): void {
    this.#observe?.('sent', to, bytes);
    const buffer = this.#spare.pop() ?? new Uint8Array(4096);
    buffer.set(bytes);
    this.#sending++;
    this.#socket.send(buffer, 0, bytes.length, to.port, to.address, (error) => {
      if (error !== null) this.#sendErrors++;
      if (this.#spare.length < SPARE_BUFFERS) this.#spare.push(buffer);
      if (--this.#sending === 0) this.#allSent?.();
    });
  }
}
