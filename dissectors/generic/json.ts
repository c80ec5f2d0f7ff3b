/** Any JSON: one value a line, values back to back, with a length before them, or one a WebSocket message. */
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import { peekKey } from '../../core/protocol/json-peek.ts';
import type { MessageSpec, Protocol } from '../../core/protocol/protocol.ts';
import { explains } from '../../core/protocol/recognise-content.ts';
import { any, array, record } from '../../core/schema/builders.ts';
import { keysFrom, nameFrom, nameOf } from './naming.ts';

interface State {
  readonly keys: readonly string[];
}

const messages: readonly MessageSpec[] = [
  {
    name: 'object',
    direction: 'both',
    node: record(any()),
    meta: { doc: 'A JSON object that does not say what it is.' },
  },
  { name: 'array', direction: 'both', node: array(any()), meta: { doc: 'A JSON array.' } },
  { name: 'value', direction: 'both', node: any(), meta: { doc: 'A bare text, number, boolean or null.' } },
];

function specOf(value: unknown): MessageSpec {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'object' && value !== null ? 'object' : 'value';
  return messages.find((spec) => spec.name === kind) as MessageSpec;
}

export const json: Protocol<State> = defineProtocol<State>({
  id: 'json',
  title: 'JSON',
  doc: 'Any JSON traffic. Messages are named by the key that says so (`type`, `cmd`, `event`, …).',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  framing: {
    kind: 'detect',
    candidates: [
      { kind: 'lines' },
      { kind: 'nul' },
      { kind: 'length-prefix', size: 4, endian: 'be' },
      { kind: 'length-prefix', size: 4, endian: 'le' },
      { kind: 'decimal-length', separator: ':' },
      { kind: 'json' },
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
  json: {
    envelope: {
      split: (value, _direction, state) => [
        { name: nameOf(value, state.keys), fields: value, path: '', spec: specOf(value) },
      ],
      join: (composed) => composed.fields,
      peek: (bytes, _direction, state) => {
        for (const key of state.keys) {
          const raw = peekKey(bytes, key);
          if (raw === null) continue;
          const name = raw === undefined ? undefined : nameFrom(key, raw);
          return name === undefined ? undefined : { name };
        }
        return undefined;
      },
    },
  },
  encode: (composed, direction, state, how, base) =>
    base.encode({ message: specOf(composed.fields).name, fields: composed.fields }, direction, state, how),
  recognise: (sample, link) => {
    const opens = [sample.toServer, sample.toClient].some(
      (bytes) => /^[\s\0]*[[{]/.test(head(bytes)) || bytes.length > 4,
    );
    return opens ? explains(json, sample, link) * 0.45 : 0;
  },
  examples: [
    {
      name: 'object with a type',
      direction: 'toServer',
      hex: '7b2274797065223a226d6f7665222c2278223a312c2279223a2d322e357d',
      message: 'move',
      fields: { type: 'move', x: 1, y: -2.5 },
    },
    {
      name: 'numbered command with text',
      direction: 'toClient',
      hex: '7b22636d64223a372c226c696e65223a22e4bda0e5a5bd227d',
      message: 'cmd 7',
      fields: { cmd: 7, line: '你好' },
    },
    {
      name: 'event array',
      direction: 'toClient',
      hex: '5b2263686174222c7b2266726f6d223a22626f62227d5d',
      message: 'chat',
      fields: ['chat', { from: 'bob' }],
    },
    { name: 'plain array', direction: 'toServer', hex: '5b312c325d', message: 'array', fields: [1, 2] },
    { name: 'nothing telling', direction: 'toServer', hex: '7b7d', message: 'object', fields: {} },
    { name: 'bare value', direction: 'toServer', hex: '2270696e6722', message: 'value', fields: 'ping' },
  ],
});

function head(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes.subarray(0, 32));
}
