/** What the connections list shows of each connection, counted from the index as the session grows. */
import type { ConnectionStatus } from '../../contract/verbs.ts';
import { FLAG } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { ClientNames } from './client-names.ts';

interface Totals {
  frames: number;
  bytesToServer: number;
  bytesToClient: number;
  understood: number;
  control: number;
  experts: number;
}

export class ConnectionStatuses {
  readonly #reader: SessionReader;
  readonly #names: ClientNames;
  readonly #totals = new Map<number, Totals>();
  #counted = 0;
  #expertsTo = 0;
  #isChanged = true;

  constructor(reader: SessionReader) {
    this.#reader = reader;
    this.#names = new ClientNames(reader);
  }

  /** Something changed since the list was last taken. */
  get isChanged(): boolean {
    return this.#isChanged || this.#counted !== this.#reader.index.count;
  }
  touch(): void {
    this.#isChanged = true;
  }

  /** Frames were decoded late or anew: what was counted is void. */
  recount(): void {
    this.#totals.clear();
    this.#names.clear();
    this.#counted = 0;
    this.#expertsTo = 0;
    this.#isChanged = true;
  }

  list(): ConnectionStatus[] {
    this.#count();
    this.#isChanged = false;
    return this.#reader.connections().map((connection) => {
      const t = this.#totals.get(connection.id);
      const clientName = this.#names.of(connection.id);
      const messages = t === undefined ? 0 : t.frames - t.control;
      return {
        ...connection,
        frames: t?.frames ?? 0,
        bytesToServer: t?.bytesToServer ?? 0,
        bytesToClient: t?.bytesToClient ?? 0,
        expertCount: t?.experts ?? 0,
        understood: messages === 0 || t === undefined ? 1 : t.understood / messages,
        name: `c${connection.id}${connection.role === undefined ? '' : ` ${connection.role}`}`,
        ...(clientName === undefined ? {} : { clientName }),
      };
    });
  }

  #count(): void {
    const { index } = this.#reader;
    for (let n = this.#counted + 1; n <= index.count; n++) {
      const t = this.#of(index.conn(n));
      const flags = index.flags(n);
      t.frames++;
      if (flags & FLAG.toClient) t.bytesToClient += index.size(n);
      else {
        t.bytesToServer += index.size(n);
        if ((flags & FLAG.control) === 0) this.#names.see(n);
      }
      if (flags & FLAG.control) t.control++;
      else if (index.message(n) !== 0) t.understood++;
    }
    this.#counted = index.count;
    const select = this.#reader.db.prepare(
      'SELECT conn, count(*) AS count, max(id) AS last FROM experts WHERE id > ? GROUP BY conn',
    );
    for (const row of select.all(this.#expertsTo) as { conn: number; count: number; last: number }[]) {
      this.#of(row.conn).experts += row.count;
      this.#expertsTo = Math.max(this.#expertsTo, row.last);
    }
  }

  #of(conn: number): Totals {
    let t = this.#totals.get(conn);
    if (t === undefined) {
      t = { frames: 0, bytesToServer: 0, bytesToClient: 0, understood: 0, control: 0, experts: 0 };
      this.#totals.set(conn, t);
    }
    return t;
  }
}
