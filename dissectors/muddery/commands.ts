/** Client to server: the commands of 0.8.0 and those of 0.8.1 on. `fields` is `args`. */
import type { MessageSpec } from '../../core/protocol/protocol.ts';
import {
  boolean,
  integer,
  literal,
  type Node,
  nullNode,
  nullable,
  object,
  oneOf,
  string,
} from '../../core/schema/builders.ts';
import { array } from '../../core/schema/builders.ts';
import * as t from './types.ts';

/** When the server takes a command: any time, after the login, after a character was entered. */
export type Scope = 'any time' | 'account' | 'character';

export interface Command {
  readonly scope: Scope;
  readonly args: Node;
  readonly dialects: readonly string[];
  readonly doc?: string;
  /** Never answered: the server loses the batch, or has none. */
  readonly silent?: (args: unknown) => boolean;
}

const OLD = ['g1', 'g2'];
const NEW = ['g3'];
const BOTH = [...OLD, ...NEW];

/** `""` in 0.8.0, `{}` from 0.8.1 on, or nothing at all. */
const nothing = oneOf([literal(''), object({}), nullNode()], { label: 'Nothing' });
/** RSA under the server's key, base64 (172 characters), unless encryption is off. */
const password = string({ label: 'Password', role: 'password', secret: true, volatile: true });
const account = string({ label: 'Account', role: 'name', volatile: true });
const credentials = object({ username: account, password });
const characterId = oneOf([integer(), string()], { label: 'Character', role: 'id', volatile: true });
const objectId = oneOf([integer(), string()], { label: 'Object', role: 'id', volatile: true });
const key = (label: string): Node => string({ label });
const bagPlace = object({ position: integer({ label: 'Position', min: 0 }) });
const byKey = object({ key: string({ label: 'Key' }) });
const skill = object({ skill: key('Skill'), 'target?': nullable(objectId, { label: 'Target' }) });
const goods = object({ npc: objectId, shop: key('Shop'), goods: integer({ label: 'Goods', min: 0 }) });

const always = (): boolean => true;
const asked =
  (scope: Scope, args: Node, dialects: readonly string[] = BOTH, doc?: string) =>
  (): Command =>
    doc === undefined ? { scope, args, dialects } : { scope, args, dialects, doc };
const any = (args: Node, dialects?: readonly string[], doc?: string) => asked('any time', args, dialects, doc)();
const acc = (args: Node, dialects?: readonly string[], doc?: string) => asked('account', args, dialects, doc)();
const play = (args: Node, dialects?: readonly string[], doc?: string) => asked('character', args, dialects, doc)();

export const commands: Readonly<Record<string, Command>> = {
  unloggedin_look: any(nothing, OLD),
  create: {
    ...any(object({ username: account, password, 'connect?': boolean({ label: 'Log in at once' }) }), OLD),
    silent: (args) => typeof args === 'object' && args !== null && (args as { connect?: unknown }).connect === false,
  },
  connect: any(credentials, OLD, 'Five failures lock the account for five minutes.'),
  quit: any(nothing, OLD, 'Logs out; the socket stays open.'),
  first_connect: any(nothing, NEW),
  create_account: any(object({ username: account, password, 'connect?': boolean({ label: 'Log in at once' }) }), NEW),
  login: any(credentials, NEW),
  logout: { ...acc(nothing, NEW), silent: always },
  char_create: acc(object({ name: string({ label: 'Name', role: 'name', min: 1, max: 30, lang: 'zh' }) })),
  char_delete: acc(object({ id: characterId })),
  char_delete_pw: acc(object({ id: characterId, password }), NEW, 'Always fails in 0.8.2.'),
  char_all: { ...acc(nothing), silent: always },
  puppet: acc(characterId),
  puppet_name: acc(string({ label: 'Character', role: 'name' })),
  unpuppet: acc(nothing),
  change_pw: acc(object({ current: password, new: password })),
  delete_account: acc(credentials),
  query_map: acc(nothing, NEW),
  look_room_obj: play(key('Object')),
  look_room_char: play(objectId),
  look_around: play(nothing, NEW),
  traverse: play(key('Exit')),
  unlock_exit: play(key('Exit')),
  inventory: play(nothing),
  all_equipments: play(nothing, NEW),
  all_skills: play(nothing, NEW),
  all_quests: play(nothing, NEW),
  get_revealed_maps: play(nothing, NEW),
  inventory_obj: play(integer({ label: 'Position' })),
  equipments_obj: play(key('Body position')),
  use: play(bagPlace),
  discard: play(bagPlace),
  equip: play(bagPlace),
  takeoff: play(object({ position: key('Body position') })),
  loot: play(key('Object')),
  talk: play(objectId),
  finish_dialogue: play(object({ dialogue: key('Dialogue'), 'npc?': nullable(objectId, { label: 'With' }) })),
  say: play(
    object({
      type: string({ label: 'Kind', values: ['PRIVATE', 'LOCAL', 'CHANNEL'] }),
      target: oneOf([integer(), string()], { label: 'To', role: 'id' }),
      message: t.rich('Words'),
    }),
  ),
  cast_skill: play(oneOf([skill, key('Skill')])),
  attack: play(objectId),
  cast_combat_skill: play(oneOf([skill, key('Skill')])),
  combat_info: play(nothing, OLD),
  leave_combat: play(nothing),
  queue_up_combat: play(nothing),
  quit_combat_queue: play(nothing),
  confirm_combat: play(nothing),
  reject_combat: play(nothing),
  get_rankings: play(nothing, OLD),
  query_rankings: play(nothing, NEW),
  query_quest: play(byKey),
  query_skill: play(byKey),
  query_maps: play(object({ rooms: array(key('Room'), { label: 'Rooms' }) }), OLD),
  giveup_quest: play(key('Quest'), OLD),
  give_up_quest: play(key('Quest'), NEW),
  shopping: play(object({ npc: objectId, shop: key('Shop') })),
  buy: play(goods),
  test: play(nothing, OLD),
};

export const commandMessages: readonly MessageSpec[] = Object.entries(commands).map(
  ([name, { scope, args, dialects, doc }]) => ({
    name,
    direction: 'toServer' as const,
    node: args,
    group: `command: ${scope}`,
    dialects,
    ...(doc === undefined ? {} : { meta: { doc } }),
  }),
);
