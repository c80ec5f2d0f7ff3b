/**
 * Meaning for the frames of a recording: at once while decoding keeps up with writing, later for what was stored without, and anew
 * when a connection turns out to speak another protocol or is told to.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { OptionValues, Pair, Protocol } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';
import { ConnectionDissection, type DissectionWorld, type Meaning } from './dissection.ts';
import { Facts } from './facts.ts';
import { directionOf, FLAG, type FrameIndex, severityRank, withoutWorst, withWorst } from './frame-index.ts';
import { MessageNames, type NewName } from './message-names.ts';
import type { WaitingRoom } from './pairing.ts';
import { createRecognise, type Recognise } from './recognition.ts';
import { MEANING, SOURCE } from './schema.ts';
import type { SessionWriter } from './session-writer.ts';
import type { BatchFrame } from './traffic-batch.ts';

/** What decoding made new since it was last asked. */
export interface DecodingNews {
  readonly names: readonly NewName[];
  readonly connections: readonly Connection[];
  /** Connections whose meaning was made anew: states kept of them are void. */
  readonly renewed: readonly number[];
}

export interface DecodingOptions {
  readonly protocols: readonly Protocol[];
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Default 200. */
  readonly budgetMs?: number;
}

/** What a decoder needs of a frame, just come or read again. */
type Undecoded = Pick<BatchFrame, 'n' | 'direction' | 'time' | 'mono' | 'bytes' | 'head' | 'tail' | 'gap'>;

interface Live {
  connection: Connection;
  options: OptionValues;
  /** Made on the first frame. */
  dissection: ConnectionDissection | undefined;
  firstFrame: number;
  lastFrame: number;
}

/** In place of the first frame's number: an opened file is not searched before someone asks. */
const SOMEWHERE = -1;
const NO_BYTES = new Uint8Array(0);

export class Decoding {
  readonly #db: DatabaseSync;
  readonly #writer: SessionWriter;
  readonly #index: FrameIndex;
  readonly #options: DecodingOptions;
  /** A frame's row is no longer what it was. */
  readonly #touch: (n: number) => void;
  readonly #live = new Map<number, Live>();
  readonly #proxyOptions = new Map<string, OptionValues>();
  readonly #names: MessageNames;
  readonly #facts: Facts;
  readonly #sharedPairs = new Map<Pair, WaitingRoom>();
  readonly #world: DissectionWorld;
  #protocols: ReadonlyMap<string, Protocol>;
  #recognise: Recognise;

  /** True: frames are left undecoded; `catchUp` gives them their meaning later. */
  isDeferring = false;
  /** Connection → first frame that still has no meaning. */
  readonly #behind = new Map<number, number>();
  #cursor = 0;
  readonly #dirty = new Set<number>();
  readonly #renewed = new Set<number>();
  #select: StatementSync | undefined;

  constructor(
    db: DatabaseSync,
    writer: SessionWriter,
    index: FrameIndex,
    options: DecodingOptions,
    touch: (n: number) => void,
  ) {
    this.#db = db;
    this.#writer = writer;
    this.#index = index;
    this.#options = options;
    this.#touch = touch;
    this.#names = new MessageNames(db, writer);
    this.#facts = new Facts(db, writer);
    this.#protocols = new Map(options.protocols.map((p) => [p.id, p]));
    this.#recognise = createRecognise(options.protocols);
    this.#world = {
      protocol: (id) => this.#protocols.get(id),
      recognise: (sample, link, frames, isLast) => this.#recognise(sample, link, frames, isLast),
      recall: (key, n) => this.#facts.recall(key, n),
      remember: (key, n, value) => this.#facts.remember(key, n, value),
      sharedPairs: this.#sharedPairs,
      now: options.now,
      budgetMs: options.budgetMs ?? 200,
    };
  }

  /** Frames whose meaning is still to come. */
  get isBehind(): boolean {
    return this.#behind.size > 0;
  }

  /** A frame was stored. */
  frame(f: BatchFrame, isControl: boolean): void {
    const live = this.#live.get(f.conn);
    if (live === undefined) return;
    if (live.firstFrame === 0) live.firstFrame = f.n;
    live.lastFrame = f.n;
    if (this.#behind.has(f.conn)) return;
    if (this.isDeferring) this.#fallBehind(f.conn, f.n);
    else this.#decode(live, f, isControl);
  }

  /** Decodes the whole history of a connection as another protocol; '' recognises it again. False when there is no such connection. */
  decodeAs(conn: number, protocol: string, options: OptionValues): boolean {
    const live = this.#live.get(conn);
    if (live === undefined) return false;
    live.options = options;
    live.connection = { ...live.connection, protocol, options };
    this.#renew(conn, live);
    return true;
  }

  /** Other protocols, or new versions of them: connections that speak one of the changed ones are decoded anew. */
  setProtocols(protocols: readonly Protocol[]): void {
    const old = this.#protocols;
    this.#protocols = new Map(protocols.map((p) => [p.id, p]));
    this.#recognise = createRecognise(protocols);
    for (const [conn, live] of this.#live) {
      const id = live.connection.protocol;
      if (id === '' || this.#protocols.get(id) !== old.get(id)) this.#renew(conn, live);
    }
  }

  /** Takes the connections of an opened file, so that they can be decoded anew. */
  adopt(connections: Iterable<Connection>): void {
    for (const connection of connections) {
      const options = connection.options ?? {};
      this.#live.set(connection.id, {
        connection,
        options,
        dissection: undefined,
        firstFrame: SOMEWHERE,
        lastFrame: SOMEWHERE,
      });
    }
  }

  connections(): Connection[] {
    return [...this.#live.values()].map((live) => live.connection);
  }

  /** Gives meaning to frames stored without, for about so many milliseconds. True when none is left. */
  catchUp(milliseconds: number): boolean {
    if (this.#behind.size === 0) return true;
    const end = this.#options.now() + milliseconds;
    const index = this.#index;
    while (this.#cursor <= index.count) {
      const n = this.#cursor++;
      const conn = index.conn(n);
      const from = this.#behind.get(conn);
      if (from === undefined || n < from) {
        if ((n & 4095) === 0 && this.#options.now() > end) return false;
        continue;
      }
      const live = this.#live.get(conn)!;
      this.#decodeStored(n, live);
      if (n === live.lastFrame && live.connection.closed !== undefined && this.#behind.get(conn) === from) {
        this.#behind.delete(conn);
        this.#rest(conn);
      }
      if (this.#options.now() > end) return false;
    }
    const caughtUp = [...this.#behind.keys()];
    this.#behind.clear();
    for (const conn of caughtUp) this.#rest(conn);
    return true;
  }

  /** Writes the connections that changed, and says what is new. */
  flush(): DecodingNews {
    const connections: Connection[] = [];
    for (const conn of this.#dirty) {
      const live = this.#live.get(conn);
      if (live === undefined) continue;
      this.#writer.connection(live.connection, live.options);
      connections.push(live.connection);
    }
    return { connections, names: this.#names.takeNew(), renewed: [...this.#renewed] };
  }
  /** What `flush` told is in the file. */
  flushed(): void {
    this.#dirty.clear();
    this.#renewed.clear();
  }

  /** What was not committed is not in the file. */
  rolledBack(): void {
    this.#names.reload();
    for (const conn of this.#live.keys()) this.#dirty.add(conn);
  }

  // ---- connections -------------------------------------------------------------------------------------------------------

  /** Options of the connections a proxy opens from now on. */
  setProxyOptions(proxy: string, options: OptionValues): void {
    this.#proxyOptions.set(proxy, options);
  }
  /** Something of the connection must be told again. */
  touchConnection(conn: number): void {
    this.#dirty.add(conn);
  }

  opened(connection: Connection): void {
    const options = connection.options ?? this.#proxyOptions.get(connection.proxy ?? '') ?? {};
    const protocol = connection.protocol === 'auto' ? '' : connection.protocol;
    this.#live.set(connection.id, {
      connection: { ...connection, protocol },
      options,
      dissection: undefined,
      firstFrame: 0,
      lastFrame: 0,
    });
    this.#dirty.add(connection.id);
  }

  changed(id: number, change: Partial<Omit<Connection, 'id'>>): void {
    const live = this.#live.get(id);
    if (live === undefined) return;
    const before = live.connection;
    live.connection = { ...before, ...change, details: { ...before.details, ...change.details } };
    if (live.connection.protocol === 'auto') live.connection = { ...live.connection, protocol: before.protocol };
    if (change.options !== undefined) live.options = change.options;
    this.#dirty.add(id);
    const isOther = live.connection.protocol !== before.protocol || change.options !== undefined;
    if (!isOther) return;
    if (live.firstFrame === 0) live.dissection = undefined;
    else if (live.dissection?.protocol?.id !== live.connection.protocol || change.options !== undefined) {
      this.#renew(id, live);
    }
  }

  closed(id: number, time: number, ending: string): void {
    this.changed(id, { closed: time, ending });
    this.#guess(id);
    this.#rest(id);
  }

  /** A short connection may end before its protocol is certain. */
  #guess(conn: number): void {
    const live = this.#live.get(conn);
    if (live === undefined || live.connection.protocol !== '') return;
    const protocol = live.dissection?.guess();
    if (protocol === undefined) return;
    live.connection = { ...live.connection, protocol: protocol.id };
    this.#renew(conn, live);
  }

  /** State and checks of a connection that has ended are not needed any longer. */
  #rest(conn: number): void {
    const live = this.#live.get(conn);
    if (live?.connection.closed === undefined || this.#behind.has(conn)) return;
    live.dissection = undefined;
  }

  #renew(conn: number, live: Live): void {
    live.dissection = undefined;
    this.#dirty.add(conn);
    this.#renewed.add(conn);
    if (live.firstFrame === SOMEWHERE) this.#findFirstFrames();
    if (live.firstFrame > 0) this.#fallBehind(conn, live.firstFrame);
  }

  /** First frames of all connections of an opened file, in one pass. */
  #findFirstFrames(): void {
    const index = this.#index;
    const first = new Map<number, number>();
    let last = -1;
    for (let n = 1; n <= index.count; n++) {
      const conn = index.conn(n);
      if (conn === last) continue;
      last = conn;
      if (!first.has(conn)) first.set(conn, n);
    }
    for (const [conn, live] of this.#live) if (live.firstFrame === SOMEWHERE) live.firstFrame = first.get(conn) ?? 0;
  }

  #fallBehind(conn: number, from: number): void {
    this.#cursor = this.#behind.size === 0 ? from : Math.min(this.#cursor, from);
    this.#behind.set(conn, from);
  }

  // ---- meaning -----------------------------------------------------------------------------------------------------------

  #decode(live: Live, f: Undecoded, isControl: boolean): void {
    live.dissection ??= new ConnectionDissection(this.#world, live.connection, live.connection.protocol, live.options);
    const meaning = live.dissection.see({
      n: f.n,
      direction: f.direction,
      time: f.time,
      mono: f.mono,
      bytes: f.bytes,
      head: f.head,
      tail: f.tail,
      isControl,
      gap: f.gap,
    });
    this.#apply(f.n, f.time, live, meaning);
  }

  #decodeStored(n: number, live: Live): void {
    this.#select ??= this.#db.prepare('SELECT time, mono, bytes, head, tail, gap FROM frames WHERE n = ?');
    const row = this.#select.get(n) as
      | {
          time: number;
          mono: number;
          bytes: Uint8Array;
          head: Uint8Array | null;
          tail: Uint8Array | null;
          gap: number | null;
        }
      | undefined;
    const flags = this.#index.flags(n);
    if (row === undefined) return;
    if (flags & FLAG.decoded) {
      this.#writer.forget(n);
      this.#index.setFlags(n, this.#flagsOfCarrier(n, flags));
      this.#index.setMessage(n, 0);
    }
    const { time, mono, bytes, head, tail, gap } = row;
    const direction = directionOf(flags);
    this.#decode(
      live,
      { n, direction, time, mono, bytes, head: head ?? NO_BYTES, tail: tail ?? NO_BYTES, gap: gap ?? undefined },
      (flags & FLAG.control) !== 0,
    );
    this.#touch(n);
  }

  /** The flags without what decoding added; what the carrier remarked stays. */
  #flagsOfCarrier(n: number, flags: number): number {
    const left = withoutWorst(flags & ~(FLAG.decoded | FLAG.batch | FLAG.handoff | FLAG.turns));
    const row = this.#db.prepare('SELECT max(severity) AS worst FROM experts WHERE n = ?').get(n) as {
      worst: number | null;
    };
    return row.worst === null ? left : withWorst(left, row.worst + 1);
  }

  #apply(n: number, time: number, live: Live, meaning: Meaning): void {
    const index = this.#index;
    const [first, ...rest] = meaning.messages;
    const protocol = live.dissection?.protocol?.id ?? '';
    const message = first?.name == null ? 0 : this.#names.idOf(protocol, first.name, first.id);
    const more =
      rest.length === 0
        ? null
        : JSON.stringify(rest.map((m) => (m.name === null ? 0 : this.#names.idOf(protocol, m.name, m.id))));
    this.#writer.meaning(
      n,
      message,
      meaning.summary,
      (meaning.turns ? MEANING.turns : 0) | (meaning.handoff ? MEANING.handoff : 0),
      more,
    );
    let flags =
      index.flags(n) |
      FLAG.decoded |
      (rest.length > 0 ? FLAG.batch : 0) |
      (meaning.handoff ? FLAG.handoff : 0) |
      (meaning.turns ? FLAG.turns : 0);
    for (const info of meaning.expert) {
      this.#writer.expert(n, live.connection.id, time, SOURCE.dissector, info);
      flags = withWorst(flags, severityRank(info.severity));
    }
    index.setMessage(n, message);
    index.setFlags(n, flags);
    const { answered } = meaning;
    if (answered !== undefined) {
      this.#writer.pair(n, answered.request, answered.micros);
      this.#touch(answered.request);
    }
    if (meaning.recognised !== undefined) {
      live.connection = { ...live.connection, protocol: meaning.recognised.id };
      this.#dirty.add(live.connection.id);
      // What came before it was known is decoded now, with the state begun at the first frame.
      if (live.firstFrame < n) this.#renew(live.connection.id, live);
    }
  }
}
