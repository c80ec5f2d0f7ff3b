/** Ties replies to their requests: first in, first out per connection, or by equal fields where the protocol says so. */
import type { Direction, DissectedMessage, Pair, Protocol } from '../protocol/protocol.ts';

export interface Answered {
  /** Number of the request's frame. */
  readonly request: number;
  /** Time between the two, microseconds. */
  readonly micros: number;
}

interface Waiting {
  readonly n: number;
  readonly micros: number;
}

/** Requests nobody answers must not pile up: beyond this the oldest are forgotten. */
const MAX_WAITING = 10_000;

class Queue {
  #items: Waiting[] = [];
  #head = 0;
  get size(): number {
    return this.#items.length - this.#head;
  }
  push(item: Waiting): void {
    this.#items.push(item);
    if (this.size > MAX_WAITING) this.shift();
  }
  shift(): Waiting | undefined {
    const item = this.#items[this.#head];
    if (item === undefined) return undefined;
    this.#head++;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Waiting requests of one pair, by the values that must be equal. */
export type WaitingRoom = Map<string, Queue>;

interface Side {
  readonly pair: Pair;
  readonly room: WaitingRoom;
}

/** The pairs of one protocol over one connection. `shared` holds the pairs whose reply may come on another connection. */
export class Pairing {
  readonly #sides: readonly Side[];
  /** Sides by message name and direction, so that a message with no pair costs one lookup. */
  readonly #asking = new Map<string, readonly Side[]>();
  readonly #answering = new Map<string, readonly Side[]>();

  constructor(protocol: Protocol, shared: Map<Pair, WaitingRoom>) {
    this.#sides = protocol.pairs.map((pair) => {
      if (pair.sameConnection !== false) return { pair, room: new Map() };
      let room = shared.get(pair);
      if (room === undefined) shared.set(pair, (room = new Map()));
      return { pair, room };
    });
  }

  get isEmpty(): boolean {
    return this.#sides.length === 0;
  }

  /** @param micros when the frame came, microseconds on the monotonic clock */
  see(n: number, micros: number, direction: Direction, messages: readonly DissectedMessage[]): Answered | undefined {
    let answered: Answered | undefined;
    for (const message of messages) {
      if (message.name === null) continue;
      for (const { pair, room } of this.#find(this.#answering, message.name, direction, answers)) {
        const key = keyOf(message, pair, 1);
        if (key === undefined) continue;
        const request = room.get(key)?.shift();
        if (request === undefined) continue;
        if (key !== '' && room.get(key)!.size === 0) room.delete(key);
        answered ??= { request: request.n, micros: Math.max(0, micros - request.micros) };
        break;
      }
      for (const { pair, room } of this.#find(this.#asking, message.name, direction, asks)) {
        const key = keyOf(message, pair, 0);
        if (key === undefined) continue;
        let queue = room.get(key);
        if (queue === undefined) {
          if (room.size >= MAX_WAITING) room.delete(room.keys().next().value!);
          room.set(key, (queue = new Queue()));
        }
        queue.push({ n, micros });
      }
    }
    return answered;
  }

  #find(
    cache: Map<string, readonly Side[]>,
    name: string,
    direction: Direction,
    fits: (pair: Pair, name: string, direction: Direction) => number,
  ): readonly Side[] {
    if (this.#sides.length === 0) return [];
    const key = `${direction}/${name}`;
    let found = cache.get(key);
    if (found === undefined) {
      // Pairs that name the message come before those that take any.
      found = this.#sides
        .map((side) => ({ side, rank: fits(side.pair, name, direction) }))
        .filter(({ rank }) => rank > 0)
        .sort((a, b) => b.rank - a.rank)
        .map(({ side }) => side);
      if (cache.size < MAX_WAITING) cache.set(key, found);
    }
    return found;
  }
}

function asks(pair: Pair, name: string, direction: Direction): number {
  if (pair.direction !== direction) return 0;
  return pair.request === '*' ? 1 : pair.request.includes(name) ? 2 : 0;
}
function answers(pair: Pair, name: string, direction: Direction): number {
  if (pair.direction === direction) return 0;
  return pair.replies === '*' ? 1 : pair.replies.includes(name) ? 2 : 0;
}

/** The values that must be equal, as one text; undefined when the message lacks what the pair goes by beside the fields. */
function keyOf(message: DissectedMessage, pair: Pair, side: 0 | 1): string | undefined {
  if (pair.match === undefined || pair.match.length === 0) return '';
  const parts: string[] = [];
  for (const paths of pair.match) {
    const path = paths[side];
    const beside = path.startsWith('^');
    const value = beside ? valueAt(message.beside, path.slice(1)) : valueAt(message.fields, path);
    if (beside && value === undefined) return undefined;
    parts.push(String(value));
  }
  return parts.join('\0');
}

/** Value at a dotted path with `[i]` for list items; undefined when it is not there. */
export function valueAt(fields: unknown, path: string): unknown {
  let value = fields;
  for (const step of path.split(/[.[\]]/)) {
    if (step === '') continue;
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}
