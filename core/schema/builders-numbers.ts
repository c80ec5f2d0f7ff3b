/** Builders of the binary numbers: integers, floats, varints, and what gives them names (enumerations, flags, packed bits). */
import { freeze } from './frozen-node.ts';
import type { BitsNode, Derive, EnumNode, FlagsNode, FloatNode, IntNode, Meta, Typed, VarintNode } from './nodes.ts';

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
