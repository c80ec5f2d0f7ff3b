import { same } from './conditions.ts';

/** Equal decoded values of either family: bytes by content, 5 and 5n alike, absent and undefined alike, NaN itself. */
export function equalValues(left: unknown, right: unknown): boolean {
  if (Object.is(left, right) || same(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (left instanceof Uint8Array || right instanceof Uint8Array) {
    if (!(left instanceof Uint8Array && right instanceof Uint8Array)) return false;
    return left.length === right.length && left.every((byte, at) => byte === right[at]);
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const one = left as Record<string, unknown>;
  const two = right as Record<string, unknown>;
  for (const key of Object.keys(one)) {
    const other = Object.hasOwn(two, key) ? two[key] : undefined;
    if (!equalValues(one[key], other)) return false;
  }
  return Object.keys(two).every((key) => two[key] === undefined || Object.hasOwn(one, key));
}
