/** Protobuf messages to values and trees and back, by a `.proto` type or, without one, by the wire alone. */
import { utf8Bytes, utf8Lossy } from '../../core/schema/characters.ts';
import { concat } from '../../core/schema/content.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import type { FieldNode, Limits, Meta, NodeKind } from '../../core/schema/nodes.ts';
import { intBytes, readVarint, unzigzag, varintBytes } from '../../core/schema/numbers.ts';
import { setOwn } from '../../core/schema/path.ts';
import { guessBytes, scanWire, type WireField } from './protobuf-wire.ts';
import type { ProtoField, ProtoType } from './proto-file.ts';

const EMPTY: Meta = Object.freeze({});
const LEAF: readonly FieldNode[] = Object.freeze([]);
const TAG: Meta = Object.freeze({ label: 'Field number and length' });

export interface ProtoRead {
  readonly value: Record<string, unknown>;
  readonly root: FieldNode;
  readonly expert: readonly ExpertInfo[];
}

/** Reads all bytes as one message. */
export function readProto(bytes: Uint8Array, type: ProtoType | undefined, limits: Limits): ProtoRead {
  const expert: ExpertInfo[] = [];
  const { value, children } = readMessage(bytes, 0, bytes.length, type, limits, limits.maxDepth, expert);
  const root: FieldNode = { name: '', kind: 'struct', start: 0, end: bytes.length, value, meta: EMPTY, children };
  return { value, root, expert };
}

function readMessage(
  bytes: Uint8Array,
  start: number,
  end: number,
  type: ProtoType | undefined,
  limits: Limits,
  depth: number,
  expert: ExpertInfo[],
): { value: Record<string, unknown>; children: readonly FieldNode[] } {
  const value: Record<string, unknown> = {};
  const children: FieldNode[] = [];
  const scan = scanWire(bytes, start, end, limits.maxNodes);
  if (scan.problem !== undefined && expert.length < 100) expert.push(scan.problem);
  for (const wire of scan.fields) {
    const declared = type?.fields.get(wire.number);
    if (type !== undefined && declared === undefined && expert.length < 100) {
      const text = `${type.name} has no field ${wire.number}.`;
      expert.push({
        severity: 'note',
        group: 'schema',
        code: 'unknown-key',
        text,
        range: [wire.start, wire.end],
        path: String(wire.number),
      });
    }
    const name = declared?.name ?? String(wire.number);
    const made = readField(bytes, wire, name, declared, limits, depth, expert);
    children.push(made);
    if (declared?.map !== undefined) {
      const { key, value: item } = made.value as { key?: unknown; value?: unknown };
      const known = Object.hasOwn(value, name) ? (value[name] as Record<string, unknown>) : {};
      setOwn(known, String(key ?? ''), item);
      setOwn(value, name, known);
    } else if (declared?.repeated === true) {
      const items = Array.isArray(made.value) && isPacked(wire, declared) ? (made.value as unknown[]) : [made.value];
      setOwn(value, name, [...((value[name] as unknown[] | undefined) ?? []), ...items]);
    } else if (declared === undefined && Object.hasOwn(value, name)) {
      const known = value[name];
      setOwn(value, name, Array.isArray(known) ? [...(known as unknown[]), made.value] : [known, made.value]);
    } else setOwn(value, name, made.value);
  }
  if (scan.end < end) {
    let from = scan.end;
    if (scan.cut !== undefined) {
      children.push(tagField(scan.cut.number, scan.cut.start, scan.cut.from));
      from = scan.cut.from;
    }
    const rest = { start: from, end, value: bytes.subarray(from, end), meta: { label: 'Rest' }, children: LEAF };
    if (from < end) children.push({ name: '#rest', kind: 'bytes', ...rest });
  }
  return { value, children };
}

function leaf(wire: WireField, name: string, kind: NodeKind, value: unknown, meta: Meta = EMPTY): FieldNode {
  return { name, kind, start: wire.start, end: wire.end, value, meta, children: LEAF };
}

/** A group without a type is marked as one, so that it can be written again. */
function groupWithout(read: FieldNode, wire: WireField): FieldNode {
  const [tag, ...content] = read.children;
  const end = wire.to < wire.end ? content.splice(-1) : [];
  const group: FieldNode = { ...read, name: 'group', start: wire.from, end: wire.to, children: content };
  return { ...read, value: { group: read.value }, children: [tag!, group, ...end] };
}

function tagField(number: number, start: number, end: number, name = '#tag'): FieldNode {
  return { name, kind: 'varint', start, end, value: number, meta: TAG, children: LEAF };
}

function isPacked(wire: WireField, field: ProtoField): boolean {
  return wire.type === 'bytes' && field.type !== 'string' && field.type !== 'bytes' && field.message === undefined;
}

function readField(
  bytes: Uint8Array,
  wire: WireField,
  name: string,
  field: ProtoField | undefined,
  limits: Limits,
  depth: number,
  expert: ExpertInfo[],
): FieldNode {
  const inner = (message: ProtoType | undefined): FieldNode => {
    const { value, children } = readMessage(bytes, wire.from, wire.to, message, limits, depth - 1, expert);
    const tag = tagField(wire.number, wire.start, wire.from);
    const end = wire.to < wire.end ? [tagField(wire.number, wire.to, wire.end, '#end')] : [];
    const all = [tag, ...children, ...end];
    return { name, kind: 'struct', start: wire.start, end: wire.end, value, meta: EMPTY, children: all };
  };
  const isTooDeep = wire.type === 'group' && depth <= 0;
  if (wire.type === 'group' && !isTooDeep) {
    if (field?.group === true) return inner(field.message);
    if (field === undefined) return groupWithout(inner(undefined), wire);
  }
  if (field === undefined) {
    if (isTooDeep) return leaf(wire, name, 'bytes', wire.value);
    if (!(wire.value instanceof Uint8Array)) {
      // Fixed sizes are told apart from varints by a name, so that they can be written again.
      const value = wire.type === 'varint' ? wire.value : { [wire.type]: wire.value };
      return leaf(wire, name, wire.type === 'varint' ? 'varint' : 'int', value);
    }
    const guess = guessBytes(wire.value, depth - 1);
    if (guess === 'message') return inner(undefined);
    if (guess === 'text') return leaf(wire, name, 'text', utf8Lossy(wire.value));
    return leaf(wire, name, 'bytes', wire.value);
  }
  if (wire.value instanceof Uint8Array && (wire.type === 'group') === (field.group === true)) {
    if (field.map !== undefined) return inner(field.map);
    if (field.message !== undefined && depth > 0) return inner(field.message);
    if (field.type === 'string') return leaf(wire, name, 'text', utf8Lossy(wire.value));
    if (field.type === 'bytes' || field.message !== undefined) return leaf(wire, name, 'bytes', wire.value);
    return leaf(wire, name, 'list', packed(wire.value, field), metaOf(field));
  }
  const fits = wireTypeOf(field) === wire.type;
  if (!fits && expert.length < 100) {
    const text = `${name} should be written as ${wireTypeOf(field)}, not ${wire.type}.`;
    expert.push({
      severity: 'warning',
      group: 'schema',
      code: 'type',
      text,
      range: [wire.start, wire.end],
      path: name,
    });
    return leaf(wire, name, wire.value instanceof Uint8Array ? 'bytes' : 'int', wire.value);
  }
  return leaf(wire, name, kindOf(field), scalar(wire.value as number | bigint, field), metaOf(field));
}

function metaOf(field: ProtoField): Meta {
  return field.names === undefined ? EMPTY : { names: field.names };
}

function kindOf(field: ProtoField): NodeKind {
  if (field.type === 'float' || field.type === 'double') return 'float';
  if (field.type === 'bool') return 'boolean';
  return field.names === undefined ? 'varint' : 'enum';
}

export function wireTypeOf(field: ProtoField): WireField['type'] {
  switch (field.type) {
    case 'double':
    case 'fixed64':
    case 'sfixed64':
      return 'fixed64';
    case 'float':
    case 'fixed32':
    case 'sfixed32':
      return 'fixed32';
    case 'string':
    case 'bytes':
      return 'bytes';
    default:
      if (field.group === true) return 'group';
      return field.message === undefined ? 'varint' : 'bytes';
  }
}

function small(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

function scalar(raw: number | bigint, field: ProtoField): unknown {
  switch (field.type) {
    case 'double':
    case 'float': {
      const size = field.type === 'double' ? 8 : 4;
      const view = new DataView(intBytes(raw, size, 'le').buffer as ArrayBuffer);
      return size === 8 ? view.getFloat64(0, true) : view.getFloat32(0, true);
    }
    case 'bool':
      return Number(raw) !== 0;
    case 'sint32':
    case 'sint64':
      return unzigzag(raw);
    case 'sfixed32':
      return Number(raw) | 0;
    case 'int32':
      return Number(BigInt.asIntN(32, BigInt(raw)));
    case 'int64':
    case 'sfixed64':
      return small(BigInt.asIntN(64, BigInt(raw)));
    default:
      return field.names === undefined ? small(BigInt(raw)) : Number(BigInt.asIntN(32, BigInt(raw)));
  }
}

function packed(bytes: Uint8Array, field: ProtoField): unknown[] {
  const values: unknown[] = [];
  const type = wireTypeOf(field);
  const size = type === 'fixed64' ? 8 : type === 'fixed32' ? 4 : 0;
  let at = 0;
  while (at < bytes.length) {
    if (size > 0) {
      if (at + size > bytes.length) break;
      const view = new DataView(bytes.buffer, bytes.byteOffset + at, size);
      values.push(scalar(size === 8 ? view.getBigUint64(0, true) : view.getUint32(0, true), field));
      at += size;
    } else {
      const read = readVarint(bytes, at, bytes.length);
      if (read === null) break;
      values.push(scalar(read.value, field));
      at += read.size;
    }
  }
  return values;
}

// ---- writing ---------------------------------------------------------------------------------------------------------

/** @throws Error naming the field whose value has no bytes. */
export function writeProto(value: unknown, type: ProtoType | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('A protobuf message should be an object of fields.');
  }
  const pieces: { number: number; bytes: Uint8Array }[] = [];
  for (const [name, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    const field = type === undefined ? undefined : [...type.fields.values()].find((one) => one.name === name);
    const number = field?.number ?? Number(name);
    if (!Number.isInteger(number) || number < 1) {
      throw new Error(`${type?.name ?? 'Without a .proto file'} has no field ${name}; give a field number.`);
    }
    pieces.push({ number, bytes: writeField(number, name, item, field) });
  }
  return concat(pieces.toSorted((one, two) => one.number - two.number).map((piece) => piece.bytes));
}

const WIRE_NUMBERS = { varint: 0, fixed64: 1, bytes: 2, group: 3, fixed32: 5 } as const;

function tagged(number: number, type: WireField['type'], content: Uint8Array): Uint8Array {
  const tag = varintBytes(BigInt(number) * 8n + BigInt(WIRE_NUMBERS[type]), false);
  if (type === 'group') return concat([tag, content, varintBytes(BigInt(number) * 8n + 4n, false)]);
  return type === 'bytes' ? concat([tag, varintBytes(content.length, false), content]) : concat([tag, content]);
}

function writeField(number: number, name: string, value: unknown, field: ProtoField | undefined): Uint8Array {
  if (field?.map !== undefined) {
    const { map } = field;
    const key = map.fields.get(1);
    const entries = Object.entries(value as Record<string, unknown>);
    const typed = (text: string): unknown =>
      key?.type === 'string' ? text : key?.type === 'bool' ? text === 'true' : BigInt(text);
    return concat(
      entries.map(([one, item]) => tagged(number, 'bytes', writeProto({ key: typed(one), value: item }, map))),
    );
  }
  if (Array.isArray(value)) {
    const items = value as readonly unknown[];
    if (field?.packed === true && wireTypeOf(field) !== 'bytes') {
      return tagged(number, 'bytes', concat(items.map((item) => scalarBytes(item, field, name))));
    }
    return concat(items.map((item) => writeField(number, name, item, field)));
  }
  if (field === undefined) return writeUntyped(number, name, value);
  const type = wireTypeOf(field);
  if (type === 'group') return tagged(number, type, writeProto(value, field.message));
  if (type !== 'bytes') return tagged(number, type, scalarBytes(value, field, name));
  if (field.message !== undefined) return tagged(number, 'bytes', writeProto(value, field.message));
  return tagged(number, 'bytes', value instanceof Uint8Array ? value : utf8Bytes(String(value)));
}

function writeUntyped(number: number, name: string, value: unknown): Uint8Array {
  if (typeof value === 'number' || typeof value === 'bigint')
    return tagged(number, 'varint', varintBytes(value, false));
  if (typeof value === 'boolean') return tagged(number, 'varint', varintBytes(value ? 1 : 0, false));
  if (typeof value === 'string') return tagged(number, 'bytes', utf8Bytes(value));
  if (value instanceof Uint8Array) return tagged(number, 'bytes', value);
  if (typeof value !== 'object' || value === null) throw new Error(`Field ${name} has no protobuf form.`);
  const { fixed32, fixed64, group } = value as { fixed32?: unknown; fixed64?: unknown; group?: unknown };
  if (group !== undefined) return tagged(number, 'group', writeProto(group, undefined));
  if (fixed32 !== undefined) return tagged(number, 'fixed32', intBytes(whole(fixed32, name), 4, 'le'));
  if (fixed64 !== undefined) return tagged(number, 'fixed64', intBytes(whole(fixed64, name), 8, 'le'));
  return tagged(number, 'bytes', writeProto(value, undefined));
}

function whole(value: unknown, name: string): number | bigint {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'string' && /^-?\d+$/.test(value)) return BigInt(value);
  throw new Error(`Field ${name} should be a number.`);
}

function scalarBytes(value: unknown, field: ProtoField, name: string): Uint8Array {
  switch (field.type) {
    case 'double':
    case 'float': {
      const bytes = new Uint8Array(field.type === 'double' ? 8 : 4);
      const view = new DataView(bytes.buffer);
      if (field.type === 'double') view.setFloat64(0, Number(value), true);
      else view.setFloat32(0, Number(value), true);
      return bytes;
    }
    case 'fixed32':
    case 'sfixed32':
      return intBytes(whole(value, name), 4, 'le');
    case 'fixed64':
    case 'sfixed64':
      return intBytes(whole(value, name), 8, 'le');
    case 'sint32':
    case 'sint64':
      return varintBytes(whole(value, name), true);
    default: {
      const named =
        typeof value === 'string' ? Object.entries(field.names ?? {}).find(([, one]) => one === value)?.[0] : undefined;
      return varintBytes(named === undefined ? whole(value, name) : BigInt(named), false);
    }
  }
}
