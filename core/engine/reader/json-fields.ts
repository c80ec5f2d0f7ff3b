/** Fields as clients send them (JSON: 64-bit numbers as text, bytes as hex) back into the values the schema encodes. */
import { fromHex } from '../../schema/characters.ts';
import type { Node } from '../../schema/nodes.ts';
import { setOwn } from '../../schema/path.ts';
import { holds, lookUp, pickOption, same } from '../../schema/validate.ts';

/** What does not fit its node stays as it is: encoding then says what is wrong with it. */
export function fieldsFromJson(node: Node, value: unknown): unknown {
  return convert(node, value, []);
}

/** @param scopes values around this one, innermost last, for nodes that depend on an earlier field */
function convert(node: Node, value: unknown, scopes: readonly unknown[]): unknown {
  switch (node.kind) {
    case 'int':
      return node.size === 8 ? big(value) : integer(value);
    case 'varint':
      return integer(value);
    case 'enum':
    case 'flags':
      return convert(node.of, value, scopes);
    case 'bytes':
    case 'fixed':
    case 'custom':
      return bytes(value);
    case 'struct':
      return object(value, (entries) => {
        const built: Record<string, unknown> = { ...entries };
        for (const field of node.fields) {
          if (Object.hasOwn(entries, field.name)) {
            setOwn(built, field.name, convert(field.node, entries[field.name], [...scopes, built]));
          }
        }
        return built;
      });
    case 'list':
    case 'array':
      return Array.isArray(value) ? value.map((item) => convert(node.of, item, [...scopes, value])) : value;
    case 'tuple':
      return Array.isArray(value)
        ? value.map((item, i) => {
            const of = node.items[i] ?? node.rest;
            return of === undefined ? item : convert(of, item, scopes);
          })
        : value;
    case 'when':
      return holds(node.condition, lookUp(node.condition.on, scopes)) ? convert(node.then, value, scopes) : value;
    case 'optional':
    case 'compressed':
    case 'sealed':
      return convert(node.of, value, scopes);
    case 'switch': {
      const on = lookUp(node.on, scopes);
      const chosen = node.cases.find((one) => same(one.value, on))?.node ?? node.otherwise;
      return chosen === undefined ? value : convert(chosen, value, scopes);
    }
    case 'messages':
      return object(value, (entries) => {
        const chosen = node.cases.find((one) => one.name === entries.message);
        return chosen === undefined ? entries : { ...entries, body: convert(chosen.body, entries.body, scopes) };
      });
    case 'object':
      return object(value, (entries) => {
        const built: Record<string, unknown> = { ...entries };
        for (const key of node.keys) {
          if (Object.hasOwn(entries, key.name)) {
            setOwn(built, key.name, convert(key.node, entries[key.name], [...scopes, built]));
          }
        }
        return built;
      });
    case 'record':
      return object(value, (entries) => {
        const built: Record<string, unknown> = {};
        for (const [key, item] of Object.entries(entries)) setOwn(built, key, convert(node.of, item, scopes));
        return built;
      });
    case 'oneOf':
      return convert(pickOption(node.options, value), value, scopes);
    case 'float':
    case 'bits':
    case 'text':
    case 'checksum':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
    case 'literal':
    case 'any':
      return value;
    default:
      return node satisfies never;
  }
}

function object(value: unknown, build: (entries: Record<string, unknown>) => unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return build(value as Record<string, unknown>);
}

function integer(value: unknown): unknown {
  if (typeof value !== 'string' || !/^-?\d{1,40}$/.test(value)) return value;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}

function big(value: unknown): unknown {
  if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
  return typeof value === 'string' && /^-?\d{1,40}$/.test(value) ? BigInt(value) : value;
}

function bytes(value: unknown): unknown {
  if (typeof value !== 'string' || !/^(?:[0-9a-f]{2}|\s)*$/i.test(value)) return value;
  try {
    return fromHex(value);
  } catch {
    return value;
  }
}
