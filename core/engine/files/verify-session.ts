/** Is a session file whole, is it what was recorded, and does what it says about its frames hold together? Reads, never writes. */

import type { Protocol } from '../../protocol/protocol.ts';
import type { DatabaseSync } from 'node:sqlite';
import { checksumOf, type CheckedRow } from '../../session/checksum.ts';
import { CHECKSUMS_SINCE, HEADERS_SINCE } from '../../session/schema.ts';
import { type FrameRange, rangesOf, rangesText } from '../../session/frame-ranges.ts';
import { brokenSeals } from '../../session/seals.ts';
import { isDamage, openDatabase, pragma } from '../../session/session-database.ts';
import { FLAG } from '../../session/frame-index.ts';
import { openSession, type SessionReader } from '../../session/session-reader.ts';
import type { Frame } from '../../traffic/frame.ts';
import { EngineError } from '../../traffic/engine-error.ts';

export interface VerifyReport {
  readonly ok: boolean;
  readonly frames: number;
  readonly connections: number;
  readonly bytes: number;
  /** Sentences: what is broken. */
  readonly problems: readonly string[];
  /** Frames that are not what was recorded, by their checksums: `[3, 3], [17, 20]`. */
  readonly damagedFrames: readonly FrameRange[];
  /** Sentences: what is odd, but no damage. */
  readonly notes: readonly string[];
}

const MAX_PROBLEMS = 50;

/** @throws EngineError when the file is no session at all */
export function verifySession(path: string, protocols: readonly Protocol[]): VerifyReport {
  const problems: string[] = [];
  const notes: string[] = [];
  let db: DatabaseSync;
  try {
    ({ db } = openDatabase(path, { readonly: true }));
  } catch (error) {
    if (!isDamage(error)) throw error;
    const { message } = error as Error;
    return { ok: false, frames: 0, connections: 0, bytes: 0, problems: [message], damagedFrames: [], notes };
  }
  const count = (sql: string): number => {
    const row = db.prepare(sql).get() as Record<string, number> | undefined;
    return Object.values(row ?? {})[0] ?? 0;
  };
  const frames = { count: 0, bytes: 0 };
  let damaged: FrameRange[] = [];
  let connections = 0;
  try {
    for (const row of db.prepare(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all() as { integrity_check: string }[])
      if (row.integrity_check !== 'ok') problems.push(`SQLite finds damage: ${row.integrity_check}`);
    frames.count = count('SELECT count(*) FROM frames');
    frames.bytes = count('SELECT coalesce(sum(length(bytes)), 0) FROM frames');
    connections = count('SELECT count(*) FROM connections');
    const last = count('SELECT coalesce(max(n), 0) FROM frames');
    if (last > frames.count)
      notes.push(
        `${last - frames.count} frames are missing: they could not be written when they were recorded, or were lost with a damaged file`,
      );
    const tell = (found: number, text: string): void => {
      if (found > 0) problems.push(`${found} ${text}`);
    };
    tell(
      count('SELECT count(*) FROM frames WHERE conn NOT IN (SELECT id FROM connections)'),
      'frames belong to connections that are not in the file',
    );
    tell(
      count('SELECT count(*) FROM frames WHERE carrier IS NOT NULL AND carrier NOT IN (SELECT id FROM carriers)'),
      'frames have a carrier that is not in the file',
    );
    for (const table of ['outcomes', 'meanings', 'marks', 'rule_hits', 'fault_decisions'])
      tell(
        count(`SELECT count(*) FROM ${table} WHERE n <> 0 AND n NOT IN (SELECT n FROM frames)`),
        `entries of ${table} are about frames that are not in the file`,
      );
    tell(
      count('SELECT count(*) FROM meanings WHERE message <> 0 AND message NOT IN (SELECT id FROM names)'),
      'frames have a message name that is not in the file',
    );
    const older = count('SELECT count(*) FROM frames AS f JOIN frames AS g ON g.n = f.n + 1 WHERE g.time < f.time - 1');
    if (older > 0)
      notes.push(
        `${older} frames are more than a second older than the one before them: they waited for lost data, or the clock was set back`,
      );
    const undecoded = count('SELECT count(*) FROM frames WHERE n NOT IN (SELECT n FROM meanings)');
    if (undecoded > 0)
      notes.push(`${undecoded} frames have no meaning stored; they are decoded when the file is opened for marks`);
    if (pragma(db, 'user_version') < CHECKSUMS_SINCE)
      notes.push('no checksums: a session of this format cannot tell whether bytes inside its frames were changed');
    else {
      const checked = checkFrames(db);
      damaged = rangesOf(checked.damaged);
      if (damaged.length > 0)
        problems.push(
          `${checked.damaged.length === 1 ? '1 frame is' : `${checked.damaged.length} frames are`} not what was recorded: ${rangesText(damaged)}`,
        );
      if (checked.without > 0) notes.push(`${checked.without} frames have no checksum`);
      const seals = brokenSeals(db);
      for (const table of seals ?? [])
        problems.push(`the table ${table} is not what it was when the session was closed`);
      if (seals === undefined)
        notes.push('recording did not end in order: checksums guard the frames, but not the tables beside them');
    }
  } catch (error) {
    problems.push(`the file cannot be read to its end: ${(error as Error).message}`);
  } finally {
    db.close();
  }
  if (problems.length === 0) readThrough(path, protocols, problems, notes);
  return {
    ok: problems.length === 0,
    frames: frames.count,
    connections,
    bytes: frames.bytes,
    problems,
    damagedFrames: damaged,
    notes,
  };
}

function checkFrames(db: DatabaseSync): { damaged: number[]; without: number } {
  const damaged: number[] = [];
  let without = 0;
  const headers = pragma(db, 'user_version') < HEADERS_SINCE ? 'NULL AS headers' : 'headers';
  const rows = db.prepare(
    `SELECT n, conn, direction, time, mono, origin, carrier, bytes, head, tail, gap, ${headers}, crc FROM frames ORDER BY n`,
  );
  for (const row of rows.iterate() as unknown as Iterable<CheckedRow & { crc: number | null }>) {
    if (row.crc === null) without++;
    else if (row.crc !== checksumOf(row)) damaged.push(row.n);
  }
  return { damaged, without };
}

/** Reads every frame the way everything else does, and decodes it. */
function readThrough(path: string, protocols: readonly Protocol[], problems: string[], notes: string[]): void {
  const others: number[] = [];
  let reader: ReturnType<typeof openSession>;
  try {
    reader = openSession(path, protocols);
  } catch (error) {
    problems.push(error instanceof EngineError ? error.message : String(error));
    return;
  }
  try {
    for (const frame of reader.each()) {
      if (reader.index.size(frame.n) !== frame.bytes.length)
        problems.push(`frame ${frame.n} has ${frame.bytes.length} bytes; the index says ${reader.index.size(frame.n)}`);
      if (reader.index.conn(frame.n) !== frame.conn)
        problems.push(`frame ${frame.n} is on connection ${frame.conn}; the index says ${reader.index.conn(frame.n)}`);
      if (isReadOtherwise(reader, frame)) others.push(frame.n);
      if (problems.length >= MAX_PROBLEMS) break;
    }
  } catch (error) {
    problems.push(`the file cannot be read to its end: ${(error as Error).message}`);
  } finally {
    reader.close();
  }
  if (others.length > 0)
    notes.push(
      `${others.length} frames are decoded otherwise now than is stored (another version of the protocol, or damage): ${rangesText(rangesOf(others))}`,
    );
}

function isReadOtherwise(reader: SessionReader, { n, bytes }: Frame): boolean {
  const dissected = reader.dissect(n, bytes)?.dissected;
  if (dissected === undefined || (reader.index.flags(n) & FLAG.decoded) === 0) return false;
  const names = dissected.messages.map((message) => message.name ?? '').join();
  return names !== '' && names !== reader.messageNames(n).join();
}
