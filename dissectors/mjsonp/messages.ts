/** Every mjsonp message. Key order is the original server's, which is what `encode` writes. */
import type { Direction, MessageSpec } from '../../core/protocol/protocol.ts';
import {
  any,
  array,
  boolean,
  integer,
  literal,
  type Meta,
  type Node,
  nullable,
  object,
  oneOf,
  string,
  tuple,
  withMeta,
} from '../../core/schema/builders.ts';
import { TILE_NAMES, TILES } from './tiles.ts';
import { YAKU_NAMES } from './yaku.ts';

const TILE_META: Meta = { names: TILE_NAMES };
const tile = (label: string) => string({ values: [...TILES, '?'], ...TILE_META, label });
const openTile = (label: string) => string({ values: TILES, ...TILE_META, label });
const seat = (label: string, meta: Meta = {}) => integer({ min: 0, max: 3, role: 'id', label, ...meta });
const hand = (label: string) => array(tile(label), { label, max: 14 });
const openHand = (label: string, count: number) => array(openTile(label), { label, min: count, max: count });
const points = (label: string, role: 'score' | 'money') =>
  array(integer({ role, unit: 'points' }), { label, min: 3, max: 4 });
const scores = points('Scores', 'score');
const deltas = points('Change', 'money');
const log = string({ label: 'Log', role: 'text', doc: 'Free text for the record of the server only.' });
const uraMarkers = array(openTile('Marker'), { label: 'Ura dora markers', max: 5 });
const actor = seat('Seat');
const target = seat('From seat', { doc: 'Whose tile it is; the own seat for an own draw.' });

const WIND_NAMES = { E: 'east', S: 'south', W: 'west', N: 'north' };
const REASONS: Readonly<Record<string, string>> = {
  fanpai: 'wall exhausted',
  nagashimangan: 'all own discards were terminals and honours',
  kyushukyuhai: 'nine kinds of terminals and honours',
  sufonrenta: 'four same winds',
  suchareach: 'four reaches',
  sanchaho: 'three rons',
  sukaikan: 'four kans',
};

const called = { actor, target, pai: openTile('Called tile') };
/** What a client may declare: its answers, the offers in `possible_actions`, and most of the events they become. */
const actions = {
  chi: { ...called, consumed: openHand('From hand', 2) },
  pon: { ...called, consumed: openHand('From hand', 2) },
  daiminkan: { ...called, consumed: openHand('From hand', 3) },
  ankan: { actor, consumed: openHand('Tiles', 4) },
  kakan: { actor, pai: openTile('Added tile'), consumed: openHand('The pon', 3) },
  reach: { actor },
  hora: { actor, target, pai: openTile('Winning tile') },
  ryukyoku: { 'reason?': string({ values: ['kyushukyuhai'], label: 'Reason', names: REASONS }), actor },
};

const hints = {
  'possible_actions?': array(
    oneOf(Object.entries(actions).map(([type, shape]) => object({ type: literal(type), ...shape }))),
    { label: 'Possible actions', doc: 'Every legal answer but `dahai` and `none`, ready to be sent back.' },
  ),
};
const forbidden = { 'cannot_dahai?': array(openTile('Tile'), { label: 'Not to discard', max: 14 }) };
const discard = { actor, pai: openTile('Tile'), tsumogiri: boolean({ label: 'Just drawn' }) };
const drawnMarker = withMeta(openTile('Dora marker'), { volatile: true });
const north = { 'actor?': actor, 'pai?': openTile('Tile') };

interface Entry {
  readonly ja: string;
  readonly doc: string;
  readonly shape: Readonly<Record<string, Node>>;
  readonly only?: string;
}
type Table = Readonly<Record<string, Entry>>;

const toClient: Table = {
  hello: {
    ja: '接続',
    doc: 'The server opens the conversation.',
    shape: {
      'protocol?': string({ values: ['mjsonp'], label: 'Protocol' }),
      'protocol_version?': integer({
        label: 'Version',
        min: 1,
        max: 3,
        doc: 'Does not tell the features: one server says 1 and sends everything of 3.',
      }),
    },
  },
  start_game: {
    ja: 'ゲーム開始',
    doc: 'Seats are drawn; `id` is the own one.',
    shape: {
      'gametype?': string({
        label: 'Game',
        values: ['tonpu', 'tonnan', 'one_kyoku'],
        names: { tonpu: 'east only', tonnan: 'east and south', one_kyoku: 'one round' },
        doc: 'Sent by the fork only.',
      }),
      id: seat('Own seat', { volatile: true }),
      names: array(string({ role: 'name' }), {
        label: 'Players',
        min: 3,
        max: 4,
        volatile: true,
        doc: 'In seat order.',
      }),
    },
  },
  start_kyoku: {
    ja: '局開始',
    doc: 'A round begins. Hands of others are hidden.',
    shape: {
      bakaze: string({ values: ['E', 'S', 'W', 'N'], names: WIND_NAMES, label: 'Round wind' }),
      kyoku: integer({ min: 1, max: 4, label: 'Round' }),
      honba: integer({ min: 0, label: 'Honba', role: 'quantity', doc: 'Bonus count: 300 points each.' }),
      kyotaku: integer({
        min: 0,
        label: 'Sticks',
        role: 'quantity',
        doc: 'Reach sticks on the table, 1000 points each.',
      }),
      oya: seat('Dealer'),
      dora_marker: drawnMarker,
      tehais: array(hand('Hand'), { label: 'Hands', min: 3, max: 4, volatile: true, doc: 'In seat order.' }),
      'scores?': withMeta(scores, { doc: 'Sent by some other servers.' }),
    },
  },
  tsumo: {
    ja: 'ツモ',
    doc: 'A seat draws.',
    shape: { actor, pai: withMeta(tile('Tile'), { volatile: true }), ...hints },
  },
  dahai: { ja: '打牌', doc: 'A seat discards.', shape: { ...discard, ...hints } },
  chi: { ja: 'チー', doc: 'A run is called.', shape: { ...actions.chi, ...forbidden } },
  pon: { ja: 'ポン', doc: 'Three of a kind are called.', shape: { ...actions.pon, ...forbidden } },
  daiminkan: { ja: '大明槓', doc: 'Four of a kind are called.', shape: actions.daiminkan },
  kakan: { ja: '加槓', doc: 'A fourth tile joins an own pon.', shape: { ...actions.kakan, ...hints } },
  ankan: { ja: '暗槓', doc: 'Four own tiles are laid.', shape: { ...actions.ankan, 'pai?': openTile('Tile') } },
  reach: { ja: 'リーチ', doc: 'A seat declares that it is ready.', shape: { ...actions.reach, ...forbidden } },
  reach_accepted: {
    ja: 'リーチ成立',
    doc: 'The reach discard was not won on; 1000 points go to the table.',
    shape: { actor, 'deltas?': deltas, 'scores?': scores },
  },
  dora: { ja: '新ドラ', doc: 'A kan turned up a new marker.', shape: { dora_marker: drawnMarker } },
  hora: {
    ja: '和了',
    doc: 'A seat wins; one message per winner.',
    shape: {
      actor,
      target,
      'pao?': seat('Liable seat', { doc: 'Who made the limit hand possible and pays for it.' }),
      'pai?': openTile('Winning tile'),
      'uradora_markers?': uraMarkers,
      'ura_markers?': withMeta(uraMarkers, { doc: 'Spelling of some other servers.' }),
      'hora_tehais?': array(openTile('Tile'), { label: 'Winning hand', max: 14, doc: 'The concealed part.' }),
      'yakus?': array(tuple([string({ label: 'Yaku', names: YAKU_NAMES }), integer({ label: 'Fan', min: 1 })]), {
        label: 'Yaku',
      }),
      'fu?': integer({ min: 0, label: 'Fu' }),
      'fan?': integer({ min: 0, label: 'Fan', doc: '100 for each limit hand.' }),
      'hora_points?': integer({ min: 0, label: 'Points', role: 'score', unit: 'points' }),
      'deltas?': deltas,
      'scores?': scores,
    },
  },
  ryukyoku: {
    ja: '流局',
    doc: 'The round is drawn.',
    shape: {
      'reason?': string({ label: 'Reason', names: REASONS, severity: 'note' }),
      'actor?': actor,
      'tehais?': array(hand('Hand'), { label: 'Hands', min: 3, max: 4 }),
      'tenpais?': array(boolean(), { label: 'Ready', min: 3, max: 4 }),
      'deltas?': deltas,
      'scores?': scores,
    },
  },
  end_kyoku: { ja: '局終了', doc: 'The round is over.', shape: {} },
  end_game: { ja: 'ゲーム終了', doc: 'The game is over.', shape: { 'scores?': scores } },
  error: {
    ja: 'エラー',
    doc: 'The server gives up on the game; the connection closes.',
    shape: { message: string({ label: 'Message', role: 'text' }) },
  },
  kita: { ja: '北抜き', doc: 'A north is set aside (three players).', shape: north, only: 'other' },
  nukidora: { ja: '抜きドラ', doc: 'A north is set aside (three players).', shape: north, only: 'other' },
};

const withLog = { 'log?': log };
const toServer: Table = {
  join: {
    ja: '参加',
    doc: 'Answers `hello`.',
    shape: {
      name: string({ role: 'name', label: 'Player', volatile: true }),
      'room?': nullable(string(), { label: 'Room', doc: 'The original demands its own room; the fork ignores it.' }),
      'hash?': any({ doc: 'Sent to some other servers.' }),
    },
  },
  none: { ja: '応答なし', doc: 'Nothing to be done.', shape: { 'actor?': actor, ...withLog } },
  dahai: { ja: '打牌', doc: 'Discard.', shape: { ...discard, ...withLog } },
  reach: { ja: 'リーチ', doc: 'Declare reach.', shape: { ...actions.reach, ...withLog } },
  chi: { ja: 'チー', doc: 'Call a run.', shape: { ...actions.chi, ...withLog } },
  pon: { ja: 'ポン', doc: 'Call three of a kind.', shape: { ...actions.pon, ...withLog } },
  daiminkan: { ja: '大明槓', doc: 'Call four of a kind.', shape: { ...actions.daiminkan, ...withLog } },
  kakan: { ja: '加槓', doc: 'Add a fourth tile to an own pon.', shape: { ...actions.kakan, ...withLog } },
  ankan: { ja: '暗槓', doc: 'Lay four own tiles.', shape: { ...actions.ankan, ...withLog } },
  hora: { ja: '和了', doc: 'Win.', shape: { ...actions.hora, ...withLog } },
  ryukyoku: {
    ja: '九種九牌',
    doc: 'Declare nine terminals.',
    shape: { ...actions.ryukyoku, reason: string({ values: ['kyushukyuhai'], names: REASONS }), ...withLog },
  },
  error: {
    ja: 'エラー',
    doc: 'The client failed: ends the game for all four.',
    shape: { 'actor?': actor, message: string({ role: 'text' }), ...withLog },
  },
  kita: { ja: '北抜き', doc: 'Set a north aside (three players).', shape: { ...north, ...withLog }, only: 'other' },
  nukidora: {
    ja: '抜きドラ',
    doc: 'Set a north aside (three players).',
    shape: { ...north, ...withLog },
    only: 'other',
  },
};

/** Misprint of the seed document, copied by a few old clients. */
export const ALIASES: Readonly<Record<string, string>> = { daiminkai: 'daiminkan' };

const GROUPS: readonly (readonly [group: string, names: readonly string[]])[] = [
  ['connection', ['hello', 'join', 'error', 'none']],
  ['game', ['start_game', 'end_game']],
  ['round', ['start_kyoku', 'end_kyoku']],
  ['calls', ['chi', 'pon', 'daiminkan', 'kakan', 'ankan', 'kita', 'nukidora']],
  ['result', ['hora', 'ryukyoku']],
];

function typeNode(name: string): Node {
  const spellings = Object.keys(ALIASES).filter((alias) => ALIASES[alias] === name);
  return spellings.length === 0 ? literal(name) : string({ values: [name, ...spellings] });
}

function specs(direction: Direction, table: Table): MessageSpec[] {
  return Object.entries(table).map(([name, { ja, doc, shape, only }]) => ({
    name,
    direction,
    node: object({ type: typeNode(name), ...shape }),
    meta: { doc },
    group: GROUPS.find(([, names]) => names.includes(name))?.[0] ?? 'turn',
    titles: { ja },
    ...(only === undefined ? {} : { dialects: [only] }),
  }));
}

export const messages: readonly MessageSpec[] = [...specs('toClient', toClient), ...specs('toServer', toServer)];
