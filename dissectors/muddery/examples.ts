/**
 * Every message of chapters 7.2 to 7.12 in the envelope of 0.8.0, every command, the replies and pushes of 0.8.1 on, and the
 * forms the documentation leaves out.
 */
import type { Example } from '../../core/protocol/protocol.ts';
import { golden, type GoldenExtras } from '../json/golden.ts';

const PERSON = '"icon": "image/icon/player.png"';
const LOOKS = '"key": "weapon_wood_stick", "name": "木棍", "desc": "这条木棍不粗。", "icon": null';
const CMDS = '"cmds": [{"name": "检查", "cmd": "loot", "args": "creator_alley_pile", "confirm": "确定？"}]';
const OBJECTIVES =
  '"objectives": [{"target": "获取", "object": "木棍", "accomplished": 0, "total": 1}, {"desc": "离开小巷"}]';
const STATES = '{"45": {"id": 45, "max_hp": 70, "hp": 68}, "46": {"id": 46, "hp": 12}}';
const FIGHTERS = `{"desc": "小巷里的战斗", "timeout": 0, "characters": [{"key": "45", "name": "网页录制", "desc": "", "icon": null, "id": 45, "team": 1}, {"key": "46", "name": "乌鸦", "desc": "", "icon": null, "id": 46, "team": 2}]}`;
const AREA =
  '{"area_intro": {"key": "area_intro", "name": "起始界面", "desc": "", "icon": null, "background": {"resource": "image/background/park_map.png", "width": 800, "height": 600}, "rooms": {"room_intro": {"key": "room_intro", "name": "欢迎！", "desc": "点击“开始游戏”。", "icon": "", "peaceful": true, "background": null, "pos": [0, 0], "objects": [{"key": "object_box", "name": "木箱", "desc": "空的。", "icon": null}], "exits": [{"key": "exit_game_start", "name": "开始游戏", "desc": null, "icon": null, "from": "room_intro", "to": "room_hole"}]}}}}';
const ITEM =
  '{"position": 1, "number": 0, "level": null, "can_remove": false, "name": "金钱", "desc": "有钱能使鬼推磨。", "icon": "image/icon/money.png"}';

/** Type → value, as 0.8.0 pushes it. */
const values: Readonly<Record<string, string>> = {
  msg: '"移动到{R小巷{n。。。"',
  alert: '"已装备！"',
  out: '"out"',
  err: '"err"',
  sys: '"sys"',
  debug: '"debug"',
  prompt: '"prompt"',
  game_name: '"梦幻乐园"',
  conn_screen: '"欢迎来到{whttp://www.muddery.org{n"',
  min_honour_level: '1',
  equipment_pos: '[{"key": "HEAD", "name": "头", "desc": "头"}]',
  login: '{"name": "webrec1", "id": 12}',
  logout: 'true',
  pw_changed: 'true',
  max_char: '5',
  char_all: '[{"name": "网页录制", "id": 22}]',
  char_created: 'true',
  char_deleted: 'true',
  puppet: `{"id": 45, "name": "网页录制", ${PERSON}, "is_staff": true, "allow_commands": true}`,
  unpuppet: 'true',
  status: '{"level": {"name": "等级", "value": 1}, "hp": {"name": "生命", "value": 70}}',
  equipments: `{"WEAPON": {${LOOKS}, "can_remove": true, "can_discard": true}}`,
  inventory: `[${ITEM}]`,
  skills:
    '[{"key": "skill_normal_hit", "name": "普通攻击", "desc": "攻击敌人，伤害一般。", "icon": "image/icon/hit.png", "passive": false, "cd": 1.5, "mp": 0}]',
  quests: `[{${LOOKS}, ${CMDS}, ${OBJECTIVES}}]`,
  look_around: `{"players": [{"id": 45, "key": 45, "name": "网页录制", ${PERSON}}], "npcs": [{"id": 46, "key": 46, "name": "乌鸦", "icon": null}]}`,
  obj_moved_in: '{"type": "players", "id": 47, "name": "红方x1"}',
  obj_moved_out: '{"type": "npcs", "id": 46, "name": "乌鸦 [已死]"}',
  look_obj: `{${LOOKS}, ${CMDS}}`,
  skill_info: `{${LOOKS}, "passive": false, "cd": 1.5, "mp": 0, ${CMDS}}`,
  quest_info: `{${LOOKS}, ${CMDS}, ${OBJECTIVES}}`,
  inventory_obj: `{${LOOKS}, "can_remove": true, "can_discard": true, "cmds": [{"name": "装备", "cmd": "equip"}], "number": 1, "position": 2}`,
  equipments_obj: `{${LOOKS}, "can_remove": true, "can_discard": true, ${CMDS}}`,
  dialogue:
    '{"target": {"id": 46, "name": "老人", "icon": null}, "dialogues": [{"key": "dlg_1", "content": "[%t]你好，$PLAYER_NAME。"}]}',
  shop: `{${LOOKS}, "npc": 46, ${CMDS}, "goods": [{"index": 1, "obj": "bread", "level": null, "name": "面包", "desc": "", "number": 2, "price": 5, "unit": "money", "icon": ""}]}`,
  get_objects:
    '[{"key": "weapon_wood_stick", "name": "木棍", "icon": "image/icon/club.png", "number": 1, "reject": false}]',
  get_exp: '{"exp": 10}',
  skill_cd: '{"skill": "skill_normal_hit", "cd": 1.5, "gcd": 1.5}',
  skill_cast: `{"skill": "skill_normal_hit", "main_type": "ATTACK", "sub_type": "", "cast": "{R网页录制{n攻击了。", "caller": 45, "target": 46, "status": ${STATES}, "result": "{C乌鸦{n受了伤。"}`,
  joined_combat: 'true',
  combat_info: FIGHTERS,
  combat_status: STATES,
  combat_commands: '[{"key": "skill_normal_hit", "name": "普通攻击", "icon": "image/icon/hit.png"}]',
  combat_finish:
    '{"type": "NORMAL", "result": "COMBAT_WIN", "rewards": {"exp": 10, "honour": 1, "get_objects": [{"key": "feather", "name": "羽毛", "icon": null, "number": 1, "reject": "背包已满"}]}}',
  channels: '{"world": {"type": "CHANNEL", "name": "世界"}}',
  conversation:
    '{"type": "LOCAL", "channel": "小巷", "from_id": 45, "from_name": "网页录制", "msg": "你好 {\\"a\\":\\"}\\"} 😀"}',
  current_location: '{"area": "area_park", "room": "room_colorfulworld_alley"}',
  reveal_maps: AREA,
  rankings: '[{"name": "红方x1", "id": 14, "ranking": 1, "honour": 10}]',
  in_combat_queue: '""',
  left_combat_queue: '""',
  prepare_match: '10',
  match_rejected: '14',
  created: '{"name": "webrec1", "id": 12}',
  player_online: '{"name": "红方x1"}',
  player_offline: '{"name": "红方x1"}',
};

/** Command → arguments, as the page of its version sends them. */
const args: Readonly<Record<string, string>> = {
  unloggedin_look: '""',
  create: '{"username":"webrec1","password":"mGI+SA==","connect":true}',
  connect: '{"username":"webrec1","password":"mGI+SA=="}',
  quit: '""',
  first_connect: '{}',
  create_account: '{"username":"webrec2","password":"Ac0u7g==","connect":true}',
  login: '{"username":"webrec2","password":"Ac0u7g=="}',
  logout: '{}',
  char_create: '{"name":"网页录制"}',
  char_delete: '{"id":22}',
  char_delete_pw: '{"id":22,"password":"Ac0u7g=="}',
  char_all: '{}',
  puppet: '22',
  puppet_name: '"网页录制"',
  unpuppet: '""',
  change_pw: '{"current":"mGI+SA==","new":"Ac0u7g=="}',
  delete_account: '{"username":"webrec1","password":"mGI+SA=="}',
  query_map: '{}',
  look_room_obj: '"creator_alley_pile"',
  look_room_char: '46',
  look_around: '{}',
  traverse: '"exit_game_start"',
  unlock_exit: '"exit_gate"',
  inventory: '""',
  all_equipments: '{}',
  all_skills: '{}',
  all_quests: '{}',
  get_revealed_maps: '{}',
  inventory_obj: '2',
  equipments_obj: '"WEAPON"',
  use: '{"position":3}',
  discard: '{"position":3}',
  equip: '{"position":2}',
  takeoff: '{"position":"WEAPON"}',
  loot: '"creator_alley_pile"',
  talk: '46',
  finish_dialogue: '{"dialogue":"dlg_1","npc":46}',
  say: '{"type":"LOCAL","target":"room_intro","message":"你好，世界 {\\"a\\":\\"}\\"} 😀"}',
  cast_skill: '{"skill":"skill_normal_hit","target":null}',
  attack: '46',
  cast_combat_skill: '{"skill":"skill_normal_hit","target":46}',
  combat_info: '""',
  leave_combat: '""',
  queue_up_combat: '""',
  quit_combat_queue: '""',
  confirm_combat: '""',
  reject_combat: '""',
  get_rankings: '""',
  query_rankings: '{}',
  query_quest: '{"key":"quest_1"}',
  query_skill: '{"key":"skill_normal_hit"}',
  query_maps: '{"rooms":["room_colorfulworld_alley"]}',
  giveup_quest: '"quest_1"',
  give_up_quest: '"quest_1"',
  shopping: '{"npc":46,"shop":"shop_1"}',
  buy: '{"npc":46,"shop":"shop_1","goods":1}',
  test: '""',
};

/** Type → value, as 0.8.1 and later push it. */
const pushes: Readonly<Record<string, string>> = {
  obj_moved_in: `{"type": "players", "id": 47, "name": "红方x1", ${PERSON}}`,
  conversation: '{"type": "LOCAL", "from_id": 19, "from_name": "网页录制二", "to": "小巷", "msg": "你好"}',
  combat_skill_cast: `{"skill": "skill_normal_hit", "main_type": "ATTACK", "sub_type": "", "cast": "{R乌鸦{n攻击了。", "caller": 46, "target": 45, "states": ${STATES}}`,
  combat_finish:
    '{"type": "HONOUR", "result": "COMBAT_LOSE", "rewards": {"get_objects": {"objects": []}}, "state": {"hp": {"name": "生命", "value": 1}}}',
  attack: `{"from": 46, "target": 45, "combat_info": ${FIGHTERS}, "combat_commands": [], "combat_states": ${STATES}}`,
  move_to: '{"location": {"area": "area_park", "room": "room_colorfulworld_alley"}}',
  state: '{"hp": {"name": "生命", "value": 70}}',
  honour_combat: `{"combat_info": ${FIGHTERS}, "combat_commands": []}`,
  events: '[{"ACTION_MESSAGE": ["你醒来了。"]}]',
  match_rejected: 'null',
  response: '{"sn": 5, "code": 10014, "data": null, "msg": "Can not find the object."}',
};

const G3 = { options: { generation: 'g3' } };
const G1 = { options: { generation: 'g1' } };
const lossy = (why: string): GoldenExtras => ({ lossy: why });
const BATCH = lossy('several messages of one frame are not written from one');

export const examples: readonly Example[] = [
  ...Object.entries(values).map(([type, value]) =>
    golden('toClient', type, `{"data": {"${type}": ${value}}}`, { name: `push of ${type}`, fields: JSON.parse(value) }),
  ),
  golden('toClient', 'text', '{"data": ["You are already puppeting this object."]}', {
    name: 'bare text in a batch',
    fields: 'You are already puppeting this object.',
  }),
  ...Object.entries(args).map(([command, value]) =>
    golden('toServer', command, `{"cmd":"${command}","args":${value}}`, {
      name: `command ${command}`,
      fields: JSON.parse(value),
    }),
  ),
  ...Object.entries(pushes).map(([type, value]) =>
    golden('toClient', type, `{"${type}": ${value}}`, {
      name: `${type} since 0.8.1`,
      fields: JSON.parse(value),
      ...G3,
    }),
  ),
  // The documentation's own two forms (7.1).
  golden('toClient', 'msg', '{"msg": "文本信息"}', { name: 'one message as documented', fields: '文本信息', ...G3 }),
  golden('toClient', 'msg', '[{"msg": "第一"}, {"alert": "第二"}]', {
    name: 'a list of messages as documented',
    fields: '第一',
    ...G3,
    ...BATCH,
  }),
  golden('toClient', 'login', '{"login": {"name": "webrec1", "id": "12"}}', {
    name: 'an id as text, as documented',
    fields: { name: 'webrec1', id: '12' },
    ...G3,
  }),
  golden(
    'toClient',
    'skills',
    '{"skills": [{"key": "s", "name": "n", "desc": "d", "icon": "i", "passive": true, "cd_remain": 2.5}]}',
    {
      name: 'a cooldown as documented',
      fields: [{ key: 's', name: 'n', desc: 'd', icon: 'i', passive: true, cd_remain: 2.5 }],
      ...G3,
    },
  ),
  // Batches.
  golden('toClient', 'login', '{"data": [{"login": {"name": "webrec1", "id": 12}}, {"char_all": [], "max_char": 5}]}', {
    name: 'batch of two items and three messages',
    fields: { name: 'webrec1', id: 12 },
    ...BATCH,
  }),
  golden('toClient', 'look_around', '{"data": [{"look_around": {}}]}', {
    name: 'batch of one',
    fields: {},
    lossy: 'written anew it is a push',
  }),
  golden('toClient', null, '{"data": []}', { name: 'empty batch' }),
  // Numbered commands.
  golden('toServer', 'traverse', '{"cmd":"traverse","args":"exit_game_start","sn":12}', {
    name: 'numbered command',
    fields: 'exit_game_start',
    lossy: 'the request number is no field',
  }),
  golden('toServer', 'look_around', '{"cmd":"look_around","sn":7}', {
    name: 'numbered command without arguments',
    fields: null,
    lossy: 'the request number is no field',
  }),
  // 0.7.0 and older.
  golden('toServer', 'traverse', '["text","{\\"cmd\\":\\"traverse\\",\\"args\\":\\"exit\\"}",{}]', {
    name: 'traverse of 0.7.0',
    fields: 'exit',
    ...G1,
  }),
  golden('toServer', 'idle', '["text",["idle"],{}]', {
    name: 'sign of life of 0.7.0',
    fields: 'idle',
    ...G1,
    lossy: 'a word of the framework',
  }),
  golden('toServer', 'websocket_close', '["websocket_close",[],{}]', {
    name: 'goodbye of 0.7.0',
    fields: [],
    ...G1,
    lossy: 'a word of the framework',
  }),
  golden('toClient', 'msg', '["text", ["{\\"data\\": {\\"msg\\": \\"hello\\"}, \\"context\\": \\"\\"}"], {}]', {
    name: 'message of 0.7.0',
    fields: 'hello',
    ...G1,
    lossy: 'the context is no field',
  }),
  golden('toClient', 'alert', '["text", ["{&quot;data&quot;: {&quot;alert&quot;: &quot;no&quot;}}"], {}]', {
    name: 'message of 0.7.0 escaped for HTML',
    fields: 'no',
    ...G1,
    lossy: 'the escapes are not written again',
  }),
  // What is no command.
  golden('toServer', null, 'idle', { name: 'sign of life that is no JSON' }),
  golden('toServer', null, '{"websocket_close":""}', { name: 'goodbye of the page' }),
  golden('toServer', null, '{"args":""}', { name: 'object without a command' }),
];
