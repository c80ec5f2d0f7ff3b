/** Values with bigint, bytes, Map and Set as JSON text, and back. For facts a protocol remembers; nothing in it can run. */

/** JSON text, or undefined when the value holds something that has no text (a function, a class of its own). */
export function toTaggedJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(tag(value, 0));
  } catch {
    return undefined;
  }
}

/** @throws SyntaxError when the text is not JSON. */
export function fromTaggedJson(text: string): unknown {
  return untag(JSON.parse(text));
}

const MAX_DEPTH = 64;

function tag(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new TypeError('too deep');
  if (value === undefined) return { $: 'undefined' };
  if (typeof value === 'bigint') return { $: 'bigint', v: value.toString() };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $: 'number', v: String(value) };
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (value instanceof Uint8Array) return { $: 'bytes', v: Buffer.from(value).toString('hex') };
  if (Array.isArray(value)) return value.map((item) => tag(item, depth + 1));
  if (value instanceof Map) return { $: 'map', v: [...value].map((pair) => tag(pair, depth + 1)) };
  if (value instanceof Set) return { $: 'set', v: [...value].map((item) => tag(item, depth + 1)) };
  if (typeof value !== 'object') throw new TypeError('has no text');
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('has no text');
  const plain = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, tag(item, depth + 1)]));
  return '$' in plain ? { $: 'object', v: plain } : plain;
}

function untag(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map(untag);
  const { $: kind, v } = value as { $?: unknown; v?: unknown };
  switch (kind) {
    case undefined:
      return untagObject(value);
    case 'undefined':
      return undefined;
    case 'bigint':
      return typeof v === 'string' && /^-?\d{1,400}$/.test(v) ? BigInt(v) : undefined;
    case 'number':
      return Number(v);
    case 'bytes':
      return new Uint8Array(Buffer.from(String(v), 'hex'));
    case 'map':
      return new Map(Array.isArray(v) ? (v.map(untag) as [unknown, unknown][]) : []);
    case 'set':
      return new Set(Array.isArray(v) ? v.map(untag) : []);
    case 'object':
      return v !== null && typeof v === 'object' ? untagObject(v) : undefined;
    default:
      return undefined;
  }
}

function untagObject(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, untag(item)]));
}
