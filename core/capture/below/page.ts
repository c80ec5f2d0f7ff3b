/** The bytes of a view as they are put together, and the nodes of its tree. */
import type { FieldNode, Meta } from '../../schema/nodes.ts';

/** What carried a frame, as a tree over its bytes. */
export interface BelowView {
  /** `ENet` or `WebSocket`. */
  readonly title: string;
  /** Headers, and the payload in its place where it can be shown. */
  readonly bytes: Uint8Array;
  readonly root: FieldNode;
}

/** Bytes of payload shown in their place; a longer message is shown once, as the payload. */
export const SHOWN_PAYLOAD = 16 * 1024;

export class Page {
  readonly #parts: Uint8Array[] = [];
  length = 0;

  /** Returns where they begin. */
  add(bytes: Uint8Array): number {
    const at = this.length;
    this.#parts.push(bytes);
    this.length += bytes.length;
    return at;
  }

  payload(value: Uint8Array): FieldNode {
    const start = this.add(value);
    return { name: 'payload', kind: 'bytes', start, end: this.length, value, meta: {}, children: [] };
  }

  view(title: string, groups: readonly FieldNode[]): BelowView {
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.#parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { title, bytes, root: group(title, 0, this.length, told(groups), {}) };
  }
}

export function group(name: string, start: number, end: number, children: readonly FieldNode[], meta: Meta): FieldNode {
  return { name, kind: 'struct', start, end, value: {}, meta, children };
}

/** Some bits of the byte at `start`; `offset` from the highest. */
export function bits(
  name: string,
  start: number,
  value: number | boolean,
  offset: number,
  width: number,
  meta: Meta = {},
): FieldNode {
  return { name, kind: 'bits', start, end: start + 1, bits: { offset, width }, value, meta, children: [] };
}

export function number(name: string, value: number, start: number, end: number, meta: Meta = {}): FieldNode {
  return { name, kind: 'int', start, end, value, meta, children: [] };
}

/** Names that tell several apart: `sendFragment 1`, `sendFragment 2`. */
function told(groups: readonly FieldNode[]): FieldNode[] {
  const counts = new Map<string, number>();
  for (const { name } of groups) counts.set(name, (counts.get(name) ?? 0) + 1);
  const seen = new Map<string, number>();
  return groups.map((one) => {
    if (counts.get(one.name) === 1) return one;
    const place = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, place);
    return { ...one, name: `${one.name} ${place}` };
  });
}
