/**
 * Typed builders for every schema node. A builder returns a frozen plain node; `Out<typeof node>` is the value it decodes to.
 * `struct` rejects references to fields that do not exist or come later, so a wrong schema fails when it loads, not on traffic.
 */
import { freeze } from './frozen-node.ts';
import { checkReferences } from './references.ts';
import type {
  BytesNode,
  ChecksumNode,
  CompressedNode,
  Condition,
  Constant,
  CustomCodec,
  CustomNode,
  FixedNode,
  IntNode,
  Length,
  ListNode,
  MessageCase,
  MessagesNode,
  Meta,
  Node,
  OptionalNode,
  Out,
  SealedNode,
  StructNode,
  SwitchNode,
  TextNode,
  Typed,
  VarintNode,
  WhenNode,
} from './nodes.ts';

export * from './builders-json.ts';
export * from './builders-numbers.ts';
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

/** Same node with more meta: `labelled(being, { label: 'Target' })`. The new entries win. */
export function withMeta<T, N extends Node>(node: Typed<T, N>, meta: Meta): Typed<T, N> {
  return freeze({ ...node, meta: { ...node.meta, ...meta } }) as Typed<T, N>;
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
