/**
 * Values to JSON text. Anew: compact, keys in the schema's order, bigint as a number with all its digits. As an edit of an
 * original text: whatever did not change keeps its spelling, its blanks and its place, byte for byte.
 */
import { utf8Bytes } from './characters.ts';
import { type JsonSpan, scanJson } from './json-text.ts';
import { DEFAULT_LIMITS, type Node } from './nodes.ts';
import { formatPath, parsePath, type Segment } from './path.ts';
import { pickOption } from './validate.ts';

export interface JsonStyle {
  readonly comma: string;
  readonly colon: string;
}
export const COMPACT: JsonStyle = Object.freeze({ comma: ',', colon: ':' });
export const PYTHON: JsonStyle = Object.freeze({ comma: ', ', colon: ': ' });

export interface JsonEncodeOptions {
  readonly style?: JsonStyle;
  /** Path → value or raw bytes, written in place of the value there, as it is. */
  readonly override?: Readonly<Record<string, unknown>>;
  /** The text being edited. */
  readonly original?: Uint8Array;
}

/** @throws Error when the value has no JSON form (undefined, a function). */
export function encodeJson(node: Node, value: unknown, options: JsonEncodeOptions = {}): Uint8Array<ArrayBuffer> {
  const writer = new Writer(options);
  const scan =
    options.original === undefined ? null : scanJson(options.original, { ...DEFAULT_LIMITS, maxDepth: 1000 });
  if (scan?.ok === true && scan.root !== null && options.original !== undefined) {
    writer.copy(0, scan.root.start);
    writer.edit(node, value, scan.root, []);
    writer.copy(scan.root.end, options.original.length);
  } else writer.fresh(node, value, []);
  return writer.finish();
}

/** Equal JSON values; keys in any order; 5 and 5n are equal. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left === 'number' && typeof right === 'number') return Number.isNaN(left) && Number.isNaN(right);
  if (typeof left === 'bigint' || typeof right === 'bigint') {
    return typeof left !== 'object' && typeof right !== 'object' && String(left) === String(right);
  }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) &&
      left.length === right.length &&
      left.every((item: unknown, index) => equalJson(item, right[index]))
    );
  }
  if (Array.isArray(right)) return false;
  const one = left as Record<string, unknown>;
  const two = right as Record<string, unknown>;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(two).length &&
    keys.every((key) => Object.hasOwn(two, key) && equalJson(one[key], two[key]))
  );
}

class Writer {
  private readonly pieces: Uint8Array[] = [];
  private text = '';
  private readonly style: JsonStyle;
  private readonly original: Uint8Array;
  private readonly override: ReadonlyMap<string, unknown>;

  constructor(options: JsonEncodeOptions) {
    this.style = options.style ?? COMPACT;
    this.original = options.original ?? new Uint8Array();
    const given = Object.entries(options.override ?? {});
    this.override = new Map(given.map(([path, value]) => [formatPath(parsePath(path)), value]));
  }

  finish(): Uint8Array<ArrayBuffer> {
    this.flush();
    let size = 0;
    for (const piece of this.pieces) size += piece.length;
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of this.pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  private flush(): void {
    if (this.text !== '') this.pieces.push(utf8Bytes(this.text));
    this.text = '';
  }

  raw(bytes: Uint8Array): void {
    this.flush();
    this.pieces.push(bytes);
  }

  copy(start: number, end: number): void {
    if (end > start) this.raw(this.original.subarray(start, end));
  }

  /** Writes the override for this path, if there is one. */
  private lie(path: readonly Segment[]): boolean {
    if (this.override.size === 0) return false;
    const name = formatPath(path);
    if (!this.override.has(name)) return false;
    const value = this.override.get(name);
    if (value instanceof Uint8Array) this.raw(value);
    else this.plain(value);
    return true;
  }

  /** No override at or below the path. */
  private honest(path: readonly Segment[]): boolean {
    if (this.override.size === 0) return true;
    const name = formatPath(path);
    for (const key of this.override.keys()) {
      if (name === '' || key === name || key.startsWith(`${name}.`) || key.startsWith(`${name}[`)) return false;
    }
    return true;
  }

  fresh(given: Node, value: unknown, path: readonly Segment[]): void {
    if (this.lie(path)) return;
    const node = given.kind === 'oneOf' ? pickOption(given.options, value) : given;
    if (Array.isArray(value)) {
      this.text += '[';
      value.forEach((item: unknown, index) => {
        if (index > 0) this.text += this.style.comma;
        this.fresh(itemOf(node, index), item, [...path, index]);
      });
      this.text += ']';
    } else if (typeof value === 'object' && value !== null && !(value instanceof Uint8Array)) {
      this.members(node, value as Record<string, unknown>, path);
    } else this.plain(value);
  }

  private members(node: Node, value: Record<string, unknown>, path: readonly Segment[]): void {
    this.text += '{';
    let first = true;
    for (const key of this.keysInOrder(node, value, path)) {
      if (!first) this.text += this.style.comma;
      first = false;
      this.text += JSON.stringify(key) + this.style.colon;
      this.fresh(memberOf(node, key), value[key], [...path, key]);
    }
    this.text += '}';
  }

  /** The schema's keys first, in its order; then the others as they come. Overrides may add keys. */
  private keysInOrder(node: Node, value: Record<string, unknown>, path: readonly Segment[]): readonly string[] {
    const present = Object.keys(value).filter((key) => value[key] !== undefined);
    const added = this.override.size === 0 ? [] : this.addedKeys(path).filter((key) => !present.includes(key));
    const all = added.length === 0 ? present : [...present, ...added];
    if (node.kind !== 'object') return all;
    const known = node.keys.map((key) => key.name).filter((name) => all.includes(name));
    return known.length === all.length ? known : [...known, ...all.filter((key) => !known.includes(key))];
  }

  private addedKeys(path: readonly Segment[]): string[] {
    const keys: string[] = [];
    for (const name of this.override.keys()) {
      const segments = parsePath(name);
      const last = segments[path.length];
      if (
        segments.length === path.length + 1 &&
        typeof last === 'string' &&
        path.every((one, at) => one === segments[at])
      ) {
        keys.push(last);
      }
    }
    return keys;
  }

  private plain(value: unknown): void {
    if (value instanceof Uint8Array) return this.raw(value);
    if (typeof value === 'bigint') {
      this.text += String(value);
      return;
    }
    const text = hasBigInt(value) ? undefined : JSON.stringify(value);
    if (text !== undefined) this.text += text;
    else if (typeof value === 'object' && value !== null) this.fresh({ kind: 'any', meta: {} }, value, ['#']);
    else throw new Error(`A value of type ${typeof value} has no JSON form.`);
  }

  /** Rewrites only what changed. */
  edit(given: Node, value: unknown, span: JsonSpan, path: readonly Segment[]): void {
    if (this.lie(path)) return;
    if (this.honest(path) && equalJson(value, span.value)) return this.copy(span.start, span.end);
    const node = given.kind === 'oneOf' ? pickOption(given.options, value) : given;
    if (span.members !== undefined && typeof value === 'object' && value !== null && !Array.isArray(value)) {
      this.editObject(node, value as Record<string, unknown>, span, span.members, path);
    } else if (span.items !== undefined && Array.isArray(value)) this.editArray(node, value, span, span.items, path);
    else this.fresh(node, value, path);
  }

  private editObject(
    node: Node,
    value: Record<string, unknown>,
    span: JsonSpan,
    members: NonNullable<JsonSpan['members']>,
    path: readonly Segment[],
  ): void {
    const left = new Set(this.keysInOrder(node, value, path));
    // With a key written twice the last one counts, so that is the one that stays.
    const kept = members.filter((member, index) => left.has(member.name) && lastOf(members, member.name) === index);
    const spacing = this.spacing(
      span,
      members.map((member) => [member.keyStart, member.span.end] as const),
      members[0],
    );
    this.text += '{';
    this.text += spacing.open;
    kept.forEach((member, index) => {
      if (index > 0) this.between(members[members.indexOf(member) - 1]?.span.end, member.keyStart, spacing.between);
      this.copy(member.keyStart, member.span.start);
      this.edit(memberOf(node, member.name), value[member.name], member.span, [...path, member.name]);
      left.delete(member.name);
    });
    let first = kept.length === 0;
    for (const key of left) {
      if (!first) this.text += spacing.between;
      first = false;
      this.text += JSON.stringify(key) + spacing.colon;
      this.fresh(memberOf(node, key), value[key], [...path, key]);
    }
    this.text += spacing.close;
    this.text += '}';
  }

  private editArray(
    node: Node,
    value: readonly unknown[],
    span: JsonSpan,
    items: readonly JsonSpan[],
    path: readonly Segment[],
  ): void {
    const spacing = this.spacing(
      span,
      items.map((item) => [item.start, item.end] as const),
      undefined,
    );
    this.text += '[';
    this.text += spacing.open;
    value.forEach((item, index) => {
      const old = items[index];
      if (index > 0) this.between(items[index - 1]?.end, old?.start, spacing.between);
      if (old === undefined) this.fresh(itemOf(node, index), item, [...path, index]);
      else this.edit(itemOf(node, index), item, old, [...path, index]);
    });
    this.text += spacing.close;
    this.text += ']';
  }

  /** The comma between two entries, as it stood before the second one in the original. */
  private between(start: number | undefined, end: number | undefined, usual: string): void {
    if (start === undefined || end === undefined) this.text += usual;
    else this.copy(start, end);
  }

  /** How the original is spaced: after the bracket, between entries, after a key, before the closing bracket. */
  private spacing(
    span: JsonSpan,
    entries: readonly (readonly [number, number])[],
    member: { keyEnd: number; span: JsonSpan } | undefined,
  ): { open: string; between: string; colon: string; close: string } {
    const [first, second] = entries;
    const last = entries.at(-1);
    const read = (start: number, end: number): string =>
      String.fromCharCode(...this.original.subarray(start, Math.min(end, start + 1000)));
    if (first === undefined || last === undefined) {
      return { open: '', between: this.style.comma, colon: this.style.colon, close: '' };
    }
    return {
      open: read(span.start + 1, first[0]),
      between: second === undefined ? this.style.comma : read(first[1], second[0]),
      colon: member === undefined ? this.style.colon : read(member.keyEnd, member.span.start),
      close: read(last[1], span.end - 1),
    };
  }
}

function lastOf(members: NonNullable<JsonSpan['members']>, name: string): number {
  return members.findLastIndex((member) => member.name === name);
}

function hasBigInt(value: unknown): boolean {
  if (typeof value === 'bigint') return true;
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBigInt);
}

function memberOf(node: Node, key: string): Node {
  if (node.kind === 'object') return node.keys.find((one) => one.name === key)?.node ?? ANY;
  return node.kind === 'record' ? node.of : ANY;
}

function itemOf(node: Node, index: number): Node {
  if (node.kind === 'array') return node.of;
  return node.kind === 'tuple' ? (node.items[index] ?? node.rest ?? ANY) : ANY;
}

const ANY: Node = Object.freeze({ kind: 'any', meta: Object.freeze({}) });
