/**
 * Typed builders for every schema node. A builder returns a frozen plain node; `Out<typeof node>` is the value it decodes to.
 * `struct` rejects references to fields that do not exist or come later, so a wrong schema fails when it loads, not on traffic.
 */
import { checkReferences } from './references.ts';
import type {
  AnyNode,
  ArrayNode,
  BitsNode,
  BooleanNode,
  BytesNode,
  ChecksumNode,
  CompressedNode,
  Condition,
  Constant,
  CustomCodec,
  CustomNode,
  Derive,
  EnumNode,
  FixedNode,
  FlagsNode,
  FloatNode,
  IntegerNode,
  IntNode,
  KeySpec,
  Length,
  ListNode,
  LiteralNode,
  MessageCase,
  MessagesNode,
  Meta,
  Node,
  NullNode,
  NumberNode,
  ObjectNode,
  OneOfNode,
  OptionalNode,
  Out,
  RecordNode,
  SealedNode,
  StringNode,
  StructNode,
  SwitchNode,
  TextNode,
  TupleNode,
  Typed,
  VarintNode,
  WhenNode,
} from './nodes.ts';

export type { Meta, Node, Out, Typed } from './nodes.ts';

type Simplify<T> = { [K in keyof T]: T[K] } & {};

/** What a struct of this shape decodes to: `fixed` fields drop out, conditional ones are optional keys. */
export type StructOut<S> = Simplify<
  {
    [K in keyof S as [Out<S[K]>] extends [never] ? never : undefined extends Out<S[K]> ? never : K]: Out<S[K]>;
  } & {
    [K in keyof S as [Out<S[K]>] extends [never] ? never : undefined extends Out<S[K]> ? K : never]?: Exclude<
      Out<S[K]>,
      undefined
    >;
  }
>;

type Bare<K> = K extends `${infer Name}?` ? Name : K;
/** What a JSON object of this shape decodes to: a key written `'name?'` is optional. */
export type ObjectOut<S> = Simplify<
  { [K in keyof S as K extends `${string}?` ? never : K]: Out<S[K]> } & {
    [K in keyof S as K extends `${string}?` ? Bare<K> : never]?: Out<S[K]>;
  }
>;

function freeze<N extends Node>(node: N): N {
  Object.freeze(node.meta);
  return Object.freeze(node);
}

/** Same node with more meta: `labelled(being, { label: 'Target' })`. The new entries win. */
export function withMeta<T, N extends Node>(node: Typed<T, N>, meta: Meta): Typed<T, N> {
  return freeze({ ...node, meta: { ...node.meta, ...meta } }) as Typed<T, N>;
}

// ---- integers ------------------------------------------------------------------------------------------------------------

export type IntOptions = Meta & { readonly derive?: Derive };

function splitDerive(options: IntOptions): { meta: Meta; derive?: Derive } {
  const { derive, ...meta } = options;
  return derive === undefined ? { meta } : { meta, derive: Object.freeze(derive) };
}

function int<T>(size: IntNode['size'], signed: boolean, endian: 'be' | 'le') {
  return (options: IntOptions = {}): Typed<T, IntNode> =>
    freeze<IntNode>({ kind: 'int', size, signed, endian, ...splitDerive(options) });
}

export const u8 = int<number>(1, false, 'be');
export const i8 = int<number>(1, true, 'be');
export const u16be = int<number>(2, false, 'be');
export const u16le = int<number>(2, false, 'le');
export const i16be = int<number>(2, true, 'be');
export const i16le = int<number>(2, true, 'le');
export const u24be = int<number>(3, false, 'be');
export const u24le = int<number>(3, false, 'le');
export const i24be = int<number>(3, true, 'be');
export const i24le = int<number>(3, true, 'le');
export const u32be = int<number>(4, false, 'be');
export const u32le = int<number>(4, false, 'le');
export const i32be = int<number>(4, true, 'be');
export const i32le = int<number>(4, true, 'le');
export const u64be = int<bigint>(8, false, 'be');
export const u64le = int<bigint>(8, false, 'le');
export const i64be = int<bigint>(8, true, 'be');
export const i64le = int<bigint>(8, true, 'le');

function float(size: 4 | 8, endian: 'be' | 'le') {
  return (meta: Meta = {}): Typed<number, FloatNode> => freeze<FloatNode>({ kind: 'float', size, endian, meta });
}
export const f32be = float(4, 'be');
export const f32le = float(4, 'le');
export const f64be = float(8, 'be');
export const f64le = float(8, 'le');

/** LEB128. Decodes to a number, to a bigint above 2^53. */
export function varint(options: IntOptions = {}): Typed<number | bigint, VarintNode> {
  return freeze<VarintNode>({ kind: 'varint', zigzag: false, ...splitDerive(options) });
}
export function zigzag(options: IntOptions = {}): Typed<number | bigint, VarintNode> {
  return freeze<VarintNode>({ kind: 'varint', zigzag: true, ...splitDerive(options) });
}

/** For `derive`: this integer is the byte length of sibling `ref` (plus a constant). */
export function lengthOf(ref: string, plus?: number): Derive {
  return plus === undefined ? { kind: 'length', ref } : { kind: 'length', ref, plus };
}
/** For `derive`: this integer is the item count of sibling `ref` (plus a constant). */
export function countOf(ref: string, plus?: number): Derive {
  return plus === undefined ? { kind: 'count', ref } : { kind: 'count', ref, plus };
}

type BitsShape = Readonly<Record<string, number | { readonly width: number; readonly meta?: Meta }>>;

/** Packed bits, most significant first; widths must add up to whole bytes. A part named `_…` is padding and still decoded. */
export function bits<const S extends BitsShape>(
  size: BitsNode['size'],
  shape: S,
  meta: Meta = {},
  endian: 'be' | 'le' = 'be',
): Typed<{ readonly [K in keyof S]: number }, BitsNode> {
  const parts = Object.entries(shape).map(([name, part]) =>
    Object.freeze(
      typeof part === 'number' ? { name, width: part, meta: {} } : { name, width: part.width, meta: part.meta ?? {} },
    ),
  );
  const total = parts.reduce((sum, part) => sum + part.width, 0);
  if (total !== size * 8) throw new Error(`The bit widths add up to ${total}, but ${size} byte(s) have ${size * 8}.`);
  return freeze<BitsNode>({ kind: 'bits', size, endian, parts: Object.freeze(parts), meta }) as Typed<
    { readonly [K in keyof S]: number },
    BitsNode
  >;
}

type Names = Readonly<Record<string | number, string>>;

/** An integer with named values; other values are a warning unless `closed` is false. */
export function enumOf<T>(
  of: Typed<T, IntNode | VarintNode>,
  values: Names,
  options: Meta & { readonly closed?: boolean } = {},
): Typed<T, EnumNode> {
  const { closed = true, ...meta } = options;
  return freeze<EnumNode>({ kind: 'enum', of, values: Object.freeze({ ...values }), closed, meta }) as Typed<
    T,
    EnumNode
  >;
}

/** An integer whose single bits (masks as keys) have names. */
export function flags(of: Typed<number, IntNode>, masks: Names, meta: Meta = {}): Typed<number, FlagsNode> {
  return freeze<FlagsNode>({ kind: 'flags', of, bits: Object.freeze({ ...masks }), meta });
}

// ---- lengths -------------------------------------------------------------------------------------------------------------

/** A number is a fixed size; `nul` is a zero byte (two for utf16le). */
export type LengthLike = Length | number | 'rest' | 'nul';

export const rest: Length = Object.freeze({ by: 'rest' });
export const nul: Length = Object.freeze({ by: 'until', terminator: Uint8Array.of(0) });
export function size(bytes: number): Length {
  return Object.freeze({ by: 'fixed', size: bytes });
}
/** Told by an earlier field of the same struct (`^` climbs one level: `^count`). */
export function from(ref: string): Length {
  return Object.freeze({ by: 'field', ref });
}
export function prefix(node: IntNode | VarintNode): Length {
  return Object.freeze({ by: 'prefix', prefix: node });
}
export function until(terminator: Uint8Array | readonly number[]): Length {
  const bytes = Uint8Array.from(terminator);
  if (bytes.length === 0) throw new Error('A terminator needs at least one byte.');
  return Object.freeze({ by: 'until', terminator: bytes });
}

function toLength(like: LengthLike, encoding?: TextNode['encoding']): Length {
  if (typeof like === 'number') return size(like);
  if (like === 'rest') return rest;
  if (like === 'nul') return encoding === 'utf16le' ? until([0, 0]) : nul;
  return like;
}

// ---- bytes and text ------------------------------------------------------------------------------------------------------

export function bytes(length: LengthLike, meta: Meta = {}): Typed<Uint8Array, BytesNode> {
  return freeze<BytesNode>({ kind: 'bytes', length: toLength(length), meta });
}

export type TextOptions = Meta & { readonly encoding?: TextNode['encoding']; readonly cutAtNul?: boolean };

export function text(length: LengthLike, options: TextOptions = {}): Typed<string, TextNode> {
  const { encoding = 'utf8', cutAtNul, ...meta } = options;
  const node: TextNode = { kind: 'text', length: toLength(length, encoding), encoding, meta };
  return freeze<TextNode>(cutAtNul === undefined ? node : { ...node, cutAtNul });
}
/** A decimal number written as text; decodes to a number. */
export function decimal(length: LengthLike, options: TextOptions = {}): Typed<number, TextNode> {
  return freeze<TextNode>({ ...text(length, options), parse: 'number' }) as Typed<number, TextNode>;
}

// ---- structure -----------------------------------------------------------------------------------------------------------

export function struct<S extends Readonly<Record<string, Node>>>(
  shape: S,
  meta: Meta = {},
): Typed<StructOut<S>, StructNode> {
  const fields = Object.entries(shape).map(([name, node]) =>
    Object.freeze({ name, node: derivedBy(shape, name, node) }),
  );
  const node = freeze<StructNode>({ kind: 'struct', fields: Object.freeze(fields), meta });
  checkReferences(node);
  return node as Typed<StructOut<S>, StructNode>;
}

/** An integer that a later sibling takes its length or count from is derived from that sibling, without being told. */
function derivedBy(shape: Readonly<Record<string, Node>>, name: string, node: Node): Node {
  if ((node.kind !== 'int' && node.kind !== 'varint') || node.derive !== undefined) return node;
  for (const [ref, other] of Object.entries(shape)) {
    const inner = other.kind === 'optional' ? other.of : other;
    const length = 'length' in inner ? inner.length : inner.kind === 'list' ? inner.count : undefined;
    if (length?.by === 'field' && length.ref === name) {
      return freeze({ ...node, derive: Object.freeze({ kind: inner.kind === 'list' ? 'count' : 'length', ref }) });
    }
  }
  return node;
}

/** `count`: a number, `from('n')`, `prefix(u8())`, `until([0xff])` (terminator bytes in place of an item) or `rest`. */
export function list<T>(of: Typed<T>, count: LengthLike, meta: Meta = {}): Typed<T[], ListNode> {
  return freeze<ListNode>({ kind: 'list', of, count: toLength(count), meta }) as Typed<T[], ListNode>;
}

const condition =
  (test: Condition['test']) =>
  (on: string, value: Constant): Condition =>
    Object.freeze({ on, test, value });
export const eq = condition('eq');
export const ne = condition('ne');
export const lt = condition('lt');
export const ge = condition('ge');
/** Any of the mask's bits is set. */
export const bit = condition('bit');
/** None of the mask's bits is set. */
export const nobit = condition('nobit');
export function isIn(on: string, values: readonly Constant[]): Condition {
  return Object.freeze({ on, test: 'in', value: Object.freeze([...values]) });
}

/** Present only if the condition on an earlier field holds; else the key is absent. */
export function when<T>(test: Condition, then: Typed<T>, meta: Meta = {}): Typed<T | undefined, WhenNode> {
  // oxlint-disable-next-line unicorn/no-thenable -- a schema node is data and never awaited
  return freeze<WhenNode>({ kind: 'when', condition: test, then, meta }) as Typed<T | undefined, WhenNode>;
}

/** Present only if at least `minLeft` bytes remain. */
export function optional<T>(of: Typed<T>, minLeft = 1, meta: Meta = {}): Typed<T | undefined, OptionalNode> {
  return freeze<OptionalNode>({ kind: 'optional', of, minLeft, meta }) as Typed<T | undefined, OptionalNode>;
}

/** The layout depends on an earlier field's value; without a fitting case and `otherwise` nothing is there. */
export function switchOn<const C extends readonly (readonly [Constant, Node])[], O extends Node = never>(
  on: string,
  cases: C,
  otherwise?: O,
  meta: Meta = {},
): Typed<Out<C[number][1]> | ([O] extends [never] ? undefined : Out<O>), SwitchNode> {
  const made = Object.freeze(cases.map(([value, node]) => Object.freeze({ value, node })));
  const node: SwitchNode = { kind: 'switch', on, cases: made, meta };
  return freeze<SwitchNode>(otherwise === undefined ? node : { ...node, otherwise }) as Typed<
    Out<C[number][1]> | ([O] extends [never] ? undefined : Out<O>),
    SwitchNode
  >;
}

type CaseShape = Readonly<Record<string, readonly [tag: number, body: Node, meta?: Meta]>>;

/** Message table: `messages(u16be(), { login: [0x10, struct({…})] })`. Decodes to `{ message, tag, body }`. */
export function messages<S extends CaseShape>(
  tag: MessagesNode['tag'],
  shape: S,
  meta: Meta = {},
): Typed<
  | { [K in keyof S]: { readonly message: K; readonly tag: number; readonly body: Out<S[K][1]> } }[keyof S]
  | { readonly message: null; readonly tag: number; readonly body: Uint8Array },
  MessagesNode
> {
  return messageTable(
    tag,
    Object.entries(shape).map(([name, [id, body, caseMeta]]) => ({ name, tag: id, body, meta: caseMeta ?? {} })),
    meta,
  ) as never;
}

/** The untyped form of `messages`, for tables made from lists. Two cases with one tag are refused. */
export function messageTable(
  tag: MessagesNode['tag'],
  cases: readonly MessageCase[],
  meta: Meta = {},
): Typed<{ message: string | null; tag: number; body: unknown }, MessagesNode> {
  const seen = new Map<number, string>();
  for (const one of cases) {
    const other = seen.get(one.tag);
    if (other !== undefined) throw new Error(`Messages ${other} and ${one.name} have the same tag ${one.tag}.`);
    seen.set(one.tag, one.name);
    Object.freeze(one);
  }
  const node = freeze<MessagesNode>({ kind: 'messages', tag, cases: Object.freeze([...cases]), meta });
  checkReferences(node);
  return node;
}

/** Magic bytes: checked when decoding, written when encoding, absent from the value. */
export function fixed(magic: Uint8Array | readonly number[] | string, meta: Meta = {}): Typed<never, FixedNode> {
  const made = typeof magic === 'string' ? new TextEncoder().encode(magic) : Uint8Array.from(magic);
  return freeze<FixedNode>({ kind: 'fixed', bytes: made, meta });
}

const CHECKSUM_SIZES = { crc32: 4, adler32: 4, sum8: 1, sum16be: 2, xor8: 1 } as const;

export function checksum(
  algorithm: ChecksumNode['algorithm'],
  options: Meta & { readonly endian?: 'be' | 'le'; readonly from?: string; readonly to?: string } = {},
): Typed<number, ChecksumNode> {
  const { endian = 'be', from: first, to, ...meta } = options;
  return freeze<ChecksumNode>({
    kind: 'checksum',
    algorithm,
    size: CHECKSUM_SIZES[algorithm],
    endian,
    ...(first === undefined ? {} : { from: first }),
    ...(to === undefined ? {} : { to }),
    meta,
  });
}

export function compressed<T>(
  algorithm: CompressedNode['algorithm'],
  length: LengthLike,
  of: Typed<T>,
  meta: Meta = {},
): Typed<T, CompressedNode> {
  return freeze<CompressedNode>({ kind: 'compressed', algorithm, length: toLength(length), of, meta }) as Typed<
    T,
    CompressedNode
  >;
}

export function sealed<T>(
  xor: Uint8Array | readonly number[],
  length: LengthLike,
  of: Typed<T>,
  meta: Meta = {},
): Typed<T, SealedNode> {
  const mask = Uint8Array.from(xor);
  if (mask.length === 0) throw new Error('A mask needs at least one byte.');
  return freeze<SealedNode>({ kind: 'sealed', xor: mask, length: toLength(length), of, meta }) as Typed<T, SealedNode>;
}

export function custom<T = unknown>(name: string, codec: CustomCodec, meta: Meta = {}): Typed<T, CustomNode> {
  return freeze<CustomNode>({ kind: 'custom', name, codec, meta });
}

// ---- JSON ----------------------------------------------------------------------------------------------------------------

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
