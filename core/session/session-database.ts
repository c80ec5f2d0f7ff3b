/** Opens and creates the SQLite file under a session, and tells anything else apart from one. */
import { copyFileSync, existsSync, mkdtempSync, openSync, readSync, closeSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { EngineError } from '../traffic/engine-error.ts';
import { APPLICATION_ID, FORMAT_VERSION, MIGRATIONS, OLDEST_READABLE } from './schema.ts';

export interface OpenedDatabase {
  readonly db: DatabaseSync;
  /** False when the file or its folder cannot be written: marks and decode-as are refused then. */
  readonly isWritable: boolean;
}

/** Creates an empty session file. @throws EngineError `not-allowed` when the file exists, `unreadable-file` or `disk-full` when it cannot be written. */
export function createDatabase(path: string): DatabaseSync {
  if (existsSync(path) && statSync(path).size > 0) {
    throw new EngineError('not-allowed', `${path} exists already. Choose another name, or open it instead.`);
  }
  let db: DatabaseSync;
  try {
    db = new DatabaseSync(path);
    // Larger pages suit blobs; must be set before the first table.
    db.exec(`PRAGMA page_size = 8192; PRAGMA application_id = ${APPLICATION_ID};`);
    forWriting(db);
  } catch (error) {
    throw new EngineError('unreadable-file', `Cannot create ${path}: ${messageOf(error)}.`, { cause: error });
  }
  try {
    migrate(db, 0);
    return db;
  } catch (error) {
    db.close();
    for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true });
    throw new EngineError(
      'disk-full',
      `${path} cannot be written: ${messageOf(error)}. Free some space or choose another place.`,
      { cause: error },
    );
  }
}

/**
 * Opens a session file for reading, and for writing where that is possible. A file left by a killed process is repaired by
 * SQLite from its write-ahead log; older formats are brought up to date.
 * @throws EngineError `unreadable-file`, `not-a-session`, `newer-format`
 */
export function openDatabase(path: string, how: { readonly: boolean }): OpenedDatabase {
  checkHeader(path);
  const attempts = how.readonly
    ? [() => openAt(path, true), () => openAt(copyAside(path), false)]
    : [() => openAt(path, false), () => openAt(path, true), () => openAt(copyAside(path), false)];
  let failure: unknown;
  for (const [i, attempt] of attempts.entries()) {
    try {
      return { db: attempt(), isWritable: !how.readonly && i === 0 };
    } catch (error) {
      if (error instanceof EngineError) throw error;
      failure ??= error;
    }
  }
  throw refusalOf(path, failure);
}

/** Why a session cannot be read, for the user; what to do where SQLite finds the file damaged. */
export function refusalOf(path: string, error: unknown): unknown {
  if (error instanceof EngineError) return error;
  const advice = isDamage(error)
    ? ` The file is damaged; "interpose session salvage ${basename(path)} OUT.ipsession" saves what is readable.`
    : '';
  return new EngineError('unreadable-file', `Cannot open ${path}: ${messageOf(error)}.${advice}`, { cause: error });
}

/** SQLite's codes: corrupt, not a database. */
const DAMAGE: readonly number[] = [11, 26];

export function isDamage(error: unknown): boolean {
  const { errcode, cause } = error as { errcode?: number; cause?: unknown };
  if (error instanceof EngineError) return cause !== undefined && isDamage(cause);
  return errcode !== undefined && DAMAGE.includes(errcode & 0xff);
}

function openAt(path: string, readonly: boolean): DatabaseSync {
  const db = new DatabaseSync(path, { readOnly: readonly, enableForeignKeyConstraints: false });
  try {
    const version = pragma(db, 'user_version');
    if (version > FORMAT_VERSION) {
      throw new EngineError(
        'newer-format',
        `${basename(path)} was written by a newer Interpose (format ${version}, this one reads up to ${FORMAT_VERSION}). Update Interpose to open it.`,
      );
    }
    if (readonly && version < OLDEST_READABLE) throw new Error('an older format must be updated in a writable copy');
    if (readonly) forReading(db);
    else forWriting(db);
    if (!readonly && version < FORMAT_VERSION) migrate(db, version);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Settings of the one writer: a killed process loses only what was not yet committed; a power cut may lose more, never the file. */
function forWriting(db: DatabaseSync): void {
  db.exec(`
    PRAGMA busy_timeout = 5000;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -4096;
    PRAGMA trusted_schema = OFF;
    PRAGMA temp_store = MEMORY;
  `);
}

function forReading(db: DatabaseSync): void {
  db.exec(
    'PRAGMA busy_timeout = 5000; PRAGMA cache_size = -4096; PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;',
  );
}

function migrate(db: DatabaseSync, from: number): void {
  for (let version = from; version < FORMAT_VERSION; version++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(MIGRATIONS[version]!);
      db.exec(`PRAGMA user_version = ${version + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** SQLite's header: 'SQLite format 3\0' … user_version at 60, application_id at 68. An empty write-ahead-log file has them too. */
function checkHeader(path: string): void {
  const header = Buffer.alloc(100);
  let size = 0;
  try {
    const fd = openSync(path, 'r');
    try {
      size = readSync(fd, header, 0, 100, 0);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw new EngineError('unreadable-file', `Cannot read ${path}: ${messageOf(error)}.`, { cause: error });
  }
  if (size === 0 && existsSync(`${path}-wal`)) return;
  if (size < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new EngineError('not-a-session', `${path} is not a session file. To read a capture, import it.`);
  }
  // A file whose first checkpoint never came has its tables in the log and zeros here.
  const application = header.readUInt32BE(68);
  if (application !== APPLICATION_ID && !(application === 0 && existsSync(`${path}-wal`))) {
    throw new EngineError('not-a-session', `${path} is an SQLite database, but not a session file of Interpose.`);
  }
}

/** A folder that cannot be written cannot hold the log's shared memory: read a copy instead. */
function copyAside(path: string): string {
  const copy = join(mkdtempSync(join(tmpdir(), 'interpose-')), basename(path));
  copyFileSync(path, copy);
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`);
  return copy;
}

export function pragma(db: DatabaseSync, name: string): number {
  const row = db.prepare(`PRAGMA ${name}`).get() as Record<string, number>;
  return Object.values(row)[0] ?? 0;
}

/** Leaves one self-contained file behind: no log beside it, readable from a folder that cannot be written. */
export function closeDatabase(db: DatabaseSync): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    db.exec('PRAGMA journal_mode = DELETE');
  } catch {
    // Another connection still reads: the log stays, and the file is as good with it.
  }
  db.close();
}

/** Copies a session as it is now, beside the threads that use it and without stopping them. */
export async function copySession(from: string, to: string): Promise<void> {
  const source = new DatabaseSync(from, { readOnly: true });
  try {
    // An open read transaction holds the file still: what is recorded meanwhile neither spoils nor restarts the copy.
    source.exec('BEGIN');
    source.prepare('SELECT count(*) FROM meta').get();
    await backup(source, to, { rate: 1024 });
  } finally {
    source.close();
  }
  const copy = new DatabaseSync(to);
  copy.exec('PRAGMA journal_mode = DELETE');
  copy.close();
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
