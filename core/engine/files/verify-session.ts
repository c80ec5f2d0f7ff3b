/** Is a session file whole, and does what it says about its frames hold together? Reads, never writes. */

import type { Protocol } from '../../protocol/protocol.ts';
import { openDatabase } from '../../session/session-database.ts';
import { openSession } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';

export interface VerifyReport {
  readonly ok: boolean;
  readonly frames: number;
  readonly connections: number;
  readonly bytes: number;
  /** Sentences: what is broken. */
  readonly problems: readonly string[];
  /** Sentences: what is odd, but no damage. */
  readonly notes: readonly string[];
}

const MAX_PROBLEMS = 50;

/** @throws EngineError when the file is no session at all */
export function verifySession(path: string, protocols: readonly Protocol[]): VerifyReport {
  const problems: string[] = [];
  const notes: string[] = [];
  const { db } = openDatabase(path, { readonly: true });
  const count = (sql: string): number => {
    const row = db.prepare(sql).get() as Record<string, number> | undefined;
    return Object.values(row ?? {})[0] ?? 0;
  };
  const frames = { count: 0, bytes: 0 };
  let connections = 0;
  try {
    for (const row of db.prepare(`PRAGMA integrity_check(${MAX_PROBLEMS})`).all() as { integrity_check: string }[])
      if (row.integrity_check !== 'ok') problems.push(`SQLite finds damage: ${row.integrity_check}`);
    frames.count = count('SELECT count(*) FROM frames');
    frames.bytes = count('SELECT coalesce(sum(length(bytes)), 0) FROM frames');
    connections = count('SELECT count(*) FROM connections');
    const last = count('SELECT coalesce(max(n), 0) FROM frames');
    if (last > frames.count) notes.push(`${last - frames.count} frames could not be written when they were recorded`);
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
        count(`SELECT count(*) FROM ${table} WHERE n NOT IN (SELECT n FROM frames)`),
        `entries of ${table} are about frames that are not in the file`,
      );
    tell(
      count('SELECT count(*) FROM meanings WHERE message <> 0 AND message NOT IN (SELECT id FROM names)'),
      'frames have a message name that is not in the file',
    );
    tell(
      count('SELECT count(*) FROM frames AS f JOIN frames AS g ON g.n = f.n + 1 WHERE g.time < f.time - 1'),
      'frames are more than a second older than the one before them',
    );
    const undecoded = count('SELECT count(*) FROM frames WHERE n NOT IN (SELECT n FROM meanings)');
    if (undecoded > 0)
      notes.push(`${undecoded} frames have no meaning stored; they are decoded when the file is opened for marks`);
  } catch (error) {
    problems.push(`the file cannot be read to its end: ${(error as Error).message}`);
  } finally {
    db.close();
  }
  if (problems.length === 0) problems.push(...readThrough(path, protocols));
  return { ok: problems.length === 0, frames: frames.count, connections, bytes: frames.bytes, problems, notes };
}

/** Reads every frame the way everything else does, and decodes it. */
function readThrough(path: string, protocols: readonly Protocol[]): string[] {
  const problems: string[] = [];
  let reader: ReturnType<typeof openSession>;
  try {
    reader = openSession(path, protocols);
  } catch (error) {
    return [error instanceof EngineError ? error.message : String(error)];
  }
  try {
    for (const frame of reader.each()) {
      if (reader.index.size(frame.n) !== frame.bytes.length)
        problems.push(`frame ${frame.n} has ${frame.bytes.length} bytes; the index says ${reader.index.size(frame.n)}`);
      if (reader.index.conn(frame.n) !== frame.conn)
        problems.push(`frame ${frame.n} is on connection ${frame.conn}; the index says ${reader.index.conn(frame.n)}`);
      reader.dissect(frame.n, frame.bytes);
      if (problems.length >= MAX_PROBLEMS) break;
    }
  } catch (error) {
    problems.push(`the file cannot be read to its end: ${(error as Error).message}`);
  } finally {
    reader.close();
  }
  return problems;
}
