/** Conditions between fields and the references they look up, for everything that reads, writes or checks a value. */
import type { Condition, Constant } from './nodes.ts';

export function holds(condition: Condition, actual: unknown): boolean {
  const { test, value } = condition;
  switch (test) {
    case 'eq':
      return same(actual, value as Constant);
    case 'ne':
      return !same(actual, value as Constant);
    case 'lt':
      return (actual as number) < (value as number);
    case 'ge':
      return (actual as number) >= (value as number);
    case 'in':
      return (value as readonly Constant[]).some((one) => same(actual, one));
    case 'bit':
    case 'nobit': {
      const hit =
        typeof actual === 'bigint' ? (actual & BigInt(value as number)) !== 0n : (Number(actual) & Number(value)) !== 0;
      return hit === (test === 'bit');
    }
    default:
      return test satisfies never;
  }
}

/** Equal constants; 5 and 5n are the same number. */
export function same(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left === 'bigint' && typeof right === 'number') return left === BigInt(Math.trunc(right));
  if (typeof left === 'number' && typeof right === 'bigint') return BigInt(Math.trunc(left)) === right;
  return false;
}

/** `field`, `field.part`, with one leading `^` per struct further out. */
export function lookUp(reference: string, scopes: readonly unknown[]): unknown {
  let climb = 0;
  while (reference[climb] === '^') climb += 1;
  let here: unknown = scopes[scopes.length - 1 - climb];
  for (const name of reference.slice(climb).split('.')) {
    here = typeof here === 'object' && here !== null ? (here as Record<string, unknown>)[name] : undefined;
  }
  return here;
}
