/** Integers and LEB128 on bytes: the one place that knows byte order. Offsets are not checked here. */
import type { IntNode } from './nodes.ts';

export type ReadInt = (bytes: Uint8Array, at: number) => number | bigint;

const at0 = (bytes: Uint8Array, at: number): number => bytes[at] as number;
const be16 = (b: Uint8Array, at: number): number => ((b[at] as number) << 8) | (b[at + 1] as number);
const le16 = (b: Uint8Array, at: number): number => ((b[at + 1] as number) << 8) | (b[at] as number);
const be24 = (b: Uint8Array, at: number): number => (be16(b, at) << 8) | (b[at + 2] as number);
const le24 = (b: Uint8Array, at: number): number => ((b[at + 2] as number) << 16) | le16(b, at);
const be32 = (b: Uint8Array, at: number): number => (be16(b, at) << 16) | be16(b, at + 2);
const le32 = (b: Uint8Array, at: number): number => (le16(b, at + 2) << 16) | le16(b, at);

const READERS: Record<string, ReadInt> = {
  u1be: at0,
  i1be: (b, at) => (at0(b, at) << 24) >> 24,
  u2be: be16,
  u2le: le16,
  i2be: (b, at) => (be16(b, at) << 16) >> 16,
  i2le: (b, at) => (le16(b, at) << 16) >> 16,
  u3be: be24,
  u3le: le24,
  i3be: (b, at) => (be24(b, at) << 8) >> 8,
  i3le: (b, at) => (le24(b, at) << 8) >> 8,
  u4be: (b, at) => be32(b, at) >>> 0,
  u4le: (b, at) => le32(b, at) >>> 0,
  i4be: be32,
  i4le: le32,
  u8be: (b, at) => (BigInt(be32(b, at) >>> 0) << 32n) | BigInt(be32(b, at + 4) >>> 0),
  u8le: (b, at) => (BigInt(le32(b, at + 4) >>> 0) << 32n) | BigInt(le32(b, at) >>> 0),
  i8be: (b, at) => (BigInt(be32(b, at)) << 32n) | BigInt(be32(b, at + 4) >>> 0),
  i8le: (b, at) => (BigInt(le32(b, at + 4)) << 32n) | BigInt(le32(b, at) >>> 0),
};

export function intReader(node: Pick<IntNode, 'size' | 'signed' | 'endian'>): ReadInt {
  const endian = node.size === 1 ? 'be' : node.endian;
  return READERS[`${node.signed ? 'i' : 'u'}${node.size}${endian}`] as ReadInt;
}

type Limits = readonly [number | bigint, number | bigint];
/** By size, unsigned and signed. */
const LIMITS: readonly (readonly [Limits, Limits] | undefined)[] = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((size) => {
  if (size === 0) return undefined;
  const bits = BigInt(size * 8);
  const shape = (value: bigint): number | bigint => (size === 8 ? value : Number(value));
  return [
    [shape(0n), shape(2n ** bits - 1n)],
    [shape(-(2n ** (bits - 1n))), shape(2n ** (bits - 1n) - 1n)],
  ];
});

/** Inclusive limits of an integer node; bigint for eight bytes. */
export function intLimits(node: Pick<IntNode, 'size' | 'signed'>): Limits {
  return LIMITS[node.size]![node.signed ? 1 : 0];
}

/** The low bytes of the value, whatever its range: writing a lie is allowed. Fractions are cut off. */
export function intBytes(value: number | bigint, size: number, endian: 'be' | 'le'): Uint8Array {
  const bytes = new Uint8Array(size);
  if (typeof value === 'number' && size <= 4 && Number.isSafeInteger(value)) {
    // Two's complement by remainder: exact for every safe integer.
    let left = value;
    for (let index = 0; index < size; index += 1) {
      const byte = ((left % 256) + 256) % 256;
      bytes[endian === 'le' ? index : size - 1 - index] = byte;
      left = (left - byte) / 256;
    }
    return bytes;
  }
  let left = BigInt.asUintN(size * 8, typeof value === 'bigint' ? value : wholeBigInt(value));
  for (let index = 0; index < size; index += 1) {
    bytes[endian === 'le' ? index : size - 1 - index] = Number(left & 0xffn);
    left >>= 8n;
  }
  return bytes;
}

function wholeBigInt(value: number): bigint {
  return Number.isFinite(value) ? BigInt(Math.trunc(value)) : 0n;
}

/** Value and byte length of a LEB128 integer; null when it does not end before `end` or within ten bytes. */
export function readVarint(
  bytes: Uint8Array,
  start: number,
  end: number,
): { value: number | bigint; size: number; overlong: boolean } | null {
  let value = 0;
  let scale = 1;
  const stop = Math.min(end, start + 10);
  for (let at = start; at < stop; at += 1) {
    const byte = bytes[at] as number;
    if (at - start >= 7) return readBigVarint(bytes, start, stop);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, size: at - start + 1, overlong: byte === 0 && at > start };
    scale *= 128;
  }
  return null;
}

function readBigVarint(bytes: Uint8Array, start: number, stop: number): ReturnType<typeof readVarint> {
  let value = 0n;
  for (let at = start; at < stop; at += 1) {
    const byte = bytes[at] as number;
    value |= BigInt(byte & 0x7f) << BigInt((at - start) * 7);
    if (byte < 0x80) {
      value = BigInt.asUintN(64, value);
      const small = value <= BigInt(Number.MAX_SAFE_INTEGER);
      return { value: small ? Number(value) : value, size: at - start + 1, overlong: byte === 0 };
    }
  }
  return null;
}

export function unzigzag(value: number | bigint): number | bigint {
  if (typeof value === 'number') return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  const signed = (value >> 1n) ^ -(value & 1n);
  const small = signed <= BigInt(Number.MAX_SAFE_INTEGER) && signed >= BigInt(Number.MIN_SAFE_INTEGER);
  return small ? Number(signed) : signed;
}

/** Shortest LEB128 form of the low 64 bits. */
export function varintBytes(value: number | bigint, zigzag: boolean): Uint8Array {
  const whole = typeof value === 'bigint' ? value : wholeBigInt(value);
  let left = BigInt.asUintN(64, zigzag ? (whole << 1n) ^ (whole >> 63n) : whole);
  const out: number[] = [];
  do {
    const low = Number(left & 0x7fn);
    left >>= 7n;
    out.push(left > 0n ? low | 0x80 : low);
  } while (left > 0n);
  return Uint8Array.from(out);
}
