/** Summaries as templates: `{actor} discards {pai}`. A value with a name shows its name, a secret one dots. */
import { toHex } from '../schema/characters.ts';
import type { Node } from '../schema/nodes.ts';
import { getPath, parsePath } from '../schema/path.ts';
import { valuesOf } from '../schema/describe.ts';
import { nodeAt, pathExists } from './declared-paths.ts';
import type { Cell } from './yaml-source.ts';

export type Template = (fields: unknown) => string;

/** undefined and a problem when the template is broken or names a field that is not there. */
export function templateOf(cell: Cell, node: Node): Template | undefined {
  const text = cell.asText();
  if (text === undefined) return undefined;
  const parts: (string | { path: string; show: (value: unknown) => string })[] = [];
  let good = true;
  for (const piece of text.split(/(\{[^{}]*\})/)) {
    if (!piece.startsWith('{')) {
      if (piece.includes('{') || piece.includes('}')) {
        cell.problem('A brace without its partner. Fields are written {name}.');
        good = false;
      }
      parts.push(piece);
      continue;
    }
    const path = piece.slice(1, -1).trim();
    if (!isPath(path) || !pathExists(node, path)) {
      cell.problem(`The message has no field ${path || '(empty)'}.`);
      good = false;
      continue;
    }
    const target = nodeAt(node, path);
    const names = target === undefined ? undefined : valuesOf(target);
    const secret = target?.meta.secret === true;
    parts.push({ path, show: (value) => (secret ? '•••' : (names?.[String(value)] ?? plain(value))) });
  }
  if (!good) return undefined;
  return (fields) =>
    parts.map((part) => (typeof part === 'string' ? part : part.show(getPath(fields, part.path)))).join('');
}

function isPath(path: string): boolean {
  try {
    return parsePath(path).length > 0;
  } catch {
    return false;
  }
}

function plain(value: unknown): string {
  if (value === undefined || value === null) return '–';
  if (value instanceof Uint8Array) return toHex(value.subarray(0, 12));
  if (Array.isArray(value)) return value.length <= 8 ? value.map(plain).join(', ') : `${value.length} items`;
  if (typeof value === 'object') return '{…}';
  return String(value);
}
