/** What a person or a JSON text gives for a number or for bytes, made what an encoder writes. */
import { fromHex } from './characters.ts';

/** Integers may also come as text (64-bit numbers in JSON) or as the name of an enumeration's value. */
export function toInteger(value: unknown, path: string, names?: Readonly<Record<string, string>>): number | bigint {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string') {
    if (/^-?\d+$/.test(value)) return BigInt(value);
    if (/^0x[0-9a-f]+$/i.test(value)) return BigInt(value);
    const named = Object.entries(names ?? {}).find(([, name]) => name === value);
    if (named !== undefined) return BigInt(named[0]);
  }
  throw new Error(`${path || 'The value'} should be an integer, not ${JSON.stringify(value) ?? typeof value}.`);
}

export function toBytes(value: unknown, path: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') {
    try {
      return fromHex(value);
    } catch {
      // Said below, with the path.
    }
  }
  throw new Error(`${path || 'The value'} should be bytes (or their hexadecimal text).`);
}
