/** One line about a message: a dissector's own words, or its first telling fields. Never more than 120 characters. */
import { toHex } from '../schema/characters.ts';
import type { Node } from '../schema/nodes.ts';
import type { Direction, DissectedMessage } from './protocol.ts';

export const SUMMARY_LIMIT = 120;

/** The text on one line, cut to 120 characters. */
export function oneLine(text: string, limit = SUMMARY_LIMIT): string {
  // Control characters and line separators would break a row.
  const flat = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  if (flat.length <= limit) return flat;
  const cut = flat.slice(0, limit - 1);
  const last = cut.charCodeAt(cut.length - 1);
  return `${last >= 0xd800 && last < 0xdc00 ? cut.slice(0, -1) : cut}…`;
}

export function summarise(
  message: DissectedMessage,
  direction: Direction,
  own?: (message: DissectedMessage, direction: Direction) => string | undefined,
): string {
  if (own !== undefined) {
    try {
      const line = own(message, direction);
      if (line !== undefined) return oneLine(line);
    } catch {
      // Fields may be anything on broken traffic; the plain summary copes with everything.
    }
  }
  return oneLine(fieldsLine(message.fields, message.spec?.node));
}

/** `key value, key value, …` of a value, secrets masked. */
export function fieldsLine(fields: unknown, node?: Node): string {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields) || fields instanceof Uint8Array) {
    return brief(fields, node);
  }
  const parts: string[] = [];
  let length = 0;
  for (const [key, value] of Object.entries(fields)) {
    const part = value === null ? `no ${key}` : `${key} ${brief(value, nodeOf(node, key))}`;
    parts.push(part);
    length += part.length + 2;
    if (length > SUMMARY_LIMIT) break;
  }
  return parts.join(', ');
}

function nodeOf(node: Node | undefined, key: string): Node | undefined {
  if (node?.kind === 'object') return node.keys.find((one) => one.name === key)?.node;
  if (node?.kind === 'struct') return node.fields.find((one) => one.name === key)?.node;
  return undefined;
}

function brief(value: unknown, node: Node | undefined, isInner = false): string {
  if (node?.meta.secret === true) return '•••';
  const name = node?.meta.names?.[String(value)];
  if (name !== undefined) return name;
  const longest = isInner ? INNER_TEXT : 60;
  if (typeof value === 'string') {
    return value.length > longest ? `${value.slice(0, longest - 1)}…` : value === '' ? '""' : value;
  }
  if (value instanceof Uint8Array) {
    return value.length > 12 ? `${toHex(value.subarray(0, 12))}… (${value.length} bytes)` : toHex(value);
  }
  // Of what is in there only as much is said as it is known what must not be.
  const isSaid = !isInner && OPEN.has(node?.kind);
  if (Array.isArray(value)) return value.length === 0 ? '[]' : isSaid ? listed(value, node) : `[${value.length}]`;
  if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).length === 0) return '{}';
    return isSaid ? `(${scalars(value, node, 3) || '…'})` : '{…}';
  }
  return String(value);
}

/** What these hold is described key by key, or not at all; an alternative may hide a secret. */
const OPEN: ReadonlySet<Node['kind'] | undefined> = new Set([undefined, 'object', 'struct', 'array', 'list', 'any']);
const INNER_TEXT = 24;
const MOST_ITEMS = 4;
/** What an item of a list is called by. */
const TELLING = ['name', 'title', 'text', 'msg', 'message', 'type', 'cmd', 'key', 'id'];

/** `[3: 20, 20, 15]`: how many, and what of them fits; a single item says more of itself. */
function listed(value: readonly unknown[], node: Node | undefined): string {
  const item = node?.kind === 'list' || node?.kind === 'array' ? node.of : undefined;
  if (!OPEN.has(item?.kind) && value.some((each) => typeof each === 'object')) return `[${value.length}]`;
  const [only] = value;
  if (value.length === 1 && isRecord(only)) return `[1: ${scalars(only, item, 3) || '…'}]`;
  const shown = value
    .slice(0, MOST_ITEMS)
    .map((each) => (isRecord(each) ? called(each, item) : brief(each, item, true)));
  return `[${value.length}: ${shown.join(', ')}${value.length > MOST_ITEMS ? ', …' : ''}]`;
}

/** An item by its name, its number, or whatever is first about it. */
function called(value: Readonly<Record<string, unknown>>, node: Node | undefined): string {
  const keys = Object.keys(value).filter((key) => isScalar(value[key]));
  const key = TELLING.find((each) => keys.includes(each)) ?? keys.find((each) => /(name|id)$/i.test(each)) ?? keys[0];
  return key === undefined ? '…' : brief(value[key], nodeOf(node, key), true);
}

/** Its first plain values, and that there are more. */
function scalars(value: object, node: Node | undefined, most: number): string {
  const entries = Object.entries(value);
  const shown = entries.filter(([, each]) => isScalar(each)).slice(0, most);
  const parts = shown.map(([key, each]) => `${key} ${brief(each, nodeOf(node, key), true)}`);
  return parts.length > 0 && parts.length < entries.length ? `${parts.join(', ')}, …` : parts.join(', ');
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}
