/**
 * One direction of one connection. With nothing active each chunk goes on at once and is cut into frames beside the road
 * (cut-through). While something may act, frames go one at a time. The change between the two happens at a frame boundary:
 * a frame whose first bytes are already gone is always let through as it is.
 */
import { wallAt } from '../traffic/clock.ts';
import type { HoldDecision } from '../traffic/control.ts';
import type { Carrier, Direction, Origin } from '../traffic/frame.ts';
import { Backlog } from './backlog.ts';
import { type Codec, concat, createMessageCodec, messageUnit, sameBytes, type Unit } from './codec.ts';
import { type Departure, departureOf, Departures } from './departures.ts';
import { draftOf, draftOfOurs } from './drafts.ts';
import type { LaneHost } from './lane-host.ts';
import type { LaneMeter } from './meter.ts';
import { Outlet } from './outlet.ts';
import type { LaneControl } from './control.ts';
import { fateOf, type Treatment } from './treatment.ts';
import { WaitingFrames } from './waiting-frames.ts';

/** Received bytes of a frame that does not end are let go after so long, so that a wrong framing never strands traffic. */
const PARTIAL_LIMIT_MS = 5000;
const PLAIN: Carrier = Object.freeze({});

export class Lane {
  readonly direction: Direction;
  readonly outlet: Outlet;
  readonly departures: Departures;
  readonly meter: LaneMeter;
  readonly control: LaneControl;
  readonly #host: LaneHost;
  #codec: Codec;
  #framed = false;
  /** Bytes of the codec's pending frame that have gone on. */
  #already = 0;
  /** Received and not gone on. */
  readonly #backlog = new Backlog();
  #partialSince: number | undefined;
  /** Injected frames that wait for a boundary. */
  #injected: Departure[] = [];
  readonly #waiting: WaitingFrames;
  #closing: 'end' | 'reset' | undefined;
  #closeAt = 0;
  #closed = false;

  constructor(
    host: LaneHost,
    direction: Direction,
    codec: Codec,
    control: LaneControl,
    meter: LaneMeter,
    whole: boolean,
  ) {
    this.#host = host;
    this.direction = direction;
    this.#codec = codec;
    this.control = control;
    this.meter = meter;
    this.outlet = new Outlet(host.port, direction, whole);
    this.departures = new Departures(() => this.#codec, this.outlet, this.meter);
    this.#waiting = new WaitingFrames({
      now: () => host.clock.now(),
      decided: (n) => host.unheld(n),
      update: (n, update) => host.sink.update(n, update),
    });
  }

  get codec(): Codec {
    return this.#codec;
  }

  /** From now on another codec cuts; what the old one had pending comes out as it is. */
  setCodec(codec: Codec): void {
    const rest = this.#codec.end();
    const now = this.#host.clock.now();
    for (const unit of rest) this.#record(unit, now);
    this.#codec = codec;
    this.#already = 0;
    this.#goOn(now);
  }

  /** Frames go one at a time just now. */
  get isFramed(): boolean {
    return this.#framed;
  }

  /** Bytes that wait here, for backpressure. */
  get waitingBytes(): number {
    // A frame that is still arriving must arrive whole, whatever its size.
    return this.departures.isEmpty ? 0 : this.departures.bytes + this.#backlog.bytes;
  }

  // ---- in --------------------------------------------------------------------------------------------------------------

  receive(chunk: Uint8Array): void {
    const now = this.#host.clock.now();
    if (!this.#framed && !this.#mustFrame()) {
      this.meter.came(chunk);
      this.#host.port.send(this.direction, chunk, PLAIN, true);
      this.meter.took(this.#host.clock.now() - now);
      this.tap(chunk, now);
      return;
    }
    this.#framed = true;
    this.#backlog.push(chunk);
    for (const unit of this.#cut(chunk)) this.#unit(unit, now);
    if (this.#already > 0) this.#passBacklog(now);
    this.#partialSince = this.#backlog.bytes > 0 ? now : undefined;
    this.#settle(now);
  }

  /** Cuts and records bytes that have already gone on. `at` is when they came. */
  tap(chunk: Uint8Array, at: number): void {
    for (const unit of this.#cut(chunk)) this.#record(unit, at);
    this.#already = this.#codec.pending;
  }

  /** A cutter that throws is taken out of the road: from there on each read is a frame. */
  #cut(chunk: Uint8Array): readonly Unit[] {
    try {
      return this.#codec.push(chunk);
    } catch (error) {
      this.#host.cutFailed(error);
      this.#codec = createMessageCodec();
      this.#already = 0;
      return [messageUnit(this.#framed ? concat(this.#backlog.peek()) : chunk, PLAIN)];
    }
  }

  /** A whole message of a message carrier. */
  message(unit: Unit, channel: number): void {
    const now = this.#host.clock.now();
    if (!this.#mustFrame()) {
      this.meter.came(unit.raw, channel);
      this.#host.port.send(this.direction, unit.raw, unit.carrier, true);
      this.meter.took(this.#host.clock.now() - now);
      this.#record(unit, now);
      return;
    }
    this.#handle(unit, [unit.raw], now, channel);
    this.#settle(now);
  }

  /** A message that went its way without us. */
  observe(unit: Unit): void {
    this.#record(unit, this.#host.clock.now());
  }

  /** The source half-closed (`end`) or died (`reset`): mirrored once everything before it has gone. */
  sourceClosed(how: 'end' | 'reset'): void {
    const now = this.#host.clock.now();
    if (this.#closing === undefined || how === 'reset') this.#closing = how;
    for (const unit of this.#codec.end()) {
      if (this.#framed && this.#already === 0) this.#unit(unit, now);
      else this.#record(unit, now);
    }
    this.#passBacklog(now);
    this.#already = 0;
    this.#closeAt = now + this.control.closeDelay();
    this.#settle(now);
  }

  /** Nothing can be written any more. */
  destinationGone(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.departures.discard(this.#host.clock.now());
    this.#backlog.takeAll();
    this.#injected = [];
  }

  // ---- out -------------------------------------------------------------------------------------------------------------

  /** Records and writes a frame of ours at the next boundary, ahead of what is held. Returns its number. */
  inject(payload: Uint8Array, carrier: Partial<Carrier>, origin: Origin, touchedBy: readonly string[] = []): number {
    const departure = this.#own(payload, carrier, origin, touchedBy);
    const now = this.#host.clock.now();
    if (this.#mayWrite()) this.departures.sendNow(departure, now);
    else this.#injected.push(departure);
    return departure.n;
  }

  /** False when the frame was not held. */
  decide(n: number, decision: HoldDecision): boolean {
    return this.#waiting.decide(n, decision);
  }

  extend(n: number, ms: number): void {
    this.#waiting.extend(n, ms);
  }

  /** Lets out what is ready; returns when to come again. */
  tick(now: number): number {
    let next = this.#waiting.tick(now);
    if (this.#partialSince !== undefined && this.#backlog.bytes > 0) {
      const until = this.#partialSince + PARTIAL_LIMIT_MS;
      if (now < until) next = Math.min(next, until);
      else if (this.departures.isEmpty) this.#passBacklog(now);
    }
    next = Math.min(next, this.departures.flush(now));
    if (this.#closing !== undefined && this.departures.isEmpty && !this.#closed) {
      if (now < this.#closeAt) return Math.min(next, this.#closeAt);
      this.#closed = true;
      if (this.#closing === 'end') this.#host.port.end(this.direction);
      else this.#host.port.reset(this.direction);
    }
    return next;
  }

  /** Everything that waits goes now; used by the panic switch and on closing down. */
  release(): void {
    const now = this.#host.clock.now();
    this.#waiting.forwardAll();
    this.departures.release(now);
    this.#closeAt = 0;
    this.#settle(now);
  }

  /** The controls changed: shape anew, and go back to cut-through when nothing may act any more. */
  changed(): void {
    const now = this.#host.clock.now();
    this.outlet.setShape(this.control.shape());
    this.#settle(now);
  }

  // ---- within ----------------------------------------------------------------------------------------------------------

  #mustFrame(): boolean {
    return this.control.active || this.#injected.length > 0 || !this.departures.isEmpty;
  }

  #mayWrite(): boolean {
    return this.#codec.isOpen && (this.#framed ? this.#already : this.#codec.pending) === 0;
  }

  #unit(unit: Unit, now: number): void {
    const size = unit.raw.length;
    if (size === 0) {
      // Its bytes belong to the unit around it.
      this.#record(unit, now);
      return;
    }
    if (this.#already >= size) {
      // Gone before this mode began.
      this.#already -= size;
      this.#record(unit, now);
      return;
    }
    const parts = this.#backlog.take(size - this.#already);
    if (this.#already > 0) {
      this.#already = 0;
      for (const part of parts) {
        this.meter.came(part);
        this.outlet.send(part, PLAIN, true, now);
      }
      this.#record(unit, now);
    } else {
      this.#handle(unit, parts, now, 0);
    }
    this.#writeInjected(now);
  }

  #handle(unit: Unit, parts: readonly Uint8Array[], now: number, channel: number): void {
    const ticket = this.meter.arrived(parts, channel);
    if (!unit.isFrame) {
      this.departures.add(departureOf(0, channel, unit.carrier, unit, ticket, now), now);
      return;
    }
    const n = this.#record(unit, now);
    const treatment = this.#host.treat(n, this.direction, unit, now);
    const departure = departureOf(n, channel, unit.carrier, unit, ticket, now);
    if (treatment === undefined) {
      const queued = this.departures.count > 0;
      if (queued) departure.left = (waitedMs) => this.#host.sink.update(n, { heldMs: waitedMs });
      this.departures.add(departure, now);
      if (!queued) this.meter.took(this.#host.clock.now() - now);
      return;
    }
    this.#carryOut(treatment, departure, unit, now);
  }

  #carryOut(treatment: Treatment, plain: Departure, unit: Unit, now: number): void {
    const { hold, ask, prepare } = treatment;
    const waits = !treatment.drop && (hold !== undefined || ask !== undefined || prepare !== undefined);
    // While nothing is recorded frames have no number; those that wait must be told apart all the same.
    const n = plain.n === 0 && waits ? this.#numberOfUnrecorded(unit) : plain.n;
    const touchedBy = treatment.touchedBy;
    const own = (where: 'before' | 'after'): Departure[] =>
      treatment.inserts
        .filter((i) => i.where === where && i.direction === this.direction)
        .map((i) => this.#own(i.payload, i.carrier, 'injected', touchedBy));
    const departure: Departure = { ...plain, n, before: own('before'), after: own('after'), waits: true };
    const edited = treatment.payload !== undefined && !sameBytes(treatment.payload, unit.payload);
    if (edited) departure.payload = treatment.payload;
    departure.dropped = treatment.drop;
    departure.copies = treatment.copies;
    departure.readyAt = now + treatment.delayMs;
    const fate = fateOf(treatment, edited);
    const sent = edited && !treatment.drop ? { sent: treatment.payload! } : {};
    const touched = touchedBy.length > 0 ? { touchedBy } : {};
    if (fate !== 'forwarded' || touchedBy.length > 0) this.#host.sink.update(n, { fate, ...sent, ...touched });
    if (waits) {
      this.#waiting.add(departure, treatment, fate, now);
      if (hold !== undefined) this.#host.held(departure, treatment, unit, this.direction);
      ask?.((decision) => {
        this.#waiting.decide(n, decision);
        this.#settle(this.#host.clock.now());
      });
      prepare?.((payload) => {
        this.#waiting.prepared(n, payload);
        this.#settle(this.#host.clock.now());
      });
    } else if (fate === 'delayed' || this.departures.count > 0 || departure.readyAt > now) {
      departure.left = (waitedMs) => this.#host.sink.update(n, { heldMs: waitedMs });
    }
    if (treatment.behind > 0 && !waits) this.departures.addBehind(departure, treatment.behind, now);
    else this.departures.add(departure, now);
    for (const insert of treatment.inserts) {
      if (insert.direction !== this.direction || insert.where === 'aside') this.#host.insert(insert, touchedBy);
    }
    if (treatment.close !== undefined) this.#host.close(treatment.close);
  }

  #own(payload: Uint8Array, carrier: Partial<Carrier>, origin: Origin, touchedBy: readonly string[]): Departure {
    const { clock, sink, conn } = this.#host;
    const now = clock.now();
    const full = this.#codec.carrierOf(carrier);
    const n = sink.frame(draftOfOurs(conn, this.direction, payload, full, now, wallAt(clock, now), origin, touchedBy));
    this.#host.noted(n, this.direction, payload);
    const channel = 'channel' in full ? (full.channel as number) : 0;
    const departure = departureOf(n, channel, full, undefined, undefined, now);
    departure.payload = payload;
    return departure;
  }

  #record(unit: Unit, at: number): number {
    if (!unit.isFrame) return 0;
    const { clock, conn, sink } = this.#host;
    const n = sink.frame(draftOf(conn, this.direction, unit, at, wallAt(clock, at), 'forwarded'));
    this.meter.recorded(n);
    this.#host.noted(n, this.direction, unit.payload);
    return n;
  }

  #numberOfUnrecorded(unit: Unit): number {
    const { clock, conn, sink } = this.#host;
    const now = clock.now();
    const n = sink.frame(draftOf(conn, this.direction, unit, now, wallAt(clock, now), 'held'));
    return n > 0 ? n : this.#host.unnumbered();
  }

  /** Lets received bytes go as they are, though their frame is not complete. */
  #passBacklog(now: number): void {
    for (const part of this.#backlog.takeAll()) {
      this.meter.came(part);
      this.outlet.send(part, PLAIN, true, now);
    }
    this.#partialSince = undefined;
    this.#already = this.#codec.pending;
  }

  #writeInjected(now: number): void {
    if (this.#injected.length === 0 || !this.#mayWrite()) return;
    for (const departure of this.#injected.splice(0)) this.departures.sendNow(departure, now);
  }

  #goOn(now: number): void {
    this.#writeInjected(now);
    if (this.#framed && !this.#mustFrame()) {
      this.#passBacklog(now);
      this.#framed = false;
    }
  }

  /** After anything happened: write what may be written, leave frame-at-a-time when it is not needed, and set the alarm. */
  #settle(now: number): void {
    this.#goOn(now);
    this.#host.settled(now);
  }
}
