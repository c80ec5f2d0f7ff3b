/** A relay on a test bench: its clock is moved by hand and its commands are written down. */
import type { Protocol } from '../protocol/protocol.ts';
import { createDice } from '../traffic/clock.ts';
import type { ControlDecision, HeldFrame } from '../traffic/control.ts';
import type { Carrier, Connection, Direction } from '../traffic/frame.ts';
import { type Codec, createMessageCodec, messageUnit } from './codec.ts';
import { type Control, createControl } from './control.ts';
import { createMemory } from './meaning.ts';
import { Relay } from './relay.ts';
import { MemorySink, TOY } from './toy-for-tests.ts';

export interface Command {
  readonly at: number;
  readonly what: 'send' | 'end' | 'reset';
  readonly direction: Direction;
  readonly text: string;
}

export interface BenchOptions {
  readonly protocol?: Protocol | readonly Protocol[];
  readonly whole?: boolean;
  readonly proxy?: string;
  readonly codecs?: Readonly<Record<Direction, Codec>>;
}

export class Bench {
  time = 0;
  readonly sink = new MemorySink();
  readonly held: (readonly HeldFrame[])[] = [];
  readonly decisions: ControlDecision[] = [];
  readonly marks: unknown[] = [];
  readonly control: Control;
  readonly clock = { now: () => this.time, wall: () => 1_000_000 + this.time / 1000 };
  readonly #relays: { readonly relay: Relay; wake: number }[] = [];
  #ordinal = 0;

  constructor() {
    this.control = createControl({
      clock: this.clock,
      dice: createDice(1),
      events: {
        held: (frames) => this.held.push(frames),
        decided: (decision) => this.decisions.push(decision),
        mark: (...mark) => this.marks.push(mark),
      },
    });
  }

  relay(options: BenchOptions = {}): BenchRelay {
    return new BenchRelay(this, options, ++this.#ordinal, (entry) => this.#relays.push(entry));
  }

  /** Moves the clock, ringing every alarm on the way. */
  advance(ms: number): void {
    const until = this.time + ms;
    for (;;) {
      const next = Math.min(until, ...this.#relays.map((r) => r.wake));
      this.time = Math.max(this.time, next);
      let rang = false;
      for (const entry of this.#relays) {
        if (entry.wake > this.time) continue;
        entry.wake = Infinity;
        entry.relay.tick(this.time);
        rang = true;
      }
      if (!rang && this.time >= until) return;
    }
  }
}

export class BenchRelay {
  readonly commands: Command[] = [];
  readonly relay: Relay;
  readonly #bench: Bench;
  readonly #whole: boolean;

  constructor(
    bench: Bench,
    options: BenchOptions,
    ordinal: number,
    register: (entry: { readonly relay: Relay; wake: number }) => void,
  ) {
    this.#bench = bench;
    this.#whole = options.whole === true;
    const connection: Connection = {
      id: bench.sink.nextConnectionId(),
      proxy: options.proxy ?? 'proxy',
      transport: this.#whole ? 'udp' : 'tcp',
      client: { address: '127.0.0.1', port: 1000 + ordinal },
      server: { address: '127.0.0.1', port: 7 },
      protocol: '',
      opened: bench.clock.wall(),
      details: {},
    };
    bench.sink.opened(connection);
    const note = (what: Command['what'], direction: Direction, text = ''): void => {
      this.commands.push({ at: bench.time, what, direction, text });
    };
    const decoder = new TextDecoder();
    let entry: { readonly relay: Relay; wake: number } | undefined;
    let early = Infinity;
    this.relay = new Relay({
      connection,
      link: { transport: connection.transport, serverPort: 7 },
      port: {
        send: (direction, bytes, _carrier: Carrier, unchanged) => {
          if (unchanged) this.relay.lane(direction).meter.went(bytes);
          note('send', direction, decoder.decode(bytes));
        },
        end: (direction) => note('end', direction),
        reset: (direction) => note('reset', direction),
        wakeAt: (time) => {
          if (entry === undefined) early = time;
          else entry.wake = time;
        },
      },
      sink: bench.sink,
      clock: bench.clock,
      control: bench.control,
      memory: createMemory(),
      ordinal,
      protocol: options.protocol ?? TOY,
      options: {},
      whole: this.#whole,
      ...(this.#whole ? { codecs: { toServer: createMessageCodec(), toClient: createMessageCodec() } } : {}),
      ...(options.codecs === undefined ? {} : { codecs: options.codecs }),
    });
    entry = { relay: this.relay, wake: early };
    register(entry);
  }

  /** Text of the client (to the server), or of the server. */
  client(text: string): void {
    this.#receive('toServer', text);
  }
  server(text: string): void {
    this.#receive('toClient', text);
  }

  sent(direction: Direction = 'toServer'): string {
    return this.commands
      .filter((c) => c.what === 'send' && c.direction === direction)
      .map((c) => c.text)
      .join('');
  }
  times(direction: Direction = 'toServer'): number[] {
    return this.commands.filter((c) => c.what === 'send' && c.direction === direction).map((c) => c.at);
  }

  #receive(direction: Direction, text: string): void {
    const bytes = new TextEncoder().encode(text);
    if (this.#whole) this.relay.message(direction, messageUnit(bytes, {}));
    else this.relay.received(direction, bytes);
    void this.#bench;
  }
}
