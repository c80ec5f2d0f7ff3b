/** Where else the value of a field stands. */
import { walkFields } from '../../schema/path.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import type { Job } from './job.ts';
import { hexOf } from './value-text.ts';

/** Frames that hold the same value as a field of frame n, anywhere. */
export function* sameValue(
  reader: SessionReader,
  args: { readonly n: number; readonly path: string; readonly limit?: number },
): Job<readonly { n: number; path: string }[]> {
  const wanted = fieldAt(reader, args.n, args.path);
  if (wanted === undefined) return [];
  const found: { n: number; path: string }[] = [];
  const limit = args.limit ?? 200;
  const { count } = reader.index;
  for (let n = 1; n <= count && found.length < limit; n++) {
    const dissected = reader.dissect(n)?.dissected;
    if (dissected?.messages.some((m) => holds(m.fields, wanted, 0))) {
      walkFields(dissected.tree(), (node, path) => {
        if (node.children.length === 0 && isSame(node.value, wanted) && (n !== args.n || path !== args.path)) {
          if (found.length < limit) found.push({ n, path });
        }
      });
    }
    if ((n & 63) === 0) yield undefined;
  }
  return found;
}

function fieldAt(reader: SessionReader, n: number, path: string): unknown {
  let value: unknown;
  const dissected = reader.dissect(n)?.dissected;
  if (dissected === undefined) return undefined;
  walkFields(dissected.tree(), (node, at) => {
    if (at === path && node.children.length === 0) value = node.value;
  });
  return value;
}

function holds(value: unknown, wanted: unknown, depth: number): boolean {
  if (isSame(value, wanted)) return true;
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array || depth > 64) return false;
  for (const item of Object.values(value)) if (holds(item, wanted, depth + 1)) return true;
  return false;
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.length > 0 && hexOf(a) === hexOf(b);
  if (typeof a === 'bigint' || typeof b === 'bigint') return String(a) === String(b);
  return a === b;
}
