/** What the parts of the conformance kit share: options, golden examples, the list of failures. */
import { fromHex } from '../schema/characters.ts';
import { plainValue } from '../schema/plain-value.ts';
import type { Dissected, Example, Link, MessageSpec, Protocol } from './protocol.ts';

export interface ConformanceOptions {
  /** All registered protocols: recognition is a contest. Default: the protocol alone. */
  readonly among?: readonly Protocol[];
  /** Random and damaged inputs per message; default 1000. */
  readonly perMessage?: number;
  /** At least so many inputs in all; default 0. */
  readonly inputs?: number;
  readonly seed?: number;
  /** Monotonic milliseconds, to watch the time budget; without one, time is not checked. */
  readonly clock?: () => number;
  /** Milliseconds one input may take; default 1000 (a hang, not a slow machine). */
  readonly patience?: number;
}

const MOST_SHOWN = 8;

export class Failures {
  private readonly shown: string[] = [];
  private count = 0;
  add(text: string): void {
    this.count += 1;
    if (this.shown.length < MOST_SHOWN) this.shown.push(text);
  }
  get many(): boolean {
    return this.count >= 50;
  }
  end(): void {
    if (this.count === 0) return;
    const more = this.count > this.shown.length ? [`… and ${this.count - this.shown.length} more`] : [];
    throw new Error([...this.shown, ...more].join('\n'));
  }
}

export interface Golden {
  readonly example: Example;
  readonly bytes: Uint8Array;
  readonly state: unknown;
}

/** The protocol's examples, each with the state it is read in. */
export function goldensOf(protocol: Protocol): readonly Golden[] {
  return protocol.examples.map(
    (example): Golden => ({
      example,
      bytes: fromHex(example.hex),
      state: protocol.start(linkOf(protocol, example), example.options ?? {}),
    }),
  );
}

export function linkOf(protocol: Protocol, example?: Example): Link {
  const port = example?.serverPort ?? protocol.ports.find((one) => one.role === example?.role)?.port ?? 0;
  return {
    transport: protocol.transports[0] ?? 'tcp',
    serverPort: port,
    ...(example?.role === undefined ? {} : { role: example.role }),
  };
}

export function dissected(protocol: Protocol, one: Golden): Dissected {
  return protocol.dissect(one.bytes, one.example.direction, one.state);
}

export function shown(value: unknown): string {
  const text = JSON.stringify(plainValue(value)) ?? 'undefined';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

export function attempt<T>(run: () => T): { value: T; error?: undefined } | { value?: undefined; error: string } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
  }
}

export function specOf(protocol: Protocol, one: Golden): { spec: MessageSpec; fields: unknown } | undefined {
  const { messages } = dissected(protocol, one);
  const [first] = messages;
  return first?.spec === undefined || messages.length > 1 ? undefined : { spec: first.spec, fields: first.fields };
}
