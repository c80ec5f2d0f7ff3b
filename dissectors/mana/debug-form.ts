/**
 * The type-tagged ("debug") form of head: bit 15 of the id is set and every value has a type byte before it. Such a message is
 * turned into the plain form, decoded by the same schema, and its ranges are mapped back onto the tagged bytes.
 */
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import type { FieldNode } from '../../core/schema/nodes.ts';

const BYTE = 0;
const WORD = 1;
const DOUBLE = 2;
const STRING = 3;
const DECIMAL = 4;
const VARIABLE = 0xffff;

export interface Untagged {
  readonly plain: Uint8Array;
  /** Where the tags stopped making sense, if they did. */
  readonly broken?: ExpertInfo;
  /** Offset in the plain form → offset in the tagged one. */
  toTagged(offset: number, isEnd: boolean): number;
}

interface Piece {
  /** Plain range. */
  readonly from: number;
  readonly to: number;
  /** Tagged range, type byte included, and where its data begins on either side. */
  readonly taggedFrom: number;
  readonly taggedTo: number;
  readonly data: number;
  readonly taggedData: number;
}

export function isTagged(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && (bytes[0]! & 0x80) !== 0;
}

export function untag(bytes: Uint8Array): Untagged {
  const out: number[] = [bytes[0]! & 0x7f, bytes[1]!];
  const pieces: Piece[] = [{ from: 0, to: 2, taggedFrom: 0, taggedTo: 2, data: 0, taggedData: 0 }];
  let at = 2;
  let broken: ExpertInfo | undefined;
  const word = (from: number): number => (bytes[from + 1] === undefined ? -1 : bytes[from]! * 256 + bytes[from + 1]!);
  while (at < bytes.length && broken === undefined) {
    const start = at;
    const from = out.length;
    const type = bytes[at]!;
    let data = from;
    let taggedData = at + 1;
    let size = { [BYTE]: 1, [WORD]: 2, [DOUBLE]: 4 }[type];
    if (type === STRING && bytes[at + 1] === WORD) {
      size = word(at + 2);
      taggedData = at + 4;
      if (size === VARIABLE && bytes[at + 4] === WORD) {
        size = word(at + 5);
        taggedData = at + 7;
        out.push(size >> 8, size & 255);
        data = from + 2;
      }
    } else if (type === DECIMAL && bytes[at + 1] === BYTE && bytes[at + 3] === STRING && bytes[at + 4] === WORD) {
      size = word(at + 5);
      taggedData = at + 7;
      out.push(bytes[at + 2]!);
      data = from + 1;
    }
    if (size === undefined || size < 0 || taggedData + size > bytes.length) {
      out.length = from;
      broken = {
        severity: 'error',
        group: 'malformed',
        code: 'bad-tag',
        text: `The type tags of this message break off at byte ${start}.`,
        range: [start, bytes.length],
      };
      break;
    }
    for (let i = 0; i < size; i++) out.push(bytes[taggedData + i]!);
    at = taggedData + size;
    pieces.push({ from, to: out.length, taggedFrom: start, taggedTo: at, data, taggedData });
  }
  return {
    plain: Uint8Array.from(out),
    ...(broken === undefined ? {} : { broken }),
    toTagged(offset, isEnd) {
      // The end of a piece is the start of the next: an end belongs to the piece before it, a start to the one after.
      const piece = isEnd
        ? pieces.find((p) => offset > p.from && offset <= p.to)
        : pieces.find((p) => offset >= p.from && offset < p.to);
      if (piece === undefined) return isEnd && offset === 0 ? 0 : at;
      if (!isEnd && offset === piece.from) return piece.taggedFrom;
      if (isEnd && offset === piece.to) return piece.taggedTo;
      return piece.taggedData + Math.max(0, offset - piece.data);
    },
  };
}

/** Moves a decoded tree's ranges onto the tagged bytes. */
export function tagTree(node: FieldNode, untagged: Untagged): FieldNode {
  return {
    ...node,
    start: untagged.toTagged(node.start, false),
    end: node.end === node.start ? untagged.toTagged(node.start, false) : untagged.toTagged(node.end, true),
    children: node.children.map((child) => tagTree(child, untagged)),
  };
}

/** The whole tree on the tagged bytes; what follows broken tags is shown as bytes. */
export function taggedRoot(plain: FieldNode, untagged: Untagged, bytes: Uint8Array): FieldNode {
  const root = tagTree(plain, untagged);
  const covered = root.children.at(-1)?.end ?? 0;
  const rest: FieldNode = {
    name: 'bytes',
    kind: 'bytes',
    start: covered,
    end: bytes.length,
    value: bytes.subarray(covered),
    meta: {},
    children: [],
  };
  return { ...root, end: bytes.length, children: covered < bytes.length ? [...root.children, rest] : root.children };
}

export function tagExpert(info: ExpertInfo, untagged: Untagged): ExpertInfo {
  if (info.range === undefined) return info;
  return { ...info, range: [untagged.toTagged(info.range[0], false), untagged.toTagged(info.range[1], true)] };
}

function lengthAt(raw: Uint8Array): number {
  return raw[0]! * 256 + raw[1]!;
}

/** Plain form → tagged form, by the tree of the plain form. */
export function tag(plain: Uint8Array, tree: FieldNode): Uint8Array {
  const out: number[] = [plain[0]! | 0x80, plain[1]!];
  const word = (value: number): number[] => [WORD, value >> 8, value & 255];
  const write = (node: FieldNode): void => {
    if (node.end <= 2 || node.start === node.end) return;
    const raw = plain.subarray(node.start, node.end);
    switch (node.kind) {
      case 'text': {
        const content = raw.length >= 2 && lengthAt(raw) === raw.length - 2 ? raw.subarray(2) : undefined;
        if (typeof node.value === 'number')
          out.push(DECIMAL, BYTE, raw[0]!, STRING, ...word(raw.length - 1), ...raw.subarray(1));
        else if (content !== undefined) out.push(STRING, ...word(VARIABLE), ...word(content.length), ...content);
        else out.push(STRING, ...word(raw.length), ...raw);
        return;
      }
      case 'bytes': {
        const isString = raw.length >= 2 && raw.length !== 32 && lengthAt(raw) === raw.length - 2;
        if (isString) out.push(STRING, ...word(VARIABLE), ...word(raw.length - 2), ...raw.subarray(2));
        else out.push(STRING, ...word(raw.length), ...raw);
        return;
      }
      case 'list': {
        // The count in front of the items is a value of its own.
        const first = node.children[0]?.start ?? node.end;
        if (first > node.start && !node.children.some((c) => c.start === node.start))
          number(plain.subarray(node.start, first));
        for (const child of node.children) write(child);
        return;
      }
      default:
        if (node.children.length > 0 && node.kind !== 'flags') for (const child of node.children) write(child);
        else number(raw);
    }
  };
  const number = (raw: Uint8Array): void => {
    const type = { 1: BYTE, 2: WORD, 4: DOUBLE }[raw.length];
    if (type === undefined) out.push(STRING, ...word(raw.length), ...raw);
    else out.push(type, ...raw);
  };
  for (const child of tree.children) write(child);
  return Uint8Array.from(out);
}
