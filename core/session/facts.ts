/** What protocols remember across connections of a session, each fact with the frame it was learned from. */
import type { DatabaseSync } from 'node:sqlite';
import type { SessionWriter } from './session-writer.ts';
import { fromTaggedJson, toTaggedJson } from './tagged-json.ts';

export class Facts {
  readonly #db: DatabaseSync;
  readonly #writer: SessionWriter;
  readonly #latest = new Map<string, { n: number; value: unknown }>();

  constructor(db: DatabaseSync, writer: SessionWriter) {
    this.#db = db;
    this.#writer = writer;
  }

  /** The latest from before frame n. */
  recall(key: string, n: number): unknown {
    const latest = this.#latest.get(key);
    if (latest !== undefined && latest.n < n) return latest.value;
    const row = this.#db
      .prepare('SELECT value FROM facts WHERE key = ? AND n < ? ORDER BY n DESC LIMIT 1')
      .get(key, n) as { value: string } | undefined;
    return row === undefined ? undefined : fromTaggedJson(row.value);
  }

  remember(key: string, n: number, value: unknown): void {
    const latest = this.#latest.get(key);
    if (latest === undefined || latest.n <= n) this.#latest.set(key, { n, value });
    const text = toTaggedJson(value);
    if (text !== undefined) this.#writer.fact(key, n, text);
  }
}
