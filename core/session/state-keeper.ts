/**
 * The state a protocol was in at any frame, without decoding the whole connection: only the frames that changed the state
 * (`turns`) are run again, from the nearest state that is kept.
 */
import type { Direction, Memory, Protocol } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';
import { linkOf } from './dissection.ts';
import { FLAG, type FrameIndex, directionOf } from './frame-index.ts';

export interface StateSource {
  readonly index: FrameIndex;
  connection(id: number): Connection | undefined;
  protocolOf(connection: Connection): Protocol | undefined;
  bytes(n: number): Uint8Array | undefined;
  recall(key: string, n: number): unknown;
}

interface Track {
  /** Frames that changed the state, in order. */
  turns: number[];
  readonly kept: Map<number, unknown>;
  /** State after the first `at` turns. */
  at: number;
  state: unknown;
  protocol: Protocol;
}

const KEEP_EVERY = 64;
const MAX_KEPT = 4000;

export class StateKeeper {
  readonly #source: StateSource;
  readonly #tracks = new Map<number, Track>();
  readonly #turns = new Map<number, number[]>();
  #looked = 0;
  #kept = 0;

  constructor(source: StateSource) {
    this.#source = source;
  }

  /** Forgets what is known of a connection that was decoded anew, or (undefined) of all. */
  forget(conn?: number): void {
    // The lists of turns are made in one pass over all connections, so they are made again as a whole.
    this.#turns.clear();
    this.#looked = 0;
    if (conn === undefined) this.#tracks.clear();
    else this.#tracks.delete(conn);
  }

  /** Frames whose flags changed after they were looked at: their turns may be new. */
  revise(frames: Iterable<number>): void {
    const { index } = this.#source;
    for (const n of frames) {
      if (n > this.#looked) continue;
      this.forget(index.conn(n));
      for (const other of frames) this.#tracks.delete(index.conn(other));
      return;
    }
  }

  /** Protocol and state before frame n of a connection; undefined when its protocol is not known. */
  before(conn: number, n: number): { protocol: Protocol; state: unknown } | undefined {
    const track = this.#track(conn);
    if (track === undefined) return undefined;
    const wanted = firstNotBelow(track.turns, n);
    if (wanted < track.at) this.#rewind(track, conn, wanted);
    while (track.at < wanted) {
      track.state = this.#turn(track, conn, track.turns[track.at]!);
      track.at++;
      if (track.at % KEEP_EVERY === 0) this.#keep(track);
    }
    return { protocol: track.protocol, state: track.state };
  }

  #track(conn: number): Track | undefined {
    this.#look();
    const known = this.#tracks.get(conn);
    const connection = this.#source.connection(conn);
    if (connection === undefined) return undefined;
    const protocol = this.#source.protocolOf(connection);
    const turns = this.#turns.get(conn) ?? [];
    if (known !== undefined && known.protocol === protocol) {
      known.turns = turns;
      return known;
    }
    if (protocol === undefined) return undefined;
    const track: Track = { turns, kept: new Map(), at: 0, state: begin(protocol, connection), protocol };
    track.kept.set(0, track.state);
    this.#tracks.set(conn, track);
    return track;
  }

  #rewind(track: Track, conn: number, wanted: number): void {
    let at = wanted - (wanted % KEEP_EVERY);
    while (at > 0 && !track.kept.has(at)) at -= KEEP_EVERY;
    const connection = this.#source.connection(conn);
    track.state =
      track.kept.has(at) || connection === undefined ? track.kept.get(at) : begin(track.protocol, connection);
    track.at = at;
  }

  #turn(track: Track, conn: number, n: number): unknown {
    const { index } = this.#source;
    const { protocol, state } = track;
    const bytes = this.#source.bytes(n);
    if (bytes === undefined) return state;
    const direction: Direction = directionOf(index.flags(n));
    const memory: Memory = {
      recall: (key) => this.#source.recall(`${protocol.id}\0${key}`, n),
      // What was remembered is in the file already.
      remember: () => undefined,
    };
    try {
      const dissected = protocol.dissect(bytes, direction, state as never);
      return protocol.next(state as never, direction, dissected, bytes, memory);
    } catch {
      return state;
    }
  }

  #keep(track: Track): void {
    if (this.#kept >= MAX_KEPT) {
      for (const other of this.#tracks.values()) {
        for (const at of other.kept.keys()) if (at !== 0) other.kept.delete(at);
      }
      this.#kept = 0;
    }
    if (!track.kept.has(track.at)) this.#kept++;
    track.kept.set(track.at, track.state);
  }

  #look(): void {
    const { index } = this.#source;
    for (let n = this.#looked + 1; n <= index.count; n++) {
      if ((index.flags(n) & FLAG.turns) === 0) continue;
      const conn = index.conn(n);
      const turns = this.#turns.get(conn);
      if (turns === undefined) this.#turns.set(conn, [n]);
      else turns.push(n);
    }
    this.#looked = index.count;
  }
}

function begin(protocol: Protocol, connection: Connection): unknown {
  try {
    return protocol.start(linkOf(connection), connection.options ?? {});
  } catch {
    return protocol.start(linkOf(connection), {});
  }
}

/** Position of the first item that is not below n. */
function firstNotBelow(sorted: readonly number[], n: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < n) low = middle + 1;
    else high = middle;
  }
  return low;
}
