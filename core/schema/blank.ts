import { holds, same } from './conditions.ts';
import type { Node } from './nodes.ts';

/** Stands where a schema says nothing. */

export const ANY: Node = Object.freeze({ kind: 'any', meta: Object.freeze({}) });

/** The plainest value of a schema: zeros, empty texts and lists, first choices; optional parts left out. */
export function blank(node: Node): unknown {
  switch (node.kind) {
    case 'int':
    case 'varint':
      if (node.derive !== undefined) return 0;
      if (node.kind === 'int' && node.size === 8) return 0n;
      return Math.max(node.meta.min ?? 0, 0);
    case 'enum': {
      const first = Object.keys(node.values)[0] ?? '0';
      return node.of.kind === 'int' && node.of.size === 8 ? BigInt(first) : Number(first);
    }
    case 'flags':
    case 'float':
    case 'checksum':
      return 0;
    case 'number':
      return Math.max(node.meta.min ?? 0, 0);
    case 'integer':
      return node.values?.[0] ?? Math.max(node.meta.min ?? 0, 0);
    case 'bits':
      return Object.fromEntries(node.parts.map((part) => [part.name, 0]));
    case 'bytes':
      return new Uint8Array(node.length.by === 'fixed' ? node.length.size : 0);
    case 'text':
      return node.parse === 'number' ? 0 : '';
    case 'string':
      return node.values?.[0] ?? Object.keys(node.meta.names ?? {})[0] ?? '';
    case 'boolean':
      return false;
    case 'null':
    case 'any':
      return null;
    case 'literal':
      return node.value;
    case 'oneOf':
      return blank(node.options[0] ?? ANY);
    case 'array':
      return Array.from({ length: node.meta.min ?? 0 }, () => blank(node.of));
    case 'tuple':
      return node.items.map(blank);
    case 'record':
      return {};
    case 'object':
      return Object.fromEntries(node.keys.filter((key) => !key.optional).map((key) => [key.name, blank(key.node)]));
    case 'list':
      return node.count.by === 'fixed' ? Array.from({ length: node.count.size }, () => blank(node.of)) : [];
    case 'struct':
      return blankStruct(node);
    case 'messages': {
      const [first] = node.cases;
      return first === undefined ? undefined : { message: first.name, tag: first.tag, body: blank(first.body) };
    }
    case 'compressed':
    case 'sealed':
      return blank(node.of);
    case 'when':
    case 'optional':
    case 'switch':
    case 'fixed':
      return undefined;
    case 'custom':
      return node.codec.mutants(undefined)[0]?.value;
    default:
      return node satisfies never;
  }
}

function blankStruct(node: Extract<Node, { kind: 'struct' }>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const field of node.fields) {
    const inner = field.node;
    let value = blank(inner);
    if (inner.kind === 'when' && holds(inner.condition, made[inner.condition.on])) value = blank(inner.then);
    if (inner.kind === 'switch') {
      const chosen = inner.cases.find((one) => same(made[inner.on], one.value))?.node ?? inner.otherwise;
      if (chosen !== undefined) value = blank(chosen);
    }
    if (value !== undefined) made[field.name] = value;
  }
  return made;
}
