/** The field tree for the inspector: the schema's words beside every value, secrets masked until they are asked for. */
import type { BufferView, FieldChange, FieldView } from '../../contract/frames.ts';
import type { FieldNode } from '../../schema/nodes.ts';
import { joinPath, segmentOf } from '../../schema/path.ts';
import type { ExpertInfo } from '../../traffic/frame.ts';
import { cellText, fieldText, hexOf, isWhole, jsonSafe } from './value-text.ts';

export interface FieldViewOptions {
  readonly revealSecrets: boolean;
  readonly expert: readonly ExpertInfo[];
}

const MAX_FIELDS = 20_000;
const MAX_BUFFERS = 64;

/** Payload and inner buffers, each with its tree. */
export function buffersOf(title: string, bytes: Uint8Array, root: FieldNode, options: FieldViewOptions): BufferView[] {
  const buffers: BufferView[] = [];
  const budget = { fields: MAX_FIELDS };
  const add = (name: string, content: Uint8Array, tree: FieldNode, path: string): number => {
    const at = buffers.length;
    buffers.push({ title: name, hex: hexOf(content), root: EMPTY });
    buffers[at] = { ...buffers[at]!, root: view(tree, path, undefined, add, options, budget) };
    return at;
  };
  add(title, bytes, root, '');
  return buffers;
}

/** One tree without inner buffers: for the bytes that were sent, and for the composer. */
export function treeOf(root: FieldNode, options: FieldViewOptions): FieldView {
  return view(root, '', undefined, () => undefined, options, { fields: MAX_FIELDS });
}

const EMPTY: FieldView = { name: '', path: '', kind: 'bytes', start: 0, end: 0, text: '', children: [] };

function view(
  node: FieldNode,
  path: string,
  parentSecret: boolean | undefined,
  inner: (title: string, bytes: Uint8Array, tree: FieldNode, path: string) => number | undefined,
  options: FieldViewOptions,
  budget: { fields: number },
): FieldView {
  const { meta } = node;
  const isSecret = parentSecret === true || meta.secret === true;
  const isMasked = isSecret && !options.revealSecrets;
  const children: FieldView[] = [];
  for (const child of node.children) {
    if (--budget.fields < 0) break;
    children.push(view(child, joinPath(path, segmentOf(node, child)), isSecret, inner, options, budget));
  }
  const expert = options.expert.flatMap((info, i) => (info.path === path && path !== '' ? [i] : []));
  const buffer =
    node.inner === undefined || isMasked ? undefined : inner(node.inner.title, node.inner.bytes, node.inner.root, path);
  const isLeaf = node.children.length === 0;
  return {
    name: node.name,
    path,
    kind: node.kind,
    start: node.start,
    end: node.end,
    ...(node.bits === undefined ? {} : { bits: node.bits }),
    ...(isLeaf ? { value: isMasked ? null : jsonSafe(node.value) } : {}),
    text: fieldText(node, isMasked),
    ...(meta.label === undefined ? {} : { label: meta.label }),
    ...(meta.doc === undefined ? {} : { doc: meta.doc }),
    ...(meta.unit === undefined ? {} : { unit: meta.unit }),
    ...(meta.role === undefined ? {} : { role: meta.role }),
    ...(meta.lang === undefined ? {} : { lang: meta.lang }),
    ...(meta.markup === undefined ? {} : { markup: meta.markup }),
    ...(isSecret ? { secret: true } : {}),
    ...(meta.volatile === true ? { volatile: true } : {}),
    ...(node.derived === undefined ? {} : { derived: node.derived }),
    children,
    ...(buffer === undefined || buffer >= MAX_BUFFERS ? {} : { inner: buffer }),
    ...(expert.length === 0 ? {} : { expert }),
  };
}

/** Paths of secret leaves: their values are masked in `fields` too. */
export function maskSecrets(fields: unknown, root: FieldNode): unknown {
  const secrets = new Set<string>();
  const collect = (node: FieldNode, path: string, isSecret: boolean): void => {
    const secret = isSecret || node.meta.secret === true;
    if (secret && isWhole(node)) secrets.add(path);
    for (const child of node.children) collect(child, joinPath(path, segmentOf(node, child)), secret);
    if (node.inner !== undefined) collect(node.inner.root, path, secret);
  };
  collect(root, '', false);
  if (secrets.size === 0) return fields;
  const mask = (value: unknown, path: string): unknown => {
    if (secrets.has(path)) return '••••••';
    if (Array.isArray(value)) return value.map((item, i) => mask(item, joinPath(path, i)));
    if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mask(item, joinPath(path, key))]));
  };
  return mask(fields, '');
}

const MAX_CHANGES = 500;

/** What differs between two decoded values, leaf by leaf; lists item by item. */
export function changesBetween(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = [];
  compare(before, after, '', changes, 0);
  return changes;
}

function compare(before: unknown, after: unknown, path: string, changes: FieldChange[], depth: number): void {
  if (changes.length >= MAX_CHANGES || depth > 64 || Object.is(before, after)) return;
  if (isTree(before) && isTree(after) && Array.isArray(before) === Array.isArray(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    const isList = Array.isArray(before);
    for (const key of keys) {
      compare(own(before, key), own(after, key), joinPath(path, isList ? Number(key) : key), changes, depth + 1);
    }
    return;
  }
  if (before instanceof Uint8Array && after instanceof Uint8Array && hexOf(before) === hexOf(after)) return;
  changes.push({ path, before: cellText(before), after: cellText(after) });
}

function own(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined;
}

function isTree(value: unknown): value is object {
  return value !== null && typeof value === 'object' && !(value instanceof Uint8Array);
}
