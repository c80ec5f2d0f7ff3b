/** Decoded values as JSON: bigint as text, bytes as hex, NaN and infinities as text. */
import { toHex } from '../schema/characters.ts';

export type Hex = (bytes: Uint8Array) => string;

export function jsonValue(value: unknown, hex: Hex = toHex): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      if (value === null) return null;
      if (value instanceof Uint8Array) return hex(value);
      if (Array.isArray(value)) return value.map((item) => jsonValue(item, hex));
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonValue(item, hex)]));
    default:
      return value;
  }
}
