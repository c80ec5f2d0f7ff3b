/**
 * A small protocol for tests of the recorder: JSON lines with a dialect that changes the meaning of later frames, request and
 * answer, a fact told to other connections, a check over the connection, and messages that break or stall the decoder.
 */
import { defineProtocol } from '../../protocol/define-protocol.ts';
import type { Protocol } from '../../protocol/protocol.ts';
import { any, integer, literal, object, string } from '../../schema/builders.ts';

interface TalkState {
  readonly dialect: string;
  readonly greeted: number;
}

export function tableTalk(wait: () => void = () => undefined): Protocol {
  return defineProtocol<TalkState>({
    id: 'talk',
    title: 'Table talk',
    transports: ['tcp', 'ws'],
    framing: { kind: 'lines' },
    options: [{ name: 'dialect', doc: 'Word for yes.', default: 'plain', values: ['plain', 'loud'] }],
    messages: [
      { name: 'hello', direction: 'both', node: object({ type: literal('hello'), dialect: string() }) },
      { name: 'ask', direction: 'toServer', node: object({ type: literal('ask'), id: integer(), text: string() }) },
      { name: 'reply', direction: 'toClient', node: object({ type: literal('reply'), id: integer(), text: any() }) },
      { name: 'tell', direction: 'toClient', node: object({ type: literal('tell'), secret: string() }) },
      { name: 'recall', direction: 'toServer', node: object({ type: literal('recall') }) },
      { name: 'crash', direction: 'toServer', node: object({ type: literal('crash') }) },
      { name: 'stall', direction: 'toServer', node: object({ type: literal('stall') }) },
    ],
    json: { discriminator: { key: 'type', keep: true } },
    pairs: [{ direction: 'toServer', request: ['ask'], replies: ['reply'], match: [['id', 'id']] }],
    handoffs: [{ message: 'tell', direction: 'toClient', address: 'secret', port: 'secret' }],
    start: (_link, options) => ({ dialect: options.dialect ?? 'plain', greeted: 0 }),
    next: (state, _direction, dissected, _bytes, memory) => {
      const [message] = dissected.messages;
      const fields = message?.fields as { dialect?: string; secret?: string } | undefined;
      if (message?.name === 'tell') memory.remember('secret', fields?.secret);
      if (message?.name === 'recall') return { ...state, dialect: String(memory.recall('secret')) };
      if (message?.name !== 'hello') return state;
      return { dialect: fields?.dialect ?? state.dialect, greeted: state.greeted + 1 };
    },
    dissect: (bytes, direction, state, limits, base) => {
      const dissected = base.dissect(bytes, direction, state, limits);
      const [message] = dissected.messages;
      if (message?.name === 'crash') throw new Error('tripped over it');
      if (message?.name === 'stall') wait();
      return dissected;
    },
    check: (message, _direction, state) =>
      message.name === 'ask' &&
      state.dialect === 'loud' &&
      !String((message.fields as { text: unknown }).text).endsWith('!')
        ? [
            {
              severity: 'warning',
              group: 'invariant',
              code: 'not-loud',
              text: 'Loud talk ends with an exclamation mark.',
            },
          ]
        : [],
    summary: (message) => {
      const fields = message.fields as { text?: unknown } | null;
      return fields?.text === undefined ? '' : String(fields.text);
    },
    watch: () => {
      let asked = 0;
      return {
        see: ({ dissected }) => {
          if (dissected.messages[0]?.name !== 'ask') return [];
          asked++;
          return asked % 1000 === 0
            ? [{ severity: 'note', group: 'sequence', code: 'chatty', text: `${asked} questions so far.` }]
            : [];
        },
      };
    },
  });
}
