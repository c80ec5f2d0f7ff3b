/** A frame in hand as filters see it. Costly parts are getters: a filter that does not need them never calls them. */
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
import type { Unit } from './codec.ts';
import type { Meaning } from './meaning.ts';

const NOTHING: readonly never[] = [];

export class FrameSubject implements FilterSubject {
  readonly n: number;
  readonly direction: Direction;
  readonly at: number;
  readonly origin: Origin = 'wire';
  readonly fate: Fate = 'forwarded';
  readonly answerMs = Number.NaN;
  readonly waitedMs = 0;
  readonly mark = undefined;
  readonly comment = undefined;
  readonly touchedBy: readonly string[] = NOTHING;
  readonly #unit: Unit;
  readonly #connection: Connection;
  readonly #meaning: () => Meaning | undefined;

  constructor(
    n: number,
    direction: Direction,
    at: number,
    unit: Unit,
    connection: Connection,
    meaning: () => Meaning | undefined,
  ) {
    this.n = n;
    this.direction = direction;
    this.at = at;
    this.#unit = unit;
    this.#connection = connection;
    this.#meaning = meaning;
  }

  get meaning(): Meaning | undefined {
    return this.#meaning();
  }
  get conn(): number {
    return this.#connection.id;
  }
  get size(): number {
    return this.#unit.payload.length;
  }
  get protocol(): string {
    return this.#connection.protocol;
  }
  get names(): readonly string[] {
    return this.meaning?.dissected.messages.map((m) => m.name ?? '') ?? [''];
  }
  get ids(): readonly (number | undefined)[] {
    return this.meaning?.dissected.messages.map((m) => m.id) ?? [undefined];
  }
  get summary(): string {
    const { meaning } = this;
    const first = meaning?.dissected.messages[0];
    return meaning === undefined || first === undefined ? '' : meaning.protocol.summary(first, this.direction);
  }
  get expert(): readonly ExpertInfo[] {
    return [...this.#unit.expert, ...(this.meaning?.dissected.expert ?? NOTHING)];
  }
  get carrier(): Carrier {
    return this.#unit.carrier;
  }
  get transport(): Transport {
    return this.#connection.transport;
  }
  get proxy(): string {
    return this.#connection.proxy ?? '';
  }
  get role(): string {
    return this.#connection.role ?? '';
  }
  get journey(): number | undefined {
    return this.#connection.journey;
  }
  get client(): Endpoint {
    return this.#connection.client;
  }
  get server(): Endpoint {
    return this.#connection.server;
  }
  get bytes(): Uint8Array {
    return this.#unit.payload;
  }
  get fields(): readonly unknown[] {
    return this.meaning?.dissected.messages.map((m) => m.fields) ?? [undefined];
  }
  get beside(): readonly unknown[] {
    return this.meaning?.dissected.messages.map((m) => m.beside) ?? [undefined];
  }
}
