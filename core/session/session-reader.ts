/**
 * Reads a session file, synchronously: what the command line, exports, replay and the engine's reader thread are built on.
 * Nothing in the file is ever run; a protocol only looks at the bytes.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Dissected, Protocol } from '../protocol/protocol.ts';
import type { Carrier, Connection, ExpertInfo, Frame } from '../traffic/frame.ts';
import type { FilterSubject } from '../traffic/filter/filter.ts';
import { type ConnectionRow, connectionOf } from './connection-row.ts';
import { directionOf, FLAG, FrameIndex, fateOf, MESSAGE_IN_FILE, originOf } from './frame-index.ts';
import { loadIndex } from './index-loader.ts';
import { HEADERS_SINCE } from './schema.ts';
import { openDatabase, pragma, refusalOf } from './session-database.ts';
import { type ExpertRow, expertOf, type FrameRow, parsed, SQL, texts } from './session-rows.ts';
import { StateKeeper } from './state-keeper.ts';
import { type CommandsAsked, type StoredCommands, storedCommandHeaders, storedCommands } from './stored-commands.ts';
import { StoredSubject } from './stored-subject.ts';
import { fromTaggedJson } from './tagged-json.ts';

export interface MessageName {
  readonly protocol: string;
  readonly name: string;
  readonly number: number | undefined;
}
export interface Outcome {
  readonly sent: Uint8Array | undefined;
  readonly waitedMs: number;
  readonly touchedBy: readonly string[];
}
export interface Answer {
  readonly request: number;
  readonly ms: number;
}
/** A frame with its meaning, as `SessionReader.read` gives it. */
export interface ReadFrame {
  readonly frame: Frame;
  readonly connection: Connection;
  readonly protocol: Protocol | undefined;
  /** State before the frame: what encoding an edit of it needs. */
  readonly state: unknown;
  readonly dissected: Dissected | undefined;
  readonly summary: string;
  /** Ask filters about this one; valid until the next frame is read. */
  readonly subject: FilterSubject;
}
export interface SessionMeta {
  readonly title: string;
  readonly began: number;
  readonly ended: number;
  readonly engineVersion: string;
}

const NO_BYTES = new Uint8Array(0);
const NO_NAMES: readonly string[] = [''];
const NO_OUTCOME: Outcome = { sent: undefined, waitedMs: 0, touchedBy: [] };
const PAGE = 512;

/** Opens a finished or killed session for reading. @throws EngineError `unreadable-file`, `not-a-session`, `newer-format` */
export function openSession(path: string, protocols: readonly Protocol[]): SessionReader {
  const { db } = openDatabase(path, { readonly: true });
  try {
    const reader = new SessionReader(path, db, protocols);
    reader.loadAll();
    return reader;
  } catch (error) {
    db.close();
    throw refusalOf(path, error);
  }
}

export class SessionReader {
  readonly path: string;
  readonly index = new FrameIndex();
  readonly db: DatabaseSync;
  /** Wall clock at the session's beginning, seconds. */
  began = 0;
  readonly #statements = new Map<string, StatementSync>();
  readonly #names: (MessageName | undefined)[] = [];
  /** `[name]` per number, so that reading a frame's names allocates nothing. */
  readonly #single: (readonly string[])[] = [];
  readonly #connections = new Map<number, Connection>();
  readonly #carriers = new Map<number, Carrier>();
  readonly #states: StateKeeper;
  readonly #hasHeaders: boolean;
  #protocols: ReadonlyMap<string, Protocol> = new Map();
  #meta: Readonly<Record<string, string>> = {};

  /** Prefer `openSession`; the reader thread, which is told what the recorder knows, fills names, connections and index itself. */
  constructor(path: string, db: DatabaseSync, protocols: readonly Protocol[]) {
    this.path = path;
    this.db = db;
    this.#hasHeaders = pragma(db, 'user_version') >= HEADERS_SINCE;
    this.#states = new StateKeeper({
      index: this.index,
      connection: (id) => this.#connections.get(id),
      protocolOf: (connection) => this.#protocols.get(connection.protocol),
      bytes: (n) => this.bytes(n),
      recall: (key, n) => this.#recall(key, n),
    });
    this.index.far = {
      time: (n) => this.time(n),
      size: (n) => (this.#get('size', n) as { size: number } | undefined)?.size ?? 0,
    };
    this.setProtocols(protocols);
    this.#loadMeta();
  }

  // ---- filling -----------------------------------------------------------------------------------------------------------

  loadAll(): void {
    // One snapshot: who records may be at it still, and every frame must find its connection.
    this.db.exec('BEGIN');
    try {
      this.#loadSnapshot();
    } finally {
      this.db.exec('COMMIT');
    }
  }
  #loadSnapshot(): void {
    for (const row of this.db.prepare('SELECT * FROM connections').all() as unknown as ConnectionRow[]) {
      this.setConnection(connectionOf(row));
    }
    const names = this.db.prepare('SELECT id, protocol, name, number FROM names').all() as unknown as (MessageName & {
      id: number;
    })[];
    for (const row of names) this.setName(row.id, row.protocol, row.name, row.number ?? undefined);
    loadIndex(this.db, this.index);
    this.#loadMeta();
  }
  setProtocols(protocols: readonly Protocol[]): void {
    this.#protocols = new Map(protocols.map((p) => [p.id, p]));
    this.#states.forget();
  }
  setName(id: number, protocol: string, name: string, number: number | undefined): void {
    this.#names[id] = { protocol, name, number };
    this.#single[id] = [name];
  }
  setConnection(connection: Connection): void {
    this.#connections.set(connection.id, connection);
  }
  /** Connections were decoded anew, or frames got their meaning late. */
  revise(connections: Iterable<number>, frames: Uint32Array): void {
    for (const conn of connections) this.#states.forget(conn);
    if (frames.length > 0) this.#states.revise(frames);
  }

  // ---- the session -------------------------------------------------------------------------------------------------------

  get frames(): number {
    return this.index.count;
  }
  get meta(): SessionMeta {
    const { count } = this.index;
    const last = count === 0 ? this.began : this.index.time(count);
    return {
      title: this.#meta.title ?? '',
      began: this.began,
      ended: Math.max(last, this.began),
      engineVersion: this.#meta.engineVersion ?? '',
    };
  }
  connection(id: number): Connection | undefined {
    return this.#connections.get(id);
  }
  connections(): Connection[] {
    return [...this.#connections.values()].sort((a, b) => a.id - b.id);
  }
  names(): readonly (MessageName | undefined)[] {
    return this.#names;
  }
  protocol(id: string): Protocol | undefined {
    return this.#protocols.get(id);
  }
  get protocols(): readonly Protocol[] {
    return [...this.#protocols.values()];
  }

  // ---- one frame ---------------------------------------------------------------------------------------------------------

  frame(n: number): Frame | undefined {
    if (!this.has(n)) return undefined;
    const row = this.#get('frame', n) as unknown as Omit<FrameRow, 'n'> | undefined;
    return row === undefined ? undefined : this.#frameOf({ ...row, n });
  }
  has(n: number): boolean {
    return Number.isInteger(n) && n >= 1 && n <= this.index.count;
  }
  /** Wall clock, exactly as recorded; the index has it to 20 µs. */
  time(n: number): number {
    return (this.#get('time', n) as { time: number } | undefined)?.time ?? this.began;
  }
  bytes(n: number): Uint8Array | undefined {
    return (this.#get('bytes', n) as { bytes: Uint8Array } | undefined)?.bytes;
  }
  /** Payloads of a run of frames; frames that were lost are not in the map. */
  bytesBetween(from: number, to: number): Map<number, Uint8Array> {
    const rows = this.#statement('bytesPage', true).all(from, to) as unknown as [number, Uint8Array][];
    return new Map(rows);
  }
  /** Summaries of a run of frames. */
  summariesBetween(from: number, to: number): Map<number, string> {
    const rows = this.#statement('summaryPage', true).all(from, to) as unknown as [number, string][];
    return new Map(rows);
  }
  carrier(n: number): Carrier {
    const row = this.#get('carrier', n) as { carrier: number | null } | undefined;
    return this.#carrierOf(row?.carrier ?? null);
  }
  summary(n: number): string {
    return (this.#get('meaning', n) as { summary: string } | undefined)?.summary ?? '';
  }
  /** One name per message; '' for one that was not understood. */
  messageNames(n: number): readonly string[] {
    const { index } = this;
    const number = index.message(n);
    if (number !== MESSAGE_IN_FILE && (index.flags(n) & FLAG.batch) === 0) return this.#single[number] ?? NO_NAMES;
    return this.#messageNumbers(n).map((id) => this.#names[id]?.name ?? '');
  }
  messageIds(n: number): readonly (number | undefined)[] {
    const { index } = this;
    const number = index.message(n);
    if (number !== MESSAGE_IN_FILE && (index.flags(n) & FLAG.batch) === 0) return [this.#names[number]?.number];
    return this.#messageNumbers(n).map((id) => this.#names[id]?.number);
  }
  outcome(n: number): Outcome {
    const row = this.#get('outcome', n) as
      | { sent: Uint8Array | null; waited_ms: number | null; touched_by: string | null }
      | undefined;
    if (row === undefined) return NO_OUTCOME;
    return { sent: row.sent ?? undefined, waitedMs: row.waited_ms ?? 0, touchedBy: texts(row.touched_by) };
  }
  /** Set when frame n is a reply. */
  answer(n: number): Answer | undefined {
    const row = this.#get('answer', n) as { request: number; micros: number } | undefined;
    return row === undefined ? undefined : { request: row.request, ms: row.micros / 1000 };
  }
  /** Set when frame n is a request that was answered. */
  answeredBy(n: number): { readonly reply: number; readonly ms: number } | undefined {
    const row = this.#get('reply', n) as { reply: number; micros: number } | undefined;
    return row === undefined ? undefined : { reply: row.reply, ms: row.micros / 1000 };
  }
  experts(n: number): readonly ExpertInfo[] {
    return (this.#statement('experts').all(n) as unknown as ExpertRow[]).map(expertOf);
  }
  expertCount(n: number): number {
    return (this.#get('expertCount', n) as { count: number }).count;
  }
  mark(n: number): { readonly mark?: string; readonly comment?: string } {
    const row = this.#get('mark', n) as { mark: string | null; comment: string | null } | undefined;
    return {
      ...(row?.mark == null ? {} : { mark: row.mark }),
      ...(row?.comment == null ? {} : { comment: row.comment }),
    };
  }

  /** Decodes one frame, by the state its connection was in. Undefined when no protocol is known for it. */
  dissect(
    n: number,
    bytes = this.bytes(n),
  ): { readonly protocol: Protocol; readonly state: unknown; readonly dissected: Dissected } | undefined {
    if (!this.has(n) || bytes === undefined) return undefined;
    const flags = this.index.flags(n);
    if (flags & FLAG.control) return undefined;
    const before = this.#states.before(this.index.conn(n), n);
    if (before === undefined) return undefined;
    try {
      return { ...before, dissected: before.protocol.dissect(bytes, directionOf(flags), before.state as never) };
    } catch {
      return undefined;
    }
  }
  /** Protocol and state of a connection before frame n (after its last frame when n is left out). */
  stateOf(
    conn: number,
    n = this.index.count + 1,
  ): { readonly protocol: Protocol; readonly state: unknown } | undefined {
    return this.#states.before(conn, n);
  }

  // ---- many frames -------------------------------------------------------------------------------------------------------

  /** Frames in order; with `conn`, those of one connection. Lost frames are left out. */
  *each(options: { from?: number; to?: number; conn?: number } = {}): Generator<Frame> {
    const to = Math.min(options.to ?? this.index.count, this.index.count);
    for (let from = Math.max(1, options.from ?? 1); from <= to; from += PAGE) {
      const end = Math.min(to, from + PAGE - 1);
      if (options.conn !== undefined && !this.#hasConnection(from, end, options.conn)) continue;
      for (const row of this.#statement('page').all(from, end) as unknown as FrameRow[]) {
        if (options.conn === undefined || row.conn === options.conn) yield this.#frameOf(row);
      }
    }
  }

  /** Frames with their meaning, in order. */
  *read(
    options: { from?: number; to?: number; conn?: number; test?: (subject: FilterSubject) => boolean } = {},
  ): Generator<ReadFrame> {
    const subject = new StoredSubject(this);
    for (const frame of this.each(options)) {
      subject.moveTo(frame.n, frame.bytes);
      if (options.test !== undefined && !options.test(subject)) continue;
      const connection = this.connection(frame.conn);
      if (connection === undefined) continue;
      const known = this.dissect(frame.n, frame.bytes);
      yield {
        frame: { ...frame, expert: subject.expert },
        connection,
        protocol: known?.protocol,
        state: known?.state,
        dissected: known?.dissected,
        summary: subject.summary,
        subject,
      };
    }
  }

  /** What the carriers said that brought no frame, in order: behind this row, from frame `since` on, of one connection. */
  commands(of: CommandsAsked = {}): Generator<StoredCommands> {
    return storedCommands(this.db, this.#hasHeaders, of);
  }
  commandHeaders(id: number): Uint8Array | undefined {
    return this.#hasHeaders ? storedCommandHeaders(this.db, id) : undefined;
  }

  subject(): StoredSubject {
    return new StoredSubject(this);
  }

  close(): void {
    this.db.close();
  }

  // ---- within ------------------------------------------------------------------------------------------------------------

  #frameOf(row: FrameRow): Frame {
    const flags = this.index.flags(row.n);
    const outcome = flags & FLAG.outcome ? this.outcome(row.n) : NO_OUTCOME;
    return {
      n: row.n,
      conn: row.conn,
      direction: row.direction === 1 ? 'toClient' : 'toServer',
      time: row.time,
      mono: row.mono,
      carrier: this.#carrierOf(row.carrier),
      bytes: row.bytes,
      head: row.head ?? NO_BYTES,
      tail: row.tail ?? NO_BYTES,
      ...(row.headers === null ? {} : { headers: row.headers }),
      origin: originOf(flags),
      fate: fateOf(flags),
      ...(outcome.sent === undefined ? {} : { sent: outcome.sent }),
      expert: [],
      ...(outcome.touchedBy.length === 0 ? {} : { touchedBy: outcome.touchedBy }),
      ...(row.gap === null ? {} : { gapBefore: row.gap }),
    };
  }

  #hasConnection(from: number, to: number, conn: number): boolean {
    for (let n = from; n <= to; n++) if (this.index.conn(n) === conn) return true;
    return false;
  }

  #messageNumbers(n: number): readonly number[] {
    const row = this.#get('meaning', n) as { message: number; more: string | null } | undefined;
    if (row === undefined) return [0];
    const more = row.more === null ? [] : (parsed(row.more) as unknown);
    return [row.message, ...(Array.isArray(more) ? more.filter((id) => typeof id === 'number') : [])];
  }

  #carrierOf(id: number | null): Carrier {
    if (id === null) return {};
    let carrier = this.#carriers.get(id);
    if (carrier === undefined) {
      for (const row of this.#statement('carriers').all() as unknown as { id: number; carrier: string }[]) {
        const value = parsed(row.carrier);
        this.#carriers.set(row.id, (value !== null && typeof value === 'object' ? value : {}) as Carrier);
      }
      carrier = this.#carriers.get(id) ?? {};
    }
    return carrier;
  }

  #recall(key: string, n: number): unknown {
    const row = this.#statement('fact').get(key, n) as { value: string } | undefined;
    if (row === undefined) return undefined;
    try {
      return fromTaggedJson(row.value);
    } catch {
      return undefined;
    }
  }

  #loadMeta(): void {
    const rows = this.db.prepare('SELECT key, value FROM meta').all() as { key: string; value: string }[];
    this.#meta = Object.fromEntries(rows.map((row) => [row.key, row.value]));
    this.began = Number(this.#meta.began ?? 0) || 0;
  }

  #get(name: keyof typeof SQL, n: number): Record<string, unknown> | undefined {
    return this.#statement(name).get(n) as Record<string, unknown> | undefined;
  }
  #statement(name: keyof typeof SQL, asArrays = false): StatementSync {
    let statement = this.#statements.get(name);
    if (statement === undefined) {
      statement = this.db.prepare(this.#hasHeaders ? SQL[name] : withoutHeaders(SQL[name]));
      if (asArrays) statement.setReturnArrays(true);
      this.#statements.set(name, statement);
    }
    return statement;
  }
}

/** For a file of a format that has none, which is read as it is. */
function withoutHeaders(sql: string): string {
  return sql.replace(', headers FROM frames', ', NULL AS headers FROM frames');
}
