/**
 * One connection, without I/O: events come in (bytes, ends, decisions, ticks), commands go out through a `RelayPort`, frames
 * go to the sink. All carriers share it; what differs between them is the codec.
 */
import type { Link, Memory, OptionValues, Protocol, Sample } from '../protocol/protocol.ts';
import type { Clock } from '../traffic/clock.ts';
import type { HoldDecision, Injection } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Connection, Direction, Origin } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';
import { type Codec, createStreamCodecs, type Unit } from './codec.ts';
import type { ConnectionFacts, Control, Controlled } from './control.ts';
import { Lane, type LaneHost } from './lane.ts';
import { chooseProtocol, createReading, type Meaning, NO_READING, type Reading } from './meaning.ts';
import type { RelayPort } from './outlet.ts';
import { FrameSubject } from './subject.ts';
import { Treatment } from './treatment.ts';
import { writeTemplate } from './template.ts';

export interface RelaySetup {
  readonly connection: Connection;
  readonly link: Link;
  readonly port: RelayPort;
  readonly sink: TrafficSink;
  readonly clock: Clock;
  readonly control: Control;
  readonly memory: Memory;
  /** 1, 2, 3… within its proxy. */
  readonly ordinal: number;
  /** The protocol, or candidates to recognise it among. */
  readonly protocol: Protocol | readonly Protocol[];
  readonly options: OptionValues;
  /** Streams: cut by the protocol's framing. Otherwise the carrier's own codecs. */
  readonly codecs?: Readonly<Record<Direction, Codec>>;
  /** The carrier delivers whole messages (udp, enet). */
  readonly whole: boolean;
  /** Supplied when somebody dissects every frame anyway. */
  readonly reading?: (connection: Connection) => Reading;
  /** Asked about each frame after the controls, while `wants` says so: handoffs. */
  readonly follow?: FrameFollower;
}

/** Looks at frames on their way: rewrites handoffs and ties journeys. */
export interface FrameFollower {
  /** Must frames of this direction be seen before they go on? */
  wants(direction: Direction, protocol: Protocol | undefined): boolean;
  /** A payload to send instead, when it is ready (`undefined`: leave it); undefined: nothing to do. */
  frame(
    direction: Direction,
    payload: Uint8Array,
    meaning: Meaning,
  ): ((done: (payload: Uint8Array | undefined) => void) => void) | undefined;
  /** Are recorded frames of this protocol of interest? */
  tracks(protocol: Protocol | undefined): boolean;
  noted(meaning: Meaning): void;
  /** The connection is ready to be told things. */
  opened(): void;
}

/** A protocol is looked for in the first chunks; what none knows is cut by reads. */
const RECOGNISE_CHUNKS = 6;
const RECOGNISE_BYTES = 4096;
/** Bytes nobody is sure about show in the timeline after so long. */
const RECOGNISE_MS = 300;
const ABSORB_LIMIT_MS = 30_000;

interface Sampled {
  /** Frame number, for carriers that cut by themselves. */
  readonly n: number;
  readonly direction: Direction;
  readonly chunk: Uint8Array;
  readonly at: number;
}

interface Absorb {
  /** Message names; undefined: whatever comes. */
  readonly names: readonly string[] | undefined;
  readonly until: number;
}

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
  /** Undecided: chunks seen so far, not yet cut. */
  #sample: Sampled[] | undefined;
  readonly #absorb: Record<Direction, Absorb[]> = { toServer: [], toClient: [] };
  readonly #repeats = new Set<{ at: number; left: number; readonly injection: Injection }>();
  /** Meaning of the frame treated last. */
  #inHand: () => Meaning | undefined = () => undefined;
  #wake = Infinity;
  #closed = false;

  constructor(setup: RelaySetup) {
    this.#setup = setup;
    this.#connection = setup.connection;
    this.#link = setup.link;
    const fixed = Array.isArray(setup.protocol) ? undefined : (setup.protocol as Protocol);
    if (fixed === undefined) this.#sample = [];
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
    if (this.#sample === undefined || this.#setup.codecs !== undefined) {
      this.#lanes[direction].receive(chunk);
      return;
    }
    this.#sampled(direction, chunk);
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
      this.#repeats.add({ at: this.#setup.clock.now() + interval, left: repeat - 1, injection });
    }
    this.settled(this.#setup.clock.now());
    return ns;
  }

  /** Reads the connection as another protocol from here on. */
  decodeAs(protocol: Protocol, options: OptionValues = this.#setup.options): void {
    this.#sample = undefined;
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
          (decision) => this.#decide(direction, departure.n, decision, unit),
        );
      },
      unheld: (n) => setup.control.removeHeld(n),
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
      if (this.#absorbs(direction, subject, now)) {
        treatment = new Treatment();
        treatment.drop = true;
        treatment.touchedBy.push('absorbed answer');
        return treatment;
      }
      treatment = this.#lanes[direction].control.treat(subject, now);
      treatment = this.#followed(direction, unit, meaning, treatment);
    } catch (error) {
      // Traffic survives us: a throwing filter, dissector or script costs its effect, not the frame.
      const text = error instanceof Error ? error.message : String(error);
      this.#setup.sink.remark(this.#setup.connection.id, this.#setup.clock.wall(), {
        severity: 'warning',
        group: 'transport',
        code: 'control-failed',
        text: `Frame ${n} went on as it came: ${text}`,
      });
      return undefined;
    }
    return treatment;
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
    let meaning = read();
    const edited = treatment?.payload;
    if (meaning !== undefined && edited !== undefined) {
      meaning = { ...meaning, dissected: meaning.protocol.dissect(edited, direction, meaning.state) };
    }
    const rewrite = meaning === undefined ? undefined : follow.frame(direction, edited ?? unit.payload, meaning);
    if (rewrite === undefined) return treatment;
    const next = treatment ?? new Treatment();
    next.touchedBy.push('handoff');
    next.prepare = rewrite;
    return next;
  }

  /** Adds the follower's and the absorber's interest to the controls'. */
  #following(control: Lane['control'], direction: Direction): Lane['control'] {
    const absorbing = this.#absorb[direction];
    const { follow, control: all } = this.#setup;
    const follows = (): boolean => !all.isPanic && follow?.wants(direction, this.#protocol) === true;
    return {
      get active() {
        return control.active || absorbing.length > 0 || follows();
      },
      treat: (subject, now) => control.treat(subject, now),
      shape: () => control.shape(),
      closeDelay: () => control.closeDelay(),
      due: (now) => control.due(now),
    };
  }

  #absorbs(direction: Direction, subject: FrameSubject, now: number): boolean {
    const list = this.#absorb[direction];
    while (list.length > 0 && list[0]!.until < now) list.shift();
    const index = list.findIndex((a) => a.names === undefined || subject.names.some((name) => a.names!.includes(name)));
    if (index < 0) return false;
    list.splice(index, 1);
    return true;
  }

  #injectOnce(injection: Injection, origin: Origin): number {
    const n = this.#lanes[injection.direction].inject(injection.bytes, injection.carrier ?? {}, origin);
    if (injection.absorbAnswer) this.#absorbAnswerTo(injection.direction);
    return n;
  }

  #absorbAnswerTo(direction: Direction): void {
    const name = this.#reading.last()?.dissected.messages[0]?.name;
    const pairs = this.#protocol?.pairs.filter(
      (p) => p.direction === direction && (p.request === '*' || (name != null && p.request.includes(name))),
    );
    const names = pairs?.flatMap((p) => (p.replies === '*' ? [] : p.replies)) ?? [];
    this.#absorb[opposite(direction)].push({
      names: names.length > 0 ? names : undefined,
      until: this.#setup.clock.now() + ABSORB_LIMIT_MS,
    });
  }

  #noted(n: number, direction: Direction, bytes: Uint8Array): void {
    this.#hasFrames = true;
    if (this.#sample === undefined) {
      this.#reading.note(n, direction, bytes);
      this.#track();
    } else if (this.#setup.codecs !== undefined) {
      this.#sample.push({ n, direction, chunk: bytes, at: 0 });
      this.#decideProtocol(this.#sample.length >= RECOGNISE_CHUNKS);
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

  #sampled(direction: Direction, chunk: Uint8Array): void {
    const { clock, port } = this.#setup;
    const now = clock.now();
    const sample = this.#sample!;
    const last = this.#lanes[direction];
    const seen = sample.reduce((sum, s) => sum + s.chunk.length, chunk.length);
    const enough = sample.length + 1 >= RECOGNISE_CHUNKS || seen >= RECOGNISE_BYTES;
    // The chunk in hand has not gone on yet: if the protocol is known now, rules and holds already apply to it.
    const decided = this.#decideProtocol(enough, { n: 0, direction, chunk, at: now });
    if (decided) {
      last.receive(chunk);
      return;
    }
    sample.push({ n: 0, direction, chunk, at: now });
    last.meter.came(chunk);
    port.send(direction, chunk, {}, true);
    last.meter.took(clock.now() - now);
    if (sample.length === 1) this.settled(now);
  }

  /** Until when a protocol is looked for; decides when that is over. */
  #recogniseBy(now: number): number {
    const first = this.#setup.codecs === undefined ? this.#sample?.[0] : undefined;
    if (first === undefined) return Infinity;
    if (now < first.at + RECOGNISE_MS) return first.at + RECOGNISE_MS;
    this.#decideProtocol(true);
    return Infinity;
  }

  /** Chooses by what has been seen; `final`: by reads when nobody knows it. Returns whether it is decided. */
  #decideProtocol(final: boolean, inHand?: Sampled): boolean {
    const sample = this.#sample;
    if (sample === undefined) return true;
    const { protocol, codecs } = this.#setup;
    const bytesOf = (direction: Direction): Uint8Array =>
      joined(
        [...sample, ...(inHand === undefined ? [] : [inHand])].filter((s) => s.direction === direction),
        codecs,
      );
    const count = sample.length + (inHand === undefined ? 0 : 1);
    const seen: Sample = { toServer: bytesOf('toServer'), toClient: bytesOf('toClient') };
    const chosen = chooseProtocol(protocol as readonly Protocol[], seen, this.#link, count, final);
    if (chosen === undefined && !final) return false;
    this.#sample = undefined;
    if (chosen !== undefined) this.#use(chosen);
    if (codecs === undefined) {
      const fresh = createStreamCodecs(chosen?.framing ?? { kind: 'message' });
      for (const lane of Object.values(this.#lanes)) lane.setCodec(fresh[lane.direction]);
      for (const s of sample) this.#lanes[s.direction].tap(s.chunk, s.at);
    } else if (chosen !== undefined) {
      // Frames seen before it was known, so that the protocol's state is right.
      for (const s of sample) {
        this.#reading.note(s.n, s.direction, s.chunk);
        this.#track();
      }
    }
    return true;
  }

  /** Sends what is due and sets the alarm for the rest. */
  settled(now: number): void {
    if (this.#closed) return;
    let next = this.#recogniseBy(now);
    for (const repeat of this.#repeats) {
      while (repeat.left > 0 && repeat.at <= now) {
        repeat.left--;
        repeat.at += Math.max(1, repeat.injection.intervalMs ?? 1);
        this.#injectOnce(repeat.injection, 'injected');
      }
      if (repeat.left === 0) this.#repeats.delete(repeat);
      else next = Math.min(next, repeat.at);
    }
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

function joined(parts: readonly Sampled[], codecs: unknown): Uint8Array {
  const first = parts[0];
  if (first === undefined) return new Uint8Array(0);
  // Message carriers: the first message alone.
  if (codecs !== undefined || parts.length === 1) return first.chunk;
  const all = new Uint8Array(parts.reduce((sum, p) => sum + p.chunk.length, 0));
  let at = 0;
  for (const p of parts) {
    all.set(p.chunk, at);
    at += p.chunk.length;
  }
  return all;
}

function once<T>(read: () => T): () => T {
  let value: { readonly got: T } | undefined;
  return () => (value ??= { got: read() }).got;
}

export function opposite(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}
