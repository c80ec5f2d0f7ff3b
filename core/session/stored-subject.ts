/** A recorded frame as filters see it. One object is moved over the frames; each part is read when first asked for. */
import type { FilterSubject } from '../traffic/filter/filter.ts';
import type {
  Carrier,
  Connection,
  Direction,
  Endpoint,
  ExpertInfo,
  Fate,
  Origin,
  Transport,
} from '../traffic/frame.ts';
import { directionOf, FLAG, fateOf, originOf, worstRank } from './frame-index.ts';
import type { SessionReader } from './session-reader.ts';

const NOWHERE: Endpoint = { address: '', port: 0 };
const NO_NAMES: readonly string[] = [''];
const NO_IDS: readonly undefined[] = [undefined];
const NO_FIELDS: readonly unknown[] = [undefined];
const NO_EXPERT: readonly ExpertInfo[] = [];
const NO_BYTES = new Uint8Array(0);

export class StoredSubject implements FilterSubject {
  readonly #reader: SessionReader;
  n = 0;
  #flags = 0;
  #bytes: Uint8Array | undefined;
  #summary: string | undefined;
  #fields: readonly unknown[] | undefined;
  #beside: readonly unknown[] = NO_FIELDS;
  #expert: readonly ExpertInfo[] | undefined;
  #connection: Connection | undefined;
  #connectionOf = -1;
  #names: readonly string[] | undefined;

  constructor(reader: SessionReader) {
    this.#reader = reader;
  }

  /** Moves to frame n; `bytes` and `summary` when the caller has read them already. */
  moveTo(n: number, bytes?: Uint8Array, summary?: string): this {
    this.n = n;
    this.#flags = this.#reader.index.flags(n);
    this.#bytes = bytes;
    this.#summary = summary;
    this.#fields = undefined;
    this.#expert = undefined;
    this.#names = undefined;
    return this;
  }

  get connection(): Connection | undefined {
    const { conn } = this;
    if (conn !== this.#connectionOf) {
      this.#connection = this.#reader.connection(conn);
      this.#connectionOf = conn;
    }
    return this.#connection;
  }
  /** Connections may change between two scans. */
  forgetConnection(): void {
    this.#connectionOf = -1;
  }

  get conn(): number {
    return this.#reader.index.conn(this.n);
  }
  get direction(): Direction {
    return directionOf(this.#flags);
  }
  get at(): number {
    return this.#reader.index.time(this.n) - this.#reader.began;
  }
  get size(): number {
    return this.#reader.index.size(this.n);
  }
  get origin(): Origin {
    return originOf(this.#flags);
  }
  get fate(): Fate {
    return fateOf(this.#flags);
  }
  get protocol(): string {
    return this.connection?.protocol ?? '';
  }
  get names(): readonly string[] {
    return (this.#names ??= this.#reader.messageNames(this.n)) ?? NO_NAMES;
  }
  get ids(): readonly (number | undefined)[] {
    return this.names === NO_NAMES ? NO_IDS : this.#reader.messageIds(this.n);
  }
  get summary(): string {
    return (this.#summary ??= this.#reader.summary(this.n));
  }
  get expert(): readonly ExpertInfo[] {
    if (worstRank(this.#flags) === 0) return NO_EXPERT;
    return (this.#expert ??= this.#reader.experts(this.n));
  }
  get carrier(): Carrier {
    return this.#reader.carrier(this.n);
  }
  get transport(): Transport {
    return this.connection?.transport ?? 'tcp';
  }
  get proxy(): string {
    return this.connection?.proxy ?? '';
  }
  get role(): string {
    return this.connection?.role ?? '';
  }
  get journey(): number | undefined {
    return this.connection?.journey;
  }
  get client(): Endpoint {
    return this.connection?.client ?? NOWHERE;
  }
  get server(): Endpoint {
    return this.connection?.server ?? NOWHERE;
  }
  get answerMs(): number {
    return this.#reader.answer(this.n)?.ms ?? Number.NaN;
  }
  get waitedMs(): number {
    return this.#flags & FLAG.outcome ? this.#reader.outcome(this.n).waitedMs : 0;
  }
  get mark(): string | undefined {
    return this.#flags & FLAG.marked ? this.#reader.mark(this.n).mark : undefined;
  }
  get comment(): string | undefined {
    return this.#flags & FLAG.commented ? this.#reader.mark(this.n).comment : undefined;
  }
  get touchedBy(): readonly string[] {
    return this.#flags & FLAG.outcome ? this.#reader.outcome(this.n).touchedBy : [];
  }
  get bytes(): Uint8Array {
    return (this.#bytes ??= this.#reader.bytes(this.n) ?? NO_BYTES);
  }
  get fields(): readonly unknown[] {
    if (this.#fields === undefined) {
      const messages = this.#reader.dissect(this.n, this.bytes)?.dissected.messages;
      this.#fields = messages?.map((m) => m.fields) ?? NO_FIELDS;
      this.#beside = messages?.map((m) => m.beside) ?? NO_FIELDS;
    }
    return this.#fields;
  }
  get beside(): readonly unknown[] {
    return this.fields === NO_FIELDS ? NO_FIELDS : this.#beside;
  }
}
