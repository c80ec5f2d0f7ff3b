/**
 * Bytes to values and trees. A schema is turned into closures once and kept; decoding then is a walk without a switch.
 * Never throws: what does not fit becomes expert infos, fields before the mistake stay, the rest is shown as bytes.
 */
import { decodeText } from './characters.ts';
import { checksumOf, inflate, mask } from './content.ts';
import type { ExpertInfo } from './expert-info.ts';
import { jsonTree } from './json-decode.ts';
import {
  type BitsNode,
  type ChecksumNode,
  type Constant,
  DEFAULT_LIMITS,
  type FieldNode,
  type IntNode,
  type Length,
  type Limits,
  type MessageCase,
  type Meta,
  type Node,
  type StructNode,
  type VarintNode,
} from './nodes.ts';
import { intReader, readVarint, unzigzag } from './numbers.ts';
import type { Segment } from './path.ts';
import { NO_CHILDREN, Reader } from './reader.ts';
import { holds } from './validate.ts';

export interface Decoded {
  /** What could be decoded; undefined when nothing could. */
  readonly value: unknown;
  /** First byte not consumed. */
  readonly end: number;
  readonly expert: readonly ExpertInfo[];
  /** False: the bytes broke off or made no sense; `value` holds the fields before. */
  readonly complete: boolean;
  /** Only when asked for. */
  readonly tree?: FieldNode;
}

export interface DecodeOptions {
  readonly limits?: Limits;
  readonly tree?: boolean;
  /** Remark bytes left over (a note); default true. */
  readonly trailing?: boolean;
}

/** Reads one field and appends its tree node; ABSENT when there is no field. */
type Step = (reader: Reader, name: Segment) => unknown;
const ABSENT = Symbol('absent');
const NONE: readonly ExpertInfo[] = Object.freeze([]);
const EMPTY: Meta = Object.freeze({});
const LENGTH_META: Meta = Object.freeze({ label: 'Length' });
const COUNT_META: Meta = Object.freeze({ label: 'Count' });
const END_META: Meta = Object.freeze({ label: 'End mark' });

const compiled = new WeakMap<Node, Step>();

/** Decodes bytes by a schema of either family. */
export function decode(node: Node, bytes: Uint8Array, options: DecodeOptions = {}): Decoded {
  const limits = options.limits ?? DEFAULT_LIMITS;
  let step = compiled.get(node);
  if (step === undefined) {
    step = compile(node, []);
    compiled.set(node, step);
  }
  const end = Math.min(bytes.length, limits.maxBytes);
  const reader = new Reader(bytes, 0, end, limits, options.tree === true);
  const value = step(reader, '');
  if (!reader.failed && reader.at < bytes.length && options.trailing !== false) leftOver(reader, bytes.length);
  return {
    value: value === ABSENT ? undefined : value,
    end: reader.at,
    expert: reader.expert ?? NONE,
    complete: !reader.failed,
    ...(reader.out === null ? {} : { tree: rootOf(reader.out, node, bytes, value) }),
  };
}

function leftOver(reader: Reader, length: number): void {
  const left = length - reader.at;
  reader.say('note', 'schema', 'trailing', `${left} byte${left === 1 ? '' : 's'} left over.`, '', reader.at, length);
  const consumed = reader.at;
  reader.rest();
  reader.at = consumed;
}

/** One node that covers all bytes: the field itself, widened by what follows it. */
function rootOf(out: readonly FieldNode[], node: Node, bytes: Uint8Array, value: unknown): FieldNode {
  const [first, ...more] = out;
  if (first !== undefined && more.length === 0 && first.name === '' && first.end === bytes.length) return first;
  const plain = value === ABSENT ? undefined : value;
  if (first !== undefined && first.name === '') {
    return { ...first, start: 0, end: bytes.length, children: [...first.children, ...more] };
  }
  return { name: '', kind: node.kind, start: 0, end: bytes.length, value: plain, meta: node.meta, children: out };
}

// ---- compile ---------------------------------------------------------------------------------------------------------

/** `around`: the structs a node stands in, outermost first; needed to know what a length counts besides its field. */
function compile(node: Node, around: readonly StructNode[]): Step {
  switch (node.kind) {
    case 'int':
      return intStep(node, node.meta, 'int');
    case 'varint':
      return varintStep(node, node.meta, 'varint');
    case 'enum': {
      const meta: Meta = Object.freeze({ ...node.of.meta, ...node.meta, names: node.values });
      return node.of.kind === 'int' ? intStep(node.of, meta, 'enum') : varintStep(node.of, meta, 'enum');
    }
    case 'flags':
      return flagsStep(node.of, node.bits, { ...node.of.meta, ...node.meta });
    case 'float':
      return floatStep(node.size, node.endian === 'le', node.meta);
    case 'bits':
      return bitsStep(node);
    case 'bytes':
      return spanStep(node, node.length, around, (reader, start, end) => reader.bytes.subarray(start, end));
    case 'text':
      return spanStep(node, node.length, around, (reader, start, end, name) =>
        textValue(node, reader, start, end, name),
      );
    case 'struct':
      return structStep(node, around);
    case 'list':
      return listStep(node, around);
    case 'when': {
      const then = compile(node.then, around);
      const on = lookUpStep(node.condition.on);
      const { condition } = node;
      return (reader, name) => (holds(condition, on(reader)) ? then(reader, name) : ABSENT);
    }
    case 'optional': {
      const of = compile(node.of, around);
      const { minLeft } = node;
      return (reader, name) => (reader.end - reader.at >= minLeft ? of(reader, name) : ABSENT);
    }
    case 'switch': {
      const on = lookUpStep(node.on);
      const cases = new Map<Constant, Step>(node.cases.map((one) => [one.value, compile(one.node, around)]));
      const otherwise = node.otherwise === undefined ? undefined : compile(node.otherwise, around);
      return (reader, name) => {
        const key = on(reader) as Constant;
        const step = cases.get(key) ?? (typeof key === 'bigint' ? cases.get(Number(key)) : undefined) ?? otherwise;
        return step === undefined ? ABSENT : step(reader, name);
      };
    }
    case 'messages':
      return messagesStep(node, around);
    case 'fixed':
      return fixedStep(node.bytes, node.meta);
    case 'checksum':
      // Outside a struct there is nothing to sum up; structs treat theirs themselves.
      return intStep({ size: node.size, signed: false, endian: node.endian }, node.meta, 'checksum');
    case 'compressed': {
      const { algorithm } = node;
      return innerStep(node, algorithm, around, (packed, reader) =>
        inflate(packed, algorithm, Math.min(reader.limits.maxBytes, 256 * 1024 * 1024)),
      );
    }
    case 'sealed': {
      const { xor } = node;
      return innerStep(node, 'unmasked', around, (packed) => ({ bytes: mask(packed, xor) }));
    }
    case 'custom':
      return customStep(node);
    case 'object':
    case 'string':
    case 'integer':
    case 'number':
    case 'boolean':
    case 'null':
    case 'array':
    case 'record':
    case 'tuple':
    case 'oneOf':
    case 'literal':
    case 'any':
      return jsonStep(node);
    default:
      return node satisfies never;
  }
}

function intStep(
  node: Pick<IntNode, 'size' | 'signed' | 'endian'> & Partial<IntNode>,
  meta: Meta,
  kind: 'int' | 'enum' | 'checksum',
): Step {
  const read = intReader(node);
  const { size } = node;
  const derived = node.derive?.ref;
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const value = read(reader.bytes, start);
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, kind, start, end, value, meta, derived);
    return value;
  };
}

function pushLeaf(
  out: FieldNode[],
  name: Segment,
  kind: FieldNode['kind'],
  start: number,
  end: number,
  value: unknown,
  meta: Meta,
  derived?: string,
): void {
  const label = typeof name === 'number' ? String(name) : name;
  if (derived === undefined) out.push({ name: label, kind, start, end, value, meta, children: NO_CHILDREN });
  else out.push({ name: label, kind, start, end, value, meta, children: NO_CHILDREN, derived });
}

function cut(reader: Reader, name: Segment, needed: number): typeof ABSENT {
  reader.short(name, needed);
  return ABSENT;
}

function varintStep(node: VarintNode, meta: Meta, kind: 'varint' | 'enum'): Step {
  const derived = node.derive?.ref;
  return (reader, name) => {
    const start = reader.at;
    const read = readVarint(reader.bytes, start, reader.end);
    if (read === null) {
      if (reader.end - start < 10) return cut(reader, name, reader.end - start + 1);
      reader.fail('varint', `${reader.path(name) || 'The message'} is longer than ten bytes.`, name);
      return ABSENT;
    }
    const end = start + read.size;
    if (read.overlong) {
      reader.say('note', 'malformed', 'overlong', 'Not the shortest form.', name, start, end);
    }
    const value = node.zigzag ? unzigzag(read.value) : read.value;
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, kind, start, end, value, meta, derived);
    return value;
  };
}

function floatStep(size: 4 | 8, little: boolean, meta: Meta): Step {
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const { bytes } = reader;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, size);
    const value = size === 4 ? view.getFloat32(0, little) : view.getFloat64(0, little);
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'float', start, end, value, meta);
    return value;
  };
}

function flagsStep(of: IntNode, masks: Readonly<Record<string, string>>, meta: Meta): Step {
  const read = intReader(of);
  const { size } = of;
  const width = size * 8;
  const bits = Object.entries(masks).map(([text, name]) => {
    const value = Number(text);
    const low = Math.log2(value & -value);
    const high = Math.floor(Math.log2(value));
    return { name, value, offset: width - 1 - high, width: high - low + 1 };
  });
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const value = Number(read(reader.bytes, start));
    reader.at = end;
    if (reader.out !== null) {
      const children = bits.map(
        (bit): FieldNode => ({
          name: bit.name,
          kind: 'bits',
          start,
          end,
          bits: { offset: bit.offset, width: bit.width },
          value: (value & bit.value) !== 0,
          meta: EMPTY,
          children: NO_CHILDREN,
        }),
      );
      reader.out.push({ name: String(name), kind: 'flags', start, end, value, meta, children });
    }
    return value;
  };
}

function bitsStep(node: BitsNode): Step {
  const read = intReader({ size: node.size, signed: false, endian: node.endian });
  const { size, parts, meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const end = start + size;
    if (end > reader.end) return cut(reader, name, size);
    const all = Number(read(reader.bytes, start));
    reader.at = end;
    const value: Record<string, number> = {};
    const children: FieldNode[] | null = reader.out === null ? null : [];
    let offset = 0;
    for (const part of parts) {
      const shift = size * 8 - offset - part.width;
      // Division instead of shifts: 32 bits of a JavaScript number are signed.
      const bits = Math.floor(all / 2 ** shift) % 2 ** part.width;
      value[part.name] = bits;
      children?.push({
        name: part.name,
        kind: 'bits',
        start,
        end,
        bits: { offset, width: part.width },
        value: bits,
        meta: part.meta,
        children: NO_CHILDREN,
      });
      offset += part.width;
    }
    if (children !== null) reader.out?.push({ name: String(name), kind: 'bits', start, end, value, meta, children });
    return value;
  };
}

// ---- lengths ---------------------------------------------------------------------------------------------------------

/** A span's content between its length prefix and its terminator. */
interface Span {
  start: number;
  end: number;
  /** Just past the terminator. */
  after: number;
  prefix: FieldNode | null;
}

type SpanOf = (reader: Reader, name: Segment) => Span | null;

/** What the referenced length counts besides the field: `plus` of the length field's derive. */
function plusOf(reference: string, around: readonly StructNode[]): number {
  let climb = 0;
  while (reference[climb] === '^') climb += 1;
  const struct = around[around.length - 1 - climb];
  const field = struct?.fields.find((one) => one.name === reference.slice(climb))?.node;
  return (field?.kind === 'int' || field?.kind === 'varint' ? field.derive?.plus : undefined) ?? 0;
}

function lookUpStep(reference: string): (reader: Reader) => unknown {
  let climb = 0;
  while (reference[climb] === '^') climb += 1;
  const [first = '', ...more] = reference.slice(climb).split('.');
  return (reader) => {
    let value: unknown = reader.scopes[reader.scopes.length - 1 - climb]?.[first];
    for (const name of more) {
      value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    }
    return value;
  };
}

function toSize(reader: Reader, raw: unknown, name: Segment): number | null {
  const value = typeof raw === 'bigint' ? Number(raw) : raw;
  if (typeof value === 'number' && value >= 0 && Number.isInteger(value)) return value;
  const what = raw === undefined ? 'is not there' : `is ${String(raw)}`;
  reader.fail('length', `The length of ${reader.path(name)} ${what}.`, name);
  return null;
}

function prefixStep(
  prefix: IntNode | VarintNode,
  label: '#length' | '#count',
): (reader: Reader, name: Segment) => FieldNode | null {
  const meta = Object.keys(prefix.meta).length > 0 ? prefix.meta : label === '#length' ? LENGTH_META : COUNT_META;
  const step = prefix.kind === 'int' ? intStep(prefix, meta, 'int') : varintStep(prefix, meta, 'varint');
  return (reader, name) => {
    const { out } = reader;
    const start = reader.at;
    reader.out = null;
    const value = step(reader, name);
    reader.out = out;
    if (value === ABSENT) {
      // The failed read left its rest unshown: it had no tree to write to.
      if (out !== null) {
        reader.at = start;
        reader.rest();
      }
      return null;
    }
    const derived = String(name);
    return { name: label, kind: prefix.kind, start, end: reader.at, value, meta, children: NO_CHILDREN, derived };
  };
}

function spanOf(length: Length, around: readonly StructNode[], aligned: number): SpanOf {
  const sized = (reader: Reader, name: Segment, size: number, prefix: FieldNode | null): Span | null => {
    const start = reader.at;
    if (start + size > reader.end) {
      if (prefix !== null) reader.out?.push({ ...prefix, name: '#length' });
      reader.short(name, size);
      return null;
    }
    reader.at = start + size;
    return { start, end: start + size, after: start + size, prefix };
  };
  switch (length.by) {
    case 'fixed':
      return (reader, name) => sized(reader, name, length.size, null);
    case 'field': {
      const value = lookUpStep(length.ref);
      const plus = plusOf(length.ref, around);
      return (reader, name) => {
        const raw = value(reader);
        const size = toSize(reader, typeof raw === 'number' ? raw - plus : raw, name);
        return size === null ? null : sized(reader, name, size, null);
      };
    }
    case 'prefix': {
      const read = prefixStep(length.prefix, '#length');
      return (reader, name) => {
        const prefix = read(reader, name);
        const size = prefix === null ? null : toSize(reader, prefix.value, name);
        return size === null ? null : sized(reader, name, size, prefix);
      };
    }
    case 'until': {
      const { terminator } = length;
      return (reader, name) => {
        const start = reader.at;
        const found = indexOf(reader.bytes, terminator, start, reader.end, aligned);
        if (found < 0) {
          reader.fail('truncated', `${reader.path(name) || 'The message'} has no terminator.`, name);
          return null;
        }
        reader.at = found + terminator.length;
        return { start, end: found, after: reader.at, prefix: null };
      };
    }
    case 'rest':
      return (reader) => {
        const start = reader.at;
        reader.at = reader.end;
        return { start, end: reader.end, after: reader.end, prefix: null };
      };
    default:
      return length satisfies never;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array, start: number, end: number, aligned: number): number {
  for (let at = start; at + wanted.length <= end; at += aligned) {
    let same = true;
    for (let index = 0; same && index < wanted.length; index += 1) same = bytes[at + index] === wanted[index];
    if (same) return at;
  }
  return -1;
}

function spanStep(
  node: Extract<Node, { kind: 'bytes' | 'text' }>,
  length: Length,
  around: readonly StructNode[],
  valueOf: (reader: Reader, start: number, end: number, name: Segment) => unknown,
): Step {
  const aligned = node.kind === 'text' && node.encoding === 'utf16le' ? 2 : 1;
  const find = spanOf(length, around, aligned);
  const { kind, meta } = node;
  return (reader, name) => {
    const first = reader.at;
    const span = find(reader, name);
    if (span === null) return ABSENT;
    const value = valueOf(reader, span.start, span.end, name);
    if (reader.out !== null) {
      const children = span.prefix === null ? NO_CHILDREN : [span.prefix];
      reader.out.push({ name: String(name), kind, start: first, end: span.after, value, meta, children });
    }
    return value;
  };
}

function textValue(
  node: Extract<Node, { kind: 'text' }>,
  reader: Reader,
  start: number,
  end: number,
  name: Segment,
): unknown {
  let stop = end;
  if (node.cutAtNul === true) {
    const zero = reader.bytes.subarray(start, end).indexOf(0);
    if (zero >= 0) stop = start + zero;
  }
  const { text, bad } = decodeText(reader.bytes, start, stop, node.encoding);
  if (bad) reader.say('warning', 'malformed', 'utf8', `The text is not valid ${node.encoding}.`, name, start, stop);
  if (node.parse !== 'number') return text;
  const value = /^[\s\0]*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[\s\0]*$/.test(text)
    ? Number(text.replaceAll('\0', ''))
    : Number.NaN;
  if (Number.isNaN(value)) {
    reader.say('warning', 'malformed', 'number', `${JSON.stringify(text)} is not a decimal number.`, name, start, stop);
  }
  return value;
}

// ---- containers ------------------------------------------------------------------------------------------------------

function structStep(node: StructNode, around: readonly StructNode[]): Step {
  const inside = [...around, node];
  const fields = node.fields.map((field) => ({
    name: field.name,
    step: compile(field.node, inside),
    checksum: field.node.kind === 'checksum' ? field.node : null,
  }));
  const summed = fields.some((field) => field.checksum !== null);
  const { meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const value: Record<string, unknown> = {};
    if (!reader.spend(fields.length, name)) return ABSENT;
    const root = name === '';
    if (!root && !reader.enter(name)) return ABSENT;
    const { out } = reader;
    if (out !== null) reader.out = [];
    reader.scopes.push(value);
    const starts: Map<string, number> | null = summed ? new Map() : null;
    for (let index = 0; index < fields.length; index += 1) {
      const field = fields[index] as (typeof fields)[number];
      starts?.set(field.name, reader.at);
      const at = reader.at;
      const item = field.step(reader, field.name);
      if (item !== ABSENT) value[field.name] = item;
      if (reader.failed) break;
      if (field.checksum !== null && starts !== null)
        checkSum(reader, field.checksum, field.name, starts, start, at, item);
    }
    reader.scopes.pop();
    if (!root) reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      out.push({ name: String(name), kind: 'struct', start, end: reader.at, value, meta, children });
    }
    return value;
  };
}

function checkSum(
  reader: Reader,
  node: ChecksumNode,
  name: string,
  starts: ReadonlyMap<string, number>,
  structStart: number,
  at: number,
  actual: unknown,
): void {
  const from = node.from === undefined ? structStart : (starts.get(node.from) ?? structStart);
  let to = at;
  if (node.to !== undefined) {
    const names = [...starts.keys()];
    const next = names[names.indexOf(node.to) + 1];
    if (next !== undefined) to = starts.get(next) ?? at;
  }
  const right = checksumOf(node.algorithm, reader.bytes.subarray(from, to));
  const limit = 2 ** (node.size * 8);
  if (right % limit !== actual) {
    const text = `The ${node.algorithm} is 0x${Number(actual).toString(16)}, but the bytes sum up to 0x${right.toString(16)}.`;
    reader.say('warning', 'malformed', 'checksum', text, name, at, reader.at);
  }
  const last = reader.out?.at(-1);
  if (last !== undefined && reader.out !== null) {
    reader.out[reader.out.length - 1] = { ...last, derived: node.to ?? node.from ?? '' };
  }
}

function listStep(node: Extract<Node, { kind: 'list' }>, around: readonly StructNode[]): Step {
  const of = compile(node.of, around);
  const { count, meta } = node;
  const counted = counterOf(count, around);
  const terminator = count.by === 'until' ? count.terminator : null;
  return (reader, name) => {
    const start = reader.at;
    const { out } = reader;
    const value: unknown[] = [];
    const total = counted(reader, name);
    if (total === null) return ABSENT;
    if (!reader.enter(name)) return ABSENT;
    if (out !== null) reader.out = total.prefix === null ? [] : [total.prefix];
    for (let index = 0; index < total.count; index += 1) {
      if (terminator !== null) {
        if (startsWith(reader, terminator)) {
          const at = reader.at;
          reader.at += terminator.length;
          reader.out?.push({
            name: '#end',
            kind: 'fixed',
            start: at,
            end: reader.at,
            value: terminator,
            meta: END_META,
            children: NO_CHILDREN,
          });
          break;
        }
      } else if (total.open && reader.at >= reader.end) break;
      if (index >= reader.limits.maxItems) {
        reader.fail('budget', `More than ${reader.limits.maxItems} items.`, index);
        break;
      }
      if (!reader.spend(1, index)) break;
      const before = reader.at;
      const item = of(reader, index);
      if (item !== ABSENT) value.push(item);
      if (reader.failed) break;
      if (reader.at === before && (total.open || index > 1000)) {
        reader.fail('budget', 'Items without bytes repeat for ever.', index);
        break;
      }
    }
    reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      out.push({ name: String(name), kind: 'list', start, end: reader.at, value, meta, children });
    }
    return value;
  };
}

type Counter = (reader: Reader, name: Segment) => { count: number; open: boolean; prefix: FieldNode | null } | null;

function counterOf(count: Length, around: readonly StructNode[]): Counter {
  switch (count.by) {
    case 'fixed': {
      const fixed = { count: count.size, open: false, prefix: null };
      return () => fixed;
    }
    case 'field': {
      const value = lookUpStep(count.ref);
      const plus = plusOf(count.ref, around);
      return (reader, name) => {
        const raw = value(reader);
        const size = toSize(reader, typeof raw === 'number' ? raw - plus : raw, name);
        return size === null ? null : { count: size, open: false, prefix: null };
      };
    }
    case 'prefix': {
      const read = prefixStep(count.prefix, '#count');
      return (reader, name) => {
        const prefix = read(reader, name);
        const size = prefix === null ? null : toSize(reader, prefix.value, name);
        return size === null ? null : { count: size, open: false, prefix };
      };
    }
    case 'until':
    case 'rest': {
      const open = { count: Number.POSITIVE_INFINITY, open: true, prefix: null };
      return () => open;
    }
    default:
      return count satisfies never;
  }
}

function startsWith(reader: Reader, wanted: Uint8Array): boolean {
  if (reader.at + wanted.length > reader.end) return false;
  for (let index = 0; index < wanted.length; index += 1) {
    if (reader.bytes[reader.at + index] !== wanted[index]) return false;
  }
  return true;
}

function messagesStep(node: Extract<Node, { kind: 'messages' }>, around: readonly StructNode[]): Step {
  const tag = compile(node.tag, around);
  const names = Object.fromEntries(node.cases.map((one) => [String(one.tag), one.name]));
  const cases = new Map<number, { one: MessageCase; body: Step }>();
  for (const one of node.cases) cases.set(one.tag, { one, body: compile(one.body, around) });
  const { meta } = node;
  return (reader, name) => {
    const start = reader.at;
    const { out } = reader;
    const root = name === '';
    if (!root && !reader.enter(name)) return ABSENT;
    if (out !== null) reader.out = [];
    const raw = tag(reader, 'tag');
    const id = typeof raw === 'bigint' ? Number(raw) : raw;
    const found = typeof id === 'number' ? cases.get(id) : undefined;
    let value: { message: string | null; tag: unknown; body: unknown } | typeof ABSENT = ABSENT;
    if (raw !== ABSENT) {
      if (out !== null) nameTag(reader.out, names);
      value = { message: found?.one.name ?? null, tag: id, body: undefined };
      if (found === undefined) {
        reader.say(
          'warning',
          'schema',
          'unknown-message',
          `Message ${String(id)} is not known.`,
          'tag',
          start,
          reader.at,
        );
        value.body = reader.bytes.subarray(reader.at, reader.end);
        pushBody(reader);
      } else {
        const body = found.body(reader, 'body');
        value.body = body === ABSENT ? undefined : body;
      }
    }
    if (!root) reader.leave();
    if (out !== null) {
      const children = reader.out ?? NO_CHILDREN;
      reader.out = out;
      const plain = value === ABSENT ? undefined : value;
      out.push({ name: String(name), kind: 'messages', start, end: reader.at, value: plain, meta, children });
    }
    return value;
  };
}

/** The tag's value names are the messages' names. */
function nameTag(out: FieldNode[] | null, names: Readonly<Record<string, string>>): void {
  const tag = out?.[0];
  if (tag !== undefined && out !== null) out[0] = { ...tag, meta: { label: 'Message', ...tag.meta, names } };
}

function pushBody(reader: Reader): void {
  const { at, end } = reader;
  if (reader.out !== null && at < end) {
    pushLeaf(reader.out, 'body', 'bytes', at, end, reader.bytes.subarray(at, end), EMPTY);
  }
  reader.at = end;
}

function fixedStep(magic: Uint8Array, meta: Meta): Step {
  return (reader, name) => {
    const start = reader.at;
    const end = start + magic.length;
    if (end > reader.end) return cut(reader, name, magic.length);
    if (!startsWith(reader, magic)) {
      reader.say('error', 'malformed', 'magic', `${reader.path(name)} is not what it always is.`, name, start, end);
    }
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'fixed', start, end, reader.bytes.subarray(start, end), meta);
    return ABSENT;
  };
}

function innerStep(
  node: Extract<Node, { kind: 'compressed' | 'sealed' }>,
  title: string,
  around: readonly StructNode[],
  open: (packed: Uint8Array, reader: Reader) => { bytes: Uint8Array } | { problem: string },
): Step {
  const find = spanOf(node.length, around, 1);
  const of = compile(node.of, around);
  const { kind, meta } = node;
  const innerNode = node.of;
  return (reader, name) => {
    const first = reader.at;
    const span = find(reader, name);
    if (span === null) return ABSENT;
    const packed = reader.bytes.subarray(span.start, span.end);
    const opened = open(packed, reader);
    const children = span.prefix === null ? NO_CHILDREN : [span.prefix];
    if ('problem' in opened) {
      reader.say('error', 'malformed', kind, `${reader.path(name)}: ${opened.problem}.`, name, first, span.after);
      reader.out?.push({ name: String(name), kind, start: first, end: span.after, value: packed, meta, children });
      return packed;
    }
    if (!reader.enter(name)) return ABSENT;
    const inner = new Reader(opened.bytes, 0, opened.bytes.length, reader.limits, reader.out !== null, [
      first,
      span.after,
    ]);
    inner.scopes.push(...reader.scopes);
    inner.names.push(...reader.names.slice(0, reader.depth));
    inner.depth = reader.depth;
    inner.nodes = reader.nodes;
    const value = of(inner, '');
    if (!inner.failed && inner.at < inner.end) leftOver(inner, inner.end);
    reader.nodes = inner.nodes;
    reader.leave();
    if (inner.expert !== null) (reader.expert ??= []).push(...inner.expert);
    const plain = value === ABSENT ? undefined : value;
    if (reader.out !== null && inner.out !== null) {
      const root = rootOf(inner.out, innerNode, opened.bytes, value);
      reader.out.push({
        name: String(name),
        kind,
        start: first,
        end: span.after,
        value: plain,
        meta,
        children,
        inner: { title, bytes: opened.bytes, root },
      });
    }
    return value;
  };
}

function customStep(node: Extract<Node, { kind: 'custom' }>): Step {
  const { codec, meta } = node;
  return (reader, name) => {
    const start = reader.at;
    let made: ReturnType<typeof codec.decode>;
    try {
      made = codec.decode(reader.bytes, start, reader.end);
    } catch (error) {
      reader.fail('custom', `${node.name} failed: ${error instanceof Error ? error.message : String(error)}`, name);
      return ABSENT;
    }
    const end = Math.max(start, Math.min(made.end, reader.end));
    if (made.problem !== undefined) {
      reader.say('error', 'malformed', 'custom', made.problem, name, start, end);
    }
    reader.at = end;
    if (reader.out !== null) pushLeaf(reader.out, name, 'custom', start, end, made.value, meta);
    return made.value;
  };
}

/** A JSON node among binary ones: the rest of the bytes is a JSON text. */
function jsonStep(node: Node): Step {
  return (reader, name) => {
    const start = reader.at;
    const tree = jsonTree(reader.bytes, node, { limits: reader.limits, name: String(name), start, end: reader.end });
    reader.at = reader.end;
    for (const info of tree.expert) {
      (reader.expert ??= []).push(reader.outer === null ? info : { ...info, range: reader.outer });
    }
    if (!tree.ok) reader.failed = true;
    reader.out?.push(tree.root);
    return tree.root.value === undefined && !tree.ok ? ABSENT : tree.root.value;
  };
}
