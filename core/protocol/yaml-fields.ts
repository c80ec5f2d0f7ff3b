/**
 * Field types of a protocol file to schema nodes. Short forms are one line (`text u16be`, `string | null`, `user[]`), long
 * forms a map that also carries label, doc, limits and the like.
 */
import * as b from '../schema/builders.ts';
import { fromHex } from '../schema/characters.ts';
import type { Constant, IntNode, Meta, Node, VarintNode } from '../schema/nodes.ts';
import { conditionOf } from './yaml-field-conditions.ts';
import { lengthOf, numberType, type NumberWorld } from './yaml-lengths.ts';
import { META_KEYS, metaOf, namesOf } from './yaml-meta.ts';
import { type Cell, closest } from './yaml-source.ts';

export interface FieldWorld extends NumberWorld {
  readonly family: 'json' | 'binary';
  /** Named types. */
  readonly types: ReadonlyMap<string, Cell>;
  /** Named types being built, to find a type within itself. */
  readonly building: string[];
}

const SCALARS = ['string', 'integer', 'number', 'boolean', 'null', 'any'] as const;

/** Every way to begin a long form. */
const FORMS = [
  'type',
  'struct',
  'object',
  'array',
  'record',
  'tuple',
  'oneOf',
  'literal',
  'list',
  'enum',
  'flags',
  'bits',
  'if',
  'optional',
  'switch',
  'fixed',
  'checksum',
  'compressed',
  'sealed',
] as const;

/** The node a cell describes; undefined (and a problem on record) when it describes none. */
export function fieldNode(cell: Cell, world: FieldWorld): Node | undefined {
  try {
    if (cell.isMap) return longForm(cell, world);
    if (cell.isList)
      return cell.problem('Expected a field type, not a list. Alternatives are written { oneOf: [...] }.');
    if (cell.scalar === null) return shortForm('null', cell, world);
    const text = cell.asText();
    return text === undefined ? undefined : shortForm(text, cell, world);
  } catch (error) {
    return cell.problem(error instanceof Error ? error.message : String(error));
  }
}

/** The fields of a message or struct: an object in JSON protocols, a struct in binary ones. */
export function fieldsNode(
  cell: Cell,
  world: FieldWorld,
  meta: Meta = {},
  extra?: 'allow' | 'note' | 'warning',
): Node | undefined {
  const shape: Record<string, Node> = {};
  let good = true;
  for (const { key, keyCell, value } of cell.entries()) {
    const isOptional = key.endsWith('?');
    const name = isOptional ? key.slice(0, -1) : key;
    if (name === '') {
      keyCell.problem('A field needs a name.');
      good = false;
      continue;
    }
    const node = fieldNode(value, world);
    if (node === undefined) good = false;
    else if (world.family === 'json') shape[key] = node;
    else shape[name] = isOptional ? b.optional(node) : node;
  }
  if (!good) return undefined;
  try {
    if (world.family === 'json') return b.object(shape, extra === undefined ? meta : { ...meta, extra });
    return b.struct(shape, meta);
  } catch (error) {
    return cell.problem(error instanceof Error ? error.message : String(error));
  }
}

// ---- short forms -----------------------------------------------------------------------------------------------------

function shortForm(text: string, cell: Cell, world: FieldWorld): Node | undefined {
  const parts = text.split('|').map((part) => part.trim());
  if (parts.length > 1) {
    const options = parts.map((part) => shortForm(part, cell, world));
    if (options.some((option) => option === undefined)) return undefined;
    return b.oneOf(options as Node[]);
  }
  const word = parts[0] ?? '';
  if (word.endsWith('[]')) {
    if (world.family === 'binary') {
      return cell.problem(`${word}: a binary list needs a count. Write { list: ${word.slice(0, -2)}, count: u8 }.`);
    }
    const item = shortForm(word.slice(0, -2).trim(), cell, world);
    return item === undefined ? undefined : b.array(item);
  }
  const [head = '', ...more] = word.split(/\s+/);
  const tail = more.join(' ');
  // A type of the file may have the name of a built-in one that cannot stand alone.
  if (tail === '' && world.types.has(head)) return namedType(head, cell, world);
  if (['bytes', 'text', 'latin1', 'utf16', 'decimal'].includes(head)) return sized(head, tail, cell, world);
  if (tail !== '') return unknownType(word, cell, world);
  return numberType(word, world) ?? scalarType(word) ?? namedType(word, cell, world);
}

function scalarType(word: string): Node | undefined {
  switch (word) {
    case 'string':
      return b.string();
    case 'integer':
      return b.integer();
    case 'number':
      return b.number();
    case 'boolean':
      return b.boolean();
    case 'null':
      return b.nullNode();
    case 'any':
      return b.any();
    default:
      return undefined;
  }
}

function namedType(word: string, cell: Cell, world: FieldWorld): Node | undefined {
  const named = world.types.get(word);
  if (named === undefined) return unknownType(word, cell, world);
  if (world.building.includes(word)) {
    return cell.problem(
      `The type ${word} holds itself (${[...world.building, word].join(' → ')}). Use any for the inner one.`,
    );
  }
  world.building.push(word);
  const node = fieldNode(named, world);
  world.building.pop();
  return node;
}

function unknownType(word: string, cell: Cell, world: FieldWorld): undefined {
  const known = [...SCALARS, ...world.types.keys(), 'u8', 'u16be', 'u32be', 'varint', 'bytes rest', 'text u16be'];
  const near = closest(word, known);
  const names = [...world.types.keys()];
  const own = names.length === 0 ? '' : ` Types of this file: ${names.join(', ')}.`;
  return cell.problem(`Unknown type ${word}.${near === undefined ? own : ` Did you mean ${near}?`}`);
}

function sized(head: string, tail: string, cell: Cell, world: FieldWorld): Node | undefined {
  const length = lengthOf(tail, cell, world);
  if (length === undefined) return undefined;
  switch (head) {
    case 'bytes':
      return b.bytes(length);
    case 'latin1':
      return b.text(length, { encoding: 'latin1' });
    case 'utf16':
      return b.text(tail === 'nul' ? 'nul' : length, { encoding: 'utf16le' });
    case 'decimal':
      return b.decimal(length);
    default:
      return b.text(length);
  }
}

// ---- long forms ------------------------------------------------------------------------------------------------------

const EXTRA_KEYS: Readonly<Record<(typeof FORMS)[number], readonly string[]>> = {
  type: ['values', 'json', 'base64', 'hex', 'cutAtNul', 'lengthOf', 'countOf', 'plus'],
  struct: [],
  object: ['extra'],
  array: [],
  record: ['key'],
  tuple: ['rest'],
  oneOf: [],
  literal: [],
  list: ['count'],
  enum: ['values', 'open'],
  flags: ['bits'],
  bits: ['parts', 'endian'],
  if: ['then'],
  optional: ['minLeft'],
  switch: ['cases', 'otherwise'],
  fixed: [],
  checksum: ['from', 'to', 'endian'],
  compressed: ['length', 'of'],
  sealed: ['length', 'of'],
};

function longForm(cell: Cell, world: FieldWorld): Node | undefined {
  const form = FORMS.find((word) => cell.has(word));
  if (form === undefined) {
    return cell.problem(`A long field form needs one of: ${FORMS.join(', ')}.`);
  }
  cell.allow(form, ...EXTRA_KEYS[form], ...META_KEYS);
  const meta = metaOf(cell);
  const main = cell.get(form) as Cell;
  const inner = (value: Cell | undefined, what: string): Node | undefined =>
    value === undefined ? cell.problem(`${form} needs ${what}.`) : fieldNode(value, world);
  switch (form) {
    case 'type':
      return typed(cell, main, meta, world);
    case 'struct':
    case 'object': {
      const extra = cell.get('extra')?.asWord(['allow', 'note', 'warning'] as const);
      const family = form === 'struct' ? 'binary' : 'json';
      return fieldsNode(main, { ...world, family }, meta, extra);
    }
    case 'array': {
      const of = fieldNode(main, world);
      return of === undefined ? undefined : b.array(of, meta);
    }
    case 'record': {
      const of = fieldNode(main, world);
      const key = cell.get('key');
      return of === undefined ? undefined : b.record(of, key === undefined ? meta : { ...meta, key: metaOf(key) });
    }
    case 'tuple': {
      const items = main.items().map((item) => fieldNode(item, world));
      const rest = cell.get('rest');
      const more = rest === undefined ? undefined : fieldNode(rest, world);
      if (items.some((item) => item === undefined)) return undefined;
      return b.tuple(items as Node[], more === undefined ? meta : { ...meta, rest: more });
    }
    case 'oneOf': {
      const options = main.items().map((item) => fieldNode(item, world));
      return options.some((option) => option === undefined) ? undefined : b.oneOf(options as Node[], meta);
    }
    case 'literal':
      return b.literal(main.scalar as Constant, meta);
    case 'list': {
      const of = fieldNode(main, world);
      const count = cell.get('count')?.asText();
      if (count === undefined)
        return cell.problem(
          'A list needs a count: a number, rest, from FIELD, until HEX, or the type of a count before it.',
        );
      const length = lengthOf(count, cell.get('count') as Cell, world);
      return of === undefined || length === undefined ? undefined : b.list(of, length, meta);
    }
    case 'enum': {
      const of = fieldNode(main, world);
      const values = namesOf(cell.get('values') ?? main);
      if (of?.kind !== 'int' && of?.kind !== 'varint')
        return of === undefined
          ? undefined
          : main.problem('An enum is made of an integer type (u8, u16be, varint, …).');
      return b.enumOf(of, values, { ...meta, closed: cell.get('open')?.asBoolean() !== true });
    }
    case 'flags': {
      const of = fieldNode(main, world);
      if (of?.kind !== 'int')
        return of === undefined ? undefined : main.problem('Flags are made of an integer type (u8, u16be, …).');
      return b.flags(of, namesOf(cell.get('bits') ?? main), meta);
    }
    case 'bits': {
      const size = main.asNumber();
      const widths = Object.fromEntries(
        (cell.get('parts') ?? main).entries().map((entry) => [entry.key, entry.value.asNumber() ?? 1]),
      );
      if (size !== 1 && size !== 2 && size !== 3 && size !== 4) return main.problem('Bits take 1 to 4 bytes.');
      return b.bits(size, widths, meta, cell.get('endian')?.asWord(['be', 'le'] as const) ?? world.endian);
    }
    case 'if': {
      const test = conditionOf(main);
      const then = inner(cell.get('then'), '`then`, the type that is there');
      return test === undefined || then === undefined ? undefined : b.when(test, then, meta);
    }
    case 'optional': {
      const of = fieldNode(main, world);
      return of === undefined ? undefined : b.optional(of, cell.get('minLeft')?.asNumber() ?? 1, meta);
    }
    case 'switch':
      return switched(cell, main, meta, world);
    case 'fixed': {
      const text = main.asText();
      return text === undefined ? undefined : b.fixed(fromHex(text), meta);
    }
    case 'checksum': {
      const algorithm = main.asWord(['crc32', 'adler32', 'sum8', 'sum16be', 'xor8'] as const);
      if (algorithm === undefined) return undefined;
      const from = cell.get('from')?.asText();
      const to = cell.get('to')?.asText();
      const endian = cell.get('endian')?.asWord(['be', 'le'] as const) ?? world.endian;
      return b.checksum(algorithm, {
        ...meta,
        endian,
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      });
    }
    case 'compressed':
    case 'sealed': {
      const of = inner(cell.get('of'), '`of`, the type within');
      const lengthCell = cell.get('length');
      const length = lengthCell === undefined ? b.rest : lengthOf(lengthCell.asText() ?? '', lengthCell, world);
      if (of === undefined || length === undefined) return undefined;
      if (form === 'sealed') return b.sealed(fromHex(main.asText() ?? ''), length, of, meta);
      const algorithm = main.asWord(['zlib', 'gzip', 'deflate-raw'] as const);
      return algorithm === undefined ? undefined : b.compressed(algorithm, length, of, meta);
    }
    default:
      return form satisfies never;
  }
}

function typed(cell: Cell, main: Cell, meta: Meta, world: FieldWorld): Node | undefined {
  const node = fieldNode(main, world);
  if (node === undefined) return undefined;
  const values = cell.get('values');
  for (const as of ['json', 'base64', 'hex'] as const) {
    const within = cell.get(as);
    if (within === undefined) continue;
    const of = fieldNode(within, as === 'json' ? { ...world, family: 'json' } : world);
    if (node.kind !== 'string') return main.problem(`Only a string can hold ${as}.`);
    return of === undefined ? undefined : b.string({ ...meta, inner: { as, of } });
  }
  const merged = { ...node.meta, ...meta };
  if (values !== undefined) {
    if (node.kind === 'string') return b.string({ ...merged, values: values.asTexts() });
    if (node.kind === 'integer') {
      return b.integer({ ...merged, values: values.items().flatMap((item) => item.asNumber() ?? []) });
    }
    return values.problem(
      'Only string and integer take a list of values; a binary number with named values is an enum.',
    );
  }
  if (node.kind === 'text' && cell.get('cutAtNul')?.asBoolean() === true)
    return Object.freeze({ ...node, cutAtNul: true, meta: merged });
  return derived(cell, Object.freeze({ ...node, meta: merged }) as Node);
}

function derived(cell: Cell, node: Node): Node | undefined {
  const ref = cell.get('lengthOf')?.asText() ?? cell.get('countOf')?.asText();
  if (ref === undefined) return node;
  if (node.kind !== 'int' && node.kind !== 'varint') return cell.problem('Only an integer can be a length or a count.');
  const plus = cell.get('plus')?.asNumber();
  const made = cell.has('lengthOf') ? b.lengthOf(ref, plus) : b.countOf(ref, plus);
  return Object.freeze({ ...node, derive: made }) as IntNode | VarintNode;
}

function switched(cell: Cell, main: Cell, meta: Meta, world: FieldWorld): Node | undefined {
  const on = main.asText();
  const cases = (cell.get('cases') ?? main).entries().map((entry): readonly [Constant, Node | undefined] => {
    const key = entry.keyCell.scalar;
    return [typeof key === 'number' || typeof key === 'boolean' ? key : String(key), fieldNode(entry.value, world)];
  });
  const otherwise = cell.get('otherwise');
  const fallback = otherwise === undefined ? undefined : fieldNode(otherwise, world);
  if (on === undefined || cases.some(([, node]) => node === undefined)) return undefined;
  return b.switchOn(on, cases as readonly (readonly [Constant, Node])[], fallback, meta);
}
