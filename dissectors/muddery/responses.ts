/**
 * From 0.8.1 on a command with a number is answered by `response`. What its `data` holds depends on the command, which the
 * state remembers by the number.
 */
import type { MessageSpec } from '../../core/protocol/protocol.ts';
import {
  any,
  array,
  boolean,
  integer,
  type Node,
  nullable,
  object,
  oneOf,
  record,
  string,
} from '../../core/schema/builders.ts';
import * as t from './types.ts';

export const CODES: Readonly<Record<string, string>> = {
  '0': 'ok',
  '-1': 'unknown error',
  '10000': 'internal error',
  '10001': 'no such command',
  '10002': 'not logged in',
  '10003': 'not permitted',
  '10004': 'arguments are missing',
  '10005': 'no such table',
  '10006': 'invalid form',
  '10007': 'upload failed',
  '10008': 'import failed',
  '10009': 'download failed',
  '10010': 'export failed',
  '10011': 'building the world failed',
  '10012': 'the image exists',
  '10013': 'no data',
  '10014': 'invalid input',
  '10015': 'cannot be upgraded',
  '10016': 'server error',
  '10017': 'the bag does not allow it',
  '10018': 'the key exists',
  '10019': 'not in the cache',
  '10020': 'the account is not available',
  '10021': 'the password is too simple',
  '10022': 'cannot find the command',
  '10023': 'cannot pass',
  '10024': 'the skill cools down',
  '10025': 'cannot buy',
  '10026': 'dead',
};

const empty = object({}, { extra: 'warning' });
/** An empty list, or nothing at all, arrives as an empty object: the server replaces what is falsy. */
const orEmpty = (node: Node): Node => (node === empty ? empty : oneOf([node, empty]));
const named = object({ 'key?': t.key(), 'name?': t.name, 'value?': any() });
export const progress = object({ 'accomplished?': array(named, { label: 'Done' }) }, { label: 'Quests' });

/** One thing that happened because of a command, each under its own key. */
const event = object({
  'ACTION_DIALOGUE?': t.dialogue,
  'ACTION_ATTACK?': t.combatStart,
  'ACTION_ACCEPT_QUEST?': array(named),
  'ACTION_TURN_IN_QUEST?': array(named),
  'ACTION_SET_RELATION?': array(named),
  'ACTION_ADD_RELATION?': array(named),
  'ACTION_LEARN_SKILL?': any(),
  'ACTION_GET_OBJECTS?': oneOf([t.gained, object({ objects: t.gained }), any()]),
  'ACTION_MESSAGE?': array(t.rich('Text')),
  'ACTION_CLOSE_EVENT?': any(),
});
export const events = array(event, { label: 'Events' });
const aftermath = { 'events?': events, 'quests?': progress };
const account = object({
  name: string({ label: 'Account', role: 'name' }),
  id: t.id('Account'),
  'max_char?': integer(),
});
const entered = object({
  id: t.runtimeId,
  name: t.name,
  'icon?': t.icon,
  'state?': t.attributes,
  'location?': t.location,
  'look_around?': t.lookAround,
  'revealed_maps?': record(any(), { label: 'Known areas' }),
  'channels?': t.channels,
  'equipment_pos?': t.equipmentPositions,
  'min_honour_level?': integer({ label: 'Honour from level' }),
  'at_arrive?': any(),
  'is_staff?': boolean(),
  'allow_commands?': boolean(),
  'last_combat?': any(),
});
const looks = t.appearance(
  {
    'can_remove?': boolean(),
    'can_discard?': boolean(),
    'passive?': boolean(),
    'cd?': t.seconds('Cooldown'),
    'mp?': integer({ label: 'MP cost' }),
  },
  {
    'number?': t.quantity,
    'position?': oneOf([integer(), string()], { label: 'Position' }),
    'objectives?': t.objectives,
  },
);
const started = object({ attack: t.combatStart });
const afterUse = object({ 'msg?': t.richOrNull('Text'), 'state?': t.attributes });

const data: Readonly<Record<string, Node>> = {
  first_connect: object({ game_name: t.rich('Game'), conn_screen: t.rich('Welcome') }),
  create_account: account,
  login: account,
  delete_account: empty,
  change_pw: empty,
  char_create: empty,
  char_delete: empty,
  char_delete_pw: empty,
  char_all: oneOf([object({ char_all: t.characters }), t.characters]),
  puppet: entered,
  puppet_name: entered,
  unpuppet: empty,
  query_map: t.areas,
  look_around: t.lookAround,
  inventory: t.inventory,
  all_equipments: t.equipments,
  all_skills: t.skills,
  all_quests: t.quests,
  get_revealed_maps: record(any(), { label: 'Known areas' }),
  inventory_obj: looks,
  equipments_obj: looks,
  look_room_obj: looks,
  look_room_char: looks,
  query_skill: looks,
  query_quest: looks,
  traverse: object({
    traversed: boolean({ label: 'Passed' }),
    'location?': t.location,
    'look_around?': t.lookAround,
    'at_leave?': any(),
    'at_arrive?': any(),
    'exit?': any({ label: 'Exit' }),
    ...aftermath,
  }),
  unlock_exit: object({ unlocked: boolean({ label: 'Unlocked' }), 'exit?': any({ label: 'Exit' }) }),
  use: afterUse,
  discard: empty,
  equip: object({ 'state?': t.attributes }),
  takeoff: object({ 'state?': t.attributes }),
  loot: object({ objects: t.gained, 'quests?': progress }),
  talk: t.dialogue,
  finish_dialogue: object({ 'dialogue?': nullable(t.dialogue), ...aftermath }),
  say: empty,
  cast_skill: object({ 'skill_cd?': t.skillCooldown, 'result?': t.skillResult }),
  give_up_quest: object({ 'key?': t.key(), 'name?': t.name }),
  shopping: nullable(t.shop),
  buy: object({ 'use?': any(), 'get?': any() }),
  attack: oneOf([started, t.combatStart]),
  cast_combat_skill: object({ 'skill_cd?': t.skillCooldown, 'result?': t.skillResult }),
  leave_combat: object({
    'state?': t.attributes,
    'die?': any(),
    'reborn_time?': any(),
    'location?': t.location,
    'look_around?': t.lookAround,
    ...aftermath,
  }),
  query_rankings: t.ranking,
  queue_up_combat: empty,
  quit_combat_queue: empty,
  confirm_combat: empty,
  reject_combat: empty,
};

function responseSpec(node: Node): MessageSpec {
  return {
    name: 'response',
    direction: 'toClient',
    group: 'responses since 0.8.1',
    titles: { zh: '响应' },
    dialects: ['g3'],
    meta: { doc: 'Answers the command with the same `sn`.' },
    node: object({
      sn: any({ label: 'Request number', role: 'sequence', volatile: true }),
      code: integer({ label: 'Code', names: CODES }),
      'data?': nullable(node, { label: 'Data' }),
      'msg?': nullable(t.rich('Message'), { label: 'Message' }),
    }),
  };
}

export const response: MessageSpec = responseSpec(any());
const specs = new Map(Object.entries(data).map(([command, node]) => [command, responseSpec(orEmpty(node))]));
const failed: MessageSpec = responseSpec(oneOf([empty, any()]));
const commandsOf = new Map([...specs].map(([command, spec]) => [spec, command]));

/** How a reply to this command reads; a refused one says nothing in `data`. */
export function responseTo(command: string | undefined, ok: boolean): MessageSpec {
  if (command === undefined) return response;
  return ok ? (specs.get(command) ?? response) : failed;
}

/** The command a reply was read as an answer to. */
export function answeredBy(spec: MessageSpec | undefined): string | undefined {
  return spec === undefined ? undefined : commandsOf.get(spec);
}
