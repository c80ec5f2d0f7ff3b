/** What carriers said that brought no frame, as a session keeps it. */
import type { DatabaseSync } from 'node:sqlite';
import type { CarrierCommands } from '../traffic/sink.ts';

export interface StoredCommands extends CarrierCommands {
  readonly id: number;
  /** The last frame before them. */
  readonly after: number;
}

export interface CommandsAsked {
  /** Only those behind this one. */
  readonly behind?: number;
  /** Only those after this frame. */
  readonly since?: number;
  readonly conn?: number | undefined;
}

type Row = Omit<StoredCommands, 'direction'> & { readonly direction: number };

const PAGE = 512;

/** @param isThere the format of the file has them */
export function* storedCommands(db: DatabaseSync, isThere: boolean, of: CommandsAsked): Generator<StoredCommands> {
  if (!isThere) return;
  const page = db.prepare(`SELECT * FROM carrier_commands
    WHERE id > ?1 AND after >= ?2 AND (?3 IS NULL OR conn = ?3) ORDER BY id LIMIT ${PAGE}`);
  // Page by page: a statement left open would keep the file from being tidied.
  for (let id = of.behind ?? 0; ; ) {
    const rows = page.all(id, of.since ?? 0, of.conn ?? null) as unknown as Row[];
    for (const row of rows) yield { ...row, direction: row.direction === 1 ? 'toClient' : 'toServer' };
    if (rows.length < PAGE) return;
    id = rows.at(-1)!.id;
  }
}

export function storedCommandHeaders(db: DatabaseSync, id: number): Uint8Array | undefined {
  const row = db.prepare('SELECT headers FROM carrier_commands WHERE id = ?').get(id);
  return (row as { headers: Uint8Array } | undefined)?.headers;
}
