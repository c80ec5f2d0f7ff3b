/** The protobuf wire format by itself: fields with their numbers and places, whatever they mean. Never throws. */
import { utf8Strict } from '../../core/schema/characters.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { intReader, readVarint } from '../../core/schema/numbers.ts';

export interface WireField {
  readonly number: number;
  readonly type: 'varint' | 'fixed64' | 'bytes' | 'fixed32' | 'group';
  /** Where its tag begins. */
  readonly start: number;
  /** Where its value begins: past tag and length. */
  readonly from: number;
  /** Where its content ends: before the end tag of a group, else at `end`. */
  readonly to: number;
  readonly end: number;
  /** For `bytes` and `group`: the content. */
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

const MOST_GROUPS = 100;
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
      const to = from + value.size;
      fields.push({ number, type: 'varint', start: at, from, to, end: to, value: value.value });
      at = to;
    } else if (type === 1 || type === 5) {
      const size = type === 1 ? 8 : 4;
      if (from + size > end)
        return fail('truncated', `The value of field ${number} is cut off.`, { number, start: at, from });
      const value = type === 1 ? u64(bytes, from) : u32(bytes, from);
      const to = from + size;
      fields.push({ number, type: type === 1 ? 'fixed64' : 'fixed32', start: at, from, to, end: to, value });
      at = to;
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
        to: from + size,
        end: from + size,
        value: bytes.subarray(from, from + size),
      });
      at = from + size;
    } else if (type === 3) {
      const closed = endOfGroup(bytes, from, end, number);
      const { to, end: past } = closed ?? { to: end, end };
      fields.push({ number, type: 'group', start: at, from, to, end: past, value: bytes.subarray(from, to) });
      const start = at;
      at = past;
      if (closed === undefined) {
        const text = `Group ${number} does not end.`;
        const problem: ExpertInfo = {
          severity: 'error',
          group: 'malformed',
          code: 'truncated',
          text,
          range: [start, end],
        };
        return { fields, end, problem };
      }
    } else if (type === 4) return fail('protobuf', `Group ${number} ends where none began.`);
    else return fail('protobuf', `Field ${number} has the wire type ${type}, which is not used.`);
  }
  return { fields, end: at };
}

/** Where the end tag of a group stands; groups within it are passed over, whatever their number. */
function endOfGroup(
  bytes: Uint8Array,
  from: number,
  end: number,
  number: number,
): { readonly to: number; readonly end: number } | undefined {
  const open = [number];
  let at = from;
  while (at < end) {
    const tag = readVarint(bytes, at, end);
    if (tag === null) return undefined;
    const inner = Math.floor(Number(tag.value) / 8);
    const type = Number(BigInt(tag.value) & 7n);
    const past = at + tag.size;
    if (type === 4) {
      if (open.pop() !== inner) return undefined;
      if (open.length === 0) return { to: at, end: past };
      at = past;
    } else if (type === 3) {
      if (open.push(inner) > MOST_GROUPS) return undefined;
      at = past;
    } else {
      const size = type === 1 ? 8 : type === 5 ? 4 : undefined;
      const length = size === undefined ? readVarint(bytes, past, end) : null;
      if (size === undefined && (length === null || (type !== 0 && type !== 2))) return undefined;
      at = past + (size ?? length!.size + (type === 2 ? Number(length!.value) : 0));
    }
  }
  return undefined;
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
