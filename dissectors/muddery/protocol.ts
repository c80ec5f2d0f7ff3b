import { defineProtocol, type JsonShape, type ProtocolDefinition } from '../../core/protocol/define-protocol.ts';
import { peekKey } from '../../core/protocol/json-peek.ts';
import type {
  Direction,
  Dissected,
  DissectedMessage,
  Link,
  MessageSpec,
  OptionValues,
  Protocol,
  Sample,
} from '../../core/protocol/protocol.ts';
import { fieldsLine } from '../../core/protocol/summary.ts';
import { any, integer, oneOf, string } from '../../core/schema/builders.ts';
import { readJson } from '../../core/schema/json-text.ts';
import { commandMessages, commands } from './commands.ts';
import {
  type Conversation,
  type Generation,
  generationOf,
  heard,
  isShape,
  openingOf,
  owesList,
  said,
  SILENCE,
} from './conversation.ts';
import { join, split } from './envelope.ts';
import { examples } from './examples.ts';
import { watchMuddery } from './invariants.ts';
import { response } from './responses.ts';
import { serverMessages } from './server-messages.ts';
import { ownLine } from './summary.ts';

const oldWords: readonly MessageSpec[] = [
  {
    name: 'idle',
    direction: 'toServer',
    node: any(),
    group: 'command: any time',
    dialects: ['g1'],
    meta: { doc: 'The page says so every 30 s.' },
  },
  {
    name: 'websocket_close',
    direction: 'toServer',
    node: any(),
    group: 'command: any time',
    dialects: ['g1'],
    meta: { doc: 'The page says goodbye.' },
  },
];
const messages: readonly MessageSpec[] = [...serverMessages, response, ...commandMessages, ...oldWords];

const GENERATIONS: readonly Generation[] = ['g1', 'g2', 'g3'];

/** Name from the first bytes, where that is safe. */
function peek(bytes: Uint8Array, direction: Direction): { name: string } | undefined {
  if (direction === 'toServer') {
    const command = peekKey(bytes, 'cmd');
    return typeof command === 'string' ? { name: command } : undefined;
  }
  const head = String.fromCharCode(...bytes.subarray(0, 80));
  const type = /^\{"data": ?\[?\{"(\w+)":/.exec(head)?.[1] ?? /^\{"(?!data")(\w+)":/.exec(head)?.[1];
  return type === undefined ? undefined : { name: type };
}

const innerJson = string({ label: 'Text', inner: { as: 'json', of: any() } });
const shape = (style: 'compact' | 'python'): JsonShape<Conversation> => ({
  envelope: {
    split,
    join,
    peek,
    nodes: {
      cmd: string({ label: 'Command' }),
      sn: oneOf([integer(), any()], { label: 'Request number', role: 'sequence', volatile: true }),
      '[1]': innerJson,
      '[1][0]': innerJson,
    },
  },
  style,
});

/** Values the pairs go by: the request number, or the place in the order of commands and answering lists. */
function beside(
  bytes: Uint8Array,
  direction: Direction,
  state: Conversation,
): Readonly<Record<string, unknown>> | undefined {
  if (direction === 'toClient') return openingOf(bytes) === 'list' ? { turn: state.answered + 1 } : undefined;
  const { value, ok } = readJson(bytes);
  if (ok && isShape(value) && value['sn'] !== undefined) return { sn: value['sn'] };
  const generation = state.generation ?? generationOf(value);
  return owesList(ok ? value : undefined, generation) ? { turn: state.asked + 1 } : undefined;
}

/** `idle` is no JSON, and the page means to send it all the same. */
function idleFrame(bytes: Uint8Array): Dissected {
  const range = [0, bytes.length] as const;
  const meta = { label: 'Idle' };
  return {
    messages: [{ name: null, fields: 'idle', range, path: '' }],
    expert: [
      {
        severity: 'note',
        group: 'schema',
        code: 'idle',
        text: 'A sign of life of the page; this is no command.',
        range,
      },
    ],
    tree: () => ({ name: '', kind: 'text', start: 0, end: bytes.length, value: 'idle', meta, children: [] }),
  };
}
const isIdle = (bytes: Uint8Array): boolean => bytes.length === 4 && String.fromCharCode(...bytes) === 'idle';

function recognise({ toServer, toClient }: Sample, link: Link): number {
  const usual = link.serverPort === 8001 ? 0.05 : 0;
  const client = readJson(toServer);
  const server = readJson(toClient);
  const command = client.ok && isShape(client.value) ? client.value['cmd'] : undefined;
  let best = typeof command === 'string' ? (Object.hasOwn(commands, command) ? 0.9 : 0.4) : 0;
  for (const [read, direction] of [
    [client, 'toServer'],
    [server, 'toClient'],
  ] as const) {
    if (!read.ok || (direction === 'toServer' && !Array.isArray(read.value))) continue;
    const parts = split(read.value, direction, SILENCE);
    const fits = parts.filter(({ name }) =>
      messages.some((spec) => spec.name === name && spec.direction === direction),
    );
    // The old envelope is telling by itself, whatever command is in it.
    if (Array.isArray(read.value) && read.value[0] === 'text' && parts[0]?.name !== 'text') best = Math.max(best, 0.6);
    if (parts.length > 0 && parts[0]?.name !== null && fits.length > 0)
      best = Math.max(best, 0.9 * (fits.length / parts.length));
  }
  return best === 0 ? 0 : Math.min(1, best + usual);
}

function start(_link: Link, options: OptionValues): Conversation {
  const generation = GENERATIONS.find((one) => one === options['generation']);
  return generation === undefined ? SILENCE : { ...SILENCE, generation, chosen: true };
}

const definition: ProtocolDefinition<Conversation> = {
  id: 'muddery',
  title: 'Muddery (text game, JSON over WebSocket)',
  doc: 'An online text game: commands to the server, batches of typed messages to the client.',
  transports: ['ws', 'wss'],
  ports: [{ port: 8001, transport: 'ws' }],
  options: [
    {
      name: 'generation',
      doc: 'Which envelope: `g1` 0.7.0 and older, `g2` 0.8.0 (the documented one), `g3` 0.8.1 on. `auto` tells by the first texts.',
      default: 'auto',
      values: ['auto', ...GENERATIONS],
    },
  ],
  messages,
  // The page writes compact JSON, the server Python's.
  json: shape('compact'),
  pairs: [
    { direction: 'toServer', request: '*', replies: ['response'], match: [['^sn', 'sn']], required: false },
    // The n-th list answers the n-th command: there is nothing else to go by.
    { direction: 'toServer', request: '*', replies: '*', match: [['^turn', '^turn']], required: false },
  ],
  correlations: [
    {
      issued: { message: 'char_all', path: '[0].id' },
      echoed: [
        { message: 'puppet', path: '' },
        { message: 'char_delete', path: 'id' },
      ],
      kind: 'id',
    },
    {
      issued: { message: 'look_around', path: 'npcs[0].id' },
      echoed: [
        { message: 'look_room_char', path: '' },
        { message: 'talk', path: '' },
        { message: 'attack', path: '' },
      ],
      kind: 'id',
    },
  ],
  examples,
  recognise,
  start,
  next: (state, direction, dissected, bytes) => {
    if (direction === 'toServer') {
      const { value, ok } = readJson(bytes);
      return said(state, ok ? value : undefined);
    }
    const responses = dissected.messages.filter((message) => message.name === 'response');
    const numbers = responses.flatMap(({ fields }) => (isShape(fields) ? [fields['sn']] : []));
    return heard(state, openingOf(bytes), numbers);
  },
  dissect: (bytes, direction, state, limits, base) => {
    const idle = direction === 'toServer' && isIdle(bytes);
    const dissected = idle ? idleFrame(bytes) : base.dissect(bytes, direction, state, limits);
    const values = beside(bytes, direction, state);
    const [first, ...more] = dissected.messages;
    if (values === undefined || first === undefined) return dissected;
    return { ...dissected, messages: [{ ...first, beside: values }, ...more] };
  },
  summary: (message: DissectedMessage, direction) =>
    ownLine(message, direction) ?? fieldsLine(message.fields, message.spec?.node),
  watch: () => watchMuddery(),
};

const python = defineProtocol<Conversation>({ ...definition, json: shape('python') });

export const muddery: Protocol<Conversation> = defineProtocol<Conversation>({
  ...definition,
  encode: (composed, direction, state, how, base) =>
    (direction === 'toClient' ? python : base).encode(composed, direction, state, how),
});
