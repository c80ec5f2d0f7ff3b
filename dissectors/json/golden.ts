/** Golden examples of text protocols, written as the text that crosses the wire. */
import type { Direction, Example } from '../../core/protocol/protocol.ts';

export interface GoldenExtras extends Pick<Example, 'options' | 'role' | 'serverPort' | 'lossy'> {
  /** Default: the direction and the message. */
  readonly name?: string;
  /** Default: everything the text says but `without`. */
  readonly fields?: unknown;
  /** Top-level key that tells the message apart and is no field. */
  readonly without?: string;
}

const encoder = new TextEncoder();

export function hexOf(text: string): string {
  return [...encoder.encode(text)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** An example whose expected fields come from the host's own JSON reader, which is none of ours. */
export function golden(direction: Direction, message: string | null, text: string, extras: GoldenExtras = {}): Example {
  const { name = `${direction} ${message ?? 'not understood'}`, fields, without, ...rest } = extras;
  return {
    name,
    direction,
    hex: hexOf(text),
    message,
    ...('fields' in extras ? { fields } : message === null ? {} : { fields: readFields(text, without) }),
    ...rest,
  };
}

function readFields(text: string, without: string | undefined): unknown {
  const value: unknown = JSON.parse(text);
  if (without === undefined || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== without));
}
