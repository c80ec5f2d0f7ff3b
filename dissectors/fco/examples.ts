/** Every command of the seed's tables and of the notes on the public server, as its peers write them. */
import type { Direction, Example } from '../../core/protocol/protocol.ts';
import { golden } from '../json/golden.ts';

type Row = readonly [message: string, text: string, extras?: Partial<Pick<Example, 'options' | 'name' | 'lossy'>>];

const FLOATS = { lossy: 'the client writes whole numbers with a decimal point, which a number does not remember' };
const seed = { options: { revision: 'seed' } };
const legacy = { options: { revision: 'legacy' } };

const toServer: readonly Row[] = [
  ['create_user', '{"command":101,"user_name":"akira01","pass":"p@ss\\"{}","character_name":"勇者「アキラ」"}'],
  ['login', '{"command":102,"user_name":"akira01","pass":"x"}'],
  ['login', '{"command":102,"user_name":"akira01","name":"x"}', { name: 'login of an old client' }],
  ['reconnect_request', '{"command":107}'],
  ['accessory_master_request', '{"command":708,"user_id":0}'],
  ['quest_master_request', '{"command":714,"user_id":0}'],
  ['map_master_request', '{"command":716,"user_id":0}'],
  ['parameter_request', '{"command":0,"user_id":135}'],
  ['move', '{"command":201,"user_id":135,"x":-210.0,"y":0.5,"z":-209.0,"dir":90.0,"animation":1}', FLOATS],
  [
    'move',
    '{"command":201,"user_id":135,"x":1.0,"y":0.0,"z":1.0,"dir":0.0}',
    { ...FLOATS, name: 'move before animations' },
  ],
  ['enemy_list_request', '{"command":203,"map_id":0,"user_id":135}'],
  ['status_request', '{"command":205,"user_id":135,"target_id":135,"type":0}'],
  ['accessory_change', '{"command":207,"user_id":135,"accessory_id":1,"part_id":3}'],
  ['load_save_request', '{"command":209,"user_id":135}'],
  ['save_load_request', '{"command":211,"user_id":135}'],
  ['loading_ok', '{"command":213,"user_id":135}'],
  ['attack', '{"command":220,"enemy_id":12,"user_id":135,"skill_id":1,"map_id":0}'],
  ['player_hit', '{"command":228,"user_id":135,"enemy_id":12}'],
  ['quest_accept', '{"command":241,"user_id":135,"quest_id":1}'],
  ['map_move_request', '{"command":251,"user_id":135,"map_id":1}'],
  ['reward_select', '{"command":253,"user_id":135,"accessory_id":2}'],
  ['inventory_request', '{"command":255,"user_id":135}'],
  ['drop_inventory_request', '{"command":291,"user_id":135}'],
  ['logout', '{"command":701,"user_id":135}'],
  ['skill_master_request', '{"command":703,"user_id":0}'],
  ['player_detail_request', '{"command":711,"user_id":135,"target_id":136,"map_id":0}'],
  ['save_model_type', '{"command":713,"user_id":135,"model_id":103}'],
  ['chat_all', '{"command":801,"user_name":"勇者","message":"括弧 {\\"a\\":[\\"}\\"]} と 👨‍👩‍👧"}'],
  ['inventory_change', '{"command":301,"user_id":135,"itemId":5,"num":2,"type":1}'],
  [
    'equipment_change',
    '{"command":306,"user_id":135,"weapon":1,"head":0,"body":0,"hand":0,"leg":0,"accessoryL":0,"accessoryR":0}',
  ],
  ['item_list_request', '{"command":702,"user_id":135}'],
  ['first_login_request', '{"command":203,"user_id":135}', legacy],
  ['quest_master_call', '{"command":713,"user_id":135}', seed],
  ['quest_master_call', '{"command":713,"user_id":135}', { name: 'quest call of the seed, told by its fields' }],
];

const toClient: readonly Row[] = [
  ['login_ok', '{"command":103,"user_id":135,"name":"勇者「アキラ」"}'],
  ['login_error', '{"command":104}'],
  ['create_ok', '{"command":105,"user_id":0}'],
  ['already_registered', '{"command":106}'],
  ['reconnect', '{"command":108}'],
  [
    'accessory_master',
    '{"command":709,"version":1,"accessorys":[{"id":1,"name":"力の指輪","level":1,"comment":"","hp":10,"mp":5,"str":1,"vit":1,"int":2,"mmd":3,"dex":4,"agi":5,"image":"a.png"}]}',
  ],
  [
    'quest_master',
    '{"command":715,"version":1,"quests":[{"id":1,"name":"スライム討伐","difficulty":1,"targetId":1,"comment":"「森」へ","mapId":2,"time":300,"items":[0,0]}]}',
  ],
  ['map_master', '{"command":717,"version":1,"maps":[{"id":1,"x":-210,"y":0,"z":-210,"dir":0}]}'],
  ['duplicate_login', '{"command":901}'],
  [
    'move_sync',
    '{"command":202,"user_id":135,"map_id":0,"x":-210,"y":0.5,"z":-209,"dir":90,"name":"勇者","animation":1}',
  ],
  ['enemy_list', '{"command":204,"enemys":[{"unique_id":12,"master_id":1,"x":1,"y":0,"z":2.5,"dir":180,"hp":100}]}'],
  ['enemy_list', '{"command":204,"enemys":[]}', { name: 'a map without enemies' }],
  ['status', '{"command":206,"status":[{"charcter_id":135,"max_hp":100,"hp":90,"max_mp":50,"mp":50,"status":0}]}'],
  ['parameters', '{"command":209,"str":10,"vit":9,"intelligence":8,"mnd":7,"dex":6,"agi":5}'],
  ['load_save', '{"command":210,"weapon":{"id":1},"position":{"x":0,"y":0,"z":0},"lv":1,"exp":0}'],
  ['save_load', '{"command":212,"x":0,"y":0,"z":0,"model_id":101,"accessorys":[1,2],"wearing_accessory":[1,0,0,0]}'],
  ['skill_use', '{"command":213,"user_id":135,"skill_id":1}'],
  ['other_players', '{"command":214,"players":[{"user_id":0,"x":0,"y":0,"z":0,"model_id":102,"name":"Maki"}]}'],
  ['player_joined', '{"command":215,"user_id":136,"x":0,"y":0,"z":0,"name":"Maki","model_id":104}'],
  ['enemy_alive', '{"command":221,"unique_id":12,"hp":60,"status":0,"damage_value":40}'],
  ['enemy_dead', '{"command":222,"drop":3,"unique_id":12,"damage_value":60,"last_attack_id":135}'],
  ['enemy_dead', '{"command":222,"unique_id":12,"damage_value":60,"last_attack_id":135}', { name: 'nothing dropped' }],
  ['player_dead', '{"command":223,"user_id":135}'],
  ['other_used_skill', '{"command":224,"user_id":136,"skill_id":2}'],
  ['enemy_skill_cast', '{"command":225,"skill_id":1,"enemy_id":12}'],
  ['enemy_skill_use', '{"command":226,"skill_id":1,"enemy_id":12,"target_id":135}'],
  ['enemy_attack_result', '{"command":227,"user_id":135,"hp":80}'],
  ['quest_clear', '{"command":242}'],
  ['player_skill_use', '{"command":244}', seed],
  ['map_move_ok', '{"command":252,"mapId":1}'],
  ['reward_ok', '{"command":254}'],
  ['inventory', '{"command":256,"accessory_ids":[1,2,2]}'],
  ['player_left_map', '{"command":257,"user_id":136}'],
  ['player_entered_map', '{"command":258,"user_id":135}'],
  ['drop_inventory', '{"command":292,"accessory_ids":[]}'],
  [
    'skill_master',
    '{"command":705,"version":1,"skills":[{"id":1,"icon_id":1,"animation_id":1,"effect_id":1,"comment":"斬る","parent_id":0,"max_level":5,"recast_time":2.5,"consumption_hit_point":0,"consumption_magic_point":3,"power":10,"target":1,"range":2,"target_type":0}]}',
  ],
  ['finish_complete', '{"command":706}'],
  ['player_logged_out', '{"command":707,"user_id":136}'],
  ['player_detail', '{"command":712,"user_id":136,"x":0,"y":0,"z":0,"model_id":901,"name":"堀内"}'],
  ['save_model_type_ok', '{"command":718,"model_id":103}'],
  ['chat_all', '{"command":802,"user_name":"勇者","message":"🎮"}'],
  ['inventory_change_ok', '{"command":302}'],
  ['inventory_change_error', '{"command":303}'],
  ['equipment_change_ok', '{"command":307}'],
  ['item_list', '{"command":704,"items":{"1":3,"7":1}}'],
  ['item_error', '{"command":705}', seed],
  ['first_login', '{"command":204,"user_id":135}', legacy],
  ['quest_master_answer', '{"command":714,"version":1,"quests":[]}', seed],
  ['model_setting', '{"command":-1,"user_id":135,"model_id":101,"color_id":2}'],
];

const rows = (direction: Direction, list: readonly Row[]): Example[] =>
  list.map(([message, text, extras = {}]) => golden(direction, message, text, { without: 'command', ...extras }));

export const examples: readonly Example[] = [
  ...rows('toServer', toServer),
  ...rows('toClient', toClient),
  golden('toServer', null, '{command:102}', { name: 'text that is no JSON' }),
];
