/** A schema told to people and tools: field lists for documentation and completion, and every value that has a name. */
import type { Length, Meta, Node } from './nodes.ts';
import { formatSegment } from './path.ts';

/** What filters compare a field with. */
export type FieldType = 'integer' | 'number' | 'text' | 'boolean' | 'bytes' | 'list' | 'struct' | 'null' | 'any';

export interface FieldDescription {
  /** `[]` stands for any index, `[*]` for any key of a dictionary: `beings[].x`, `status[*].value`. */
  readonly path: string;
  readonly type: FieldType;
  /** As in a format table: `u16be`, `text, u16be length`, `array of string`. */
  readonly layout: string;
  readonly optional: boolean;
  readonly meta: Meta;
  /** Values with a name, and what the name is; texts name themselves. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Every field below the node, parents first; the node itself is not listed unless it is a leaf. */
export function fieldsOf(node: Node): readonly FieldDescription[] {
  const found: FieldDescription[] = [];
  collect(node, '', false, found, 0);
  const seen = new Map<string, FieldDescription>();
  for (const field of found) {
    const before = seen.get(field.path);
    seen.set(field.path, before === undefined ? field : merged(before, field));
  }
  return [...seen.values()];
}

/** Alternatives (switch, oneOf) may have a field of one name each. */
function merged(one: FieldDescription, two: FieldDescription): FieldDescription {
  const values = { ...one.values, ...two.values };
  return {
    ...one,
    type: one.type === two.type ? one.type : one.type === 'null' ? two.type : two.type === 'null' ? one.type : 'any',
    layout: one.layout === two.layout ? one.layout : `${one.layout} | ${two.layout}`,
    meta: { ...two.meta, ...one.meta },
    ...(Object.keys(values).length === 0 ? {} : { values }),
  };
}

function collect(node: Node, path: string, optional: boolean, found: FieldDescription[], depth: number): void {
  if (depth > 32) return;
  const add = (): void => {
    if (path === '' && (node.kind === 'struct' || node.kind === 'object')) return;
    const values = valuesOf(node);
    found.push({
      path,
      type: typeOf(node),
      layout: layoutOf(node),
      optional,
      meta: node.meta,
      ...(values === undefined ? {} : { values }),
    });
  };
  const under = (name: string): string => {
    const segment = formatSegment(name);
    return path === '' && segment.startsWith('.') ? segment.slice(1) : path + segment;
  };
  switch (node.kind) {
    case 'struct':
      add();
      for (const field of node.fields) {
        if (field.node.kind !== 'fixed') collect(field.node, under(field.name), false, found, depth + 1);
      }
      return;
    case 'object':
      add();
      for (const key of node.keys) collect(key.node, under(key.name), key.optional, found, depth + 1);
      return;
    case 'list':
    case 'array':
      add();
      return collect(node.of, `${path}[]`, false, found, depth + 1);
    case 'record':
      add();
      return collect(node.of, `${path}[*]`, false, found, depth + 1);
    case 'tuple':
      add();
      node.items.forEach((item, index) => collect(item, `${path}[${index}]`, false, found, depth + 1));
      if (node.rest !== undefined) collect(node.rest, `${path}[]`, true, found, depth + 1);
      return;
    case 'bits':
      add();
      for (const part of node.parts) {
        const values = part.meta.names;
        const layout = `${part.width} bit${part.width === 1 ? '' : 's'}`;
        const one = { path: under(part.name), type: 'integer' as const, layout, optional: false, meta: part.meta };
        found.push(values === undefined ? one : { ...one, values });
      }
      return;
    case 'when':
      return collect(node.then, path, true, found, depth + 1);
    case 'optional':
      return collect(node.of, path, true, found, depth + 1);
    case 'switch':
      for (const one of node.cases) collect(one.node, path, true, found, depth + 1);
      if (node.otherwise !== undefined) collect(node.otherwise, path, true, found, depth + 1);
      return;
    case 'oneOf':
      if (node.options.every(isLeaf)) return add();
      for (const option of node.options) {
        if (option.kind !== 'null') collect(option, path, optional, found, depth + 1);
      }
      return;
    case 'compressed':
    case 'sealed':
      return collect(node.of, path, optional, found, depth + 1);
    case 'messages':
      add();
      for (const one of node.cases) collect(one.body, under('body'), true, found, depth + 1);
      return;
    case 'int':
    case 'float':
    case 'varint':
    case 'enum':
    case 'flags':
    case 'bytes':
    case 'text':
    case 'fixed':
    case 'checksum':
    case 'custom':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
    case 'literal':
    case 'any':
      return add();
    default:
      return node satisfies never;
  }
}

function isLeaf(node: Node): boolean {
  return ['string', 'integer', 'number', 'boolean', 'null', 'literal', 'any'].includes(node.kind);
}

export function typeOf(node: Node): FieldType {
  switch (node.kind) {
    case 'int':
    case 'varint':
    case 'enum':
    case 'flags':
    case 'checksum':
    case 'integer':
      return 'integer';
    case 'float':
    case 'number':
      return 'number';
    case 'text':
      return node.parse === 'number' ? 'number' : 'text';
    case 'string':
      return 'text';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'bytes':
    case 'fixed':
      return 'bytes';
    case 'list':
    case 'array':
    case 'tuple':
      return 'list';
    case 'struct':
    case 'object':
    case 'record':
    case 'bits':
    case 'messages':
      return 'struct';
    case 'literal':
      return typeof node.value === 'string'
        ? 'text'
        : typeof node.value === 'boolean'
          ? 'boolean'
          : node.value === null
            ? 'null'
            : 'integer';
    case 'when':
      return typeOf(node.then);
    case 'optional':
    case 'compressed':
    case 'sealed':
      return typeOf(node.of);
    case 'switch':
      return common([...node.cases.map((one) => one.node), ...(node.otherwise === undefined ? [] : [node.otherwise])]);
    case 'oneOf':
      return common(node.options);
    case 'any':
    case 'custom':
      return 'any';
    default:
      return node satisfies never;
  }
}

function common(nodes: readonly Node[]): FieldType {
  const types = new Set(nodes.map(typeOf));
  types.delete('null');
  if (types.size === 2 && types.has('integer') && types.has('number')) return 'number';
  return types.size === 1 ? ([...types][0] as FieldType) : 'any';
}

function lengthText(length: Length): string {
  switch (length.by) {
    case 'fixed':
      return `${length.size} byte${length.size === 1 ? '' : 's'}`;
    case 'field':
      return `length in ${length.ref}`;
    case 'prefix':
      return `${layoutOf(length.prefix)} length`;
    case 'until':
      return length.terminator.every((byte) => byte === 0) ? 'zero-terminated' : 'terminated';
    case 'rest':
      return 'to the end';
    default:
      return length satisfies never;
  }
}

function countText(length: Length): string {
  switch (length.by) {
    case 'fixed':
      return `${length.size} × `;
    case 'field':
      return `${length.ref} × `;
    case 'prefix':
      return `${layoutOf(length.prefix)} count × `;
    case 'until':
      return 'terminated list of ';
    case 'rest':
      return 'to the end: ';
    default:
      return length satisfies never;
  }
}

/** The layout in a few words, as a format table would say it. */
export function layoutOf(node: Node): string {
  switch (node.kind) {
    case 'int':
      return `${node.signed ? 'i' : 'u'}${node.size * 8}${node.size === 1 ? '' : node.endian}`;
    case 'float':
      return `f${node.size * 8}${node.endian}`;
    case 'varint':
      return node.zigzag ? 'zigzag varint' : 'varint';
    case 'bits':
      return `${node.size * 8} bits`;
    case 'enum':
      return layoutOf(node.of);
    case 'flags':
      return `${layoutOf(node.of)} flags`;
    case 'bytes':
      return `bytes, ${lengthText(node.length)}`;
    case 'text':
      return `${node.parse === 'number' ? 'decimal text' : 'text'}, ${lengthText(node.length)}`;
    case 'struct':
      return 'struct';
    case 'list':
      return `${countText(node.count)}${layoutOf(node.of)}`;
    case 'when':
      return `${layoutOf(node.then)} when ${node.condition.on} ${node.condition.test} ${String(node.condition.value)}`;
    case 'optional':
      return layoutOf(node.of);
    case 'switch':
      return `by ${node.on}`;
    case 'messages':
      return 'message';
    case 'fixed':
      return 'magic';
    case 'checksum':
      return node.algorithm;
    case 'compressed':
      return `${node.algorithm} of ${layoutOf(node.of)}`;
    case 'sealed':
      return `masked ${layoutOf(node.of)}`;
    case 'custom':
      return node.codec.describe;
    case 'array':
      return `array of ${layoutOf(node.of)}`;
    case 'record':
      return `dictionary of ${layoutOf(node.of)}`;
    case 'tuple':
      return `[${[...node.items.map(layoutOf), ...(node.rest === undefined ? [] : [`${layoutOf(node.rest)}…`])].join(', ')}]`;
    case 'oneOf':
      return [...new Set(node.options.map(layoutOf))].join(' | ');
    case 'literal':
      return JSON.stringify(node.value) ?? String(node.value);
    case 'object':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
    case 'any':
      return node.kind;
    default:
      return node satisfies never;
  }
}

/** Every named value of a field: the universe that coverage measures. undefined when it is open. */
export function valuesOf(node: Node): Readonly<Record<string, string>> | undefined {
  switch (node.kind) {
    case 'enum':
      return node.values;
    case 'flags':
      return node.bits;
    case 'string':
      if (node.values !== undefined) return named(node.values, node.meta);
      return node.meta.names;
    case 'integer':
      if (node.values !== undefined) return named(node.values, node.meta);
      return node.meta.names;
    case 'oneOf': {
      if (!node.options.every((option) => option.kind === 'literal')) return node.meta.names;
      const literals = node.options.map((option) => String(option.kind === 'literal' ? option.value : ''));
      return named(literals, node.meta);
    }
    case 'boolean':
      return { false: 'false', true: 'true' };
    default:
      return node.meta.names;
  }
}

function named(values: readonly (string | number)[], meta: Meta): Readonly<Record<string, string>> {
  return Object.fromEntries(values.map((value) => [String(value), meta.names?.[String(value)] ?? String(value)]));
}

/** Markdown table of a schema's fields. */
export function describeFields(node: Node): string {
  const fields = fieldsOf(node);
  if (fields.length === 0) return '_No fields._\n';
  const rows = fields.map((field) => {
    const said = [field.meta.label, field.meta.doc, unitNote(field.meta), valueNote(field.values)];
    const notes = said.flatMap((note) => (note === undefined || note === '' ? [] : [note.replace(/\.$/, '')]));
    const name = `\`${field.path === '' ? '(value)' : field.path}\`${field.optional ? ' _optional_' : ''}`;
    return `| ${name} | ${cell(field.layout)} | ${cell(notes.join('. '))} |`;
  });
  return ['| field | type | meaning |', '|---|---|---|', ...rows, ''].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function unitNote(meta: Meta): string {
  const notes: string[] = [];
  if (meta.unit !== undefined) notes.push(`in ${meta.unit}`);
  if (meta.min !== undefined || meta.max !== undefined) notes.push(`${meta.min ?? ''}…${meta.max ?? ''}`);
  if (meta.secret === true) notes.push('secret');
  if (meta.role !== undefined) notes.push(`role ${meta.role}`);
  return notes.join(', ');
}

function valueNote(values: Readonly<Record<string, string>> | undefined): string {
  if (values === undefined) return '';
  const entries = Object.entries(values);
  if (entries.length === 2 && values['true'] === 'true') return '';
  const shown = entries.slice(0, 24).map(([value, name]) => (value === name ? `\`${value}\`` : `${value} ${name}`));
  return shown.join(', ') + (entries.length > 24 ? ', …' : '');
}
