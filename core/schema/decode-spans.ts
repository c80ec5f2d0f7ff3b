/** Where bytes, texts and lists begin and end: fixed, told by a field, by a prefix, by a terminator, or the rest. */
import { decodeText } from './characters.ts';
import { intStep, varintStep } from './decode-numbers.ts';
import { ABSENT, COUNT_META, LENGTH_META, type Step } from './decode-step.ts';
import type { FieldNode, IntNode, Length, Node, StructNode, VarintNode } from './nodes.ts';
import type { Segment } from './path.ts';
import { NO_CHILDREN, type Reader } from './reader.ts';

/** A span's content between its length prefix and its terminator. */
export interface Span {
  start: number;
  end: number;
  /** Just past the terminator. */
  after: number;
  prefix: FieldNode | null;
}

export type SpanOf = (reader: Reader, name: Segment) => Span | null;

/** What the referenced length counts besides the field: `plus` of the length field's derive. */
export function plusOf(reference: string, around: readonly StructNode[]): number {
  let climb = 0;
  while (reference[climb] === '^') climb += 1;
  const struct = around[around.length - 1 - climb];
  const field = struct?.fields.find((one) => one.name === reference.slice(climb))?.node;
  return (field?.kind === 'int' || field?.kind === 'varint' ? field.derive?.plus : undefined) ?? 0;
}

export function lookUpStep(reference: string): (reader: Reader) => unknown {
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

export function toSize(reader: Reader, raw: unknown, name: Segment): number | null {
  const value = typeof raw === 'bigint' ? Number(raw) : raw;
  if (typeof value === 'number' && value >= 0 && Number.isInteger(value)) return value;
  const what = raw === undefined ? 'is not there' : `is ${String(raw)}`;
  reader.fail('length', `The length of ${reader.path(name)} ${what}.`, name);
  return null;
}

export function prefixStep(
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

export function spanOf(length: Length, around: readonly StructNode[], aligned: number): SpanOf {
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

export function indexOf(bytes: Uint8Array, wanted: Uint8Array, start: number, end: number, aligned: number): number {
  for (let at = start; at + wanted.length <= end; at += aligned) {
    let same = true;
    for (let index = 0; same && index < wanted.length; index += 1) same = bytes[at + index] === wanted[index];
    if (same) return at;
  }
  return -1;
}

export function spanStep(
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

export function textValue(
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
