/** One line about a message: a dissector's own words, or its first telling fields. Never more than 120 characters. */
import { toHex } from '../schema/characters.ts';
import type { Meta, Node } from '../schema/nodes.ts';
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
    return brief(fields, node?.meta);
  }
  const parts: string[] = [];
  let length = 0;
  for (const [key, value] of Object.entries(fields)) {
    const part = `${key} ${brief(value, metaOf(node, key))}`;
    parts.push(part);
    length += part.length + 2;
    if (length > SUMMARY_LIMIT) break;
  }
  return parts.join(', ');
}

function metaOf(node: Node | undefined, key: string): Meta | undefined {
  if (node?.kind === 'object') return node.keys.find((one) => one.name === key)?.node.meta;
  if (node?.kind === 'struct') return node.fields.find((one) => one.name === key)?.node.meta;
  return undefined;
}

function brief(value: unknown, meta: Meta | undefined): string {
  if (meta?.secret === true) return '•••';
  const name = meta?.names?.[String(value)];
  if (name !== undefined) return name;
  if (typeof value === 'string') return value.length > 60 ? `${value.slice(0, 59)}…` : value === '' ? '""' : value;
  if (value instanceof Uint8Array) {
    return value.length > 12 ? `${toHex(value.subarray(0, 12))}… (${value.length} bytes)` : toHex(value);
  }
  if (Array.isArray(value)) return value.length === 0 ? '[]' : `[${value.length}]`;
  if (typeof value === 'object' && value !== null) return Object.keys(value).length === 0 ? '{}' : '{…}';
  return String(value);
}
