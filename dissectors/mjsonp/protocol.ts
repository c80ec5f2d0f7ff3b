import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { Link, MessageSpec, OptionValues, Protocol, Sample } from '../../core/protocol/protocol.ts';
import { type Dialect, dialectSign } from './dialect.ts';
import { readEvent } from './event.ts';
import { examples } from './examples.ts';
import { watchMjsonp } from './invariants.ts';
import { ALIASES, messages } from './messages.ts';
import { summary } from './summary.ts';

/** What the conversation has told so far. */
export interface MjsonpState {
  /** The seat of this connection, from `start_game`. */
  readonly seat?: number;
  readonly dialect?: Dialect;
  /** The user chose the dialect. */
  readonly chosen: boolean;
  readonly names?: readonly string[];
}

const named = (direction: MessageSpec['direction']): string[] =>
  messages.filter((spec) => spec.direction === direction).map((spec) => spec.name);
const LAST_WORDS = ['end_game', 'error'];
const ACTIONS = ['dahai', 'reach', 'chi', 'pon', 'daiminkan', 'kakan', 'ankan', 'hora', 'ryukyoku'];

function start(_link: Link, options: OptionValues): MjsonpState {
  const dialect = options['dialect'];
  return dialect === 'original' || dialect === 'fork' || dialect === 'other'
    ? { dialect, chosen: true }
    : { chosen: false };
}

function firstObject(bytes: Uint8Array): unknown {
  const end = bytes.indexOf(0x0a);
  try {
    return JSON.parse(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end)));
  } catch {
    return undefined;
  }
}

/** A server that says `hello` and `mjsonp` is certain; in mid-game the types and their keys speak. */
function recognise({ toClient, toServer }: Sample, link: Link): number {
  const usual = link.serverPort === 11600 ? 0.05 : 0;
  const from = (bytes: Uint8Array, direction: 'toClient' | 'toServer'): number => {
    const event = readEvent(firstObject(bytes));
    const spec = messages.find((one) => one.name === event?.type && one.direction === direction);
    if (event === undefined || spec === undefined || spec.node.kind !== 'object') return 0;
    const lacks = spec.node.keys.filter((key) => !key.optional && !event.keys.has(key.name)).length;
    if (event.type === 'error' || event.type === 'none') return 0.3;
    if (event.type === 'hello' || event.type === 'join') return lacks === 0 ? 0.6 : 0.2;
    return lacks === 0 ? 0.8 : 0.2;
  };
  const hello = firstObject(toClient);
  const opening = readEvent(hello);
  if (opening?.type === 'hello' && (hello as Record<string, unknown>)['protocol'] === 'mjsonp') return 1;
  return Math.min(0.95, Math.max(from(toClient, 'toClient'), from(toServer, 'toServer')) + usual);
}

export const mjsonp: Protocol<MjsonpState> = defineProtocol<MjsonpState>({
  id: 'mjsonp',
  title: 'mjsonp (mahjong, JSON lines)',
  doc: 'Japanese mahjong between one server and four clients: one JSON object a line, and every server line is answered by exactly one client line.',
  transports: ['tcp'],
  ports: [
    { port: 11600, transport: 'tcp' },
    { port: 11601, transport: 'tcp' },
  ],
  framing: { kind: 'lines' },
  options: [
    {
      name: 'dialect',
      doc: 'Whose habits the checks expect. `auto` looks at the fields that are there; `other` keeps every remark to a note.',
      default: 'auto',
      values: ['auto', 'original', 'fork', 'other'],
    },
  ],
  messages,
  json: {
    discriminator: {
      key: 'type',
      keep: true,
      read: (raw) => (typeof raw === 'string' ? (ALIASES[raw] ?? raw) : undefined),
      check: (raw) =>
        typeof raw === 'string' && ALIASES[raw] !== undefined
          ? [
              {
                severity: 'warning',
                group: 'schema',
                code: 'alias',
                text: `${raw} is a misprint: servers send and take ${ALIASES[raw]}.`,
              },
            ]
          : [],
    },
  },
  pairs: [
    // The lock step: the answer to a line is the next line, whatever it says.
    { direction: 'toClient', request: named('toClient').filter((name) => !LAST_WORDS.includes(name)), replies: '*' },
    { direction: 'toClient', request: LAST_WORDS, replies: ['none'], required: false },
  ],
  correlations: [
    {
      issued: { message: 'start_game', path: 'id' },
      echoed: ACTIONS.map((message) => ({ message, path: 'actor' })),
      kind: 'id',
    },
  ],
  examples,
  recognise,
  start,
  next(state, direction, dissected) {
    const event = readEvent(dissected.messages[0]?.fields);
    if (event === undefined) return state;
    const sign = dialectSign(event, direction);
    const dialect = state.chosen || state.dialect === 'other' ? state.dialect : (sign ?? state.dialect);
    const opening = direction === 'toClient' && event.type === 'start_game';
    if (!opening && dialect === state.dialect) return state;
    return {
      ...state,
      ...(dialect === undefined ? {} : { dialect }),
      ...(opening && event.id !== undefined ? { seat: event.id } : {}),
      ...(opening && event.names !== undefined ? { names: event.names } : {}),
    };
  },
  summary,
  watch: (_link, options) => watchMjsonp(options),
});
