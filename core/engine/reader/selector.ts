/**
 * Which frames fit a filter, a time window and the hidden messages. What the filter requires is read off the index first; only
 * frames that may still fit are looked at, and their bytes are read in runs.
 */
import { FLAG, MESSAGE_IN_FILE, slot } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { StoredSubject } from '../../session/stored-subject.ts';
import type { CompiledFilter } from '../../traffic/filter/filter.ts';

export interface Selection {
  readonly filter: CompiledFilter;
  /** `protocol/message`. */
  readonly hidden?: readonly string[];
  /** Seconds since the session began. */
  readonly window?: readonly [from: number, to: number];
}

export const BLOCK = 1024;
/** From so many candidates in a block on, their bytes are read in one go. */
const DENSE = 96;

export class Selector {
  readonly #reader: SessionReader;
  readonly #selection: Selection;
  readonly #subject: StoredSubject;
  readonly #hidden: ReadonlySet<string>;
  #messages = new Uint8Array(0);
  #hiddenIds = new Uint8Array(0);
  #namesKnown = -1;
  readonly #connections = new Map<number, boolean>();
  #lastConnection = -1;
  #lastAllowed = false;
  readonly #candidates: number[] = [];

  constructor(reader: SessionReader, selection: Selection) {
    this.#reader = reader;
    this.#selection = selection;
    this.#subject = reader.subject();
    this.#hidden = new Set(selection.hidden);
  }

  /** True when every frame is shown: no list need be kept. */
  get isEverything(): boolean {
    return this.#selection.filter.isEmpty && this.#hidden.size === 0 && this.#selection.window === undefined;
  }

  /** Connections were added or changed: what was concluded from them is void. */
  refresh(): void {
    this.#connections.clear();
    this.#lastConnection = -1;
    this.#subject.forgetConnection();
  }

  /** Looks at frames `from..to` (a block at most) and tells those that are shown, and those that are hidden by name. */
  scan(from: number, to: number, shown: (n: number) => void, hidden: (n: number) => void): void {
    const { filter } = this.#selection;
    const candidates = this.#candidates;
    candidates.length = 0;
    this.#collect(from, to);
    if (candidates.length === 0) return;
    if (filter.isEmpty) {
      for (const n of candidates) this.#tell(n, shown, hidden);
      return;
    }
    const needsBytes = filter.needs.fields || filter.needs.bytes;
    const isDense = needsBytes && candidates.length >= DENSE;
    const [first, last] = [candidates[0]!, candidates.at(-1)!];
    const run = isDense ? this.#reader.bytesBetween(first, last) : undefined;
    // Text is looked for in the summaries too.
    const summaries = isDense && filter.needs.bytes ? this.#reader.summariesBetween(first, last) : undefined;
    for (const n of candidates) {
      if (filter.test(this.#subject.moveTo(n, run?.get(n), summaries?.get(n)))) this.#tell(n, shown, hidden);
    }
  }

  /** How one frame fares; for frames that changed. */
  look(n: number): 'shown' | 'hidden' | 'out' {
    let result: 'shown' | 'hidden' | 'out' = 'out';
    this.scan(
      n,
      n,
      () => {
        result = 'shown';
      },
      () => {
        result = 'hidden';
      },
    );
    return result;
  }

  #tell(n: number, shown: (n: number) => void, hidden: (n: number) => void): void {
    if (this.#hidden.size > 0 && this.#hiddenIds[this.#reader.index.message(n)] === 1) hidden(n);
    else shown(n);
  }

  #collect(from: number, to: number): void {
    const { index, began } = this.#reader;
    const { required } = this.#selection.filter;
    const { window } = this.#selection;
    this.#learnNames();
    const byMessage = required.messages !== undefined;
    const byConnection = required.connections !== undefined || required.protocols !== undefined;
    const direction = required.direction === undefined ? -1 : required.direction === 'toClient' ? FLAG.toClient : 0;
    const [earliest, latest] = window === undefined ? [0, 0] : [window[0] + began, window[1] + began];
    const candidates = this.#candidates;
    let chunk = index.chunkOf(from);
    for (let n = from; n <= to; n++) {
      const i = slot(n);
      if (i === 0) chunk = index.chunkOf(n);
      const flags = chunk.flags[i]!;
      if (direction >= 0 && (flags & FLAG.toClient) !== direction) continue;
      if (byMessage && this.#messages[chunk.message[i]!] !== 1 && (flags & FLAG.batch) === 0) continue;
      if (byConnection && !this.#allows(chunk.conn[i]!)) continue;
      if (window !== undefined) {
        const time = index.time(n);
        if (time < earliest || time > latest) continue;
      }
      candidates.push(n);
    }
  }

  #allows(conn: number): boolean {
    if (conn === this.#lastConnection) return this.#lastAllowed;
    let allowed = this.#connections.get(conn);
    if (allowed === undefined) {
      const { connections, protocols } = this.#selection.filter.required;
      const protocol = this.#reader.connection(conn)?.protocol ?? '';
      allowed = (connections?.has(conn) ?? true) && (protocols?.has(protocol) ?? true);
      this.#connections.set(conn, allowed);
    }
    this.#lastConnection = conn;
    this.#lastAllowed = allowed;
    return allowed;
  }

  #learnNames(): void {
    const names = this.#reader.names();
    if (names.length === this.#namesKnown) return;
    this.#namesKnown = names.length;
    this.#messages = new Uint8Array(MESSAGE_IN_FILE + 1);
    this.#hiddenIds = new Uint8Array(MESSAGE_IN_FILE + 1);
    const wanted = this.#selection.filter.required.messages;
    this.#messages[MESSAGE_IN_FILE] = 1;
    if (wanted?.has('')) this.#messages[0] = 1;
    names.forEach((name, id) => {
      if (name === undefined || id >= MESSAGE_IN_FILE) return;
      if (wanted?.has(name.name)) this.#messages[id] = 1;
      if (this.#hidden.has(`${name.protocol}/${name.name}`)) this.#hiddenIds[id] = 1;
    });
    // Frames nobody understood can be hidden too, by the empty name.
    for (const hidden of this.#hidden) if (hidden.endsWith('/')) this.#hiddenIds[0] = 1;
  }
}
