/** The single values inside a decoded message, with what the schema says of them. */
import { fieldsOf } from '../schema/describe.ts';
import type { Meta, Node } from '../schema/nodes.ts';
import { formatSegment, type Segment } from '../schema/path.ts';

export interface Leaf {
  readonly path: readonly Segment[];
  readonly value: unknown;
}

const MAX_LEAVES = 50_000;

/** Depth first, in the order of the fields. Empty lists and objects are leaves: they can differ, too. */
export function leavesOf(value: unknown): Leaf[] {
  const found: Leaf[] = [];
  const visit = (here: unknown, path: readonly Segment[]): void => {
    if (found.length >= MAX_LEAVES) return;
    if (Array.isArray(here)) {
      if (here.length === 0) found.push({ path, value: here });
      here.forEach((item: unknown, index) => visit(item, [...path, index]));
    } else if (here !== null && typeof here === 'object' && !(here instanceof Uint8Array)) {
      const entries = Object.entries(here);
      if (entries.length === 0) found.push({ path, value: here });
      for (const [key, item] of entries) visit(item, [...path, key]);
    } else if (here !== undefined) found.push({ path, value: here });
  };
  visit(value, []);
  return found;
}

interface Branch {
  readonly below: Map<string, Branch>;
  meta?: Meta;
}
const trees = new WeakMap<Node, Branch>();
const NO_META: Meta = Object.freeze({});
/** Of a key that is an id. */
export const AN_ID: Meta = Object.freeze({ role: 'id' });

/** What the schema says of the field at a path; empty where it says nothing. */
export function metaAt(node: Node | undefined, path: readonly Segment[]): Meta {
  if (node === undefined) return NO_META;
  if (path.length === 0) return node.meta;
  let branch: Branch | undefined = treeOf(node);
  let inherited = false;
  for (const segment of path) {
    const next: Branch | undefined =
      typeof segment === 'number'
        ? (branch.below.get(`[${segment}]`) ?? branch.below.get('[]'))
        : (branch.below.get(segment) ?? branch.below.get('[*]'));
    if (branch.meta?.volatile === true) inherited = true;
    if (next === undefined) return inherited ? { volatile: true } : NO_META;
    branch = next;
  }
  const meta = branch.meta ?? NO_META;
  // A volatile list or object is volatile throughout.
  return inherited && meta.volatile !== true ? { ...meta, volatile: true } : meta;
}

function treeOf(node: Node): Branch {
  let tree = trees.get(node);
  if (tree !== undefined) return tree;
  tree = { below: new Map(), meta: node.meta };
  for (const { path, meta } of fieldsOf(node)) {
    let branch: Branch = tree;
    for (const segment of patternSegments(path)) {
      let next = branch.below.get(segment);
      if (next === undefined) branch.below.set(segment, (next = { below: new Map() }));
      branch = next;
    }
    branch.meta = meta;
  }
  trees.set(node, tree);
  return tree;
}

/** `a[].b["c d"][*]` → a, [], b, c d, [*]. */
function patternSegments(pattern: string): string[] {
  const segments: string[] = [];
  for (const match of pattern.matchAll(/\[("(?:[^"\\]|\\.)*")\]|(\[[^\]]*\])|([^.[\]]+)/g)) {
    if (match[1] !== undefined) segments.push(JSON.parse(match[1]) as string);
    else segments.push(match[2] ?? match[3]!);
  }
  return segments;
}

/** The path with indices, and keys that are ids, left out: `players[].id`, `status[].hp`. */
export function patternOf(path: readonly Segment[]): string {
  const text = path.map((segment) => (isIndex(segment) ? '[]' : formatSegment(segment))).join('');
  return text.startsWith('.') ? text.slice(1) : text;
}

/** The same of a path as text. */
export function bare(path: string): string {
  return path.replaceAll(/\[(?:\d+|"\d+")\]/g, '[]');
}

/** A place in a list, or a key of digits: an object by the ids of what is in it. */
export function isIndex(segment: Segment): boolean {
  return typeof segment === 'number' || /^\d+$/.test(segment);
}

export function lastName(path: readonly Segment[]): string {
  for (let i = path.length - 1; i >= 0; i--) {
    const segment = path[i];
    if (typeof segment === 'string') return segment;
  }
  return '';
}

/** Values as equal: 5 and 5n, and bytes by their content. */
export function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left === 'bigint' || typeof right === 'bigint') {
    return isNumeric(left) && isNumeric(right) && String(left) === String(right);
  }
  if (typeof left === 'number' && typeof right === 'number') return Number.isNaN(left) && Number.isNaN(right);
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, i) => byte === right[i]);
  }
  if (Array.isArray(left) && Array.isArray(right)) return left.length === 0 && right.length === 0;
  return isEmptyObject(left) && isEmptyObject(right);
}

function isNumeric(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}
function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    Object.keys(value).length === 0
  );
}

/** A value as people read it; long ones cut. */
export function valueText(value: unknown, most = 80): string {
  const text =
    value === undefined
      ? ''
      : value instanceof Uint8Array
        ? toHex(value)
        : typeof value === 'string'
          ? JSON.stringify(value)
          : typeof value === 'bigint'
            ? String(value)
            : (JSON.stringify(value, (_key, item: unknown) =>
                typeof item === 'bigint' ? String(item) : item instanceof Uint8Array ? toHex(item) : item,
              ) ?? String(value));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
