/**
 * Checksums of the tables beside the frames, made when a session is closed and taken away as soon as it is written to again: a file
 * of a killed process has none. What decoding gives is not sealed, for it can be made again from the frames.
 */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';

const SEALED = [
  'meta',
  'connections',
  'proxies',
  'carriers',
  'carrier_commands',
  'outcomes',
  'marks',
  'rule_hits',
  'fault_decisions',
  'replay_verdicts',
  'fuzz_findings',
] as const;
/** Longer tables are left without, so that closing never takes more than about a second. */
const MAX_ROWS = 500_000;

export interface Seal {
  readonly about: string;
  readonly rows: number;
  readonly crc: number;
}

/** Seals every table that has none. */
export function sealTables(db: DatabaseSync): void {
  const insert = db.prepare('INSERT OR IGNORE INTO seals VALUES (?,?,?)');
  for (const about of SEALED) {
    const { rows } = db.prepare(`SELECT count(*) AS rows FROM ${about}`).get() as { rows: number };
    if (rows <= MAX_ROWS) insert.run(about, rows, crcOf(db, about));
  }
}

/** Before anything is written. The seal of a table that is damaged already stays, so that the damage still shows later. */
export function breakSeals(db: DatabaseSync): void {
  const broken = brokenSeals(db);
  if (broken === undefined) return;
  const keep = new Set(broken);
  const remove = db.prepare('DELETE FROM seals WHERE about = ?');
  for (const { about } of db.prepare('SELECT about FROM seals').all() as unknown as Seal[])
    if (!keep.has(about)) remove.run(about);
}

/** The tables that are not what they were when they were sealed; undefined when the file has no seals. */
export function brokenSeals(db: DatabaseSync): string[] | undefined {
  const seals = db.prepare('SELECT about, rows, crc FROM seals').all() as unknown as Seal[];
  if (seals.length === 0) return undefined;
  const known: readonly string[] = SEALED;
  return seals.filter(({ about, crc }) => !known.includes(about) || crcOf(db, about) !== crc).map(({ about }) => about);
}

function crcOf(db: DatabaseSync, table: string): number {
  const select = db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`);
  select.setReturnArrays(true);
  let crc = 0;
  for (const row of select.iterate() as unknown as Iterable<unknown[]>) {
    crc = crc32(
      JSON.stringify(row, (_key, value: unknown) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
      ),
      crc,
    );
  }
  return crc;
}
