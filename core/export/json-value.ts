/** Decoded values as JSON: bigint as text, bytes as hex, NaN and infinities as text. */
import { toHex } from '../schema/characters.ts';

export type Hex = (bytes: Uint8Array) => string;

/** The value itself where JSON can say all of it, which of JSON protocols is nearly always: then nothing is copied. */
export function jsonValue(value: unknown, hex: Hex = toHex): unknown {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      if (value === null) return null;
      if (Array.isArray(value)) return listValue(value, hex);
      if (value instanceof Uint8Array) return hex(value);
      return recordValue(value as Record<string, unknown>, hex);
    default:
      return value;
  }
}

function listValue(list: readonly unknown[], hex: Hex): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < list.length; i++) {
    const item = list[i];
    if (typeof item === 'string') continue;
    const said = jsonValue(item, hex);
    if (said === item) continue;
    copy ??= [...list];
    copy[i] = said;
  }
  return copy ?? list;
}

function recordValue(record: Record<string, unknown>, hex: Hex): Record<string, unknown> {
  let copy: Record<string, unknown> | undefined;
  for (const key of Object.keys(record)) {
    const item = record[key];
    if (typeof item === 'string') continue;
    const said = jsonValue(item, hex);
    if (said === item) continue;
    // Not by assignment: a key may be called `__proto__`.
    copy ??= Object.fromEntries(Object.entries(record));
    Object.defineProperty(copy, key, { value: said, configurable: true, enumerable: true, writable: true });
  }
  return copy ?? record;
}
