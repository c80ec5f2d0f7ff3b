/**
 * JSON bytes to a tree of fields: ranges come from the scanner, names and meaning from the schema. A field's range is its
 * value's; a text that breaks off keeps what came before and shows the rest as `#rest`.
 */
import { utf8Bytes } from './characters.ts';
import type { ExpertInfo } from './expert-info.ts';
import { type JsonScan, type JsonSpan, scanJson } from './json-text.ts';
import {
  DEFAULT_LIMITS,
  type FieldNode,
  type InnerBuffer,
  type Limits,
  type Meta,
  type Node,
  type NodeKind,
  type StringNode,
} from './nodes.ts';
import { joinPath, type Segment } from './path.ts';
import { pickOption } from './validate.ts';

const EMPTY: Meta = Object.freeze({});
const NO_CHILDREN: readonly FieldNode[] = Object.freeze([]);
const ANY: Node = Object.freeze({ kind: 'any', meta: EMPTY });

export interface JsonTree {
  readonly root: FieldNode;
  readonly expert: readonly ExpertInfo[];
  readonly ok: boolean;
  readonly end: number;
}

/** Schema nodes for places within the text, by path; for texts whose schema depends on what is in them. */
export type Overlay = ReadonlyMap<string, Node>;

export interface JsonTreeOptions {
  readonly limits?: Limits;
  readonly overlay?: Overlay;
  readonly name?: string;
  /** Part of the bytes that is the JSON text. */
  readonly start?: number;
  readonly end?: number;
}

export function jsonTree(bytes: Uint8Array, node: Node, options: JsonTreeOptions = {}): JsonTree {
  const { limits = DEFAULT_LIMITS, overlay, name = '', start = 0, end = bytes.length } = options;
  const scan = scanJson(bytes, limits, start, end);
  const build = new Build(bytes, limits, overlay);
  const root = scan.root === null ? null : build.field(name, scan.root, node, '');
  return { root: withRest(bytes, root, scan, name, start, end), expert: scan.expert, ok: scan.ok, end: scan.end };
}

/** The root covers the whole text, blanks around the value included; what could not be read is its last child. */
function withRest(
  bytes: Uint8Array,
  root: FieldNode | null,
  scan: JsonScan,
  name: string,
  start: number,
  end: number,
): FieldNode {
  if (root !== null && (scan.ok || scan.end >= end)) {
    return root.start === start && root.end === end ? root : { ...root, start, end };
  }
  const from = root === null ? start : Math.max(scan.end, root.end);
  const rest: FieldNode = {
    name: '#rest',
    kind: 'bytes',
    start: from,
    end,
    value: bytes.subarray(from, end),
    meta: { label: 'Rest' },
    children: NO_CHILDREN,
  };
  if (root === null) {
    return {
      name,
      kind: 'any',
      start,
      end,
      value: undefined,
      meta: EMPTY,
      children: from < end ? [rest] : NO_CHILDREN,
    };
  }
  return { ...root, start, end, children: from < end ? [...root.children, rest] : root.children };
}

class Build {
  private readonly bytes: Uint8Array;
  private readonly limits: Limits;
  private readonly overlay: Overlay | undefined;

  constructor(bytes: Uint8Array, limits: Limits, overlay: Overlay | undefined) {
    this.bytes = bytes;
    this.limits = limits;
    this.overlay = overlay;
  }

  field(name: string, span: JsonSpan, given: Node, path: string): FieldNode {
    let node = this.overlay?.get(path) ?? given;
    let meta = node.meta;
    while (node.kind === 'oneOf') {
      const chosen = pickOption(node.options, span.value);
      meta = { ...chosen.meta, ...meta };
      node = chosen;
    }
    const kind = kindOf(node, span);
    if (kind !== node.kind) node = ANY;
    const inner = node.kind === 'string' && node.inner !== undefined ? this.inner(node.inner, span.value) : undefined;
    const field: FieldNode = {
      name,
      kind,
      start: span.start,
      end: span.end,
      value: span.value,
      meta,
      children: this.children(span, node, path),
    };
    return inner === undefined ? field : { ...field, inner };
  }

  private children(span: JsonSpan, node: Node, path: string): readonly FieldNode[] {
    if (span.members !== undefined) {
      if (span.members.length === 0) return NO_CHILDREN;
      return span.members.map((member) =>
        this.field(member.name, member.span, memberNode(node, member.name), this.path(path, member.name)),
      );
    }
    if (span.items === undefined || span.items.length === 0) return NO_CHILDREN;
    return span.items.map((item, index) =>
      this.field(String(index), item, itemNode(node, index), this.path(path, index)),
    );
  }

  /** Paths are only spelled out when somebody looks them up. */
  private path(parent: string, segment: Segment): string {
    return this.overlay === undefined ? '' : joinPath(parent, segment);
  }

  private inner(inner: NonNullable<StringNode['inner']>, value: unknown): InnerBuffer | undefined {
    if (typeof value !== 'string') return undefined;
    const bytes = unpack(inner.as, value);
    if (bytes === null) return undefined;
    if (inner.as === 'json' || inner.of.kind !== 'bytes') {
      const tree = jsonTree(bytes, inner.of, { limits: { ...this.limits, maxDepth: this.limits.maxDepth >> 1 } });
      if (tree.ok || inner.as === 'json') return { title: inner.as, bytes, root: tree.root };
    }
    const root: FieldNode = {
      name: '',
      kind: 'bytes',
      start: 0,
      end: bytes.length,
      value: bytes,
      meta: inner.of.meta,
      children: NO_CHILDREN,
    };
    return { title: inner.as, bytes, root };
  }
}

function memberNode(node: Node, key: string): Node {
  if (node.kind === 'object') {
    for (const one of node.keys) if (one.name === key) return one.node;
  } else if (node.kind === 'record') return node.of;
  return ANY;
}

function itemNode(node: Node, index: number): Node {
  if (node.kind === 'array') return node.of;
  if (node.kind === 'tuple') return node.items[index] ?? node.rest ?? ANY;
  return ANY;
}

/** The schema's kind when the value is of that kind, else what the value is. */
function kindOf(node: Node, span: JsonSpan): NodeKind {
  switch (node.kind) {
    case 'literal':
      return span.members === undefined && span.items === undefined ? 'literal' : plainKind(span);
    case 'record':
    case 'object':
      return span.kind === 'object' ? node.kind : plainKind(span);
    case 'tuple':
    case 'array':
      return span.kind === 'array' ? node.kind : plainKind(span);
    case 'integer':
    case 'number':
      return span.kind === 'number' ? node.kind : plainKind(span);
    default:
      return node.kind === span.kind ? node.kind : plainKind(span);
  }
}

function plainKind(span: JsonSpan): NodeKind {
  if (span.kind !== 'number') return span.kind;
  return typeof span.value === 'bigint' || Number.isInteger(span.value) ? 'integer' : 'number';
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64_VALUES = new Map([...BASE64].map((char, index) => [char, index]));

/** Bytes a string holds; null when it does not hold what it should. */
export function unpack(as: 'json' | 'base64' | 'hex', text: string): Uint8Array | null {
  if (as === 'json') return utf8Bytes(text);
  if (as === 'hex') {
    if (text.length % 2 === 1 || !/^[0-9a-fA-F]*$/.test(text)) return null;
    return Uint8Array.from({ length: text.length / 2 }, (_, at) => Number.parseInt(text.slice(at * 2, at * 2 + 2), 16));
  }
  const digits = text.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/');
  if (digits.length % 4 === 1) return null;
  const bytes = new Uint8Array((digits.length * 3) >> 2);
  let buffer = 0;
  let held = 0;
  let at = 0;
  for (const char of digits) {
    const value = BASE64_VALUES.get(char);
    if (value === undefined) return null;
    buffer = ((buffer << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at] = (buffer >> held) & 0xff;
      at += 1;
    }
  }
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const left = bytes.length - at;
    text += BASE64.charAt(a >> 2) + BASE64.charAt(((a & 3) << 4) | (b >> 4));
    text += left > 1 ? BASE64.charAt(((b & 15) << 2) | (c >> 6)) : '=';
    text += left > 2 ? BASE64.charAt(c & 63) : '=';
  }
  return text;
}
