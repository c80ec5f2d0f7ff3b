/** WebSocket frames as values and as a tree, read from their headers. */
import { readHeaders, unmask, type WireFrameHeader } from '../../protocol/websocket/wire-frames.ts';
import { toHex } from '../../schema/characters.ts';
import type { FieldNode, Meta } from '../../schema/nodes.ts';
import { type BelowView, bits, group, number, Page, SHOWN_PAYLOAD } from './page.ts';

const OPCODES: Readonly<Record<string, string>> = {
  0: 'continuation',
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

export function webSocketValues(headers: Uint8Array): Readonly<Record<string, unknown>>[] {
  return readHeaders(headers).map(({ opcode, fin, rsv, length, maskAt, start, end }) => ({
    opcode: OPCODES[opcode] ?? opcode,
    fin,
    rsv1: (rsv & 4) !== 0,
    rsv2: (rsv & 2) !== 0,
    rsv3: (rsv & 1) !== 0,
    length,
    ...(maskAt === undefined ? {} : { maskingKey: toHex(headers.subarray(maskAt, maskAt + 4)) }),
    bytes: toHex(headers.subarray(start, end)),
  }));
}

/** @param isCompressed the bytes that crossed the wire are not kept */
export function webSocketView(headers: Uint8Array, payload: Uint8Array, isCompressed: boolean): BelowView | undefined {
  const frames = readHeaders(headers);
  if (frames.length === 0) return undefined;
  const page = new Page();
  const total = frames.reduce((sum, { length }) => sum + length, 0);
  const isShown = !isCompressed && total === payload.length && total <= SHOWN_PAYLOAD;
  let from = 0;
  const groups = frames.map((header) => {
    const { start, end, length, maskAt, opcode } = header;
    const raw = headers.subarray(start, end);
    const at = page.add(raw);
    const children = headerFields(header, raw, at);
    if (isShown && length > 0) {
      const part = payload.subarray(from, from + length);
      from += length;
      // It is kept unmasked; masked again it is what crossed the wire.
      children.push(page.payload(maskAt === undefined ? part : unmask(part, headers.subarray(maskAt, maskAt + 4))));
    }
    return group(OPCODES[opcode] ?? 'frame', at, page.length, children, {});
  });
  return page.view('WebSocket', groups);
}

function headerFields(
  { fin, rsv, opcode, length, maskAt, start }: WireFrameHeader,
  raw: Uint8Array,
  at: number,
): FieldNode[] {
  const wide = { 126: 2, 127: 8 }[raw[1]! & 0x7f] ?? 0;
  const fields = [
    bits('fin', at, fin, 0, 1, { doc: 'The last fragment of its message.' }),
    bits('rsv1', at, (rsv & 4) !== 0, 1, 1, { doc: 'With permessage-deflate: the message is compressed.' }),
    bits('rsv2', at, (rsv & 2) !== 0, 2, 1),
    bits('rsv3', at, (rsv & 1) !== 0, 3, 1),
    bits('opcode', at, opcode, 4, 4, { names: OPCODES }),
    bits('mask', at + 1, maskAt !== undefined, 0, 1, { doc: 'What a client sends must be masked.' }),
    wide === 0 ? bits('length', at + 1, length, 1, 7, LENGTH) : number('length', length, at + 2, at + 2 + wide, LENGTH),
  ];
  if (maskAt === undefined) return fields;
  const key = maskAt - start;
  const value = raw.slice(key, key + 4);
  const place = { start: at + key, end: at + key + 4 };
  return [...fields, { name: 'maskingKey', kind: 'bytes', ...place, value, meta: {}, children: [] }];
}

const LENGTH: Meta = { doc: 'Bytes of payload in this frame, as they crossed the wire.', unit: 'bytes' };
