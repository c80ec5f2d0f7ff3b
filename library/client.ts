/** A client of one's own: speaks a protocol by the names of its messages. */
import { createSystemClock } from '../core/io/system-clock.ts';
import { createTarget, type TargetOptions } from '../core/io/target.ts';
import type { Framing } from '../core/protocol/framing.ts';
import type { Dissected, DissectedMessage, Memory, Protocol } from '../core/protocol/protocol.ts';
import { parseEndpointUrl } from '../core/relay/endpoint-url.ts';
import { createMemory } from '../core/relay/meaning.ts';
import type { Ending, TargetConnection } from '../core/replay/target.ts';
import { getPath } from '../core/schema/path.ts';
import { EngineError } from '../core/traffic/engine-error.ts';
import type { Carrier } from '../core/traffic/frame.ts';
import { protocols } from '../dissectors/index.ts';
import { isSame } from '../core/replay/leaves.ts';

export interface ConnectOptions extends TargetOptions {
  /** Dissector id, such as `mjsonp`; `interpose protocols` lists them. */
  readonly protocol: string;
  /** Protocol options, such as `{ dialect: 'head' }`. */
  readonly options?: Readonly<Record<string, string>>;
  /** Which of the protocol's servers this is, where it has several. */
  readonly role?: string;
  /** Longest wait of `expect`, milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** How messages are told apart on a byte stream, for protocols that leave it open. Default: as the protocol says. */
  readonly framing?: Framing;
  /** ENet: channels asked for. Default 2. */
  readonly channels?: number;
}

/** A message from the server. */
export interface Received {
  /** The protocol's name of it; null when it could not be understood. */
  readonly name: string | null;
  readonly fields: unknown;
  readonly bytes: Uint8Array;
  /** Value at a path of the fields: `players[0].id`. */
  at(path: string): unknown;
}

/** Fields that must be equal, or a test of one's own. */
export type Fits = Readonly<Record<string, unknown>> | ((message: Received) => boolean);

export interface Client {
  /** Everything that came, in order. */
  readonly received: readonly Received[];
  readonly isOpen: boolean;
  /**
   * Writes a message of the protocol.
   * @throws EngineError `not-encodable` with a sentence when the fields have no bytes
   */
  send(message: string, fields: unknown, carrier?: Carrier): void;
  /** Sends a payload as it is, framed by the carrier. */
  sendBytes(bytes: Uint8Array, carrier?: Carrier): void;
  /**
   * The oldest message of that name that fits and was not expected before; waits for it.
   * @throws EngineError `timeout`, or `connect-failed` when the connection ends before it comes; both say what came instead
   */
  expect(message: string, fits?: Fits, timeoutMs?: number): Promise<Received>;
  /** Resolves when the connection is over. @throws EngineError `timeout` */
  ended(timeoutMs?: number): Promise<string>;
  close(): void;
}

const DEFAULT_TIMEOUT_MS = 5000;

/**
 * Connects to a server: `tcp://`, `tls://`, `ws://`, `wss://`, `enet://` or `udp://`.
 * @throws EngineError `unknown-protocol`, `bad-url`, `connect-failed`, `tls-failed` or `timeout`
 */
export async function connect(url: string, options: ConnectOptions): Promise<Client> {
  const protocol = protocols.find((one) => one.id === options.protocol);
  if (protocol === undefined) {
    const known = protocols.map((one) => one.id).join(', ');
    throw new EngineError('unknown-protocol', `There is no protocol ${options.protocol}; there are ${known}.`);
  }
  const endpoint = parseEndpointUrl(url);
  const client = new ProtocolClient(protocol, url, options);
  const target = createTarget(options);
  const { framing = protocol.framing } = options;
  const opening = target.connect(
    { url: endpoint, framing, ...(options.channels === undefined ? {} : { channels: options.channels }) },
    {
      frame: (frame) => client.came(frame.bytes, frame.carrier),
      ended: (ending) => {
        client.over(ending);
        // An ENet host would keep the process alive.
        void target.close();
      },
    },
  );
  try {
    client.begin(await opening);
  } catch (error) {
    await target.close();
    throw error;
  }
  return client;
}

class ProtocolClient implements Client {
  readonly received: Received[] = [];
  readonly #protocol: Protocol;
  readonly #url: string;
  readonly #timeoutMs: number;
  readonly #memory: Memory = createMemory();
  readonly #clock = createSystemClock();
  /** Not yet expected. */
  #inbox: Received[] = [];
  #state: unknown;
  #connection: TargetConnection | undefined;
  #ending: Ending | undefined;
  #wake: (() => void)[] = [];

  constructor(protocol: Protocol, url: string, options: ConnectOptions) {
    const { scheme, port, path } = parseEndpointUrl(url);
    this.#protocol = protocol;
    this.#url = url;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const link = {
      transport: scheme as 'tcp',
      serverPort: port,
      ...(path === '' ? {} : { path }),
      ...(options.role === undefined ? {} : { role: options.role }),
    };
    this.#state = protocol.start(link, options.options ?? {});
  }

  begin(connection: TargetConnection): void {
    this.#connection = connection;
  }

  get isOpen(): boolean {
    return this.#ending === undefined && this.#connection?.isOpen === true;
  }

  send(message: string, fields: unknown, carrier?: Carrier): void {
    let bytes: Uint8Array;
    try {
      ({ bytes } = this.#protocol.encode({ message, fields }, 'toServer', this.#state as never));
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new EngineError('not-encodable', `${message} cannot be written: ${why}`, { cause: error });
    }
    this.sendBytes(bytes, carrier);
  }

  sendBytes(bytes: Uint8Array, carrier?: Carrier): void {
    if (!this.isOpen) throw new EngineError('connect-failed', `The connection to ${this.#url} is over.`);
    this.#connection?.send({ bytes, ...(carrier === undefined ? {} : { carrier }) });
    this.#follow(bytes, 'toServer');
  }

  async expect(message: string, fits: Fits = {}, timeoutMs = this.#timeoutMs): Promise<Received> {
    const deadline = this.#clock.now() + timeoutMs;
    for (;;) {
      const at = this.#inbox.findIndex((one) => one.name === message && matches(one, fits));
      if (at >= 0) return this.#inbox.splice(at, 1)[0]!;
      if (this.#ending !== undefined) {
        throw new EngineError(
          'connect-failed',
          `${message} did not come: ${this.#ending.text}. ${this.#instead(message, fits)}`,
        );
      }
      const left = deadline - this.#clock.now();
      if (left <= 0) {
        throw new EngineError(
          'timeout',
          `${message} did not come within ${timeoutMs} ms. ${this.#instead(message, fits)}`,
        );
      }
      await this.#news(left);
    }
  }

  async ended(timeoutMs = this.#timeoutMs): Promise<string> {
    const deadline = this.#clock.now() + timeoutMs;
    while (this.#ending === undefined) {
      const left = deadline - this.#clock.now();
      if (left <= 0) throw new EngineError('timeout', `The server did not close within ${timeoutMs} ms.`);
      await this.#news(left);
    }
    return this.#ending.text;
  }

  close(): void {
    this.#connection?.end();
  }

  came(bytes: Uint8Array, carrier: Carrier): void {
    if ('opcode' in carrier && carrier.opcode !== 'text' && carrier.opcode !== 'binary') return;
    const dissected = this.#follow(bytes, 'toClient');
    for (const message of dissected.messages) {
      const received = receivedOf(message, bytes);
      this.received.push(received);
      this.#inbox.push(received);
    }
    this.#tell();
  }

  over(ending: Ending): void {
    this.#ending = ending;
    this.#tell();
  }

  #follow(bytes: Uint8Array, direction: 'toServer' | 'toClient'): Dissected {
    const state = this.#state as never;
    const dissected = this.#protocol.dissect(bytes, direction, state);
    this.#state = this.#protocol.next(state, direction, dissected, bytes, this.#memory);
    return dissected;
  }

  #instead(message: string, fits: Fits): string {
    const near = this.#inbox.find((one) => one.name === message);
    if (near !== undefined && typeof fits !== 'function') {
      const odd = Object.entries(fits).find(([key, value]) => !isSame(near.at(key), value));
      if (odd !== undefined) return `One came with ${odd[0]} ${show(near.at(odd[0]))} instead of ${show(odd[1])}.`;
    }
    const names = this.#inbox.slice(-5).map((one) => one.name ?? 'not understood');
    return names.length === 0 ? 'Nothing else came.' : `What came and was not expected: ${names.join(', ')}.`;
  }

  #news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
  #tell(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

function receivedOf({ name, fields }: DissectedMessage, bytes: Uint8Array): Received {
  return { name, fields, bytes, at: (path) => getPath(fields, path) };
}

function matches(message: Received, fits: Fits): boolean {
  if (typeof fits === 'function') return fits(message);
  return Object.entries(fits).every(([key, value]) => isSame(getPath(message.fields, [key]), value));
}

function show(value: unknown): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value));
}

/** Bytes of hex text. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
