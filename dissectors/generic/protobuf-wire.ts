/** The protobuf wire format by itself: fields with their numbers and places, whatever they mean. Never throws. */
import { utf8Strict } from '../../core/schema/characters.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { intReader, readVarint } from '../../core/schema/numbers.ts';

export interface WireField {
  readonly number: number;
  readonly type: 'varint' | 'fixed64' | 'bytes' | 'fixed32';
  /** Where its tag begins. */
  readonly start: number;
  /** Where its value begins: past tag and length. */
  readonly from: number;
  readonly end: number;
  /** For `bytes`: the content. */
  readonly value: number | bigint | Uint8Array;
}

export interface WireScan {
  readonly fields: readonly WireField[];
  /** First byte that made no sense, or the end. */
  readonly end: number;
  readonly problem?: ExpertInfo;
  /** The field the scan broke off in, when its tag (and length) could still be read. */
  readonly cut?: { readonly number: number; readonly start: number; readonly from: number };
}

const u32 = intReader({ size: 4, signed: false, endian: 'le' });
const u64 = intReader({ size: 8, signed: false, endian: 'le' });

/** Fields of `[start, end)`; at most `most` of them. */
export function scanWire(bytes: Uint8Array, start: number, end: number, most: number): WireScan {
  const fields: WireField[] = [];
  let at = start;
  const fail = (code: string, text: string, cut?: WireScan['cut']): WireScan => ({
    fields,
    end: at,
    problem: { severity: 'error', group: 'malformed', code, text, range: [at, end] },
    ...(cut === undefined ? {} : { cut }),
  });
  while (at < end) {
    if (fields.length >= most) return fail('budget', `More than ${most} fields.`);
    const tag = readVarint(bytes, at, end);
    if (tag === null) return fail('truncated', 'The field number is cut off.');
    const number = Math.floor(Number(tag.value) / 8);
    const type = Number(BigInt(tag.value) & 7n);
    if (number < 1 || number > 0x1fffffff) return fail('protobuf', `${number} is no field number.`);
    let from = at + tag.size;
    if (type === 0) {
      const value = readVarint(bytes, from, end);
      if (value === null)
        return fail('truncated', `The value of field ${number} is cut off.`, { number, start: at, from });
      fields.push({ number, type: 'varint', start: at, from, end: from + value.size, value: value.value });
      at = from + value.size;
    } else if (type === 1 || type === 5) {
      const size = type === 1 ? 8 : 4;
      if (from + size > end)
        return fail('truncated', `The value of field ${number} is cut off.`, { number, start: at, from });
      const value = type === 1 ? u64(bytes, from) : u32(bytes, from);
      fields.push({ number, type: type === 1 ? 'fixed64' : 'fixed32', start: at, from, end: from + size, value });
      at = from + size;
    } else if (type === 2) {
      const length = readVarint(bytes, from, end);
      if (length === null)
        return fail('truncated', `The length of field ${number} is cut off.`, { number, start: at, from });
      from += length.size;
      const size = Number(length.value);
      if (from + size > end)
        return fail('truncated', `Field ${number} needs ${size} bytes, ${end - from} left.`, {
          number,
          start: at,
          from,
        });
      fields.push({
        number,
        type: 'bytes',
        start: at,
        from,
        end: from + size,
        value: bytes.subarray(from, from + size),
      });
      at = from + size;
    } else return fail('protobuf', `Field ${number} has the wire type ${type}, which is not used.`);
  }
  return { fields, end: at };
}

/** What bytes without a schema most likely are: text when it reads as such, a message when it scans as one, else bytes. */
export function guessBytes(bytes: Uint8Array, depth: number): 'text' | 'message' | 'bytes' {
  if (bytes.length === 0) return 'text';
  const text = utf8Strict(bytes);
  const readable = text !== null && !/[\p{Cc}\ufffd]/u.test(text.replaceAll(/[\t\n\r]/g, ' '));
  if (readable && !/[\t\n\r]/.test(text)) return 'text';
  if (depth > 0) {
    const scan = scanWire(bytes, 0, bytes.length, 10_000);
    if (scan.problem === undefined && scan.fields.every((field) => field.number < 20_000)) return 'message';
  }
  return readable ? 'text' : 'bytes';
}
