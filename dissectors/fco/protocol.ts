import { defineProtocol, type ProtocolDefinition } from '../../core/protocol/define-protocol.ts';
import type { Direction, Link, MessageSpec, Pair, Protocol, Sample } from '../../core/protocol/protocol.ts';
import { fieldsLine } from '../../core/protocol/summary.ts';
import { any } from '../../core/schema/builders.ts';
import type { ExpertInfo } from '../../core/schema/expert-info.ts';
import { examples } from './examples.ts';
import { offsetProblem } from './fixed-offset.ts';
import { watchFco } from './invariants.ts';
import { AMBIGUOUS, commandNumber, meaning, REVISION_OPTIONS, type RevisionOption, revisionOf } from './meaning.ts';
import { messages, messagesOf } from './messages.ts';
import { ownLine } from './summary.ts';

export interface FcoState {
  readonly revision: RevisionOption;
  /** Run-time character id, from `login_ok` or the first request that names it. */
  readonly userId?: number;
}

const NAMES = Object.fromEntries(messages.map((spec) => [String(spec.id), spec.name]));

function pair(request: string, replies: readonly string[], more: Partial<Pair> = {}): Pair {
  return { direction: 'toServer', request: [request], replies, ...more };
}
const same = (...keys: readonly string[]): Pick<Pair, 'match'> => ({ match: keys.map((key) => [key, key] as const) });
const OPTIONAL = { required: false };

const pairs: readonly Pair[] = [
  pair('create_user', ['create_ok', 'already_registered']),
  pair('login', ['login_ok', 'login_error', 'duplicate_login']),
  pair('reconnect_request', ['reconnect'], OPTIONAL),
  pair('map_master_request', ['map_master']),
  pair('accessory_master_request', ['accessory_master']),
  pair('quest_master_request', ['quest_master']),
  pair('quest_master_call', ['quest_master_answer']),
  pair('skill_master_request', ['skill_master'], OPTIONAL),
  pair('save_load_request', ['save_load']),
  pair('load_save_request', ['load_save'], OPTIONAL),
  pair('first_login_request', ['first_login'], OPTIONAL),
  pair('loading_ok', ['other_players'], OPTIONAL),
  pair('save_model_type', ['save_model_type_ok'], same('model_id')),
  pair('move', ['move_sync'], same('user_id')),
  pair('enemy_list_request', ['enemy_list']),
  pair('status_request', ['status']),
  pair('parameter_request', ['parameters']),
  pair('attack', ['enemy_alive', 'enemy_dead'], { match: [['enemy_id', 'unique_id']] }),
  pair('map_move_request', ['map_move_ok'], { match: [['map_id', 'mapId']] }),
  pair('reward_select', ['reward_ok'], OPTIONAL),
  pair('inventory_request', ['inventory']),
  pair('drop_inventory_request', ['drop_inventory']),
  pair('player_detail_request', ['player_detail'], { ...OPTIONAL, match: [['target_id', 'user_id']] }),
  pair('logout', ['player_logged_out'], same('user_id')),
  pair('chat_all', ['chat_all'], same('user_name', 'message')),
  // The old handlers were wired crosswise, so either answer counts.
  pair('inventory_change', ['item_list', 'inventory_change_ok', 'inventory_change_error'], OPTIONAL),
  pair('item_list_request', ['item_list', 'item_error', 'inventory_change_ok', 'inventory_change_error'], OPTIONAL),
  pair('equipment_change', ['equipment_change_ok'], OPTIONAL),
];

/** First text of a direction: a WebSocket message, or the first JSON object of a bare stream. */
function firstCommand(bytes: Uint8Array): number | undefined {
  if (bytes.indexOf(0x7b) !== 0) return undefined;
  const text = new TextDecoder().decode(bytes.subarray(0, 4096));
  const match =
    /^\{\s*"command"\s*:\s*("?)(-?\d{1,4})\1\s*[,}]/.exec(text) ??
    /"command"\s*:\s*("?)(-?\d{1,4})\1\s*[,}]/.exec(text);
  return match === null ? undefined : Number(match[2]);
}

function recognise({ toServer, toClient }: Sample, link: Link): number {
  const fits = (bytes: Uint8Array, direction: Direction): number => {
    const id = firstCommand(bytes);
    if (id === undefined) return 0;
    return messages.some((spec) => spec.id === id && spec.direction === direction) ? 0.85 : 0.4;
  };
  const best = Math.max(fits(toServer, 'toServer'), fits(toClient, 'toClient'));
  const usual = fco.ports.some((one) => one.port === link.serverPort);
  return best === 0 ? 0 : Math.min(1, best + (usual ? 0.1 : 0));
}

/** The server turns a number it was not sent into NaN, which JSON writes as null. */
function nullNumbers(fields: unknown): readonly ExpertInfo[] {
  if (typeof fields !== 'object' || fields === null) return [];
  return Object.entries(fields).flatMap(([key, value]): ExpertInfo[] =>
    value === null
      ? [
          {
            severity: 'note',
            group: 'schema',
            code: 'null-number',
            text: `${key} was left out by its first sender.`,
            path: key,
          },
        ]
      : [],
  );
}

function definition(revision: RevisionOption): ProtocolDefinition<FcoState> {
  const known = revision === 'auto' ? messages : messagesOf(revision);
  return {
    id: 'fco',
    title: 'fco (action MMO, JSON over WebSocket)',
    doc: 'Login, play and chat server of an action MMO. One JSON object per WebSocket text; `command` is its number.',
    transports: ['ws', 'wss', 'tcp'],
    ports: [
      { port: 8000, transport: 'ws', role: 'login' },
      { port: 8001, transport: 'ws', role: 'play' },
      { port: 8009, transport: 'ws', role: 'chat' },
    ],
    framing: { kind: 'json' },
    options: [
      {
        name: 'revision',
        doc: 'Which meaning numbers have that changed over time. `auto` goes by the fields; `head` is the last revision, `seed` the one the command table shows, `legacy` before October 2019.',
        default: 'auto',
        values: REVISION_OPTIONS,
      },
    ],
    messages: known,
    json: {
      discriminator: {
        key: 'command',
        by: 'id',
        keep: false,
        node: any({ label: 'Command', names: NAMES }),
        read: commandNumber,
        ...(revision === 'auto'
          ? {
              pick: (value, direction) => meaning(commandNumber(value['command']), value, direction),
              ambiguous: AMBIGUOUS,
            }
          : {}),
        check: (raw) =>
          typeof raw === 'string'
            ? [
                {
                  severity: 'warning',
                  group: 'schema',
                  code: 'command-spelling',
                  text: 'command should be a number.',
                  path: 'command',
                },
              ]
            : [],
      },
    },
    pairs: pairs.filter(({ request, replies }) =>
      [...request, ...replies].every((name) => known.some((spec: MessageSpec) => spec.name === name)),
    ),
    examples,
    start: (_link, options) => ({ revision: revisionOf(options['revision']) }),
    check: ({ fields }) => nullNumbers(fields),
    summary: (message) => ownLine(message) ?? fieldsLine(message.fields, message.spec?.node),
  };
}

const byRevision = new Map(
  REVISION_OPTIONS.map((revision) => [revision, defineProtocol<FcoState>(definition(revision))]),
);

export const fco: Protocol<FcoState> = defineProtocol<FcoState>({
  ...definition('auto'),
  correlations: [
    {
      // Nothing else ties the login, play and chat connections of one client together.
      issued: { message: 'login_ok', path: 'user_id' },
      echoed: messages
        .filter((spec) => spec.direction === 'toServer' && spec.group === 'play' && spec.node.kind === 'object')
        .filter((spec) => spec.node.kind === 'object' && spec.node.keys.some((key) => key.name === 'user_id'))
        .map((spec) => ({ message: spec.name, path: 'user_id' })),
      kind: 'id',
      ties: true,
    },
  ],
  recognise,
  dissect: (bytes, direction, state, limits, base) => {
    const protocol = byRevision.get(state.revision);
    const dissected =
      protocol?.dissect(bytes, direction, state, limits) ?? base.dissect(bytes, direction, state, limits);
    if (direction === 'toServer' || dissected.expert.some((info) => info.group === 'malformed')) return dissected;
    const problem = offsetProblem(bytes);
    return problem === undefined ? dissected : { ...dissected, expert: [...dissected.expert, problem] };
  },
  classify: (bytes, direction, state, base) =>
    (byRevision.get(state.revision) ?? base).classify(bytes, direction, state),
  encode: (composed, direction, state, how, base) => {
    const encoded = (byRevision.get(state.revision) ?? base).encode(composed, direction, state, how);
    const problem = direction === 'toClient' ? offsetProblem(encoded.bytes) : undefined;
    return problem === undefined ? encoded : { ...encoded, expert: [...encoded.expert, problem] };
  },
  next: (state, direction, dissected) => {
    const message = dissected.messages[0];
    const fields = message?.fields;
    if (direction !== 'toClient' || message?.name !== 'login_ok') return state;
    const userId =
      typeof fields === 'object' && fields !== null ? (fields as { user_id?: unknown }).user_id : undefined;
    if (typeof userId !== 'number' || userId === state.userId) return state;
    return { ...state, userId };
  },
  watch: (link) => watchFco(link),
});
