/**
 * Journeys: which connections belong to one client. A handoff ties the connection it leads to, and a token issued on one
 * connection and echoed on another ties the two for certain.
 */
import { getPath } from '../schema/path.ts';
import type { Protocol } from '../protocol/protocol.ts';
import type { Connection } from '../traffic/frame.ts';
import type { Meaning } from './meaning.ts';

/** A connection that can be told its journey. */
export interface Traveller {
  readonly connection: Connection;
  learn(change: { readonly journey: number; readonly role?: string }): void;
}

interface Expected {
  readonly journey: number;
  readonly client: string;
  readonly role: string | undefined;
  readonly at: number;
}

/** A client that was sent elsewhere is expected there for so long. */
const EXPECTED_MS = 60_000;
const MAX_TOKENS = 100_000;

export class Journeys {
  /** Where clients are expected, by the listener they were sent to. */
  readonly #expected = new Map<string, Expected[]>();
  readonly #tokens = new Map<string, number>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The journey of a connection; its own number begins one. */
  of(traveller: Traveller): number {
    const { journey, id } = traveller.connection;
    if (journey !== undefined) return journey;
    traveller.learn({ journey: id });
    return id;
  }

  /** A client was sent to a listener (`place`). */
  sent(traveller: Traveller, place: string, role: string | undefined): void {
    const journey = this.of(traveller);
    const list = this.#fresh(place);
    list.push({ journey, client: traveller.connection.client.address, role, at: this.#now() });
    this.#expected.set(place, list);
  }

  /** A client came to a listener: whoever was sent there from the same address and waits longest. */
  arrived(traveller: Traveller, place: string): void {
    const list = this.#fresh(place);
    const index = list.findIndex((e) => e.client === traveller.connection.client.address);
    const [expected] = index < 0 ? [] : list.splice(index, 1);
    this.#expected.set(place, list);
    if (expected === undefined) return;
    const { journey, role } = expected;
    traveller.learn({ journey, ...(role === undefined || traveller.connection.role !== undefined ? {} : { role }) });
  }

  /** Tokens in a message: issued ones are remembered, echoed ones tie. */
  saw(traveller: Traveller, meaning: Meaning): void {
    for (const correlation of meaning.protocol.correlations) {
      if (correlation.ties !== true) continue;
      for (const message of meaning.dissected.messages) {
        if (message.name === correlation.issued.message) {
          const key = keyOf(meaning.protocol, getPath(message.fields, correlation.issued.path));
          if (key !== undefined) this.#remember(key, this.of(traveller));
        }
        for (const echo of correlation.echoed) {
          if (message.name !== echo.message) continue;
          const key = keyOf(meaning.protocol, getPath(message.fields, echo.path));
          const journey = key === undefined ? undefined : this.#tokens.get(key);
          if (journey !== undefined && journey !== traveller.connection.journey) traveller.learn({ journey });
        }
      }
    }
  }

  #remember(key: string, journey: number): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, journey);
    if (this.#tokens.size > MAX_TOKENS) this.#tokens.delete(this.#tokens.keys().next().value!);
  }

  #fresh(place: string): Expected[] {
    const oldest = this.#now() - EXPECTED_MS;
    return (this.#expected.get(place) ?? []).filter((e) => e.at >= oldest);
  }
}

export function tiesByToken(protocol: Protocol | undefined): boolean {
  return protocol?.correlations.some((c) => c.ties === true) === true;
}

function keyOf(protocol: Protocol, value: unknown): string | undefined {
  if (value instanceof Uint8Array) return `${protocol.id} x${[...value].map((b) => b.toString(16)).join('.')}`;
  if (typeof value === 'string') return value === '' ? undefined : `${protocol.id} s${value}`;
  if (typeof value === 'number' || typeof value === 'bigint') return `${protocol.id} n${value}`;
  return undefined;
}
