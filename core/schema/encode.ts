/**
 * Values to bytes. Lengths, counts and checksums are worked out, unless their path is overridden: then what is given is
 * written as it is. A prefix is addressed as `name.#length` or `items.#count`. With the original bytes at hand, fields that
 * did not change keep their spelling (long varints, odd compression, padding) and bytes left over stay.
 */
import { encodeText } from './characters.ts';
import { toBytes, toInteger } from './coerce.ts';
import { holds, lookUp, same } from './conditions.ts';
import { checksumOf, deflate, mask } from './content.ts';
import { decode } from './decode.ts';
import { equalValues } from './equal-values.ts';
import type { ExpertInfo } from './expert-info.ts';
import { encodeJson } from './json-encode.ts';
import { canStandEmpty, isJsonNode, keepsSpelling, needsValue } from './node-kinds.ts';
import type {
  Derive,
  FieldNode,
  IntNode,
  Length,
  ListNode,
  MessagesNode,
  Node,
  StructNode,
  VarintNode,
} from './nodes.ts';
import { intBytes, varintBytes } from './numbers.ts';
import { formatPath, joinPath, parsePath, type Segment } from './path.ts';

export { equalValues } from './equal-values.ts';

export interface EncodeOptions {
  /** Path → value (or raw bytes) written without repair or check. */
  readonly override?: Readonly<Record<string, unknown>>;
  readonly original?: Uint8Array;
}
export interface EncodedValue {
  readonly bytes: Uint8Array;
  /** What was odd: a text cut to its fixed size, fields missing at the end, … */
  readonly expert: readonly ExpertInfo[];
}

/** @throws Error naming the path when a value has no bytes at all. */
export function encode(node: Node, value: unknown, options: EncodeOptions = {}): EncodedValue {
  if (isJsonNode(node)) return { bytes: encodeJson(node, value, options), expert: [] };
  const lies = Object.entries(options.override ?? {}).map(([path, lie]) => [formatPath(parsePath(path)), lie] as const);
  const writer = new Writer(new Map(lies));
  const { original } = options;
  if (original === undefined) {
    writer.write(node, value, '', undefined);
    return { bytes: writer.bytes(), expert: writer.expert };
  }
  const before = decode(node, original, { tree: true, trailing: false });
  if (lies.length === 0 && equalValues(value, before.value)) return { bytes: original.slice(), expert: [] };
  writer.original = original;
  writer.write(node, value, '', before.complete ? before.tree : undefined);
  if (before.complete && before.end < original.length) writer.put(original.subarray(before.end));
  return { bytes: writer.bytes(), expert: writer.expert };
}

class Writer {
  private buffer = new Uint8Array(256);
  private size = 0;
  readonly expert: ExpertInfo[] = [];
  private readonly override: ReadonlyMap<string, unknown>;
  private readonly scopes: unknown[] = [];
  original: Uint8Array = new Uint8Array();

  constructor(override: ReadonlyMap<string, unknown>) {
    this.override = override;
  }

  bytes(): Uint8Array<ArrayBuffer> {
    return this.buffer.slice(0, this.size);
  }

  put(bytes: Uint8Array): void {
    const needed = this.size + bytes.length;
    if (needed > this.buffer.length) {
      const grown = new Uint8Array(Math.max(needed, this.buffer.length * 2));
      grown.set(this.buffer.subarray(0, this.size));
      this.buffer = grown;
    }
    this.buffer.set(bytes, this.size);
    this.size = needed;
  }

  private say(code: string, text: string, path: string): void {
    this.expert.push({ severity: 'warning', group: 'schema', code, text, path });
  }

  /** Bytes a part would have, without writing it here. */
  private measure(write: () => void): Uint8Array {
    const before = this.size;
    write();
    const made = this.buffer.slice(before, this.size);
    this.size = before;
    return made;
  }

  private lie(path: string): unknown {
    return this.override.size === 0 ? undefined : this.override.get(path);
  }

  private untouched(path: string): boolean {
    for (const key of this.override.keys()) {
      if (path === '' || key === path || key.startsWith(`${path}.`) || key.startsWith(`${path}[`)) return false;
    }
    return true;
  }

  write(node: Node, value: unknown, path: string, old: FieldNode | undefined): void {
    const lie = this.lie(path);
    if (lie instanceof Uint8Array) return this.put(lie);
    if (lie !== undefined) return this.value(node, lie, path, undefined);
    if (old !== undefined && keepsSpelling(node) && equalValues(value, old.value) && this.untouched(path)) {
      return this.put(this.original.subarray(old.start, old.end));
    }
    return this.value(node, value, path, old);
  }

  private value(node: Node, value: unknown, path: string, old: FieldNode | undefined): void {
    if (isJsonNode(node)) return this.put(encodeJson(node, value, { override: this.below(path) }));
    switch (node.kind) {
      case 'int':
        return this.put(intBytes(toInteger(value, path), node.size, node.endian));
      case 'varint':
        return this.put(varintBytes(toInteger(value, path), node.zigzag));
      case 'enum':
        return this.value(node.of, toInteger(value, path, node.values), path, undefined);
      case 'flags':
        return this.value(node.of, value, path, undefined);
      case 'checksum':
        return this.put(intBytes(toInteger(value ?? 0, path), node.size, node.endian));
      case 'float': {
        const bytes = new Uint8Array(node.size);
        const view = new DataView(bytes.buffer);
        if (node.size === 4) view.setFloat32(0, Number(value), node.endian === 'le');
        else view.setFloat64(0, Number(value), node.endian === 'le');
        return this.put(bytes);
      }
      case 'bits': {
        let all = 0n;
        for (const part of node.parts) {
          const partPath = joinPath(path, part.name);
          const given = this.lie(partPath) ?? (value as Record<string, unknown> | null)?.[part.name] ?? 0;
          const bits = BigInt.asUintN(part.width, BigInt(toInteger(given, partPath)));
          all = (all << BigInt(part.width)) | bits;
        }
        return this.put(intBytes(all, node.size, node.endian));
      }
      case 'bytes':
        return this.span(toBytes(value, path), node.length, path);
      case 'text': {
        if (value === undefined || value === null) throw new Error(`${path || 'The text'} is missing.`);
        // Bytes in place of text: what no text can say, such as broken UTF-8.
        if (value instanceof Uint8Array) return this.span(value, node.length, path);
        const text = typeof value === 'string' ? value : String(value);
        return this.span(encodeText(text, node.encoding), node.length, path, node.encoding === 'utf16le' ? 2 : 1);
      }
      case 'struct':
        return this.struct(node, value, path, old);
      case 'list':
        return this.list(node, value, path, old);
      case 'when':
        if (value === undefined) return undefined;
        return holds(node.condition, lookUp(node.condition.on, this.scopes))
          ? this.write(node.then, value, path, old)
          : undefined;
      case 'optional':
        return value === undefined ? undefined : this.write(node.of, value, path, old);
      case 'switch': {
        const on = lookUp(node.on, this.scopes);
        const chosen = node.cases.find((one) => same(on, one.value))?.node ?? node.otherwise;
        return chosen === undefined || value === undefined ? undefined : this.write(chosen, value, path, old);
      }
      case 'messages':
        return this.message(node, value, path, old);
      case 'fixed':
        return this.put(node.bytes);
      case 'compressed':
        return this.span(deflate(this.inside(node.of, value, path), node.algorithm), node.length, path);
      case 'sealed':
        return this.span(mask(this.inside(node.of, value, path), node.xor), node.length, path);
      case 'custom':
        return this.put(node.codec.encode(value));
      default:
        return node satisfies never;
    }
  }

  private inside(node: Node, value: unknown, path: string): Uint8Array {
    return this.measure(() => this.write(node, value, path, undefined));
  }

  private below(path: string): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    for (const [key, value] of this.override) {
      if (path === '') found[key] = value;
      else if (key.startsWith(`${path}.`)) found[key.slice(path.length + 1)] = value;
      else if (key.startsWith(`${path}[`)) found[key.slice(path.length)] = value;
    }
    return found;
  }

  private prefix(node: IntNode | VarintNode, value: number, path: string): void {
    const lie = this.lie(path);
    if (lie instanceof Uint8Array) return this.put(lie);
    return this.value(node, lie ?? value, path, undefined);
  }

  private span(content: Uint8Array, length: Length, path: string, unit = 1): void {
    switch (length.by) {
      case 'fixed': {
        if (content.length > length.size) {
          this.say('too-long', `${path} has ${content.length} bytes; only ${length.size} fit and were written.`, path);
        }
        const padded = new Uint8Array(length.size);
        padded.set(content.subarray(0, length.size - (length.size % unit)));
        return this.put(padded);
      }
      case 'prefix':
        this.prefix(length.prefix, content.length, joinPath(path, '#length'));
        return this.put(content);
      case 'until':
        this.put(content);
        return this.put(length.terminator);
      case 'field':
      case 'rest':
        return this.put(content);
      default:
        return length satisfies never;
    }
  }

  private list(node: ListNode, value: unknown, path: string, old: FieldNode | undefined): void {
    if (!Array.isArray(value)) throw new Error(`${path || 'The value'} should be a list.`);
    if (node.count.by === 'prefix') this.prefix(node.count.prefix, value.length, joinPath(path, '#count'));
    else if (node.count.by === 'fixed' && node.count.size !== value.length) {
      this.say('item-count', `${path} has ${value.length} items; its layout has ${node.count.size}.`, path);
    }
    value.forEach((item: unknown, index) => this.write(node.of, item, joinPath(path, index), childOf(old, index)));
    if (node.count.by === 'until') this.put(node.count.terminator);
  }

  private message(node: MessagesNode, value: unknown, path: string, old: FieldNode | undefined): void {
    const { message, tag, body } = (value ?? {}) as { message?: unknown; tag?: unknown; body?: unknown };
    const chosen = node.cases.find((one) => one.name === message) ?? node.cases.find((one) => same(tag, one.tag));
    const id = chosen?.tag ?? tag;
    if (id === undefined) throw new Error(`${path || 'The value'} names no message: ${String(message)}.`);
    this.write(node.tag, id, joinPath(path, 'tag'), childOf(old, 'tag'));
    const bodyPath = joinPath(path, 'body');
    if (chosen === undefined) this.put(toBytes(body ?? new Uint8Array(), bodyPath));
    else this.write(chosen.body, body, bodyPath, childOf(old, 'body'));
  }

  private struct(node: StructNode, value: unknown, path: string, old: FieldNode | undefined): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      if (value === undefined && node.fields.every((field) => canStandEmpty(field.node))) value = {};
      else throw new Error(`${path || 'The value'} should be a struct (an object).`);
    }
    const fields = value as Record<string, unknown>;
    this.scopes.push(fields);
    const spans = new Map<string, readonly [number, number]>();
    const later: { derive: Derive; node: IntNode; at: number; path: string }[] = [];
    const sums: { node: Extract<Node, { kind: 'checksum' }>; at: number; name: string }[] = [];
    const start = this.size;
    const last = lastGiven(node, fields);
    for (let index = 0; index < node.fields.length; index += 1) {
      const field = node.fields[index] as StructNode['fields'][number];
      const fieldPath = joinPath(path, field.name);
      const at = this.size;
      const lied = this.override.size > 0 && this.override.has(fieldPath);
      const inner = field.node;
      if (!lied && index > last && needsValue(inner)) {
        this.say('truncated', `${fieldPath} and what follows it are missing: the message ends before.`, fieldPath);
        break;
      }
      const derive = inner.kind === 'int' || inner.kind === 'varint' ? inner.derive : undefined;
      if (lied || (derive === undefined && inner.kind !== 'checksum')) {
        if (fields[field.name] === undefined && !lied && needsValue(inner)) throw new Error(`${fieldPath} is missing.`);
        this.write(inner, fields[field.name], fieldPath, childOf(old, field.name));
      } else if (inner.kind === 'checksum') {
        this.put(new Uint8Array(inner.size));
        sums.push({ node: inner, at, name: field.name });
      } else if (inner.kind === 'int' && derive !== undefined) {
        this.put(new Uint8Array(inner.size));
        later.push({ derive, node: inner, at, path: fieldPath });
      } else if (derive !== undefined) this.aheadOf(node, inner as VarintNode, derive, fields, fieldPath);
      spans.set(field.name, [at, this.size]);
    }
    for (const one of later) this.patch(one, fields, spans);
    for (const sum of sums) {
      const from = sum.node.from === undefined ? start : (spans.get(sum.node.from)?.[0] ?? start);
      const to = sum.node.to === undefined ? sum.at : (spans.get(sum.node.to)?.[1] ?? sum.at);
      const right = checksumOf(sum.node.algorithm, this.buffer.subarray(from, to));
      this.buffer.set(intBytes(right, sum.node.size, sum.node.endian), sum.at);
    }
    this.scopes.pop();
  }

  /** A varint's own size depends on its value, so what it measures is written first, elsewhere. */
  private aheadOf(
    node: StructNode,
    varint: VarintNode,
    derive: Derive,
    fields: Record<string, unknown>,
    path: string,
  ): void {
    const target = node.fields.find((field) => field.name === derive.ref);
    const value = fields[derive.ref];
    const parent = formatPath(parsePath(path).slice(0, -1));
    const measured =
      derive.kind === 'count' || target === undefined
        ? countOf(value)
        : this.measure(() => this.write(target.node, value, joinPath(parent, derive.ref), undefined)).length;
    this.put(varintBytes(measured + (derive.plus ?? 0), varint.zigzag));
  }

  private patch(
    one: { derive: Derive; node: IntNode; at: number; path: string },
    fields: Record<string, unknown>,
    spans: ReadonlyMap<string, readonly [number, number]>,
  ): void {
    const span = spans.get(one.derive.ref);
    const measured =
      one.derive.kind === 'count' ? countOf(fields[one.derive.ref]) : span === undefined ? 0 : span[1] - span[0];
    const value = measured + (one.derive.plus ?? 0);
    if (one.node.size < 8 && value >= 2 ** (one.node.size * 8 - (one.node.signed ? 1 : 0))) {
      this.say('range', `${one.path} should be ${value}, which does not fit into ${one.node.size} byte(s).`, one.path);
    }
    this.buffer.set(intBytes(value, one.node.size, one.node.endian), one.at);
  }
}

function countOf(value: unknown): number {
  if (Array.isArray(value) || value instanceof Uint8Array || typeof value === 'string') return value.length;
  return 0;
}

function childOf(old: FieldNode | undefined, name: Segment): FieldNode | undefined {
  return old?.children.find((child) => child.name === String(name));
}

/** Index of the last field that has a value; fields after it end the message. */
function lastGiven(node: StructNode, fields: Record<string, unknown>): number {
  return node.fields.findLastIndex((field) => fields[field.name] !== undefined && field.node.kind !== 'fixed');
}
