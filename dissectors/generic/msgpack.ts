/** Any MessagePack: one value a message, values back to back on a stream, or with a length before them. */
import { encode as encodeMsgpack, ExtData } from '@msgpack/msgpack';
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import { createFramer } from '../../core/protocol/framer.ts';
import type { CustomCutter } from '../../core/protocol/framing.ts';
import type { MessageSpec, Protocol } from '../../core/protocol/protocol.ts';
import { any, array, record } from '../../core/schema/builders.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { DEFAULT_LIMITS, type FieldNode } from '../../core/schema/nodes.ts';
import { setPath } from '../../core/schema/path.ts';
import { readMsgpack } from './msgpack-reader.ts';
import { keysFrom, nameOf } from './naming.ts';

interface State {
  readonly keys: readonly string[];
}

const messages: readonly MessageSpec[] = [
  { name: 'object', direction: 'both', node: record(any()), meta: { doc: 'A map that does not say what it is.' } },
  { name: 'array', direction: 'both', node: array(any()), meta: { doc: 'An array.' } },
  { name: 'value', direction: 'both', node: any(), meta: { doc: 'A bare text, number, boolean, nil or bytes.' } },
];

function specOf(value: unknown): MessageSpec {
  const plain = typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
  const kind = Array.isArray(value) ? 'array' : plain ? 'object' : 'value';
  return messages.find((spec) => spec.name === kind) as MessageSpec;
}

/** A map or an array begins. */
function isContainer(first: number | undefined): boolean {
  return first !== undefined && ((first >= 0x80 && first <= 0x9f) || (first >= 0xdc && first <= 0xdf));
}

function isText(first: number | undefined): boolean {
  return first !== undefined && ((first >= 0xa0 && first <= 0xbf) || (first >= 0xd9 && first <= 0xdb));
}

/** Values back to back: a value says itself where it ends. Nearly every byte is a number, so bare numbers are no frames. */
const backToBack: CustomCutter = {
  cut: (buffer) => {
    const [first] = buffer;
    if (!isContainer(first) && !isText(first)) return null;
    const read = readMsgpack(buffer, 0, DEFAULT_LIMITS);
    if (read.problem === undefined) return { size: read.end, head: 0, tail: 0 };
    return read.short ? { size: 0, head: 0, tail: 0 } : null;
  },
  wrap: (payload) => payload,
};

/** What the library writes: extensions as it knows them. */
function writable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(writable);
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const { ext, data } = value as { ext?: unknown; data?: unknown };
  if (typeof ext === 'number' && data instanceof Uint8Array) return new ExtData(ext, data);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, writable(item)]));
}

function treeOf(bytes: Uint8Array, root: FieldNode, end: number): FieldNode {
  if (end >= bytes.length) return { ...root, start: 0, end: bytes.length };
  const rest: FieldNode = {
    name: '#rest',
    kind: 'bytes',
    start: end,
    end: bytes.length,
    value: bytes.subarray(end),
    meta: { label: 'Rest' },
    children: [],
  };
  return { ...root, start: 0, end: bytes.length, children: [...root.children, rest] };
}

export const msgpack: Protocol<State> = defineProtocol<State>({
  id: 'msgpack',
  title: 'MessagePack',
  doc: 'Any MessagePack traffic. Messages are named by the key that says so (`type`, `cmd`, `event`, …).',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  framing: {
    kind: 'detect',
    candidates: [
      { kind: 'length-prefix', size: 4, endian: 'be' },
      { kind: 'length-prefix', size: 4, endian: 'le' },
      { kind: 'length-prefix', size: 2, endian: 'be' },
      { kind: 'custom', name: 'msgpack values', cutter: backToBack },
    ],
  },
  options: [
    {
      name: 'key',
      default: '',
      doc: 'Keys that name a message, separated by commas; empty: the usual ones (type, cmd, event, …).',
    },
  ],
  messages,
  start: (_link, options) => ({ keys: keysFrom(options['key']) }),
  dissect: (bytes, _direction, state, limits) => {
    const read = readMsgpack(bytes, 0, limits);
    const expert: ExpertInfo[] = read.problem === undefined ? [] : [read.problem];
    const left = bytes.length - read.end;
    if (read.problem === undefined && left > 0) {
      const text = `${left} byte${left === 1 ? '' : 's'} left over.`;
      expert.push({ severity: 'note', group: 'schema', code: 'trailing', text, range: [read.end, bytes.length] });
    }
    const name = read.problem === undefined ? nameOf(read.value, state.keys) : null;
    const spec = name === null ? {} : { spec: specOf(read.value) };
    return {
      messages: [{ name, fields: read.value ?? null, range: [0, bytes.length], path: '', ...spec }],
      expert,
      tree: () => treeOf(bytes, read.root, read.end),
    };
  },
  classify: (bytes, _direction, state) => {
    const read = readMsgpack(bytes, 0, DEFAULT_LIMITS);
    return read.problem === undefined ? { name: nameOf(read.value, state.keys) } : null;
  },
  encode: (composed, _direction, _state, how) => {
    if (how.original !== undefined && how.override === undefined) {
      const before = readMsgpack(how.original, 0, DEFAULT_LIMITS);
      const same =
        before.problem === undefined &&
        sameBytes(encodeMsgpack(writable(before.value), OPTIONS), encodeMsgpack(writable(composed.fields), OPTIONS));
      if (same) return { bytes: how.original, expert: [] };
    }
    let { fields } = composed;
    for (const [path, value] of Object.entries(how.override ?? {})) {
      // Bytes at the root stand for the whole frame; elsewhere they are a value like any other.
      if (path === '' && value instanceof Uint8Array) return { bytes: value, expert: [] };
      fields = setPath(fields, path, value);
    }
    return { bytes: encodeMsgpack(writable(fields), OPTIONS), expert: [] };
  },
  recognise: (sample, link) => {
    const stream = link.transport === 'tcp' || link.transport === 'tls';
    let whole = 0;
    let tried = 0;
    for (const bytes of [sample.toServer, sample.toClient]) {
      const cuts = stream ? createFramer(msgpack.framing).push(bytes) : [{ payload: bytes, expert: [] }];
      for (const { payload, expert } of cuts.slice(0, 6)) {
        if (payload.length === 0) continue;
        tried += 1;
        // Nearly any byte is a value; only maps and arrays that fill their frame say something.
        const read = readMsgpack(payload, 0, DEFAULT_LIMITS);
        if (expert.length === 0 && isContainer(payload[0]) && read.problem === undefined && read.end === payload.length)
          whole += 1;
      }
    }
    return tried === 0 ? 0 : (whole / tried) * 0.45;
  },
  examples: [
    {
      name: 'map with a type',
      direction: 'toServer',
      hex: '82a474797065a46d6f7665a178cd012c',
      message: 'move',
      fields: { type: 'move', x: 300 },
    },
    {
      name: 'event array',
      direction: 'toClient',
      hex: '92a468656c6cc4030a0b0c',
      message: 'hell',
      fields: ['hell', '0a0b0c'],
    },
    {
      name: 'plain map',
      direction: 'toClient',
      hex: '82a161cb3ff8000000000000a162c0',
      message: 'object',
      fields: { a: 1.5, b: null },
    },
    { name: 'plain array', direction: 'toServer', hex: '93c3fff6', message: 'array', fields: [true, -1, -10] },
    { name: 'bare text', direction: 'toServer', hex: 'a470696e67', message: 'value', fields: 'ping' },
    {
      name: 'a large number',
      direction: 'toClient',
      hex: '81a16ecfffffffffffffffff',
      message: 'object',
      fields: { n: '18446744073709551615' },
    },
  ],
});

const OPTIONS = { useBigInt64: true, ignoreUndefined: true } as const;

function sameBytes(one: Uint8Array, two: Uint8Array): boolean {
  return one.length === two.length && one.every((byte, at) => byte === two[at]);
}
