/** What every part of decoding shares: the step a node becomes, and how a leaf is put into the tree. */
import type { FieldNode, Meta, Node, StructNode } from './nodes.ts';
import type { Segment } from './path.ts';
import { NO_CHILDREN, type Reader } from './reader.ts';

/** Reads one field and appends its tree node; ABSENT when there is no field. */
export type Step = (reader: Reader, name: Segment) => unknown;
export const ABSENT = Symbol('absent');
export const EMPTY: Meta = Object.freeze({});
export const LENGTH_META: Meta = Object.freeze({ label: 'Length' });
export const COUNT_META: Meta = Object.freeze({ label: 'Count' });
export const END_META: Meta = Object.freeze({ label: 'End mark' });

/** Turns a node into its step; `around` are the structs it stands in, outermost first. */
export type Compile = (node: Node, around: readonly StructNode[]) => Step;

export function pushLeaf(
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

export function cut(reader: Reader, name: Segment, needed: number): typeof ABSENT {
  reader.short(name, needed);
  return ABSENT;
}

/** Bytes no field covers, as a field and a note. */
export function leftOver(reader: Reader, length: number): void {
  const left = length - reader.at;
  reader.say('note', 'schema', 'trailing', `${left} byte${left === 1 ? '' : 's'} left over.`, '', reader.at, length);
  const consumed = reader.at;
  reader.rest();
  reader.at = consumed;
}

/** One node that covers all bytes: the field itself, widened by what follows it. */
export function rootOf(out: readonly FieldNode[], node: Node, bytes: Uint8Array, value: unknown): FieldNode {
  const [first, ...more] = out;
  if (first !== undefined && more.length === 0 && first.name === '' && first.end === bytes.length) return first;
  const plain = value === ABSENT ? undefined : value;
  if (first !== undefined && first.name === '') {
    return { ...first, start: 0, end: bytes.length, children: [...first.children, ...more] };
  }
  return { name: '', kind: node.kind, start: 0, end: bytes.length, value: plain, meta: node.meta, children: out };
}

// ---- compile ---------------------------------------------------------------------------------------------------------
