/**
 * The recorder's core, in whichever thread it runs: takes traffic in order, writes it, gives it meaning, keeps the index. Writing
 * never waits for decoding: frames may be stored undecoded and caught up with later, which is also how a connection is decoded
 * anew by another protocol.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { OptionValues, Pair, Protocol } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';
import { ConnectionDissection, type DissectionWorld, type Meaning } from './dissection.ts';
import { Facts } from './facts.ts';
import {
  FLAG,
  FrameIndex,
  directionOf,
  fateOf,
  flagsOf,
  severityRank,
  withFate,
  withoutWorst,
  withWorst,
} from './frame-index.ts';
import { IndexBlocks } from './index-blocks.ts';
import { MessageNames, type NewName } from './message-names.ts';
import type { WaitingRoom } from './pairing.ts';
import { createRecognise, type Recognise } from './recognition.ts';
import { MEANING, SOURCE } from './schema.ts';
import type { SessionWriter } from './session-writer.ts';
import { type BatchEvent, type BatchFrame, type BatchHandler, type BatchUpdate, isControl } from './traffic-batch.ts';

export interface RecordingOptions {
  readonly protocols: readonly Protocol[];
  /** Milliseconds on a monotonic clock. */
  readonly now: () => number;
  /** Default 200. */
  readonly budgetMs?: number;
}

/** What a commit made visible. */
export interface Announcement {
  readonly count: number;
  /** Earlier frames whose row changed. */
  readonly changed: Uint32Array;
  readonly chunks: readonly SharedArrayBuffer[];
  readonly names: readonly NewName[];
  readonly connections: readonly Connection[];
  /** Connections whose meaning was made anew: states kept of them are void. */
  readonly renewed: readonly number[];
}

interface Live {
  connection: Connection;
  options: OptionValues;
  /** Made on the first frame. */
  dissection: ConnectionDissection | undefined;
  firstFrame: number;
  lastFrame: number;
}

/** Connection number of frames that could not be written. */
const LOST = 0;
/** In place of the first frame's number: an opened file is not searched before someone asks. */
const SOMEWHERE = -1;
const NO_BYTES = new Uint8Array(0);

export class Recording implements BatchHandler {
  readonly index: FrameIndex;
  readonly #db: DatabaseSync;
  readonly #writer: SessionWriter;
  readonly #options: RecordingOptions;
  readonly #live = new Map<number, Live>();
  readonly #proxyOptions = new Map<string, OptionValues>();
  readonly #names: MessageNames;
  readonly #facts: Facts;
  readonly #sharedPairs = new Map<Pair, WaitingRoom>();
  readonly #world: DissectionWorld;
  #protocols: ReadonlyMap<string, Protocol>;
  #recognise: Recognise;

  /** True: frames are written undecoded; `catchUp` gives them their meaning later. */
  isDeferring = false;
  /** Connection → first frame that still has no meaning. */
  readonly #behind = new Map<number, number>();
  #cursor = 0;

  #announced = 0;
  #changed: number[] = [];
  #chunks: SharedArrayBuffer[] = [];
  readonly #dirty = new Set<number>();
  readonly #renewed = new Set<number>();
  readonly #blocks: IndexBlocks;
  #select: StatementSync | undefined;

  constructor(db: DatabaseSync, writer: SessionWriter, index: FrameIndex, options: RecordingOptions) {
    this.#db = db;
    this.#writer = writer;
    this.index = index;
    this.#options = options;
    this.#names = new MessageNames(db, writer);
    this.#facts = new Facts(db, writer);
    this.#blocks = new IndexBlocks(index, writer);
    this.#protocols = new Map(options.protocols.map((p) => [p.id, p]));
    this.#recognise = createRecognise(options.protocols);
    this.#announced = index.count;
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

  // ---- what arrives ------------------------------------------------------------------------------------------------------

  frame(f: BatchFrame): void {
    const { index } = this;
    this.#room(f.n);
    const { touchedBy, expert, gapBefore } = f.extra;
    const control = isControl(f.carrier);
    let flags = flagsOf(f.direction, f.origin, f.fate, control);
    this.#writer.frame({ ...f, gap: gapBefore });
    if (f.fate !== 'forwarded' || f.sent !== undefined || touchedBy !== undefined) {
      this.#writer.outcome(f.n, f.fate, f.sent, undefined, touchedBy);
      flags |= FLAG.outcome;
    }
    for (const info of expert ?? []) {
      this.#writer.expert(f.n, f.conn, f.time, SOURCE.carrier, info);
      flags = withWorst(flags, severityRank(info.severity));
    }
    index.put(f.n, f.time, f.conn, f.bytes.length, flags);
    const live = this.#live.get(f.conn);
    if (live === undefined) return;
    if (live.firstFrame === 0) live.firstFrame = f.n;
    live.lastFrame = f.n;
    if (this.#behind.has(f.conn)) return;
    if (this.isDeferring) this.#fallBehind(f.conn, f.n);
    else this.#decode(live, f, control);
  }

  /** A frame that cannot be written: its number stays empty. */
  lose(f: BatchFrame): void {
    this.#room(f.n);
    this.index.put(f.n, f.time, LOST, f.bytes.length, FLAG.decoded);
  }

  update(u: BatchUpdate): void {
    if (!(u.n >= 1 && u.n <= this.index.count)) return;
    const flags = this.index.flags(u.n);
    const fate = u.fate ?? fateOf(flags);
    this.#writer.outcome(u.n, fate, u.sent, u.heldMs, u.touchedBy);
    this.index.setFlags(u.n, withFate(flags, fate) | FLAG.outcome);
    this.#touch(u.n);
  }

  event(event: BatchEvent): void {
    switch (event.is) {
      case 'opened':
        this.#opened(event.connection);
        return;
      case 'changed':
        this.#connectionChanged(event.id, event.change);
        return;
      case 'closed':
        this.#connectionChanged(event.id, { closed: event.time, ending: event.ending });
        this.#guess(event.id);
        this.#rest(event.id);
        return;
      case 'remark':
        this.#writer.expert(0, event.conn, event.time, SOURCE.connection, event.info);
        this.#dirty.add(event.conn);
        return;
      case 'decision':
        this.#writer.decision(event.kind, event.n, event.by, event.what);
        return;
      case 'mark':
        this.mark(event.n, event.mark, event.comment);
        return;
      case 'proxy': {
        const options = (event.spec as { options?: OptionValues }).options;
        this.#proxyOptions.set(event.name, options ?? {});
        this.#writer.proxy(event.name, event.time, event.spec);
        return;
      }
    }
  }

  // ---- what is asked -----------------------------------------------------------------------------------------------------

  /** Sets or (null) removes; undefined leaves as it is. */
  mark(n: number, mark: string | null | undefined, comment: string | null | undefined): void {
    if (!(n >= 1 && n <= this.index.count)) return;
    const old = this.#db.prepare('SELECT mark, comment FROM marks WHERE n = ?').get(n) as
      | { mark: string | null; comment: string | null }
      | undefined;
    const next = {
      mark: mark === undefined ? (old?.mark ?? null) : mark,
      comment: comment === undefined ? (old?.comment ?? null) : comment,
    };
    this.#writer.mark(n, next.mark, next.comment);
    const flags = this.index.flags(n) & ~(FLAG.marked | FLAG.commented);
    this.index.setFlags(
      n,
      flags | (next.mark === null ? 0 : FLAG.marked) | (next.comment === null ? 0 : FLAG.commented),
    );
    this.#touch(n);
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
    const { index } = this;
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

  /** Ends the transaction and says what is new. */
  commit(): Announcement {
    for (const conn of this.#dirty) {
      const live = this.#live.get(conn);
      if (live !== undefined) this.#writer.connection(live.connection, live.options);
    }
    this.#blocks.storeFull(this.#announced);
    this.#writer.commit();
    const announcement: Announcement = {
      count: this.index.count,
      changed: Uint32Array.from(this.#changed),
      chunks: this.#chunks,
      names: this.#names.takeNew(),
      connections: [...this.#dirty].flatMap((id) => this.#live.get(id)?.connection ?? []),
      renewed: [...this.#renewed],
    };
    this.#announced = this.index.count;
    this.#changed = [];
    this.#chunks = [];
    this.#dirty.clear();
    this.#renewed.clear();
    return announcement;
  }

  /** A write failed: what was not committed is not in the file. Returns how many frames that is. */
  rollback(): number {
    this.#writer.rollback();
    const { index } = this;
    const lost = index.count - this.#announced;
    for (let n = this.#announced + 1; n <= index.count; n++) {
      index.put(n, index.time(n), LOST, index.size(n), FLAG.decoded);
    }
    this.#blocks.forgetAfter(this.#announced);
    // Told as lost once; the next announcement makes the empty numbers visible.
    this.#announced = index.count;
    this.#names.reload();
    for (const conn of this.#live.keys()) this.#dirty.add(conn);
    return lost;
  }

  /** Stores the rest of the index, so that the next opening need not scan. */
  finish(): void {
    this.#blocks.storeRest();
  }

  /** Blocks already stored in the file that was opened. */
  knownBlocks(blocks: Iterable<number>): void {
    this.#blocks.known(blocks);
  }

  // ---- connections -------------------------------------------------------------------------------------------------------

  #opened(connection: Connection): void {
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

  #connectionChanged(id: number, change: Partial<Omit<Connection, 'id'>>): void {
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
    const { index } = this;
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

  #decode(
    live: Live,
    f: {
      readonly n: number;
      readonly direction: 'toServer' | 'toClient';
      readonly time: number;
      readonly mono: number;
      readonly bytes: Uint8Array;
      readonly head: Uint8Array;
      readonly tail: Uint8Array;
    },
    control: boolean,
  ): void {
    live.dissection ??= new ConnectionDissection(this.#world, live.connection, live.connection.protocol, live.options);
    const meaning = live.dissection.see({
      n: f.n,
      direction: f.direction,
      time: f.time,
      mono: f.mono,
      bytes: f.bytes,
      head: f.head,
      tail: f.tail,
      isControl: control,
    });
    this.#apply(f.n, f.time, live, meaning);
  }

  #decodeStored(n: number, live: Live): void {
    this.#select ??= this.#db.prepare('SELECT time, mono, bytes, head, tail FROM frames WHERE n = ?');
    const row = this.#select.get(n) as
      | {
          time: number;
          mono: number;
          bytes: Uint8Array;
          head: Uint8Array | null;
          tail: Uint8Array | null;
        }
      | undefined;
    const flags = this.index.flags(n);
    if (row === undefined) return;
    if (flags & FLAG.decoded) {
      this.#writer.forget(n);
      this.index.setFlags(n, this.#flagsOfCarrier(n, flags));
      this.index.setMessage(n, 0);
    }
    const { time, mono, bytes, head, tail } = row;
    const direction = directionOf(flags);
    this.#decode(
      live,
      { n, direction, time, mono, bytes, head: head ?? NO_BYTES, tail: tail ?? NO_BYTES },
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
    const { index } = this;
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

  // ---- index -------------------------------------------------------------------------------------------------------------

  #room(n: number): void {
    const made = this.index.reserve(n);
    if (made !== undefined) this.#chunks.push(made.buffer);
    if (n > this.index.count) this.index.count = n;
  }

  #touch(n: number): void {
    this.#blocks.touch(n);
    if (n <= this.#announced) this.#changed.push(n);
  }
}
