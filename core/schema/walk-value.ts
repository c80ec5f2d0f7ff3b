/** Goes through a value along its schema: which fields are there, and with which values. Paths are patterns (`items[].id`). */
import type { Node } from './nodes.ts';
import { formatSegment } from './path.ts';
import { same } from './conditions.ts';
import { pickOption } from './validate.ts';

/** Called for every field that is there, with the schema's node and the pattern of its path, as `fieldsOf` lists it. */
export type Visit = (path: string, node: Node, value: unknown) => void;

export function walkValue(node: Node, value: unknown, visit: Visit, path = ''): void {
  if (value === undefined) return;
  switch (node.kind) {
    case 'struct':
    case 'object': {
      if (path !== '') visit(path, node, value);
      if (typeof value !== 'object' || value === null) return;
      const given = value as Record<string, unknown>;
      const parts = node.kind === 'struct' ? node.fields : node.keys;
      for (const part of parts) {
        if (!Object.hasOwn(given, part.name)) continue;
        if (part.node.kind === 'switch') {
          const { on, cases, otherwise } = part.node;
          const chosen = cases.find((one) => same(given[on], one.value))?.node ?? otherwise;
          if (chosen !== undefined) walkValue(chosen, given[part.name], visit, under(path, part.name));
        } else walkValue(part.node, given[part.name], visit, under(path, part.name));
      }
      return;
    }
    case 'list':
    case 'array':
      visit(path, node, value);
      if (Array.isArray(value)) for (const item of value) walkValue(node.of, item, visit, `${path}[]`);
      return;
    case 'record':
      visit(path, node, value);
      if (typeof value !== 'object' || value === null) return;
      for (const item of Object.values(value)) walkValue(node.of, item, visit, `${path}[*]`);
      return;
    case 'tuple':
      visit(path, node, value);
      if (!Array.isArray(value)) return;
      value.forEach((item: unknown, index) => {
        const part = node.items[index];
        if (part !== undefined) walkValue(part, item, visit, `${path}[${index}]`);
        else if (node.rest !== undefined) walkValue(node.rest, item, visit, `${path}[]`);
      });
      return;
    case 'bits': {
      visit(path, node, value);
      const parts = value as Record<string, unknown> | null;
      for (const part of node.parts) {
        visit(under(path, part.name), { kind: 'any', meta: part.meta }, parts?.[part.name]);
      }
      return;
    }
    case 'when':
      return walkValue(node.then, value, visit, path);
    case 'optional':
    case 'compressed':
    case 'sealed':
      return walkValue(node.of, value, visit, path);
    case 'oneOf': {
      const option = pickOption(node.options, value);
      if (option.kind === 'null' || isScalar(option)) return visit(path, node, value);
      return walkValue(option, value, visit, path);
    }
    case 'messages': {
      visit(path, node, value);
      const { message, body } = (value ?? {}) as { message?: unknown; body?: unknown };
      const chosen = node.cases.find((one) => one.name === message);
      if (chosen !== undefined) walkValue(chosen.body, body, visit, under(path, 'body'));
      return;
    }
    default:
      visit(path, node, value);
  }
}

function isScalar(node: Node): boolean {
  return ['string', 'integer', 'number', 'boolean', 'literal', 'any'].includes(node.kind);
}

function under(path: string, name: string): string {
  const segment = formatSegment(name);
  return path === '' && segment.startsWith('.') ? segment.slice(1) : path + segment;
}
