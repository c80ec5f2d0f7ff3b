import type { DissectedMessage } from '../../core/protocol/protocol.ts';
import { MODELS } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

const count = (value: unknown): number => (Array.isArray(value) ? value.length : 0);
const round = (value: unknown): string => (typeof value === 'number' ? String(Math.round(value * 10) / 10) : '?');
const at = (f: Fields): string => `(${round(f['x'])}, ${round(f['y'])}, ${round(f['z'])})`;
const show = (value: unknown): string => (value === undefined || value === null ? '?' : String(value));
const user = (f: Fields): string => `user ${show(f['user_id'])}`;
const model = (f: Fields): string => MODELS[show(f['model_id'])] ?? `model ${show(f['model_id'])}`;

/** What the general summary (the first fields) would not say well. */
const LINES: Readonly<Record<string, (f: Fields) => string>> = {
  create_user: (f) => `account ${show(f['user_name'])}, character ${show(f['character_name'])}`,
  login: (f) => `account ${show(f['user_name'])}`,
  login_ok: (f) => `${show(f['name'])} is ${user(f)}`,
  login_error: () => 'unknown account or wrong password',
  already_registered: () => 'the account exists',
  duplicate_login: () => 'the account is in use',
  accessory_master: (f) => `${count(f['accessorys'])} accessories`,
  quest_master: (f) => `${count(f['quests'])} quests`,
  quest_master_answer: (f) => `${count(f['quests'])} quests`,
  map_master: (f) => `${count(f['maps'])} maps`,
  skill_master: (f) => `${count(f['skills'])} skills`,
  move: (f) => `${user(f)} to ${at(f)} facing ${round(f['dir'])}°`,
  move_sync: (f) => `${user(f)} ${show(f['name'])} at ${at(f)} facing ${round(f['dir'])}°`,
  enemy_list: (f) => `${count(f['enemys'])} enemies`,
  save_load: (f) => `${model(f)} at ${at(f)}, ${count(f['accessorys'])} accessories`,
  save_model_type: (f) => `${user(f)} becomes ${model(f)}`,
  save_model_type_ok: (f) => model(f),
  other_players: (f) => `${count(f['players'])} players`,
  player_joined: (f) => `${show(f['name'])}, ${model(f)}, at ${at(f)}`,
  player_detail: (f) => `${show(f['name'])}, ${model(f)}, at ${at(f)}`,
  attack: (f) => `${user(f)} hits enemy ${show(f['enemy_id'])} with skill ${show(f['skill_id'])}`,
  enemy_alive: (f) => `enemy ${show(f['unique_id'])} takes ${show(f['damage_value'])}, ${show(f['hp'])} HP left`,
  enemy_dead: (f) =>
    `enemy ${show(f['unique_id'])} dies by user ${show(f['last_attack_id'])}${f['drop'] === undefined ? '' : `, drops ${show(f['drop'])}`}`,
  player_hit: (f) => `enemy ${show(f['enemy_id'])} hit ${user(f)}`,
  enemy_skill_cast: (f) => `enemy ${show(f['enemy_id'])} prepares skill ${show(f['skill_id'])}`,
  enemy_skill_use: (f) => `enemy ${show(f['enemy_id'])} uses skill ${show(f['skill_id'])} on ${show(f['target_id'])}`,
  inventory: (f) => `${count(f['accessory_ids'])} accessories`,
  drop_inventory: (f) => `${count(f['accessory_ids'])} drops`,
  map_move_request: (f) => `${user(f)} to map ${show(f['map_id'])}`,
  chat_all: (f) => `${show(f['user_name'])}: ${show(f['message'])}`,
};

/** undefined: let the first fields speak. */
export function ownLine({ name, fields }: DissectedMessage): string | undefined {
  const line = name === null ? undefined : LINES[name];
  return line === undefined || typeof fields !== 'object' || fields === null ? undefined : line(fields as Fields);
}
