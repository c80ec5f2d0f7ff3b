/** Lines of text: what many old game servers, consoles and chat systems speak. */
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { MessageSpec } from '../../core/protocol/protocol.ts';
import { rest, struct, text as textNode } from '../../core/schema/builders.ts';
import { decode } from '../../core/schema/decode.ts';
import { encode } from '../../core/schema/encode.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';

const line: MessageSpec = {
  name: 'text',
  direction: 'both',
  node: struct({ text: textNode(rest, { label: 'Text', role: 'text' }) }),
  meta: { doc: 'One line of text.' },
};

interface State {
  readonly firstWord: boolean;
}

/** Control characters that text does not have: all but tab, line breaks and escape (colours). */
function oddCharacters(value: string): number {
  let count = 0;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at);
    const odd = code < 0x20 && code !== 0x09 && code !== 0x0a && code !== 0x0d && code !== 0x1b;
    if (odd || code === 0x7f || code === 0xfffd) count += 1;
  }
  return count;
}

export const text = defineProtocol<State>({
  id: 'text',
  title: 'Text lines',
  doc: 'Lines of UTF-8 text.',
  transports: ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'],
  framing: { kind: 'lines' },
  options: [
    {
      name: 'name',
      default: 'text',
      values: ['text', 'first-word'],
      doc: 'What a line is called: always `text`, or by its first word (for protocols such as IRC or SMTP).',
    },
  ],
  messages: [line],
  start: (_link, options) => ({ firstWord: options['name'] === 'first-word' }),
  dissect: (bytes, _direction, state, limits) => {
    const decoded = decode(line.node, bytes, { limits });
    const fields = decoded.value as { text: string };
    const odd = oddCharacters(fields.text);
    const expert: ExpertInfo[] = [...decoded.expert];
    if (odd > 0 && expert.length === 0) {
      const remark = `${odd} control character${odd === 1 ? '' : 's'}: this may not be text.`;
      expert.push({
        severity: 'note',
        group: 'schema',
        code: 'control-characters',
        text: remark,
        range: [0, bytes.length],
      });
    }
    const word = state.firstWord ? /^\S{1,64}/u.exec(fields.text)?.[0] : undefined;
    return {
      messages: [{ name: word ?? 'text', fields, range: [0, bytes.length], path: '', spec: line }],
      expert,
      tree: () => decode(line.node, bytes, { limits, tree: true }).tree as NonNullable<typeof decoded.tree>,
    };
  },
  classify: (bytes, _direction, state) => {
    if (!state.firstWord) return { name: 'text' };
    let end = 0;
    while (end < bytes.length && end < 64 && (bytes[end] as number) > 0x20) end += 1;
    const word = String.fromCharCode(...bytes.subarray(0, end));
    return { name: /^[\x21-\x7e]+$/.test(word) && (bytes[end] ?? 0x20) <= 0x20 ? word : 'text' };
  },
  encode: (composed, _direction, _state, how) => encode(line.node, composed.fields, how),
  summary: (message) => (message.fields as { text: string }).text,
  recognise: (sample) => {
    const bytes = sample.toClient.length > sample.toServer.length ? sample.toClient : sample.toServer;
    if (bytes.length < 2) return 0;
    const { text: value } = decode(line.node, bytes.subarray(0, 2048)).value as { text: string };
    const share = oddCharacters(value.replace(/\ufffd$/, '')) / value.length;
    return share > 0.02 ? 0 : bytes.includes(0x0a) ? 0.2 : 0.12;
  },
  examples: [
    {
      name: 'a line',
      direction: 'toServer',
      hex: '4e49434b20626f62',
      message: 'text',
      fields: { text: 'NICK bob' },
    },
    {
      name: 'by first word',
      direction: 'toServer',
      hex: '4e49434b20626f62',
      message: 'NICK',
      options: { name: 'first-word' },
      fields: { text: 'NICK bob' },
      lossy: 'Composed as `text`; the bytes are the same.',
    },
    { name: 'empty line', direction: 'toClient', hex: '', message: 'text', fields: { text: '' } },
  ],
});
