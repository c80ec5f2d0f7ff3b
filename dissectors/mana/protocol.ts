/** The Mana server: a word that says which message, then its fields, big-endian; one message per reliable ENet packet. */
import { u16be } from '../../core/schema/builders.ts';
import { defineProtocol } from '../../core/protocol/define-protocol.ts';
import type { Direction, Dissected, Link, Pair, Protocol, Sample } from '../../core/protocol/protocol.ts';
import { isTagged, tag, tagExpert, taggedRoot, untag } from './debug-form.ts';
import {
  bestReading,
  dialectOfVersion,
  firstThatFits,
  isDoubtful,
  misfit,
  nextDialect,
  rememberToken,
  revised,
  type State,
  versionNamed,
} from './dialect.ts';
import { type Dialect, DIALECTS } from './entry.ts';
import { examples } from './examples.ts';
import { manaSummary } from './summary.ts';
import { ENTRIES, MESSAGES, tableOf } from './tables.ts';
import { watchMana } from './watch.ts';

const ROLES: Readonly<Record<number, string>> = { 9601: 'account', 9602: 'server', 9603: 'chat', 9604: 'game' };

export const mana: Protocol<State> = defineProtocol<State>({
  id: 'mana',
  title: 'The Mana Server',
  doc: 'Accounts, chat, game world and the links between servers.',
  transports: ['enet', 'udp'],
  ports: Object.entries(ROLES).map(([port, role]) => ({ port: Number(port), transport: 'enet' as const, role })),
  options: [
    {
      name: 'dialect',
      doc: 'seed: as the seed document words it; 2011: the server of March 2011; 2012: until early 2013, still version 1; 2013: version 3; head: version 7 to 10; auto: told by the traffic',
      default: 'auto',
      values: ['auto', ...DIALECTS],
    },
  ],
  messages: MESSAGES,
  binary: {
    tag: u16be({ display: 'hex', label: 'Message' }),
    table: ({ dialect }, direction) => tableOf(dialect === 'auto' ? 'head' : dialect, direction),
  },
  pairs: pairs(),
  handoffs: [
    {
      message: 'APMSG_CHAR_SELECT_RESPONSE',
      direction: 'toClient',
      address: 'gameAddress',
      port: 'gamePort',
      token: 'token',
      role: 'game',
      transport: 'enet',
    },
    {
      message: 'APMSG_CHAR_SELECT_RESPONSE',
      direction: 'toClient',
      address: 'chatAddress',
      port: 'chatPort',
      token: 'token',
      role: 'chat',
      transport: 'enet',
    },
    {
      message: 'GPMSG_PLAYER_SERVER_CHANGE',
      direction: 'toClient',
      address: 'gameAddress',
      port: 'gamePort',
      token: 'token',
      role: 'game',
      transport: 'enet',
    },
  ],
  correlations: [
    {
      issued: { message: 'APMSG_CHAR_SELECT_RESPONSE', path: 'token' },
      echoed: [
        { message: 'PGMSG_CONNECT', path: 'token' },
        { message: 'PCMSG_CONNECT', path: 'token' },
      ],
      kind: 'token',
      ties: true,
    },
    // A game server is told of every player: its connection is nobody's journey.
    {
      issued: { message: 'APMSG_CHAR_SELECT_RESPONSE', path: 'token' },
      echoed: [{ message: 'AGMSG_PLAYER_ENTER', path: 'token' }],
      kind: 'token',
    },
    {
      issued: { message: 'GPMSG_PLAYER_SERVER_CHANGE', path: 'token' },
      echoed: [{ message: 'PGMSG_CONNECT', path: 'token' }],
      kind: 'token',
      ties: true,
    },
    {
      issued: { message: 'GPMSG_DISCONNECT_RESPONSE', path: 'token' },
      echoed: [{ message: 'PAMSG_RECONNECT', path: 'token' }],
      kind: 'token',
      ties: true,
    },
    {
      issued: { message: 'APMSG_LOGIN_RNDTRGR_RESPONSE', path: 'salt' },
      echoed: [{ message: 'PAMSG_LOGIN', path: 'password' }],
      kind: 'salt',
    },
    {
      issued: { message: 'GPMSG_BEING_ENTER', path: 'beingId' },
      echoed: ['PGMSG_ATTACK', 'PGMSG_TRADE_REQUEST', 'PGMSG_USE_ABILITY_ON_BEING']
        .map((message) => ({ message, path: 'beingId' }))
        .concat(
          ['PGMSG_NPC_TALK', 'PGMSG_NPC_TALK_NEXT', 'PGMSG_NPC_SELECT', 'PGMSG_NPC_NUMBER', 'PGMSG_NPC_STRING'].map(
            (message) => ({ message, path: 'npcId' }),
          ),
        ),
      kind: 'id',
    },
  ],
  examples,
  summary: manaSummary,
  start: (_link, options) => {
    const wanted = options['dialect'] ?? 'auto';
    return DIALECTS.includes(wanted as Dialect) ? { dialect: wanted as Dialect, fixed: true } : { dialect: 'auto' };
  },
  recognise,
  dissect(bytes, direction, state, limits, base) {
    if (isTagged(bytes)) {
      const untagged = untag(bytes);
      const as = taggedDialect(state);
      const read = (dialect: Dialect): Dissected => base.dissect(untagged.plain, direction, { dialect }, limits);
      const first = read(as);
      const plain = isDoubtful(as, first) ? revised(as, first, read) : first;
      const expert = plain.expert.map((info) => tagExpert(info, untagged));
      return {
        messages: plain.messages.map((m) => ({ ...m, range: [0, bytes.length] })),
        expert: untagged.broken === undefined ? expert : [...expert, untagged.broken],
        tree: () => taggedRoot(plain.tree(), untagged, bytes),
      };
    }
    if (state.dialect !== 'auto') {
      const first = base.dissect(bytes, direction, state, limits);
      if (state.fixed || !isDoubtful(state.dialect, first)) return first;
      return revised(state.dialect, first, (dialect) => base.dissect(bytes, direction, { dialect }, limits));
    }
    return bestReading((dialect) => base.dissect(bytes, direction, { dialect }, limits)).dissected;
  },
  classify(bytes, direction, state, base) {
    if (isTagged(bytes))
      return base.classify(Uint8Array.of(bytes[0]! & 0x7f, bytes[1]!), direction, { dialect: taggedDialect(state) });
    // While the dialect is open an id may mean several messages: the whole message decides.
    const known = state.dialect === 'auto' ? null : base.classify(bytes, direction, state);
    if (known !== null || state.fixed) return known;
    const [message] = mana.dissect(bytes, direction, state).messages;
    return message?.name == null
      ? null
      : { name: message.name, ...(message.id === undefined ? {} : { id: message.id }) };
  },
  encode(composed, direction, state, how, base) {
    const { original } = how;
    if (original !== undefined && isTagged(original)) {
      const as: State = { dialect: taggedDialect(state) };
      const plain = base.encode(composed, direction, as, { ...how, original: untag(original).plain });
      return {
        bytes: tag(plain.bytes, base.dissect(plain.bytes, direction, as).tree()),
        expert: plain.expert,
      };
    }
    if (state.dialect !== 'auto') return base.encode(composed, direction, state, how);
    if (original !== undefined) {
      const { dialect } = bestReading((d) => base.dissect(original, direction, { dialect: d }));
      return base.encode(composed, direction, { dialect }, how);
    }
    return firstThatFits((dialect) => base.encode(composed, direction, { dialect }, how));
  },
  next(state, direction, dissected, bytes, memory) {
    const [message] = dissected.messages;
    // What is no message of any dialect tells none.
    if (message === undefined || message.name === 'XXMSG_INVALID') return state;
    if (state.dialect !== 'auto') {
      const version = state.fixed ? undefined : versionNamed(message);
      const read = message.spec?.dialects?.[0] as Dialect | undefined;
      const is =
        state.fixed || read === undefined
          ? state.dialect
          : version === undefined
            ? read
            : dialectOfVersion(version, state.dialect);
      rememberToken(message, is, memory);
      return is === state.dialect ? state : { dialect: is };
    }
    const clear = (): Dialect | undefined => {
      const best = bestReading((dialect) => mana.dissect(bytes, direction, { dialect, fixed: true }));
      return best.isClear ? best.dialect : undefined;
    };
    const dialect = nextDialect(message, bytes, memory, clear);
    if (dialect === undefined) return state;
    rememberToken(message, dialect, memory);
    return { dialect };
  },
  watch: watchMana,
});

/** The tagged form came with 2013. */
function taggedDialect(state: State): Dialect {
  return state.dialect === '2013' ? '2013' : 'head';
}

/** Every X_RESPONSE answers its X; besides, what a player does and the world shows. */
function pairs(): Pair[] {
  const names = new Set(ENTRIES.map((e) => e.name));
  const found: Pair[] = [];
  for (const name of names) {
    const match = /^(P[ACG]|GA|GC)MSG_(.+)$/.exec(name);
    if (match === null) continue;
    const reply = `${match[1]![1]}${match[1]![0]}MSG_${match[2]!.replace('REQUEST_REGISTER_INFO', 'REGISTER_INFO').replace(/^REQUEST_POST$/, 'POST')}_RESPONSE`;
    if (names.has(reply))
      found.push({
        direction: 'toServer',
        request: [name],
        replies: [reply],
        required: !/RECONNECT|USE|LIST_CHANNELUSERS|SERVER|CONNECT/.test(name),
      });
  }
  return [
    ...found,
    { direction: 'toServer', request: ['PGMSG_SAY'], replies: ['GPMSG_SAY'], required: false },
    { direction: 'toServer', request: ['PCMSG_CHAT'], replies: ['CPMSG_PUBMSG'], required: false },
    { direction: 'toServer', request: ['PGMSG_WALK'], replies: ['GPMSG_BEINGS_MOVE'], required: false },
    {
      direction: 'toServer',
      request: ['PGMSG_NPC_TALK', 'PGMSG_NPC_TALK_NEXT', 'PGMSG_NPC_SELECT', 'PGMSG_NPC_NUMBER', 'PGMSG_NPC_STRING'],
      replies: [
        'GPMSG_NPC_MESSAGE',
        'GPMSG_NPC_CHOICE',
        'GPMSG_NPC_NUMBER',
        'GPMSG_NPC_STRING',
        'GPMSG_NPC_BUY',
        'GPMSG_NPC_SELL',
        'GPMSG_NPC_POST',
        'GPMSG_NPC_CLOSE',
        'GPMSG_NPC_ERROR',
      ],
      required: false,
    },
  ];
}

/** A known id in the right direction whose fields fit exactly is hardly a coincidence beyond the id alone. */
function recognise(sample: Sample, link: Link): number {
  if (link.transport !== 'enet' && link.transport !== 'udp') return 0;
  const samples: readonly (readonly [Uint8Array, Direction])[] = [
    [sample.toServer, 'toServer'],
    [sample.toClient, 'toClient'],
  ];
  const readings = samples
    .filter(([bytes]) => bytes.length >= 2)
    .map(([bytes, direction]) => mana.dissect(bytes, direction, { dialect: 'auto' }));
  if (readings.length === 0) return 0;
  const worst = Math.max(...readings.map((r: Dissected) => misfit(r)));
  const byContent = worst === 0 ? 0.85 : worst <= 20 ? 0.5 : worst < 1000 ? 0.2 : 0;
  if (byContent === 0) return 0;
  return Math.min(
    1,
    byContent + (ROLES[link.serverPort] !== undefined ? 0.1 : 0) - (link.transport === 'udp' ? 0.4 : 0),
  );
}
