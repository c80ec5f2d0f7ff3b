/**
 * One connection, without I/O: events come in (bytes, ends, decisions, ticks), commands go out through a `RelayPort`, frames
 * go to the sink. All carriers share it; what differs between them is the codec.
 */
import type { Link, OptionValues, Protocol } from '../protocol/protocol.ts';
import type { HoldDecision, Injection } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection, Direction, Origin } from '../traffic/frame.ts';
import { Absorber } from './absorber.ts';
import { createStreamCodecs, type Unit } from './codec.ts';
import type { ConnectionFacts, Controlled } from './control.ts';
import { alsoActive, followed } from './follow.ts';
import { Lane } from './lane.ts';
import type { LaneHost } from './lane-host.ts';
import { createReading, type Meaning, NO_READING, type Reading } from './meaning.ts';
import { ProtocolSearch, type Seen } from './protocol-search.ts';
import { FrameSubject } from './subject.ts';
import { Repeats } from './repeats.ts';
import type { RelaySetup } from './relay-setup.ts';
import { Treatment } from './treatment.ts';
import { writeTemplate } from './template.ts';

export class Relay implements Controlled {
  readonly #setup: RelaySetup;
  readonly #lanes: Record<Direction, Lane>;
  readonly #detach: () => void;
  #connection: Connection;
  #link: Link;
  #options: OptionValues = {};
  #hasFrames = false;
  #protocol: Protocol | undefined;
  #reading: Reading = NO_READING;
  /** While the protocol is not known. */
  #search: ProtocolSearch | undefined;
  readonly #absorber = new Absorber();
  readonly #repeats = new Repeats((injection) => this.#injectOnce(injection, 'injected'));
  /** Meaning of the frame treated last. */
  #inHand: () => Meaning | undefined = () => undefined;
  #wake = Infinity;
  #closed = false;

  constructor(setup: RelaySetup) {
    this.#setup = setup;
    this.#connection = setup.connection;
    this.#link = setup.link;
    const fixed = Array.isArray(setup.protocol) ? undefined : (setup.protocol as Protocol);
    if (fixed === undefined) {
      this.#search = new ProtocolSearch(setup.protocol as readonly Protocol[], setup.codecs === undefined);
    }
    const current = (): Connection => this.#connection;
    const facts: ConnectionFacts = {
      get connection() {
        return current();
      },
      ordinal: setup.ordinal,
      write: (template, direction) =>
        writeTemplate({ protocol: this.#protocol, state: this.#reading.state() }, template, direction),
    };
    const codecs = setup.codecs ?? createStreamCodecs(fixed?.framing ?? { kind: 'message' });
    const lane = (direction: Direction): Lane => {
      const codec = codecs[direction];
      const control = setup.control.lane(facts, direction);
      const meter = setup.control.meter.lane(setup.whole);
      return new Lane(this.#host(), direction, codec, this.#following(control, direction), meter, setup.whole);
    };
    this.#lanes = { toServer: lane('toServer'), toClient: lane('toClient') };
    if (fixed !== undefined) this.#use(fixed);
    this.#detach = setup.control.attach(this);
    this.changed();
  }

  get connection(): Connection {
    return this.#connection;
  }

  get protocol(): Protocol | undefined {
    return this.#protocol;
  }

  lane(direction: Direction): Lane {
    return this.#lanes[direction];
  }

  /** Bytes received and not gone on. */
  waitingBytes(direction: Direction): number {
    return this.#lanes[direction].waitingBytes;
  }

  // ---- events ----------------------------------------------------------------------------------------------------------

  /** Bytes of a stream. */
  received(direction: Direction, chunk: Uint8Array): void {
    if (this.#search === undefined || this.#setup.codecs !== undefined) {
      this.#lanes[direction].receive(chunk);
      return;
    }
    this.#unknown(this.#search, direction, chunk);
  }

  /** A whole message of a message carrier. */
  message(direction: Direction, unit: Unit, channel = 0): void {
    this.#lanes[direction].message(unit, channel);
  }

  /** A message that went its way without us: recorded, nothing more. */
  observed(direction: Direction, unit: Unit): void {
    this.#lanes[direction].observe(unit);
  }

  ended(direction: Direction): void {
    this.#decideProtocol(true);
    this.#lanes[direction].sourceClosed('end');
  }

  /** What the direction comes from died. */
  wasReset(direction: Direction): void {
    this.#decideProtocol(true);
    this.#lanes[opposite(direction)].destinationGone();
    this.#lanes[direction].sourceClosed('reset');
  }

  tick(now: number): void {
    this.#wake = Infinity;
    this.settled(now);
  }

  /** The connection is over: nothing more is sent. */
  closed(): void {
    if (this.#closed) return;
    this.#decideProtocol(true);
    this.#closed = true;
    this.#detach();
    for (const lane of Object.values(this.#lanes)) lane.destinationGone();
    this.#setup.port.wakeAt(Infinity);
  }

  /** Ends both sides here. */
  close(how: 'close' | 'reset'): void {
    for (const lane of Object.values(this.#lanes)) lane.sourceClosed(how === 'close' ? 'end' : 'reset');
  }

  // ---- commands of the user --------------------------------------------------------------------------------------------

  /** @returns numbers of the frames written now; repeats at an interval follow. */
  inject(injection: Injection, origin: Origin = 'injected'): readonly number[] {
    const lane = this.#lanes[injection.direction];
    const refusal = lane.codec.refuse(injection.bytes, lane.codec.carrierOf(injection.carrier ?? {}));
    if (refusal !== undefined) throw new EngineError('not-encodable', refusal);
    const repeat = Math.max(1, Math.floor(injection.repeat ?? 1));
    const interval = injection.intervalMs ?? 0;
    const ns: number[] = [];
    const burst = interval > 0 ? 1 : repeat;
    for (let i = 0; i < burst; i++) ns.push(this.#injectOnce(injection, origin));
    if (interval > 0 && repeat > 1) {
      this.#repeats.add(injection, repeat - 1, this.#setup.clock.now());
    }
    this.settled(this.#setup.clock.now());
    return ns;
  }

  /** Reads the connection as another protocol from here on. */
  decodeAs(protocol: Protocol, options: OptionValues = this.#setup.options): void {
    this.#search = undefined;
    if (this.#setup.codecs === undefined) {
      const codecs = createStreamCodecs(protocol.framing);
      for (const lane of Object.values(this.#lanes)) lane.setCodec(codecs[lane.direction]);
    }
    this.#use(protocol, options);
    this.changed();
  }

  /** Facts learned later (a WebSocket path, a journey). */
  learn(change: Partial<Omit<Connection, 'id'>>): void {
    this.#connection = { ...this.#connection, ...change };
    this.#setup.sink.changed(this.#connection.id, change);
  }

  /** The carrier's own address became known (a WebSocket path), before the first frame. */
  learnPath(path: string): void {
    this.#link = { ...this.#link, path };
    if (this.#protocol !== undefined && !this.#hasFrames) this.#use(this.#protocol, this.#options);
  }

  // ---- controls --------------------------------------------------------------------------------------------------------

  changed(): void {
    if (this.#closed) return;
    for (const lane of Object.values(this.#lanes)) lane.changed();
  }

  release(): void {
    if (this.#closed) return;
    for (const lane of Object.values(this.#lanes)) lane.release();
  }

  /** State a message written now is encoded in. */
  get reading(): Reading {
    return this.#reading;
  }

  // ---- within ----------------------------------------------------------------------------------------------------------

  #host(): LaneHost {
    const setup = this.#setup;
    return {
      conn: setup.connection.id,
      port: setup.port,
      sink: setup.sink,
      clock: setup.clock,
      noted: (n, direction, bytes) => this.#noted(n, direction, bytes),
      treat: (n, direction, unit, now) => this.#treat(n, direction, unit, now),
      insert: (insert, by) => {
        this.#lanes[insert.direction].inject(insert.payload, insert.carrier, 'injected', by);
      },
      close: (how) => this.close(how),
      held: (departure, treatment, unit, direction) => {
        const { message, summary } = this.#words(direction);
        const hold = treatment.hold!;
        const since = setup.clock.wall();
        setup.control.addHeld(
          {
            n: departure.n,
            conn: setup.connection.id,
            direction,
            breakpoint: hold.by,
            since,
            ...(hold.limitMs > 0 ? { until: since + hold.limitMs / 1000 } : {}),
            message,
            summary,
            size: unit.payload.length,
          },
          {
            decide: (decision) => this.#decide(direction, departure.n, decision, unit),
            extend: (ms) => this.#lanes[direction].extend(departure.n, ms),
          },
        );
      },
      unheld: (n) => setup.control.removeHeld(n),
      cutFailed: (error) => this.#remarkFailure('Frames are no longer cut', error),
      unnumbered: () => setup.control.unnumbered(),
      settled: (now) => this.settled(now),
    };
  }

  #decide(direction: Direction, n: number, decision: HoldDecision, unit: Unit): void {
    const lane = this.#lanes[direction];
    if (decision.action === 'edit') {
      const refusal = lane.codec.refuse(decision.bytes, unit.carrier);
      if (refusal !== undefined) throw new EngineError('not-encodable', refusal);
    }
    if (lane.decide(n, decision)) this.settled(this.#setup.clock.now());
  }

  #words(direction: Direction): { message: string | null; summary: string } {
    const meaning = this.#inHand();
    const first = meaning?.dissected.messages[0];
    if (meaning === undefined || first === undefined) return { message: null, summary: '' };
    return { message: first.name, summary: meaning.protocol.summary(first, direction) };
  }

  #treat(n: number, direction: Direction, unit: Unit, now: number): Treatment | undefined {
    let treatment: Treatment | undefined;
    try {
      const meaning = once(() => this.#reading.last());
      this.#inHand = meaning;
      const subject = new FrameSubject(n, direction, now / 1000, unit, this.#connection, meaning);
      if (this.#absorber.isActive(direction) && this.#absorber.takes(subject, now)) {
        treatment = new Treatment();
        treatment.drop = true;
        treatment.touchedBy.push('absorbed answer');
        return treatment;
      }
      treatment = this.#lanes[direction].control.treat(subject, now);
      treatment = this.#followed(direction, unit, meaning, treatment);
    } catch (error) {
      // Traffic survives us: a throwing filter, dissector or script costs its effect, not the frame.
      this.#remarkFailure(`Frame ${n} went on as it came`, error);
      return undefined;
    }
    return treatment;
  }

  #remarkFailure(what: string, error: unknown): void {
    const text = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    const { connection, clock, sink } = this.#setup;
    sink.remark(connection.id, clock.wall(), { severity: 'warning', group: 'transport', code: 'control-failed', text });
  }

  #followed(
    direction: Direction,
    unit: Unit,
    read: () => Meaning | undefined,
    treatment: Treatment | undefined,
  ): Treatment | undefined {
    const { follow, control } = this.#setup;
    if (follow === undefined || control.isPanic || treatment?.drop || !follow.wants(direction, this.#protocol)) {
      return treatment;
    }
    return followed(follow, direction, unit, read, treatment);
  }

  /** Adds the follower's and the absorber's interest to the controls'. */
  #following(control: Lane['control'], direction: Direction): Lane['control'] {
    const absorber = this.#absorber;
    const { follow, control: all } = this.#setup;
    const follows = (): boolean => !all.isPanic && follow?.wants(direction, this.#protocol) === true;
    return alsoActive(control, () => absorber.isActive(direction) || follows());
  }

  #injectOnce(injection: Injection, origin: Origin): number {
    const n = this.#lanes[injection.direction].inject(injection.bytes, injection.carrier ?? {}, origin);
    if (injection.absorbAnswer) {
      const name = this.#reading.last()?.dissected.messages[0]?.name;
      this.#absorber.expect(this.#protocol, injection.direction, name, this.#setup.clock.now());
    }
    return n;
  }

  #noted(n: number, direction: Direction, bytes: Uint8Array): void {
    this.#hasFrames = true;
    if (this.#search === undefined) {
      this.#reading.note(n, direction, bytes);
      this.#track();
    } else if (this.#setup.codecs !== undefined) {
      this.#search.seen.push({ n, direction, bytes, at: this.#setup.clock.now() });
      this.#decideProtocol(false);
    }
  }

  /** Ties journeys by what was just recorded. */
  #track(): void {
    const { follow } = this.#setup;
    if (follow?.tracks(this.#protocol) !== true) return;
    try {
      const meaning = this.#reading.last();
      if (meaning !== undefined) follow.noted(meaning);
    } catch {
      // A dissector that throws ties nothing; the timeline says what is wrong with it.
    }
  }

  #use(protocol: Protocol, options: OptionValues = this.#setup.options): void {
    this.#protocol = protocol;
    if (this.#connection.protocol !== protocol.id) this.learn({ protocol: protocol.id });
    const all = { ...Object.fromEntries(protocol.options.map((o) => [o.name, o.default])), ...options };
    const { memory, reading } = this.#setup;
    this.#options = all;
    this.#reading = reading?.(this.#connection) ?? createReading(protocol, this.#link, all, memory);
  }

  /** Bytes of a stream nobody knows yet. They go on at once, unless they make the protocol known. */
  #unknown(search: ProtocolSearch, direction: Direction, bytes: Uint8Array): void {
    const { clock, port } = this.#setup;
    const now = clock.now();
    const lane = this.#lanes[direction];
    const seen: Seen = { n: 0, direction, bytes, at: now };
    if (this.#decideProtocol(false, seen)) {
      lane.receive(bytes);
      return;
    }
    search.seen.push(seen);
    lane.meter.came(bytes);
    port.send(direction, bytes, {}, true);
    lane.meter.took(clock.now() - now);
    if (search.seen.length === 1) this.settled(now);
  }

  /** Chooses by what has been seen; `final`: now or never. Returns whether it is decided. */
  #decideProtocol(final: boolean, next?: Seen): boolean {
    const search = this.#search;
    if (search === undefined) return true;
    const chosen = search.choose(this.#link, final, next);
    if (chosen === 'undecided') return false;
    this.#search = undefined;
    if (chosen !== undefined) this.#use(chosen);
    if (this.#setup.codecs === undefined) {
      const fresh = createStreamCodecs(chosen?.framing ?? { kind: 'message' });
      for (const lane of Object.values(this.#lanes)) lane.setCodec(fresh[lane.direction]);
      for (const s of search.seen) this.#lanes[s.direction].tap(s.bytes, s.at);
    } else if (chosen !== undefined) {
      // Frames seen before it was known, so that the protocol's state is right.
      for (const s of search.seen) {
        this.#reading.note(s.n, s.direction, s.bytes);
        this.#track();
      }
    }
    return true;
  }

  /** Sends what is due and sets the alarm for the rest. */
  settled(now: number): void {
    if (this.#closed) return;
    let next = this.#search?.deadline ?? Infinity;
    if (next <= now) {
      this.#decideProtocol(true);
      next = Infinity;
    }
    next = Math.min(next, this.#repeats.run(now));
    for (const lane of Object.values(this.#lanes)) {
      const due = lane.control.due(now);
      next = Math.min(next, due.next);
      if (due.reshape) lane.outlet.setShape(lane.control.shape());
      if (due.act === 'reset') this.#setup.port.reset('toServer');
      if (due.act === 'reset') this.#setup.port.reset('toClient');
      if (due.act === 'end') lane.sourceClosed('end');
      if (due.act === 'close') this.close('close');
      next = Math.min(next, lane.tick(now));
    }
    if (next !== this.#wake) {
      this.#wake = next;
      this.#setup.port.wakeAt(next);
    }
  }
}

function once<T>(read: () => T): () => T {
  let value: { readonly got: T } | undefined;
  return () => (value ??= { got: read() }).got;
}

export function opposite(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}
