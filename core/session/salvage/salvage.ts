/**
 * What is readable of a damaged or cut session file, put into a new one. Pages are taken as they are found: first those that can be
 * reached from a table's root, then those that lost their way there and still look like rows of a session. Frame numbers stay; a frame
 * whose checksum does not fit is left out. Meanings are not taken along: they are made again from the frames.
 */
import type { DatabaseSync } from 'node:sqlite';
import { EngineError } from '../../traffic/engine-error.ts';
import { checksumOf } from '../checksum.ts';
import { type FrameRange, rangesOf } from '../frame-ranges.ts';
import { SOURCE } from '../schema.ts';
import { closeDatabase, createDatabase } from '../session-database.ts';
import { COLUMNS, frameNamedBy, guessTable, rowOf, SAVED_TABLES, type SavedTable } from './row-shapes.ts';
import { type PageRow, SqlitePages, type Value } from './sqlite-pages.ts';

export interface Salvaged {
  readonly frames: number;
  readonly connections: number;
  /** Frame numbers that are not in the new file. */
  readonly lost: readonly FrameRange[];
  /** Of those: their bytes are there, but are not what was recorded. */
  readonly changed: readonly FrameRange[];
  /** Frames that no checksum speaks for. */
  readonly unchecked: number;
  /** Connections of which nothing but frames is left. */
  readonly nameless: readonly number[];
  /** How much shorter the file is than it says. */
  readonly cutBytes: number;
}

/** Pages that belong to a table whose rows are not taken along. */
const OTHER = 255;

/** @throws EngineError `not-a-session` when no frame is found in it; then nothing is left behind by the caller's hand */
export function salvageInto(from: string, to: string): Salvaged {
  let pages: SqlitePages;
  try {
    pages = new SqlitePages(from);
  } catch (error) {
    throw new EngineError('unreadable-file', `Cannot read ${from}: ${(error as Error).message}.`, { cause: error });
  }
  const db = createDatabase(to);
  try {
    db.exec('BEGIN');
    const saving = new Saving(db);
    const owners = ownersOf(pages);
    for (const isOwned of [true, false]) {
      for (let number = 1; number <= pages.count; number++) {
        const owner = owners[number]!;
        if ((owner !== 0) !== isOwned) continue;
        for (const row of pages.rows(number)) saving.take(row, owner === 0 ? guessTable(row) : SAVED_TABLES[owner - 1]);
      }
    }
    const { lost, changed } = saving.frames();
    const nameless = nameConnections(db);
    const unchecked = forgetMissingCarriers(db);
    const [frames, connections] = (['frames', 'connections'] as const).map((table) => countIn(db, table));
    if (frames === 0 && connections === 0)
      throw new EngineError('not-a-session', `Nothing of a session can be found in ${from}.`);
    db.exec(`INSERT OR IGNORE INTO meta SELECT 'began', coalesce(min(time), 0) FROM frames;
      INSERT OR IGNORE INTO meta VALUES ('title', ''), ('engineVersion', '');`);
    db.exec('COMMIT');
    closeDatabase(db);
    return {
      frames: frames!,
      connections: connections!,
      lost,
      changed,
      unchecked,
      nameless,
      cutBytes: pages.missingBytes,
    };
  } catch (error) {
    db.close();
    throw error;
  } finally {
    pages.close();
  }
}

/** The table each page can be reached from, as its place in `SAVED_TABLES` from 1; 0: from none. */
function ownersOf(pages: SqlitePages): Uint8Array {
  const owners = new Uint8Array(pages.count + 1);
  const own = (root: number, owner: number): void => {
    for (const stack = [root]; stack.length > 0; ) {
      const number = stack.pop()!;
      if (owners[number] !== 0) continue;
      owners[number] = owner;
      stack.push(...pages.children(number));
    }
  };
  own(1, OTHER);
  const tables: (readonly [root: number, owner: number])[] = [];
  for (let number = 1; number <= pages.count; number++) {
    if (owners[number] !== OTHER) continue;
    for (const { values } of pages.rows(number)) {
      const [type, , table, root] = values ?? [];
      if (typeof root !== 'number' || root < 2 || root > pages.count) continue;
      const at = type === 'table' ? SAVED_TABLES.indexOf(table as SavedTable) : -1;
      tables.push([root, at < 0 ? OTHER : at + 1]);
    }
  }
  for (const [root, owner] of tables) own(root, owner);
  return owners;
}

class Saving {
  readonly #db: DatabaseSync;
  readonly #insert: (table: SavedTable, row: readonly Value[]) => void;
  readonly #changed = new Set<number>();
  /** The highest frame number that anything speaks of. */
  #last = 0;

  constructor(db: DatabaseSync) {
    this.#db = db;
    const statements = new Map(
      SAVED_TABLES.map((table) => {
        const places = Array.from({ length: COLUMNS[table] }, () => '?').join();
        return [table, db.prepare(`INSERT OR IGNORE INTO ${table} VALUES (${places})`)];
      }),
    );
    this.#insert = (table, row) => void statements.get(table)!.run(...row);
  }

  take(found: PageRow, table: SavedTable | undefined): void {
    this.#last = Math.max(this.#last, frameNamedBy(found));
    // A row that is there in part has its number still.
    if (table === 'frames' && found.values === undefined && found.rowid < 2 ** 32)
      this.#last = Math.max(this.#last, found.rowid);
    const row = table === undefined ? undefined : rowOf(table, found);
    if (table === undefined || row === undefined) return;
    if (table === 'frames' && !isAsRecorded(row)) {
      this.#changed.add(row[0] as number);
      return;
    }
    if (table === 'experts' && row[4] === SOURCE.dissector) return;
    this.#insert(table, row);
  }

  /** What is missing between the first frame and the last that anything speaks of. */
  frames(): { lost: FrameRange[]; changed: FrameRange[] } {
    const lost: FrameRange[] = [];
    let next = 1;
    const select = this.#db.prepare('SELECT n FROM frames ORDER BY n');
    select.setReturnArrays(true);
    for (const [n] of select.iterate() as unknown as Iterable<[number]>) {
      this.#changed.delete(n);
      if (n > next) lost.push([next, n - 1]);
      next = n + 1;
    }
    if (next <= this.#last) lost.push([next, this.#last]);
    return { lost, changed: rangesOf([...this.#changed].sort((a, b) => a - b)) };
  }
}

function isAsRecorded(row: readonly Value[]): boolean {
  const [n, conn, direction, time, mono, origin, carrier, bytes, head, tail, gap, crc, headers] = row as [
    ...[number, number, number, number, number, number, number | null],
    ...[Uint8Array, Uint8Array | null, Uint8Array | null, number | null, number | null, Uint8Array | null],
  ];
  const fields = { n, conn, direction, time, mono, origin, carrier, bytes, head, tail, gap, headers };
  return crc === null || crc === checksumOf(fields);
}

/** Gives frames whose connection is lost one without addresses. */
function nameConnections(db: DatabaseSync): number[] {
  const rows = db
    .prepare(
      `SELECT conn, min(time) AS opened, max(carriers.carrier) AS carrier FROM frames LEFT JOIN carriers ON carriers.id = frames.carrier
       WHERE conn NOT IN (SELECT id FROM connections) GROUP BY conn`,
    )
    .all() as { conn: number; opened: number; carrier: string | null }[];
  const insert = db.prepare(
    `INSERT INTO connections (id, transport, client_address, client_port, server_address, server_port, protocol, opened)
     VALUES (?, ?, 'unknown', 0, 'unknown', 0, '', ?)`,
  );
  for (const { conn, opened, carrier } of rows) {
    const transport = carrier?.includes('"opcode"') ? 'ws' : carrier?.includes('"channel"') ? 'enet' : 'tcp';
    insert.run(conn, transport, opened);
  }
  return rows.map((row) => row.conn);
}

/** Returns how many frames no checksum speaks for. */
function forgetMissingCarriers(db: DatabaseSync): number {
  // The checksum covers the carrier's number: without it, it would call the frame damaged.
  db.exec(`UPDATE frames SET carrier = NULL, crc = NULL
    WHERE carrier IS NOT NULL AND carrier NOT IN (SELECT id FROM carriers)`);
  return countIn(db, 'frames WHERE crc IS NULL');
}

function countIn(db: DatabaseSync, what: string): number {
  return (db.prepare(`SELECT count(*) AS count FROM ${what}`).get() as { count: number }).count;
}
