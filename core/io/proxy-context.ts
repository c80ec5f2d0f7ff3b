/** What the parts of one running proxy share: its spec, its connections, and the making of relays. */
import type { EnetHealth } from '../contract/statistics-verbs.ts';
import type { Link, Memory, Protocol, Transport } from '../protocol/protocol.ts';
import type { Codec } from '../relay/codec.ts';
import type { Control } from '../relay/control.ts';
import { createMemory, type Reading } from '../relay/meaning.ts';
import { parseEndpointUrl } from '../relay/endpoint-url.ts';
import type { RelayPort } from '../relay/outlet.ts';
import { Relay } from '../relay/relay.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { Clock } from '../traffic/clock.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection, Direction, Endpoint } from '../traffic/frame.ts';
import type { ProxySpec, TargetRule } from '../traffic/proxy-spec.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import type { CertificateAuthority } from './certificate-authority.ts';
import { type Following, reachedAt } from './following.ts';

const EMPTY_LIMIT_MS = 2000;

export interface ProxyDeps {
  /** Known protocols, asked for at each new connection. */
  readonly protocols: readonly Protocol[];
  readonly sink: TrafficSink;
  readonly clock: Clock;
  readonly control: Control;
  /** Facts the connections of one group of proxies share. Default: one memory per control. */
  readonly memory?: Memory;
  /** Supplied by who dissects every frame anyway; default: the relay dissects when it must. */
  readonly reading?: (connection: Connection) => Reading;
  /** Signs for the hosts whose TLS is intercepted. Without it, `tls://` and `wss://` cannot be listened on. */
  readonly authority?: () => Promise<CertificateAuthority>;
  /** Follows handoffs over all proxies that share it. Default: each proxy follows for itself. */
  readonly follower?: Following;
  /** True while recording fails: proxies that block then stop forwarding. */
  readonly recordingFailed?: () => boolean;
  /** Something of `status()` changed. */
  readonly onChange?: () => void;
  /** For the proof that the transparency meter works: changes bytes on their way to the socket. */
  readonly tamper?: (bytes: Uint8Array) => Uint8Array;
}

/** A connection as long as it lives. */
export interface LiveConnection {
  readonly relay: Relay;
  /** Ends both sides. */
  close(how: 'close' | 'reset'): void;
  /** The recorder cannot keep up, or can again. */
  setPaused(paused: boolean): void;
  /** ENet only: how both sides are doing. */
  enetHealth?(): readonly EnetHealth[];
}

/** How one connection is to be treated: the proxy's own spec, or a target rule's. */
export interface Treatment {
  readonly transport: Transport;
  readonly protocol: string;
  readonly options: Readonly<Record<string, string>>;
  readonly role: string | undefined;
}

const memories = new WeakMap<Control, Memory>();
const drainListeners = new WeakMap<TrafficSink, Set<() => void>>();

export class ProxyContext {
  spec: ProxySpec;
  /** Where it listens. */
  url = '';
  readonly following: Following;
  readonly deps: ProxyDeps;
  readonly connections = new Map<number, LiveConnection>();
  /** Gives up connections that are still being made. */
  readonly opening = new Set<() => void>();
  /** Counts this proxy's frames on their way to the recorder. */
  readonly sink: TrafficSink;
  frames = 0;
  /** Number of the frame recorded last. */
  lastFrame = 0;
  total = 0;
  #ordinal = 0;
  #isPaused = false;
  #emptied: (() => void) | undefined;
  readonly #drained = (): void => this.#unpause();

  constructor(spec: ProxySpec, deps: ProxyDeps, following: Following) {
    this.following = following;
    this.spec = spec;
    this.deps = deps;
    this.sink = countingSink(deps.sink, (n) => {
      this.frames++;
      this.lastFrame = n;
    });
    onDrain(deps.sink, this.#drained);
  }

  /** Ends everything that is open or opening. */
  closeAll(): void {
    for (const giveUp of this.opening) giveUp();
    for (const live of this.connections.values()) live.close('close');
  }

  dispose(): void {
    drainListeners.get(this.deps.sink)?.delete(this.#drained);
  }

  get memory(): Memory {
    const { memory, control } = this.deps;
    if (memory !== undefined) return memory;
    let own = memories.get(control);
    if (own === undefined) memories.set(control, (own = createMemory()));
    return own;
  }

  /** @throws EngineError `unknown-protocol`. */
  checkProtocol(id: string | undefined): void {
    if (id === undefined || id === 'auto') return;
    if (!this.deps.protocols.some((p) => p.id === id)) {
      const known = this.deps.protocols.map((p) => p.id).join(', ');
      throw new EngineError('unknown-protocol', `There is no protocol ${id}; known: ${known}, or auto.`);
    }
  }

  get treatment(): Omit<Treatment, 'transport'> {
    const { protocol = 'auto', options = {}, role } = this.spec;
    return { protocol, options, role };
  }

  targetTreatment(rule: TargetRule | undefined): Omit<Treatment, 'transport'> {
    return { protocol: rule?.protocol ?? 'auto', options: rule?.options ?? {}, role: undefined };
  }

  /** A client came: gives the connection its id and records it. */
  open(transport: Transport, client: Endpoint, server: Endpoint, role: string | undefined): Connection {
    const { sink, clock } = this.deps;
    const connection: Connection = {
      id: sink.nextConnectionId(),
      proxy: this.spec.name,
      transport,
      client,
      server,
      protocol: '',
      opened: clock.wall(),
      ...(role === undefined ? {} : { role }),
      details: {},
    };
    this.total++;
    sink.opened(connection);
    return connection;
  }

  nextOrdinal(): number {
    return ++this.#ordinal;
  }

  relay(
    connection: Connection,
    ordinal: number,
    how: Treatment,
    port: RelayPort,
    codecs: Readonly<Record<Direction, Codec>> | undefined,
    whole: boolean,
    localAddress?: string,
  ): Relay {
    const { protocols, control, clock, reading } = this.deps;
    const link: Link = {
      transport: how.transport,
      serverPort: connection.server.port,
      clientPort: connection.client.port,
      ...(how.role === undefined ? {} : { role: how.role }),
    };
    const fixed = how.protocol === 'auto' ? undefined : protocols.find((p) => p.id === how.protocol);
    const reached = reachedAt(parseEndpointUrl(this.spec.listen).host, localAddress, connection.client.address);
    const follow =
      this.spec.follow === false
        ? undefined
        : this.following.follower(
            this.spec,
            this.deps,
            () => relay,
            reached,
            () => this.url,
          );
    const relay: Relay = new Relay({
      connection,
      link,
      port,
      sink: this.sink,
      clock,
      control,
      memory: this.memory,
      ordinal,
      protocol: fixed ?? protocols,
      options: how.options,
      whole,
      ...(codecs === undefined ? {} : { codecs }),
      ...(reading === undefined ? {} : { reading }),
      ...(follow === undefined ? {} : { follow }),
    });
    follow?.opened();
    return relay;
  }

  register(id: number, live: LiveConnection): void {
    this.connections.set(id, live);
    if (this.#isPaused) live.setPaused(true);
    this.deps.onChange?.();
  }

  closed(id: number, ending: string): void {
    this.connections.delete(id);
    this.deps.sink.closed(id, this.deps.clock.wall(), ending);
    this.deps.onChange?.();
    if (this.connections.size === 0) this.#emptied?.();
  }

  /** When every connection has ended, and with it what it had begun is recorded; a peer that never ends is not waited for. */
  async emptied(): Promise<void> {
    if (this.connections.size === 0) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(resolve, EMPTY_LIMIT_MS);
      this.#emptied = () => {
        clearTimeout(late);
        resolve();
      };
    });
  }

  remark(id: number, info: ExpertInfo): void {
    this.deps.sink.remark(id, this.deps.clock.wall(), info);
  }

  /** After traffic was recorded: stop reading while the recorder cannot keep up. */
  checkSink(): void {
    if (this.deps.sink.isFull || this.#mustBlock()) this.#pause();
  }

  #mustBlock(): boolean {
    return this.spec.blockWhenRecordingFails === true && this.deps.recordingFailed?.() === true;
  }

  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    for (const live of this.connections.values()) live.setPaused(true);
  }

  #unpause(): void {
    if (!this.#isPaused || this.deps.sink.isFull || this.#mustBlock()) return;
    this.#isPaused = false;
    for (const live of this.connections.values()) live.setPaused(false);
  }
}

function countingSink(sink: TrafficSink, count: (n: number) => void): TrafficSink {
  return {
    get isFull() {
      return sink.isFull;
    },
    onDrain: (listener) => sink.onDrain(listener),
    nextConnectionId: () => sink.nextConnectionId(),
    opened: (connection) => sink.opened(connection),
    changed: (id, change) => sink.changed(id, change),
    closed: (id, time, ending) => sink.closed(id, time, ending),
    frame(draft) {
      const n = sink.frame(draft);
      count(n);
      return n;
    },
    update: (n, update) => sink.update(n, update),
    remark: (connection, time, info) => sink.remark(connection, time, info),
  };
}

/** A sink cannot be unsubscribed from, so each gets one listener for all proxies that ever use it. */
function onDrain(sink: TrafficSink, listener: () => void): void {
  let listeners = drainListeners.get(sink);
  if (listeners === undefined) {
    const fresh = new Set<() => void>();
    listeners = fresh;
    drainListeners.set(sink, fresh);
    sink.onDrain(() => {
      for (const l of fresh) l();
    });
  }
  listeners.add(listener);
}
