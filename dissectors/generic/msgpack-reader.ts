/** MessagePack with the place of every value: what the encoder library does not tell. Never throws. */
import { utf8Lossy, utf8Strict } from '../../core/schema/characters.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import type { FieldNode, Limits, Meta, NodeKind } from '../../core/schema/nodes.ts';
import { setOwn } from '../../core/schema/path.ts';

const EMPTY: Meta = Object.freeze({});
const LEAF: readonly FieldNode[] = Object.freeze([]);

export interface MsgpackRead {
  readonly value: unknown;
  readonly root: FieldNode;
  /** First byte behind the value. */
  readonly end: number;
  readonly problem?: ExpertInfo;
  /** The bytes broke off: more of them may complete the value. */
  readonly short: boolean;
}

class Walk {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly limits: Limits;
  at: number;
  nodes = 0;
  problem: ExpertInfo | undefined;
  short = false;

  constructor(bytes: Uint8Array, at: number, limits: Limits) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
    this.limits = limits;
  }

  fail(code: string, text: string): null {
    if (this.problem === undefined) {
      this.problem = { severity: 'error', group: 'malformed', code, text, range: [this.at, this.bytes.length] };
    }
    return null;
  }

  /** Start of so many bytes, or null when they are not there. */
  take(count: number): number | null {
    const start = this.at;
    if (start + count > this.bytes.length) {
      this.short = true;
      return this.fail('truncated', `${count} bytes are needed, ${this.bytes.length - start} left.`);
    }
    this.at = start + count;
    return start;
  }

  size(width: 1 | 2 | 4): number | null {
    const at = this.take(width);
    if (at === null) return null;
    return width === 1 ? this.view.getUint8(at) : width === 2 ? this.view.getUint16(at) : this.view.getUint32(at);
  }
}

/** Reads the value that begins at `start`. */
export function readMsgpack(bytes: Uint8Array, start: number, limits: Limits): MsgpackRead {
  const walk = new Walk(bytes, start, limits);
  const root = read(walk, '', 0) ?? field('', 'any', start, walk.at, undefined);
  return {
    value: root.value,
    root,
    end: walk.at,
    short: walk.short,
    ...(walk.problem === undefined ? {} : { problem: walk.problem }),
  };
}

function field(
  name: string,
  kind: NodeKind,
  start: number,
  end: number,
  value: unknown,
  children: readonly FieldNode[] = LEAF,
): FieldNode {
  return { name, kind, start, end, value, meta: EMPTY, children };
}

function read(walk: Walk, name: string, depth: number): FieldNode | null {
  walk.nodes += 1;
  if (depth > walk.limits.maxDepth || walk.nodes > walk.limits.maxNodes) {
    return walk.fail('budget', 'Too deep or too many values.');
  }
  const start = walk.take(1);
  if (start === null) return null;
  const type = walk.bytes[start] as number;
  if (type < 0x80) return field(name, 'integer', start, walk.at, type);
  if (type >= 0xe0) return field(name, 'integer', start, walk.at, type - 256);
  if (type < 0x90) return map(walk, name, start, type & 0x0f, depth);
  if (type < 0xa0) return list(walk, name, start, type & 0x0f, depth);
  if (type < 0xc0) return text(walk, name, start, type & 0x1f);
  switch (type) {
    case 0xc0:
      return field(name, 'null', start, walk.at, null);
    case 0xc2:
    case 0xc3:
      return field(name, 'boolean', start, walk.at, type === 0xc3);
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return sized(walk, (1 << (type - 0xc4)) as 1 | 2 | 4, (size) => binary(walk, name, start, size));
    case 0xc7:
    case 0xc8:
    case 0xc9:
      return sized(walk, (1 << (type - 0xc7)) as 1 | 2 | 4, (size) => extension(walk, name, start, size));
    case 0xca:
    case 0xcb: {
      const at = walk.take(type === 0xca ? 4 : 8);
      if (at === null) return null;
      return field(name, 'number', start, walk.at, type === 0xca ? walk.view.getFloat32(at) : walk.view.getFloat64(at));
    }
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
      return extension(walk, name, start, 1 << (type - 0xd4));
    case 0xd9:
    case 0xda:
    case 0xdb:
      return sized(walk, (1 << (type - 0xd9)) as 1 | 2 | 4, (size) => text(walk, name, start, size));
    case 0xdc:
    case 0xdd:
      return sized(walk, type === 0xdc ? 2 : 4, (size) => list(walk, name, start, size, depth));
    case 0xde:
    case 0xdf:
      return sized(walk, type === 0xde ? 2 : 4, (size) => map(walk, name, start, size, depth));
    case 0xc1:
      walk.at = start;
      return walk.fail('msgpack', 'The byte 0xc1 begins no value.');
    default:
      return integer(walk, name, start, type);
  }
}

function sized(walk: Walk, width: 1 | 2 | 4, then: (size: number) => FieldNode | null): FieldNode | null {
  const size = walk.size(width);
  return size === null ? null : then(size);
}

function integer(walk: Walk, name: string, start: number, type: number): FieldNode | null {
  const signed = type >= 0xd0;
  const width = 1 << (type - (signed ? 0xd0 : 0xcc));
  const at = walk.take(width);
  if (at === null) return null;
  const { view } = walk;
  let value: number | bigint;
  if (width === 1) value = signed ? view.getInt8(at) : view.getUint8(at);
  else if (width === 2) value = signed ? view.getInt16(at) : view.getUint16(at);
  else if (width === 4) value = signed ? view.getInt32(at) : view.getUint32(at);
  else {
    const wide = signed ? view.getBigInt64(at) : view.getBigUint64(at);
    value = Number.isSafeInteger(Number(wide)) ? Number(wide) : wide;
  }
  return field(name, 'integer', start, walk.at, value);
}

function text(walk: Walk, name: string, start: number, size: number): FieldNode | null {
  const at = walk.take(size);
  if (at === null) return null;
  const strict = utf8Strict(walk.bytes, at, walk.at);
  return field(name, 'string', start, walk.at, strict ?? utf8Lossy(walk.bytes, at, walk.at));
}

function binary(walk: Walk, name: string, start: number, size: number): FieldNode | null {
  const at = walk.take(size);
  return at === null ? null : field(name, 'bytes', start, walk.at, walk.bytes.subarray(at, walk.at));
}

function extension(walk: Walk, name: string, start: number, size: number): FieldNode | null {
  const at = walk.take(size + 1);
  if (at === null) return null;
  const value = { ext: walk.view.getInt8(at), data: walk.bytes.subarray(at + 1, walk.at) };
  return field(name, 'bytes', start, walk.at, value);
}

function list(walk: Walk, name: string, start: number, count: number, depth: number): FieldNode {
  const children: FieldNode[] = [];
  for (let index = 0; index < count && walk.problem === undefined; index += 1) {
    const item = read(walk, String(index), depth + 1);
    if (item !== null) children.push(item);
  }
  return field(
    name,
    'array',
    start,
    walk.at,
    children.map((child) => child.value),
    children,
  );
}

function map(walk: Walk, name: string, start: number, count: number, depth: number): FieldNode {
  const children: FieldNode[] = [];
  const value: Record<string, unknown> = {};
  for (let index = 0; index < count && walk.problem === undefined; index += 1) {
    const key = read(walk, '', depth + 1);
    if (key === null || walk.problem !== undefined) break;
    const label = typeof key.value === 'object' && key.value !== null ? `#${index}` : String(key.value);
    const item = read(walk, label, depth + 1);
    if (item === null) break;
    children.push(item);
    setOwn(value, label, item.value);
  }
  return field(name, 'object', start, walk.at, value, children);
}
