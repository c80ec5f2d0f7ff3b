/** The prepared statements of the one writer, in transactions begun on the first write and ended by `commit`. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { SEVERITIES } from '../schema/expert-info.ts';
import type { Connection, Direction, ExpertInfo, Fate, Origin } from '../traffic/frame.ts';
import { FATES, ORIGINS } from '../traffic/frame.ts';
import type { CarrierCommands } from '../traffic/sink.ts';
import { breakSeals, sealTables } from './seals.ts';

export interface FrameRow {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  readonly time: number;
  readonly mono: number;
  readonly origin: Origin;
  readonly carrierKey: string;
  readonly bytes: Uint8Array;
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
  readonly headers: Uint8Array;
  readonly gap: number | undefined;
  /** What the checksum is made of. */
  readonly checked: Uint8Array;
}

const SQL = {
  frame: 'INSERT INTO frames VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)',
  carrier:
    'INSERT INTO carriers (carrier) VALUES (?) ON CONFLICT DO UPDATE SET carrier = excluded.carrier RETURNING id',
  outcome: `INSERT INTO outcomes VALUES (?1,?2,?3,?4,?5) ON CONFLICT DO UPDATE SET fate = excluded.fate,
    sent = coalesce(excluded.sent, sent), waited_ms = coalesce(excluded.waited_ms, waited_ms),
    touched_by = coalesce(excluded.touched_by, touched_by)`,
  meaning: 'INSERT OR REPLACE INTO meanings VALUES (?,?,?,?,?)',
  pair: 'INSERT OR REPLACE INTO pairs VALUES (?,?,?)',
  expert: `INSERT INTO experts (n, conn, time, source, severity, kind, code, text, range_start, range_end, path)
    VALUES (?,?,?,?,?,?,?,?,?,?,?)`,
  name: `INSERT INTO names (protocol, name, number) VALUES (?,?,?) ON CONFLICT DO UPDATE SET name = excluded.name RETURNING id`,
  connection: `INSERT OR REPLACE INTO connections VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)`,
  fact: 'INSERT OR REPLACE INTO facts VALUES (?,?,?)',
  mark: 'INSERT OR REPLACE INTO marks VALUES (?,?,?)',
  unmark: 'DELETE FROM marks WHERE n = ?',
  rule: 'INSERT INTO rule_hits (n, rule, what) VALUES (?,?,?)',
  fault: 'INSERT INTO fault_decisions (n, fault, what) VALUES (?,?,?)',
  proxy: 'INSERT OR REPLACE INTO proxies VALUES (?,?,?)',
  commands: 'INSERT INTO carrier_commands (conn, direction, time, mono, after, headers) VALUES (?,?,?,?,?,?)',
  meta: 'INSERT OR REPLACE INTO meta VALUES (?,?)',
  block: 'INSERT OR REPLACE INTO index_blocks VALUES (?,?)',
  unblock: 'DELETE FROM index_blocks WHERE first = ?',
  unmeaning: 'DELETE FROM meanings WHERE n = ?',
  unpair: 'DELETE FROM pairs WHERE reply = ?',
  unexpert: 'DELETE FROM experts WHERE n = ? AND source = 1',
} as const;

export class SessionWriter {
  readonly #db: DatabaseSync;
  readonly #statements = new Map<keyof typeof SQL, StatementSync>();
  readonly #carriers = new Map<string, number>();
  #open = false;
  #mayBeSealed = true;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  get hasUncommitted(): boolean {
    return this.#open;
  }
  begin(): void {
    if (this.#open) return;
    this.#db.exec('BEGIN IMMEDIATE');
    this.#open = true;
  }
  commit(): void {
    if (!this.#open) return;
    this.#db.exec('COMMIT');
    this.#open = false;
  }
  /** After a failed write: nothing of the transaction stays. */
  rollback(): void {
    try {
      if (this.#open) this.#db.exec('ROLLBACK');
    } catch {
      // SQLite has rolled back by itself when the disk was full.
    }
    this.#open = false;
    // The seals may be back.
    this.#mayBeSealed = true;
    this.#carriers.clear();
  }

  frame(f: FrameRow): void {
    const carrier = f.carrierKey === '' ? null : this.#carrier(f.carrierKey);
    this.#run(
      'frame',
      f.n,
      f.conn,
      f.direction === 'toClient' ? 1 : 0,
      f.time,
      f.mono,
      ORIGINS.indexOf(f.origin),
      carrier,
      f.bytes,
      f.head.length === 0 ? null : f.head,
      f.tail.length === 0 ? null : f.tail,
      f.gap ?? null,
      crc32(f.checked, carrier ?? 0),
      f.headers.length === 0 ? null : f.headers,
    );
  }

  outcome(
    n: number,
    fate: Fate,
    sent: Uint8Array | undefined,
    waitedMs: number | undefined,
    touchedBy: readonly string[] | undefined,
  ): void {
    this.#run(
      'outcome',
      n,
      FATES.indexOf(fate),
      sent ?? null,
      waitedMs ?? null,
      touchedBy === undefined || touchedBy.length === 0 ? null : JSON.stringify(touchedBy),
    );
  }

  /** @param after the last frame before them */
  commands({ conn, direction, time, mono, headers }: CarrierCommands, after: number): void {
    this.#run('commands', conn, direction === 'toClient' ? 1 : 0, time, Math.round(mono), after, headers);
  }
  meaning(n: number, message: number, summary: string, flags: number, more: string | null): void {
    this.#run('meaning', n, message, summary, flags, more);
  }
  pair(reply: number, request: number, micros: number): void {
    this.#run('pair', reply, request, Math.round(micros));
  }
  expert(n: number, conn: number, time: number, source: number, info: ExpertInfo): void {
    const [start, end] = info.range ?? [null, null];
    this.#run(
      'expert',
      n,
      conn,
      time,
      source,
      SEVERITIES.indexOf(info.severity),
      info.group,
      info.code ?? null,
      info.text,
      start,
      end,
      info.path ?? null,
    );
  }
  /** The number of a message name; made when new. */
  name(protocol: string, name: string, number: number | undefined): number {
    return this.#id('name', protocol, name, number ?? null);
  }
  connection(c: Connection, options: Readonly<Record<string, string>>): void {
    this.#run(
      'connection',
      c.id,
      c.proxy ?? null,
      c.transport,
      c.client.address,
      c.client.port,
      c.server.address,
      c.server.port,
      c.protocol,
      JSON.stringify(options),
      c.opened,
      c.closed ?? null,
      c.ending ?? null,
      c.role ?? null,
      c.journey ?? null,
      JSON.stringify(c.details),
    );
  }
  fact(key: string, n: number, value: string): void {
    this.#run('fact', key, n, value);
  }
  mark(n: number, mark: string | null, comment: string | null): void {
    if (mark === null && comment === null) this.#run('unmark', n);
    else this.#run('mark', n, mark, comment);
  }
  decision(kind: 'rule' | 'fault', n: number, by: string, what: string): void {
    this.#run(kind, n, by, what);
  }
  proxy(name: string, since: number, spec: unknown): void {
    this.#run('proxy', name, since, JSON.stringify(spec));
  }
  meta(key: string, value: string): void {
    this.#run('meta', key, value);
  }
  block(first: number, data: Uint8Array): void {
    this.#run('block', first, data);
  }
  dropBlock(first: number): void {
    this.#run('unblock', first);
  }
  /** Takes back what decoding said about a frame. */
  forget(n: number): void {
    this.#run('unmeaning', n);
    this.#run('unpair', n);
    this.#run('unexpert', n);
  }

  #carrier(key: string): number {
    let id = this.#carriers.get(key);
    if (id === undefined) {
      id = this.#id('carrier', key);
      if (this.#carriers.size < 10_000) this.#carriers.set(key, id);
    }
    return id;
  }

  /** Every write comes by here first. */
  unseal(): void {
    if (!this.#open) this.begin();
    if (!this.#mayBeSealed) return;
    breakSeals(this.#db);
    this.#mayBeSealed = false;
  }
  /** When the session is closed: what was written is what it is to be. */
  seal(): void {
    if (this.#mayBeSealed) return;
    sealTables(this.#db);
    this.#mayBeSealed = true;
  }

  #run(name: keyof typeof SQL, ...values: (string | number | Uint8Array | null)[]): void {
    if (this.#mayBeSealed || !this.#open) this.unseal();
    this.#statement(name).run(...values);
  }
  #id(name: keyof typeof SQL, ...values: (string | number | null)[]): number {
    if (this.#mayBeSealed || !this.#open) this.unseal();
    return (this.#statement(name).get(...values) as { id: number }).id;
  }
  #statement(name: keyof typeof SQL): StatementSync {
    let statement = this.#statements.get(name);
    if (statement === undefined) {
      statement = this.#db.prepare(SQL[name]);
      this.#statements.set(name, statement);
    }
    return statement;
  }
}
