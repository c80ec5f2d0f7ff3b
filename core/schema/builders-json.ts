/** Builders of the JSON family. */
import { freeze } from './frozen-node.ts';
import type {
  AnyNode,
  ArrayNode,
  BooleanNode,
  Constant,
  IntegerNode,
  KeySpec,
  LiteralNode,
  Meta,
  Node,
  NullNode,
  NumberNode,
  ObjectNode,
  OneOfNode,
  Out,
  RecordNode,
  StringNode,
  TupleNode,
  Typed,
} from './nodes.ts';

type Simplify<T> = { [K in keyof T]: T[K] } & {};

type Bare<K> = K extends `${infer Name}?` ? Name : K;
/** What a JSON object of this shape decodes to: a key written `'name?'` is optional. */
export type ObjectOut<S> = Simplify<
  { [K in keyof S as K extends `${string}?` ? never : K]: Out<S[K]> } & {
    [K in keyof S as K extends `${string}?` ? Bare<K> : never]?: Out<S[K]>;
  }
>;

/** `object({ name: string(), 'room?': any() })`; keys not listed are a note unless `extra` says otherwise. */
export function object<S extends Readonly<Record<string, Node>>>(
  shape: S,
  options: Meta & { readonly extra?: ObjectNode['extra'] } = {},
): Typed<ObjectOut<S>, ObjectNode> {
  const { extra = 'note', ...meta } = options;
  // `{ ...shared, reason: … }` may meet a `'reason?'` in what it spreads: the later one counts.
  const specs = new Map<string, KeySpec>();
  for (const [key, node] of Object.entries(shape)) {
    const isOptional = key.endsWith('?');
    const name = isOptional ? key.slice(0, -1) : key;
    specs.set(name, Object.freeze({ name, node, optional: isOptional }));
  }
  const keys = [...specs.values()];
  return freeze<ObjectNode>({ kind: 'object', keys: Object.freeze(keys), extra, meta }) as Typed<
    ObjectOut<S>,
    ObjectNode
  >;
}

export function string<const V extends readonly string[]>(
  options: Meta & { readonly values: V },
): Typed<V[number], StringNode>;
export function string(
  options?: Meta & { readonly inner?: NonNullable<StringNode['inner']> },
): Typed<string, StringNode>;
export function string(
  options: Meta & { readonly values?: readonly string[]; readonly inner?: NonNullable<StringNode['inner']> } = {},
): Typed<string, StringNode> {
  const { values, inner, ...meta } = options;
  return freeze<StringNode>({
    kind: 'string',
    ...(values === undefined ? {} : { values: Object.freeze([...values]) }),
    ...(inner === undefined ? {} : { inner: Object.freeze(inner) }),
    meta,
  });
}

/** Decodes to a number; to a bigint beyond 2^53, which no listed value is. */
export function integer(options: Meta & { readonly values?: readonly number[] } = {}): Typed<number, IntegerNode> {
  const { values, ...meta } = options;
  return freeze<IntegerNode>(
    values === undefined ? { kind: 'integer', meta } : { kind: 'integer', values: Object.freeze([...values]), meta },
  );
}
export function number(meta: Meta = {}): Typed<number, NumberNode> {
  return freeze<NumberNode>({ kind: 'number', meta });
}
export function boolean(meta: Meta = {}): Typed<boolean, BooleanNode> {
  return freeze<BooleanNode>({ kind: 'boolean', meta });
}
export function nullNode(meta: Meta = {}): Typed<null, NullNode> {
  return freeze<NullNode>({ kind: 'null', meta });
}
/** `min` and `max` in the meta limit the number of items. */
export function array<T>(of: Typed<T>, meta: Meta = {}): Typed<T[], ArrayNode> {
  return freeze<ArrayNode>({ kind: 'array', of, meta }) as Typed<T[], ArrayNode>;
}
/** A JSON object used as a dictionary. */
export function record<T>(
  of: Typed<T>,
  options: Meta & { readonly key?: Meta } = {},
): Typed<Readonly<Record<string, T>>, RecordNode> {
  const { key = {}, ...meta } = options;
  return freeze<RecordNode>({ kind: 'record', of, keyMeta: Object.freeze(key), meta }) as Typed<
    Readonly<Record<string, T>>,
    RecordNode
  >;
}
export function tuple<const I extends readonly Node[]>(
  items: I,
  options: Meta & { readonly rest?: Node } = {},
): Typed<{ -readonly [K in keyof I]: Out<I[K]> }, TupleNode> {
  const { rest: more, ...meta } = options;
  const node: TupleNode = { kind: 'tuple', items: Object.freeze([...items]), meta };
  return freeze<TupleNode>(more === undefined ? node : { ...node, rest: more }) as Typed<
    { -readonly [K in keyof I]: Out<I[K]> },
    TupleNode
  >;
}
export function oneOf<const O extends readonly Node[]>(options: O, meta: Meta = {}): Typed<Out<O[number]>, OneOfNode> {
  if (options.length === 0) throw new Error('oneOf needs at least one option.');
  return freeze<OneOfNode>({ kind: 'oneOf', options: Object.freeze([...options]), meta }) as Typed<
    Out<O[number]>,
    OneOfNode
  >;
}
/** The value or null. */
export function nullable<T>(of: Typed<T>, meta: Meta = {}): Typed<T | null, OneOfNode> {
  return oneOf([of, nullNode()], meta) as Typed<T | null, OneOfNode>;
}
export function literal<const V extends Constant>(value: V, meta: Meta = {}): Typed<V, LiteralNode> {
  return freeze<LiteralNode>({ kind: 'literal', value, meta }) as Typed<V, LiteralNode>;
}
export function any(meta: Meta = {}): Typed<unknown, AnyNode> {
  return freeze<AnyNode>({ kind: 'any', meta });
}
