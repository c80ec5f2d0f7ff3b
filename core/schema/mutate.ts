/**
 * Wrong values on purpose, one at a time. Every mutant has an address, `path#name` (`items[2].amount#minus-one`), and comes
 * out the same for the same value and seed, so a finding can be repeated from its id alone. A mutant is a value and, where
 * it lies about a length or writes what has no value, overrides for `encode`.
 */
import { equalValues } from './equal-values.ts';
import { jsonMutations } from './mutate-json.ts';
import { type Edit, editOf, integerEdits, telling, textEdits } from './mutations.ts';
import { isJsonNode } from './node-kinds.ts';
import type { IntNode, Length, Node, VarintNode } from './nodes.ts';
import { intLimits } from './numbers.ts';
import { getPath, joinPath, setPath } from './path.ts';
import { rollFrom } from './roll.ts';
import { holds, lookUp, same } from './conditions.ts';

export interface Mutant {
  /** `path#name`. */
  readonly id: string;
  readonly path: string;
  readonly name: string;
  /** What it tries, in a few words. */
  readonly doc: string;
  /** The whole value to encode. */
  readonly value: unknown;
  /** Handed to `encode` with it; paths as in the value. */
  readonly override?: Readonly<Record<string, unknown>>;
}

export interface MutateOptions {
  /** For the mutants that need chance; default 0. */
  readonly seed?: number | string;
  /** Only fields whose path begins so. */
  readonly under?: string;
}

/** All mutants of a value, in field order. Lazy: stop when enough. */
export function* mutants(node: Node, value: unknown, options: MutateOptions = {}): Generator<Mutant> {
  const seen = new Set<string>();
  for (const edit of editsOf(node, value, '', [], options)) {
    if (options.under !== undefined && !edit.path.startsWith(options.under)) continue;
    const id = `${edit.path}#${edit.name}`;
    if (seen.has(id)) continue;
    seen.add(id);
    const mutant = apply(edit, id, value);
    if (mutant !== null) yield mutant;
  }
}

/** The mutant with this id, or undefined when the value has none of that name. */
export function mutant(node: Node, value: unknown, id: string, options: MutateOptions = {}): Mutant | undefined {
  for (const one of mutants(node, value, options)) if (one.id === id) return one;
  return undefined;
}

function apply(edit: Edit, id: string, value: unknown): Mutant | null {
  const { path, name, doc } = edit;
  if (edit.how === 'override') return { id, path, name, doc, value, override: { [edit.at ?? path]: edit.value } };
  if (edit.how === 'remove') return { id, path, name, doc, value: setPath(value, path, undefined) };
  if (equalValues(getPath(value, path), edit.value)) return null;
  return { id, path, name, doc, value: setPath(value, path, edit.value) };
}

function* editsOf(
  node: Node,
  value: unknown,
  path: string,
  scopes: readonly unknown[],
  options: MutateOptions,
): Generator<Edit> {
  if (node.meta.fuzz === 'never') return;
  const { seed = 0 } = options;
  if (isJsonNode(node)) {
    yield* jsonMutations(node, value, path, seed);
    return;
  }
  switch (node.kind) {
    case 'int':
      if (node.derive !== undefined) return yield* lies(node, path, node.derive.kind);
      yield* integerEdits(value, intLimits(node), node.meta, path, seed);
      return;
    case 'varint':
      if (node.derive !== undefined) return yield* lies(node, path, node.derive.kind);
      yield* integerEdits(value, varintLimits(node), node.meta, path, seed);
      yield editOf(path, 'overlong', 'The same number in more bytes than it needs.', 'override', overlong(value));
      yield editOf(
        path,
        'endless',
        'A varint that does not end within ten bytes.',
        'override',
        new Uint8Array(11).fill(0xff),
      );
      return;
    case 'enum':
      yield* enumEdits(node, value, path);
      return;
    case 'flags': {
      const all = Object.keys(node.bits).reduce((bits, mask) => bits | Number(mask), 0) >>> 0;
      const [, most] = intLimits(node.of);
      yield editOf(path, 'none', 'No flag.', 'value', 0);
      yield editOf(path, 'all-named', 'All named flags at once.', 'value', all);
      yield editOf(path, 'all-bits', 'All bits, named or not.', 'value', most);
      for (const [mask, name] of Object.entries(node.bits)) {
        yield editOf(
          path,
          `flip-${name}`,
          `The flag ${name} the other way.`,
          'value',
          (Number(value) ^ Number(mask)) >>> 0,
        );
      }
      return;
    }
    case 'float':
      yield* floatEdits(path);
      return;
    case 'bits':
      for (const part of node.parts) {
        const at = joinPath(path, part.name);
        yield editOf(at, 'zero', 'All bits off.', 'value', 0);
        yield editOf(at, 'max', 'All bits on.', 'value', 2 ** part.width - 1);
      }
      return;
    case 'bytes':
      yield* bytesEdits(value, path, node.length, seed);
      return;
    case 'text':
      if (typeof value === 'string') yield* textEdits(value, node.meta, path, 'binary');
      yield* lengthLies(node.length, path, '#length');
      return;
    case 'struct':
      if (typeof value !== 'object' || value === null) return;
      for (const field of node.fields) {
        const item = (value as Record<string, unknown>)[field.name];
        const at = joinPath(path, field.name);
        yield* editsOf(field.node, item, at, [...scopes, value], options);
      }
      return;
    case 'list':
      yield* listEdits(value, path, node.count);
      if (Array.isArray(value)) {
        for (const index of telling(value.length)) {
          yield* editsOf(node.of, value[index], joinPath(path, index), scopes, options);
        }
      }
      return;
    case 'when':
      if (value !== undefined && holds(node.condition, lookUp(node.condition.on, scopes))) {
        yield* editsOf(node.then, value, path, scopes, options);
      }
      return;
    case 'optional':
      if (value === undefined) return;
      yield editOf(path, 'absent', 'The optional part is left out.', 'remove', undefined);
      yield* editsOf(node.of, value, path, scopes, options);
      return;
    case 'switch': {
      const on = lookUp(node.on, scopes);
      const chosen = node.cases.find((one) => same(on, one.value))?.node ?? node.otherwise;
      if (chosen !== undefined && value !== undefined) yield* editsOf(chosen, value, path, scopes, options);
      return;
    }
    case 'messages': {
      const { message, body } = (value ?? {}) as { message?: unknown; body?: unknown };
      const chosen = node.cases.find((one) => one.name === message);
      const tag = joinPath(path, 'tag');
      yield editOf(
        tag,
        'unknown',
        'A message number nobody knows.',
        'override',
        unusedTag(node.cases.map((one) => one.tag)),
      );
      for (const other of node.cases.slice(0, 16)) {
        if (other !== chosen)
          yield editOf(tag, `as-${other.name}`, `The number of ${other.name} before this body.`, 'override', other.tag);
      }
      if (chosen !== undefined) yield* editsOf(chosen.body, body, joinPath(path, 'body'), scopes, options);
      return;
    }
    case 'fixed':
      yield editOf(
        path,
        'wrong',
        'Every bit of the magic bytes flipped.',
        'override',
        node.bytes.map((byte) => byte ^ 0xff),
      );
      return;
    case 'checksum':
      yield editOf(path, 'zero', 'Checksum zero.', 'override', 0);
      yield editOf(path, 'wrong', 'A checksum that does not fit.', 'override', 0x5a5a5a5a % 2 ** (node.size * 8));
      return;
    case 'compressed':
    case 'sealed':
      yield* lengthLies(node.length, path, '#length');
      yield* editsOf(node.of, value, path, scopes, options);
      return;
    case 'custom':
      for (const one of node.codec.mutants(value)) {
        yield editOf(path, one.name, `${node.name}: ${one.name}.`, 'value', one.value);
      }
      return;
    default:
      node satisfies never;
  }
}

function varintLimits(node: VarintNode): readonly [number | bigint, number | bigint] {
  return node.zigzag ? [-(2n ** 63n), 2n ** 63n - 1n] : [0, 2n ** 64n - 1n];
}

function overlong(value: unknown): Uint8Array {
  const low = Number(BigInt.asUintN(7, BigInt(typeof value === 'bigint' ? value : Math.trunc(Number(value) || 0))));
  return Uint8Array.of(low | 0x80, 0x80, 0x00);
}

/** Lies about a length or count while what it measures stays as it is. */
function* lies(node: IntNode | VarintNode, path: string, what: string): Generator<Edit> {
  const [, most] = node.kind === 'int' ? intLimits(node) : [0, 0x7fffffff];
  yield editOf(path, 'lie-zero', `The ${what} says nothing follows.`, 'override', 0);
  yield editOf(path, 'lie-one', `The ${what} says one.`, 'override', 1);
  yield editOf(path, 'lie-max', `The ${what} says the most it can.`, 'override', most);
  yield editOf(path, 'lie-half', `The ${what} says half of the most it can.`, 'override', BigInt(most) >> 1n);
  yield editOf(path, 'lie-sign', `The ${what} has its top bit set.`, 'override', (BigInt(most) >> 1n) + 1n);
}

function* lengthLies(length: Length, path: string, name: '#length' | '#count'): Generator<Edit> {
  if (length.by === 'prefix') yield* lies(length.prefix, joinPath(path, name), name.slice(1));
}

function* enumEdits(node: Extract<Node, { kind: 'enum' }>, value: unknown, path: string): Generator<Edit> {
  const known = Object.keys(node.values).map(Number);
  const [least, most] = node.of.kind === 'int' ? intLimits(node.of) : varintLimits(node.of);
  yield editOf(path, 'outside', 'A value without a name.', 'value', unusedTag(known));
  yield editOf(path, 'max', 'The largest number there is room for.', 'value', most);
  yield editOf(path, 'min', 'The smallest number there is room for.', 'value', least);
  for (const other of known.slice(0, 32)) {
    if (other !== value)
      yield editOf(path, `as-${node.values[other] ?? other}`, 'Another named value.', 'value', other);
  }
}

function unusedTag(known: readonly number[]): number {
  const used = new Set(known);
  let candidate = 0;
  while (used.has(candidate)) candidate += 1;
  return candidate;
}

function* floatEdits(path: string): Generator<Edit> {
  const values: readonly (readonly [string, number])[] = [
    ['zero', 0],
    ['minus-zero', -0],
    ['minus-one', -1],
    ['tiny', 5e-324],
    ['huge', 3.4e38],
    ['minus-huge', -3.4e38],
    ['nan', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['minus-infinity', Number.NEGATIVE_INFINITY],
  ];
  for (const [name, value] of values) yield editOf(path, name, `The number ${value}.`, 'value', value);
}

function* bytesEdits(value: unknown, path: string, length: Length, seed: number | string): Generator<Edit> {
  if (!(value instanceof Uint8Array)) return;
  const roll = rollFrom(`${seed}:${path}`);
  yield editOf(path, 'empty', 'No bytes.', 'value', new Uint8Array());
  yield editOf(path, 'shorter', 'One byte less.', 'value', value.slice(0, -1));
  yield editOf(path, 'longer', 'One byte more.', 'value', Uint8Array.from([...value, 0]));
  yield editOf(path, 'long', '4096 bytes.', 'value', new Uint8Array(4096).fill(0x41));
  yield editOf(path, 'zeros', 'All bytes zero.', 'value', new Uint8Array(value.length));
  yield editOf(path, 'ones', 'All bits on.', 'value', new Uint8Array(value.length).fill(0xff));
  yield editOf(
    path,
    'random',
    'As many random bytes.',
    'value',
    value.map(() => roll(256)),
  );
  yield* lengthLies(length, path, '#length');
}

function* listEdits(value: unknown, path: string, count: Length): Generator<Edit> {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    yield editOf(path, 'empty', 'No items.', 'value', []);
    if (items.length > 0) {
      yield editOf(path, 'one-less', 'The last item is missing.', 'value', items.slice(0, -1));
      yield editOf(path, 'twice', 'The last item twice.', 'value', [...items, items.at(-1)]);
      yield editOf(
        path,
        'many',
        '300 items.',
        'value',
        Array.from({ length: 300 }, (_, at) => items[at % items.length]),
      );
      if (items.length > 1)
        yield editOf(path, 'reversed', 'The items the other way round.', 'value', items.toReversed());
    }
  }
  yield* lengthLies(count, path, '#count');
}
