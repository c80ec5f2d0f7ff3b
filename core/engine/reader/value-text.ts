/** Decoded values as text for people, and as JSON for clients: bigint as text, bytes as hex. */
import type { FieldNode } from '../../schema/nodes.ts';

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** A value that `JSON.stringify` takes: bigint as text, bytes as hex, numbers that JSON lacks as text. */
export function jsonSafe(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return hexOf(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth > 64) return '…';
  if (Array.isArray(value)) return value.map((item) => jsonSafe(item, depth + 1));
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), jsonSafe(item, depth + 1)]));
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonSafe(item, depth + 1)]));
}

/** One line for a cell or a change: text as it is, lists and objects as short JSON. */
export function cellText(value: unknown, limit = 200): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : value instanceof Uint8Array ? hexOf(value) : plain(value);
  const line = text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, '·');
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

function plain(value: unknown): string {
  if (value === null || typeof value !== 'object') return String(value);
  return JSON.stringify(jsonSafe(value));
}

/** How a field of the tree reads: `3 position, destination`, `0x0280`, `"bob"`, `12 items`. */
export function fieldText(node: FieldNode, secret: boolean): string {
  const { value, meta, kind, children } = node;
  if (secret && isWhole(node)) return '••••••';
  if (kind === 'list' || kind === 'array' || kind === 'tuple') {
    return `${children.length} item${children.length === 1 ? '' : 's'}`;
  }
  if (kind === 'flags' && typeof value === 'number') return `${value}${named(children)}`;
  if (typeof value === 'number' || typeof value === 'bigint') return numberText(node, value);
  if (typeof value === 'string') return withName(JSON.stringify(value), meta.names?.[value]);
  if (value instanceof Uint8Array) {
    const shown = hexOf(value.subarray(0, 32)).replaceAll(/(..)(?=.)/g, '$1 ');
    return value.length > 32 ? `${shown} … (${value.length} bytes)` : shown;
  }
  if (value === null || value === undefined || typeof value === 'boolean') return String(value ?? 'null');
  if (children.length > 0) return `${children.length} field${children.length === 1 ? '' : 's'}`;
  return cellText(value, 120);
}

/** One value, though its length or its end may stand beside it in the tree. */
export function isWhole({ children }: FieldNode): boolean {
  return children.every(({ name }) => name.startsWith('#'));
}

function numberText(node: FieldNode, value: number | bigint): string {
  const { meta, bits, start, end } = node;
  let text = String(value);
  if (meta.display === 'hex') text = `0x${value.toString(16).padStart(Math.max(1, end - start) * 2, '0')}`;
  else if (meta.display === 'bin') text = `0b${value.toString(2).padStart(bits?.width ?? (end - start) * 8, '0')}`;
  else if (meta.display === 'char')
    text = `${value} ${JSON.stringify(String.fromCodePoint(Math.min(0x10_ffff, Math.max(0, Number(value)))))}`;
  const unit = meta.unit === undefined ? '' : ` ${meta.unit}`;
  return withName(`${text}${unit}`, meta.names?.[String(value)]);
}

function withName(text: string, name: string | undefined): string {
  return name === undefined ? text : `${text} ${name}`;
}

function named(bits: readonly FieldNode[]): string {
  const set = bits.filter((bit) => bit.value === true || bit.value === 1).map((bit) => bit.name);
  return set.length === 0 ? '' : ` ${set.join(', ')}`;
}
