/**
 * Commands of ENet peers that bring no packet (acknowledgements, pings, repeats…), recorded for who asked for them. A connection
 * begins with commands from before anyone knows what it leads to: those wait.
 */
import type { CommandsEvent, Peer, UdpHost } from '../enet-node/index.ts';
import { type Clock, wallAt } from '../traffic/clock.ts';
import type { Direction } from '../traffic/frame.ts';
import type { TrafficSink } from '../traffic/sink.ts';

interface Told {
  readonly at: number;
  readonly heads: Uint8Array;
}

/** Where the commands of a peer belong, or those that wait to be told that. */
type Place = { readonly conn: number; readonly direction: Direction } | Told[];

/** Kept of a peer that belongs to no connection yet; what is only ever refused is forgotten with it. */
const MOST_WAITING = 64;

export class CommandLog {
  readonly #sink: TrafficSink;
  readonly #clock: Clock;
  readonly #places = new WeakMap<Peer, Place>();

  constructor(sink: TrafficSink, clock: Clock) {
    this.#sink = sink;
    this.#clock = clock;
  }

  listen(host: UdpHost): void {
    host.on('commands', (event) => this.#take(event));
  }

  /** From now on, and for what waits: the peer's commands belong to this connection. */
  lead(peer: Peer, conn: number, direction: Direction): void {
    const waiting = this.#places.get(peer);
    this.#places.set(peer, { conn, direction });
    if (Array.isArray(waiting)) for (const told of waiting) this.#record(conn, direction, told);
  }

  #take({ peer, heads }: CommandsEvent): void {
    const told = { at: this.#clock.now(), heads };
    const place = this.#places.get(peer);
    if (place === undefined) this.#places.set(peer, [told]);
    else if (!Array.isArray(place)) this.#record(place.conn, place.direction, told);
    else if (place.length < MOST_WAITING) place.push(told);
  }

  #record(conn: number, direction: Direction, { at, heads }: Told): void {
    this.#sink.commands?.({ conn, direction, time: wallAt(this.#clock, at), mono: at * 1000, headers: heads });
  }
}
