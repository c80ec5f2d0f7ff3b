/**
 * The recorder's core, in whichever thread it runs: takes traffic in order, writes it and keeps the index. Writing never waits for
 * decoding (`decoding.ts`), which adds what frames mean as it can.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { OptionValues, Protocol } from '../protocol/protocol.ts';
import { type Connection, isGap } from '../traffic/frame.ts';
import type { CarrierCommands } from '../traffic/sink.ts';
import { Decoding, type DecodingNews, type DecodingOptions } from './decoding.ts';
import { FLAG, type FrameIndex, fateOf, flagsOf, severityRank, withFate, withWorst } from './frame-index.ts';
import { IndexBlocks } from './index-blocks.ts';
import { SOURCE } from './schema.ts';
import type { SessionWriter } from './session-writer.ts';
import { type BatchEvent, type BatchFrame, type BatchHandler, type BatchUpdate, isControl } from './traffic-batch.ts';

/** What a commit made visible. */
export interface Announcement extends DecodingNews {
  readonly count: number;
  /** Earlier frames whose row changed. */
  readonly changed: Uint32Array;
  readonly chunks: readonly SharedArrayBuffer[];
}

/** Connection number of frames that could not be written. */
const LOST = 0;

export class Recording implements BatchHandler {
  readonly index: FrameIndex;
  readonly #db: DatabaseSync;
  readonly #writer: SessionWriter;
  readonly #decoding: Decoding;
  readonly #blocks: IndexBlocks;
  #announced = 0;
  #changed: number[] = [];
  #chunks: SharedArrayBuffer[] = [];

  constructor(db: DatabaseSync, writer: SessionWriter, index: FrameIndex, options: DecodingOptions) {
    this.#db = db;
    this.#writer = writer;
    this.index = index;
    this.#blocks = new IndexBlocks(index, writer);
    this.#announced = index.count;
    this.#decoding = new Decoding(db, writer, index, options, (n) => this.#touch(n));
  }

  /** True: frames are written undecoded; `catchUp` gives them their meaning later. */
  set isDeferring(on: boolean) {
    this.#decoding.isDeferring = on;
  }
  /** Frames whose meaning is still to come. */
  get isBehind(): boolean {
    return this.#decoding.isBehind;
  }
  /** Gives meaning to frames stored without, for about so many milliseconds. True when none is left. */
  catchUp(milliseconds: number): boolean {
    return this.#decoding.catchUp(milliseconds);
  }

  // ---- what arrives ------------------------------------------------------------------------------------------------------

  frame(f: BatchFrame): void {
    const { index } = this;
    this.#room(f.n);
    const { touchedBy, expert } = f.extra;
    const control = isControl(f.carrier) || isGap({ bytes: f.bytes, gapBefore: f.gap });
    let flags = flagsOf(f.direction, f.origin, f.fate, control);
    this.#writer.frame(f);
    if (f.fate !== 'forwarded' || f.sent !== undefined || touchedBy !== undefined) {
      this.#writer.outcome(f.n, f.fate, f.sent, undefined, touchedBy);
      flags |= FLAG.outcome;
    }
    for (const info of expert ?? []) {
      this.#writer.expert(f.n, f.conn, f.time, SOURCE.carrier, info);
      flags = withWorst(flags, severityRank(info.severity));
    }
    index.put(f.n, f.time, f.conn, f.bytes.length, flags);
    this.#decoding.frame(f, control);
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

  commands(commands: CarrierCommands): void {
    this.#writer.commands(commands, this.index.count);
  }

  event(event: BatchEvent): void {
    switch (event.is) {
      case 'opened':
        this.#decoding.opened(event.connection);
        return;
      case 'changed':
        this.#decoding.changed(event.id, event.change);
        return;
      case 'closed':
        this.#decoding.closed(event.id, event.time, event.ending);
        return;
      case 'remark':
        this.#writer.expert(0, event.conn, event.time, SOURCE.connection, event.info);
        this.#decoding.touchConnection(event.conn);
        return;
      case 'decision':
        this.#writer.decision(event.kind, event.n, event.by, event.what);
        return;
      case 'mark':
        this.mark(event.n, event.mark, event.comment);
        return;
      case 'proxy': {
        const options = (event.spec as { options?: OptionValues }).options;
        this.#decoding.setProxyOptions(event.name, options ?? {});
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
    return this.#decoding.decodeAs(conn, protocol, options);
  }
  setProtocols(protocols: readonly Protocol[]): void {
    this.#decoding.setProtocols(protocols);
  }
  /** Takes the connections of an opened file, so that they can be decoded anew. */
  adopt(connections: Iterable<Connection>): void {
    this.#decoding.adopt(connections);
  }
  connections(): Connection[] {
    return this.#decoding.connections();
  }

  /** Ends the transaction and says what is new. */
  commit(): Announcement {
    const news = this.#decoding.flush();
    this.#blocks.storeFull(this.#announced);
    this.#writer.commit();
    this.#decoding.flushed();
    const announcement: Announcement = {
      ...news,
      count: this.index.count,
      changed: Uint32Array.from(this.#changed),
      chunks: this.#chunks,
    };
    this.#announced = this.index.count;
    this.#changed = [];
    this.#chunks = [];
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
    this.#decoding.rolledBack();
    return lost;
  }

  /** Stores the rest of the index, so that the next opening need not scan, and seals what was written. */
  finish(): void {
    this.#blocks.storeRest();
    this.#writer.seal();
  }

  /** Blocks already stored in the file that was opened. */
  knownBlocks(blocks: Iterable<number>): void {
    this.#blocks.known(blocks);
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
