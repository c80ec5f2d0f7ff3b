/** Values and expectations in the words of a remark. */
import type { Condition, Node } from './nodes.ts';

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' || typeof value === 'bigint') return 'a number';
  if (typeof value === 'boolean') return 'a boolean';
  if (typeof value === 'string') return 'a string';
  return 'nothing';
}

export function brief(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

export function listed(values: readonly (string | number)[]): string {
  const shown = values.slice(0, 8).map(brief).join(', ');
  return values.length > 8 ? `${shown}, …` : shown;
}

export function isShort(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

export function expectation(node: Node): string {
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'string':
      return 'a string';
    case 'integer':
      return 'an integer';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'a boolean';
    case 'array':
    case 'tuple':
      return 'an array';
    case 'object':
    case 'record':
      return 'an object';
    case 'literal':
      return brief(node.value);
    default:
      return node.kind;
  }
}

export function describeCondition(condition: Condition): string {
  const value = Array.isArray(condition.value) ? condition.value.map(brief).join(', ') : brief(condition.value);
  const words = {
    eq: `is ${value}`,
    ne: `is not ${value}`,
    lt: `is below ${value}`,
    ge: `is at least ${value}`,
    in: `is one of ${value}`,
    bit: `has bit ${value}`,
    nobit: `lacks bit ${value}`,
  };
  return `${condition.on} ${words[condition.test]}`;
}
