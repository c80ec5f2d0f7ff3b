/** Server to client: chapters 7.2 to 7.12 of the documentation, then what later versions push. `fields` is the value itself. */
import type { MessageSpec } from '../../core/protocol/protocol.ts';
import { any, boolean, integer, type Node, nullable, object, oneOf, string } from '../../core/schema/builders.ts';
import { events, progress } from './responses.ts';
import * as t from './types.ts';

interface Entry {
  readonly zh: string;
  readonly node: Node;
  readonly doc?: string;
  /** Absent: 0.8.0 and older, which is what the documentation describes. */
  readonly dialects?: readonly string[];
  readonly neverSent?: boolean;
}

const OLD = ['g1', 'g2'];
const NEW = ['g3'];
const ALL = [...OLD, ...NEW];
const leftover = { doc: 'Documented, never sent by 0.8.0.', neverSent: true };

const chapters: Readonly<Record<string, Readonly<Record<string, Entry>>>> = {
  '7.2 text': {
    msg: { zh: '普通信息', node: t.rich('Text'), dialects: ALL },
    alert: { zh: '警告信息', node: t.rich('Text'), dialects: ALL },
    out: { zh: '普通文本信息', node: t.rich('Text'), ...leftover },
    err: { zh: '报错信息', node: t.rich('Text'), ...leftover },
    sys: { zh: '系统信息', node: t.rich('Text'), ...leftover },
    debug: { zh: '调试信息', node: t.rich('Text'), ...leftover },
    prompt: { zh: '提示信息', node: t.rich('Text'), ...leftover },
    text: { zh: '纯文本', node: t.rich('Text'), doc: 'A bare text among the items of a batch. The name is ours.' },
  },
  '7.3 settings': {
    game_name: { zh: '游戏名称', node: t.rich('Game', { role: 'name' }) },
    conn_screen: { zh: '欢迎文字', node: t.rich('Welcome') },
    min_honour_level: { zh: '荣誉战斗最低等级', node: integer({ label: 'Level' }) },
    equipment_pos: { zh: '装备位置', node: t.equipmentPositions },
  },
  '7.4 account': {
    login: {
      zh: '登入',
      node: object({ name: string({ label: 'Account', role: 'name', volatile: true }), id: t.id('Account') }),
      doc: 'Documented with a text as id; it is an integer.',
    },
    logout: { zh: '登出', node: t.trueOrEmpty, ...leftover },
    pw_changed: { zh: '密码已修改', node: t.done },
    max_char: { zh: '最大角色数量', node: integer({ label: 'Most characters' }) },
    char_all: { zh: '所有角色', node: t.characters },
    char_created: { zh: '角色已创建', node: t.done },
    char_deleted: { zh: '角色已删除', node: t.done },
    puppet: {
      zh: '登入角色',
      node: object({
        id: t.runtimeId,
        name: t.name,
        'icon?': t.icon,
        'is_staff?': boolean({ label: 'Staff' }),
        'allow_commands?': boolean({ label: 'May type commands' }),
      }),
    },
    unpuppet: { zh: '退出角色', node: t.done },
  },
  '7.5 character': {
    status: { zh: '角色状态', node: t.attributes },
    equipments: { zh: '装备', node: t.equipments },
    inventory: { zh: '背包', node: t.inventory },
    skills: { zh: '技能', node: t.skills },
    quests: {
      zh: '任务',
      node: oneOf([t.quests, progress]),
      doc: 'The list; from 0.8.1 on what was accomplished, beside the message that brought it about.',
      dialects: ALL,
    },
  },
  '7.6 surroundings': {
    look_around: { zh: '周围的角色', node: t.lookAround },
    obj_moved_in: {
      zh: '角色进入',
      node: object({ type: t.kindOfPerson, id: t.runtimeId, name: t.name, 'icon?': t.icon }),
      dialects: ALL,
    },
    obj_moved_out: {
      zh: '角色离开',
      node: object({ type: t.kindOfPerson, id: t.runtimeId, name: t.name }),
      dialects: ALL,
    },
  },
  '7.7 looking': {
    look_obj: { zh: '查看物体', node: t.appearance() },
    skill_info: {
      zh: '查看技能',
      node: t.appearance({
        'passive?': boolean({ label: 'Passive' }),
        'cd?': t.seconds('Cooldown'),
        'mp?': integer({ label: 'MP cost' }),
      }),
    },
    quest_info: { zh: '查看任务', node: t.appearance({}, { 'objectives?': t.objectives }) },
    inventory_obj: {
      zh: '查看背包物品',
      node: t.appearance(
        { 'can_remove?': boolean(), 'can_discard?': boolean() },
        { number: t.quantity, position: t.position },
      ),
    },
    equipments_obj: {
      zh: '查看装备',
      node: t.appearance({ 'can_remove?': boolean(), 'can_discard?': boolean() }),
    },
  },
  '7.8 interaction': {
    dialogue: { zh: '对话', node: nullable(t.dialogue) },
    shop: { zh: '商店', node: nullable(t.shop) },
    get_objects: { zh: '获得物品', node: t.gained },
    get_exp: { zh: '获得经验', node: object({ exp: integer({ label: 'Experience', role: 'quantity' }) }) },
    skill_cd: { zh: '技能冷却', node: t.skillCooldown },
    skill_cast: { zh: '施放技能', node: t.skillResult },
  },
  '7.9 combat': {
    joined_combat: { zh: '进入战斗', node: t.done },
    combat_info: { zh: '战斗信息', node: t.combatInfo },
    combat_status: { zh: '战斗状态', node: t.fighterStates },
    combat_commands: { zh: '战斗技能', node: t.combatCommands },
    combat_finish: { zh: '战斗结束', node: t.combatResult, dialects: ALL },
  },
  '7.10 channels': {
    channels: { zh: '频道', node: t.channels },
    conversation: { zh: '聊天', node: t.speech, dialects: ALL },
  },
  '7.11 map': {
    current_location: { zh: '当前位置', node: t.location },
    reveal_maps: { zh: '地图', node: t.areas },
  },
  '7.12 honour': {
    rankings: { zh: '荣誉排名', node: t.ranking },
    in_combat_queue: { zh: '已加入排队', node: t.trueOrEmpty },
    left_combat_queue: { zh: '已离开排队', node: t.trueOrEmpty, dialects: ALL },
    prepare_match: { zh: '准备对战', node: integer({ label: 'Time to prepare', unit: 's' }), dialects: ALL },
    match_rejected: {
      zh: '对战被拒绝',
      node: nullable(t.id('Who refused'), { doc: 'Database id; the run-time id from 0.8.1 on.' }),
      dialects: ALL,
    },
  },
  'not documented': {
    created: {
      zh: '账号已创建',
      node: object({ name: string({ role: 'name' }), id: t.id('Account') }),
      doc: 'Cannot be written as JSON by the server, so it never arrives.',
      neverSent: true,
    },
    player_online: { zh: '玩家上线', node: any(), doc: 'The page handles it, no server sends it.', neverSent: true },
    player_offline: { zh: '玩家下线', node: any(), doc: 'The page handles it, no server sends it.', neverSent: true },
  },
  'pushes since 0.8.1': {
    combat_skill_cast: { zh: '战斗中施放技能', node: t.skillResult, dialects: NEW },
    attack: { zh: '受到攻击', node: t.combatStart, dialects: NEW },
    move_to: { zh: '移动到', node: object({ location: t.location }), doc: 'On rebirth.', dialects: NEW },
    state: { zh: '状态', node: t.attributes, dialects: NEW, neverSent: true },
    honour_combat: { zh: '荣誉战斗', node: t.combatStart, dialects: NEW, neverSent: true },
    events: { zh: '事件', node: events, dialects: NEW },
  },
};

export const serverMessages: readonly MessageSpec[] = Object.entries(chapters).flatMap(([group, entries]) =>
  Object.entries(entries).map(([name, { zh, node, doc, dialects = OLD, neverSent }]) => ({
    name,
    direction: 'toClient' as const,
    node,
    group,
    titles: { zh },
    dialects,
    ...(doc === undefined ? {} : { meta: { doc } }),
    ...(neverSent === undefined ? {} : { neverSent }),
  })),
);
