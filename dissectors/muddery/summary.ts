import type { DissectedMessage, Direction } from '../../core/protocol/protocol.ts';
import { isShape, type Shape } from './conversation.ts';
import { answeredBy, CODES } from './responses.ts';

/** Text without its colour marks and picture prefixes. */
export function plainText(text: string): string {
  return text.replace(/\{[a-zA-Z]/g, '').replace(/^\[(?:%[pt]|image [^\]]*)\]/, '');
}

const words = (value: unknown): string =>
  typeof value === 'string' ? plainText(value) : value === undefined ? '?' : JSON.stringify(value);
const count = (value: unknown): number =>
  Array.isArray(value) ? value.length : isShape(value) ? Object.keys(value).length : 0;
const names = (list: unknown): string =>
  (Array.isArray(list) ? list : []).map((one: unknown) => words(isShape(one) ? one['name'] : one)).join(', ');

const LINES: Readonly<Record<string, (f: Shape) => string>> = {
  login: (f) => `account ${words(f['name'])}`,
  puppet: (f) => `enters as ${words(f['name'])}, object ${words(f['id'])}`,
  look_obj: (f) => `${words(f['name'])}: ${words(f['desc'])}`,
  skill_info: (f) => words(f['name']),
  quest_info: (f) => words(f['name']),
  inventory_obj: (f) => `${words(f['name'])} ×${words(f['number'])}`,
  equipments_obj: (f) => words(f['name']),
  look_around: (f) => [names(f['players']), names(f['npcs'])].filter(Boolean).join(' · ') || 'nobody',
  obj_moved_in: (f) => `${words(f['name'])} comes`,
  obj_moved_out: (f) => `${words(f['name'])} leaves`,
  dialogue: (f) => {
    const lines = Array.isArray(f['dialogues']) ? (f['dialogues'] as unknown[]) : [];
    const said = lines.map((one) => words(isShape(one) ? one['content'] : one)).join(' / ');
    const who = isShape(f['target']) && f['target']['name'] !== undefined ? `${words(f['target']['name'])}: ` : '';
    return said === '' ? 'the conversation is over' : who + said;
  },
  shop: (f) => `${words(f['name'])}, ${count(f['goods'])} goods`,
  skill_cd: (f) => `${words(f['skill'])} cools down ${words(f['cd'])} s`,
  skill_cast: (f) => [words(f['cast'] ?? ''), words(f['result'] ?? '')].filter(Boolean).join(' '),
  combat_skill_cast: (f) => [words(f['cast'] ?? ''), words(f['result'] ?? '')].filter(Boolean).join(' '),
  combat_info: (f) => `${names(f['characters'])}`,
  attack: (f) => (isShape(f['combat_info']) ? `attacked: ${names(f['combat_info']['characters'])}` : 'attacked'),
  combat_finish: (f) => `${words(f['type'])} ${words(f['result'])}`,
  conversation: (f) => `${words(f['from_name'])}: ${words(f['msg'])}`,
  current_location: (f) => `${words(f['area'])} / ${words(f['room'])}`,
  reveal_maps: (f) => `areas ${Object.keys(f).join(', ')}`,
  say: (f) => `${words(f['type'])} to ${words(f['target'])}: ${words(f['message'])}`,
  create: (f) => `account ${words(f['username'])}`,
  connect: (f) => `account ${words(f['username'])}`,
  create_account: (f) => `account ${words(f['username'])}`,
  delete_account: (f) => `account ${words(f['username'])}`,
  change_pw: () => '',
  char_delete_pw: (f) => `character ${words(f['id'])}`,
};

function response(fields: unknown, command: string | undefined): string {
  if (!isShape(fields)) return '';
  const { sn, code, msg } = fields;
  const outcome = CODES[String(code)] ?? `code ${words(code)}`;
  const said = typeof msg === 'string' && msg !== '' ? ` · ${plainText(msg)}` : '';
  return `#${words(sn)}${command === undefined ? '' : ` ${command}`} ${outcome}${said}`;
}

/** undefined: let the first fields speak. */
export function ownLine(message: DissectedMessage, direction: Direction): string | undefined {
  const { name, fields } = message;
  if (name === 'response') return response(fields, answeredBy(message.spec));
  if (typeof fields === 'string') return plainText(fields);
  if (Array.isArray(fields)) {
    const list = names(fields);
    return list === '' ? `${fields.length} entries` : list;
  }
  if (name === null || !isShape(fields)) return undefined;
  // Attack names a command with a scalar and a push with an object; both fit their line.
  const line = direction === 'toServer' && name === 'login' ? LINES['connect'] : LINES[name];
  return line?.(fields);
}
