/** Endpoints as the passive observer compares and names them. */
import type { Endpoint } from './passive-event.ts';

export function lowerPort(one: Endpoint, other: Endpoint): Endpoint {
  return one.port <= other.port ? one : other;
}

export function same(one: Endpoint, other: Endpoint): boolean {
  return one.port === other.port && one.address === other.address;
}

export function pairKey(one: string, other: string): string {
  return one < other ? `${one} ${other}` : `${other} ${one}`;
}

export function nameOf({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

/** The names datagrams from one end to another are looked up by. */
export class Ends {
  readonly destination: Endpoint;
  readonly from: string;
  readonly to: string;
  readonly pair: string;
  readonly #flows = new Map<number, string>();

  constructor(source: Endpoint, destination: Endpoint) {
    this.destination = destination;
    this.from = nameOf(source);
    this.to = nameOf(destination);
    this.pair = pairKey(this.from, this.to);
  }

  flow(peerId: number, session: number): string {
    const number = (peerId << 2) | session;
    let known = this.#flows.get(number);
    if (known === undefined) {
      known = `${this.from}>${this.to} ${peerId} ${session}`;
      this.#flows.set(number, known);
    }
    return known;
  }
}

/** Names made once for endpoints that are handed in as the same object again, as capture readers do. */
export class EndsBook {
  readonly #known = new WeakMap<Endpoint, Ends>();

  of(source: Endpoint, destination: Endpoint): Ends {
    const known = this.#known.get(source);
    if (known?.destination === destination) return known;
    const ends = new Ends(source, destination);
    this.#known.set(source, ends);
    return ends;
  }
}
