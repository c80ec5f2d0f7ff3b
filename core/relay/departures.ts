/**
 * What waits to go on in one direction: a queue per channel (one for streams), left in order. Held frames wait for a decision
 * and delayed ones for their time; whatever stands behind them waits too.
 */
import type { Carrier } from '../traffic/frame.ts';
import type { Codec, Unit } from './codec.ts';
import type { LaneMeter, Ticket } from './meter.ts';
import type { Outlet } from './outlet.ts';

export interface Departure {
  /** Frame number; 0 for bytes that are no frame. */
  readonly n: number;
  readonly channel: number;
  readonly carrier: Carrier;
  readonly unit: Unit | undefined;
  /** The received bytes it stands for; undefined when it is ours. */
  readonly ticket: Ticket | undefined;
  /** Sent in place of the unit's payload. */
  payload: Uint8Array | undefined;
  dropped: boolean;
  /** How many more times it is sent. */
  copies: number;
  /** Time it may go; Infinity while held. */
  readyAt: number;
  readonly arrivedAt: number;
  /** A hold, rule or fault made it wait, so its wait is not the relay's own latency. */
  waits: boolean;
  /** Called when it has left (or was dropped), with the milliseconds it stood here. */
  left: ((waitedMs: number) => void) | undefined;
  /** Injected frames that go right before and after it. */
  readonly before: readonly Departure[];
  readonly after: readonly Departure[];
}

/** One that may go at once; what else is to happen with it is set by whoever makes it. */
export function departureOf(
  n: number,
  channel: number,
  carrier: Carrier,
  unit: Unit | undefined,
  ticket: Ticket | undefined,
  now: number,
): Departure {
  return {
    n,
    channel,
    carrier,
    unit,
    ticket,
    payload: undefined,
    dropped: false,
    copies: 0,
    readyAt: now,
    arrivedAt: now,
    waits: false,
    left: undefined,
    before: NONE,
    after: NONE,
  };
}
const NONE: readonly never[] = [];

interface Aside {
  readonly departure: Departure;
  behind: number;
  readonly until: number;
}

/** A frame set aside to be overtaken goes anyway after so long without followers. */
const REORDER_LIMIT_MS = 1000;

export class Departures {
  readonly #codec: () => Codec;
  readonly #outlet: Outlet;
  readonly #meter: LaneMeter;
  readonly #queues = new Map<number, Departure[]>();
  #asides: Aside[] = [];
  #count = 0;
  #bytes = 0;

  constructor(codec: () => Codec, outlet: Outlet, meter: LaneMeter) {
    this.#codec = codec;
    this.#outlet = outlet;
    this.#meter = meter;
  }

  /** Frames that wait. */
  get count(): number {
    return this.#count + this.#asides.length;
  }

  get bytes(): number {
    return this.#bytes + this.#outlet.bytes;
  }

  get isEmpty(): boolean {
    return this.#count === 0 && this.#asides.length === 0 && this.#outlet.isEmpty;
  }

  add(departure: Departure, now: number): void {
    const queue = this.#queues.get(departure.channel);
    if ((queue === undefined || queue.length === 0) && departure.readyAt <= now) {
      this.#leave(departure, now);
      return;
    }
    if (queue === undefined) this.#queues.set(departure.channel, [departure]);
    else queue.push(departure);
    this.#count++;
    this.#bytes += departure.unit?.raw.length ?? departure.payload?.length ?? 0;
  }

  /** Sets a frame aside until so many have passed it. */
  addBehind(departure: Departure, behind: number, now: number): void {
    if (departure.ticket !== undefined) this.#meter.settle(departure.ticket, false, departure.channel);
    this.#asides.push({ departure, behind, until: now + REORDER_LIMIT_MS });
  }

  /** Lets out what is ready; returns when to come again. */
  flush(now: number): number {
    let next = Infinity;
    for (const queue of this.#queues.values()) {
      while (queue.length > 0) {
        const first = queue[0]!;
        if (first.readyAt > now) {
          next = Math.min(next, first.readyAt);
          break;
        }
        queue.shift();
        this.#count--;
        this.#bytes -= first.unit?.raw.length ?? first.payload?.length ?? 0;
        this.#leave(first, now);
      }
    }
    for (const aside of this.#asides.filter((a) => a.until <= now)) this.#return(aside, now);
    for (const aside of this.#asides) next = Math.min(next, aside.until);
    return Math.min(next, this.#outlet.flush(now));
  }

  /** Nothing waits any longer, held or delayed. */
  release(now: number): void {
    for (const queue of this.#queues.values()) for (const d of queue) d.readyAt = Math.min(d.readyAt, now);
    this.flush(now);
    for (const aside of this.#asides) this.#return(aside, now);
    this.#outlet.flushAll();
  }

  /** The road is gone: everything still here is dropped. */
  discard(now: number): void {
    for (const queue of this.#queues.values()) {
      for (const d of queue.splice(0)) {
        d.dropped = true;
        if (d.ticket !== undefined) this.#meter.settle(d.ticket, false, d.channel);
        d.left?.(now - d.arrivedAt);
      }
    }
    for (const { departure } of this.#asides) departure.left?.(now - departure.arrivedAt);
    this.#asides = [];
    this.#count = 0;
    this.#bytes = 0;
  }

  *[Symbol.iterator](): Iterator<Departure> {
    for (const queue of this.#queues.values()) yield* queue;
  }

  /** Written ahead of everything that waits: injected frames. */
  sendNow(departure: Departure, now: number): void {
    this.#write(departure, now);
    departure.left?.(0);
  }

  #return(aside: Aside, now: number): void {
    this.#asides = this.#asides.filter((a) => a !== aside);
    this.#leave(aside.departure, now);
  }

  #leave(d: Departure, now: number): void {
    for (const b of d.before) this.#write(b, now);
    this.#write(d, now);
    for (const a of d.after) this.#write(a, now);
    d.left?.(now - d.arrivedAt);
    if (this.#asides.length === 0 || d.unit === undefined) return;
    for (const aside of this.#asides) {
      if (aside.departure.channel !== d.channel || aside.departure === d) continue;
      aside.behind--;
      if (aside.behind <= 0) this.#return(aside, now);
    }
  }

  #write(d: Departure, now: number): void {
    const codec = this.#codec();
    const { unit, ticket } = d;
    if (d.n > 0) this.#meter.frame = d.n;
    if (d.dropped) {
      if (unit !== undefined) codec.skip(unit);
      if (ticket !== undefined) this.#meter.settle(ticket, false, d.channel);
      return;
    }
    if (d.payload === undefined && unit !== undefined) {
      const bytes = codec.pass(unit);
      const unchanged = ticket !== undefined && bytes === unit.raw && ticket.state === 'open';
      if (ticket !== undefined) this.#meter.settle(ticket, unchanged, d.channel);
      // What goes on is what was received, not what the framer made of it.
      if (unchanged) for (const part of ticket.parts) this.#outlet.send(part, d.carrier, true, now);
      else this.#outlet.send(bytes, d.carrier, false, now);
    } else {
      if (ticket === undefined) this.#meter.changedOnPurpose();
      else this.#meter.settle(ticket, false, d.channel);
      this.#outlet.send(codec.wrap(d.payload!, d.carrier, unit), d.carrier, false, now);
    }
    for (let i = 0; i < d.copies; i++) {
      const again = d.payload === undefined ? codec.again(unit!) : codec.wrap(d.payload, d.carrier, unit);
      this.#outlet.send(again, d.carrier, false, now);
    }
  }
}
