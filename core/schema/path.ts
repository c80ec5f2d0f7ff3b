/**
 * Field paths: `beings[2].destination.y`. An item index stands in brackets; a key that is not a plain word is quoted:
 * `status["35"].value`. '' is the root. On values an index and a key of digits mean the same.
 */
import type { FieldNode } from './nodes.ts';

export type Segment = string | number;

const PLAIN = /^[\p{L}_$#@][\p{L}\p{N}_$#@-]*$/u;
const LIST_KINDS: ReadonlySet<string> = new Set(['list', 'array', 'tuple']);

export function formatSegment(segment: Segment): string {
  if (typeof segment === 'number') return `[${segment}]`;
  return PLAIN.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
}

export function formatPath(segments: readonly Segment[]): string {
  let path = '';
  for (const segment of segments) path += formatSegment(segment);
  return path.startsWith('.') ? path.slice(1) : path;
}

/** Path of a child: `joinPath('a.b', 2)` is `a.b[2]`. */
export function joinPath(parent: string, segment: Segment): string {
  const part = formatSegment(segment);
  return parent === '' && part.startsWith('.') ? part.slice(1) : parent + part;
}

/** Appends a whole path to another: `('data[0]', 'x.y')` is `data[0].x.y`. */
export function concatPath(parent: string, child: string): string {
  if (parent === '') return child;
  if (child === '') return parent;
  return child.startsWith('[') ? parent + child : `${parent}.${child}`;
}

/** @throws Error naming the position when the text is not a path. */
export function parsePath(path: string): Segment[] {
  const segments: Segment[] = [];
  let at = 0;
  while (at < path.length) {
    if (path[at] === '[') {
      const close = path[at + 1] === '"' ? endOfQuoted(path, at + 1) : path.indexOf(']', at);
      const inner = path.slice(at + 1, close);
      if (close < 0 || path[close] !== ']') throw new Error(`The path ${path} has an unclosed [ at position ${at}.`);
      if (inner.startsWith('"')) segments.push(quoted(path, inner));
      else if (/^\d+$/.test(inner)) segments.push(Number(inner));
      else throw new Error(`The path ${path} has [${inner}]: expected a number or a quoted key.`);
      at = close + 1;
    } else {
      if (path[at] === '.') {
        if (at === 0) throw new Error(`The path ${path} begins with a dot.`);
        at += 1;
      } else if (at > 0) throw new Error(`The path ${path} needs a dot at position ${at}.`);
      let end = at;
      while (end < path.length && path[end] !== '.' && path[end] !== '[') end += 1;
      if (end === at) throw new Error(`The path ${path} has an empty name at position ${at}.`);
      segments.push(path.slice(at, end));
      at = end;
    }
  }
  return segments;
}

function endOfQuoted(path: string, open: number): number {
  for (let at = open + 1; at < path.length; at += 1) {
    if (path[at] === '\\') at += 1;
    else if (path[at] === '"') return at + 1;
  }
  return -1;
}

function quoted(path: string, text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    throw new Error(`The path ${path} has a badly quoted key ${text}.`);
  }
}

function isContainer(value: unknown): value is Record<Segment, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** The value at the path, undefined when there is none. Own properties only. */
export function getPath(value: unknown, path: string | readonly Segment[]): unknown {
  let here = value;
  for (const segment of typeof path === 'string' ? parsePath(path) : path) {
    if (!isContainer(here) || !Object.hasOwn(here, segment)) return undefined;
    // An array's own `length` is no field.
    if (Array.isArray(here) && typeof segment === 'string' && !/^\d+$/.test(segment)) return undefined;
    here = here[segment];
  }
  return here;
}

/** Defines an own property, also for keys such as `__proto__`. */
export function setOwn(target: Record<Segment, unknown>, key: Segment, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else target[key] = value;
}

/** A copy with the value at the path replaced (undefined: removed); containers on the way are copied, missing ones made. */
export function setPath(value: unknown, path: string | readonly Segment[], replacement: unknown): unknown {
  return setFrom(value, typeof path === 'string' ? parsePath(path) : path, 0, replacement);
}

function setFrom(value: unknown, segments: readonly Segment[], depth: number, replacement: unknown): unknown {
  const segment = segments[depth];
  if (segment === undefined) return replacement;
  if (Array.isArray(value) && (typeof segment === 'number' || /^\d+$/.test(segment))) {
    const copy: unknown[] = [...value];
    const index = Number(segment);
    if (replacement === undefined && depth === segments.length - 1) copy.splice(index, 1);
    else copy[index] = setFrom(copy[index], segments, depth + 1, replacement);
    return copy;
  }
  if (!isContainer(value) && typeof segment === 'number') {
    const made: unknown[] = [];
    made[segment] = setFrom(undefined, segments, depth + 1, replacement);
    return made;
  }
  const copy = copyOwn(isContainer(value) ? value : {});
  if (replacement === undefined && depth === segments.length - 1) delete copy[segment];
  else {
    const before = Object.hasOwn(copy, segment) ? copy[segment] : undefined;
    setOwn(copy, segment, setFrom(before, segments, depth + 1, replacement));
  }
  return copy;
}

function copyOwn(value: Record<Segment, unknown>): Record<Segment, unknown> {
  const copy: Record<Segment, unknown> = {};
  for (const key of Object.keys(value)) setOwn(copy, key, value[key]);
  return copy;
}

/** The segment a tree node has under its parent: an index under lists, a key elsewhere. */
export function segmentOf(parent: FieldNode, child: FieldNode): Segment {
  return LIST_KINDS.has(parent.kind) && /^\d+$/.test(child.name) ? Number(child.name) : child.name;
}

/** The tree node at the path, or undefined. */
export function findField(root: FieldNode, path: string | readonly Segment[]): FieldNode | undefined {
  let here: FieldNode | undefined = root;
  for (const segment of typeof path === 'string' ? parsePath(path) : path) {
    const name = String(segment);
    here = here.children.find((child) => child.name === name);
    if (here === undefined) return undefined;
  }
  return here;
}

/** The deepest node on the way to the path that exists: where a remark about a missing field belongs. */
export function nearestField(root: FieldNode, path: string): FieldNode {
  let here = root;
  for (const segment of parsePath(path)) {
    const name = String(segment);
    const child = here.children.find((one) => one.name === name);
    if (child === undefined) return here;
    here = child;
  }
  return here;
}

/** Visits every node, parents first, with its path. */
export function walkFields(root: FieldNode, visit: (node: FieldNode, path: string) => void, path = ''): void {
  const stack: { node: FieldNode; path: string }[] = [{ node: root, path }];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    visit(top.node, top.path);
    for (let index = top.node.children.length - 1; index >= 0; index -= 1) {
      const child = top.node.children[index];
      if (child !== undefined) stack.push({ node: child, path: joinPath(top.path, segmentOf(top.node, child)) });
    }
  }
}
