/** Nothing known: bytes as they are. Every connection has at least this. */
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { MessageSpec } from '../../core/protocol/protocol.ts';
import { bytes as bytesNode, rest, struct } from '../../core/schema/builders.ts';
import { decode } from '../../core/schema/decode.ts';
import { encode } from '../../core/schema/encode.ts';

const raw: MessageSpec = {
  name: 'bytes',
  direction: 'both',
  node: struct({ bytes: bytesNode(rest, { label: 'Bytes' }) }),
  meta: { doc: 'Bytes of an unknown protocol.' },
};

export const bytes = defineProtocol({
  id: 'bytes',
  title: 'Bytes',
  doc: 'No protocol: the bytes as they are, one frame per read.',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  messages: [raw],
  dissect: (payload, _direction, _state, limits) => ({
    messages: [{ name: 'bytes', fields: { bytes: payload }, range: [0, payload.length], path: '', spec: raw }],
    expert: [],
    tree: () => {
      const decoded = decode(raw.node, payload, { limits, tree: true });
      return decoded.tree as NonNullable<typeof decoded.tree>;
    },
  }),
  classify: () => ({ name: 'bytes' }),
  encode: (composed, _direction, _state, how) => encode(raw.node, composed.fields, how),
  recognise: ({ toServer, toClient }) => (toServer.length + toClient.length > 0 ? 0.01 : 0),
  examples: [
    { name: 'four bytes', direction: 'toServer', hex: 'deadbeef', message: 'bytes', fields: { bytes: 'deadbeef' } },
  ],
});
