/** Numbers for the names of messages: the index and the file keep a number per frame. Bounded, whatever a peer sends as a name. */
import type { DatabaseSync } from 'node:sqlite';
import type { SessionWriter } from './session-writer.ts';

/** [id, protocol, name, number] */
export type NewName = readonly [number, string, string, number | undefined];

const MAX_NAMES = 60_000;
const MAX_NAME_LENGTH = 200;

export class MessageNames {
  readonly #db: DatabaseSync;
  readonly #writer: SessionWriter;
  readonly #ids = new Map<string, number>();
  #new: NewName[] = [];

  constructor(db: DatabaseSync, writer: SessionWriter) {
    this.#db = db;
    this.#writer = writer;
    this.#load();
  }

  idOf(protocol: string, name: string, number: number | undefined): number {
    const key = `${protocol}\0${name}`;
    let id = this.#ids.get(key);
    if (id !== undefined) return id;
    const isFull = this.#ids.size >= MAX_NAMES;
    const kept = isFull ? '(too many different names)' : name.slice(0, MAX_NAME_LENGTH);
    id = this.#writer.name(protocol, kept, isFull ? undefined : number);
    if (!isFull) this.#ids.set(key, id);
    this.#new.push([id, protocol, kept, number]);
    return id;
  }

  /** Names numbered since the last call. */
  takeNew(): readonly NewName[] {
    const names = this.#new;
    this.#new = [];
    return names;
  }

  /** As the file has them: what was not committed is forgotten. */
  reload(): void {
    this.#ids.clear();
    this.#load();
    this.#new = [];
  }

  #load(): void {
    const rows = this.#db.prepare('SELECT id, protocol, name FROM names').all() as {
      id: number;
      protocol: string;
      name: string;
    }[];
    for (const row of rows) this.#ids.set(`${row.protocol}\0${row.name}`, row.id);
  }
}
