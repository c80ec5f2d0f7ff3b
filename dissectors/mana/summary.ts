/** One line a tester reads without the field list. */
import { summarise } from '../../core/protocol/summary.ts';
import type { Direction, DissectedMessage } from '../../core/protocol/protocol.ts';

type Fields = Readonly<Record<string, unknown>>;
const count = (list: unknown, one: string, many = `${one}s`): string =>
  Array.isArray(list) ? `${list.length} ${list.length === 1 ? one : many}` : '';
const quote = (value: unknown): string => `“${String(value)}”`;

const LINES: Readonly<Record<string, (f: Fields) => string>> = {
  GPMSG_BEINGS_MOVE: (f) => {
    const beings = (f['beings'] ?? []) as readonly Fields[];
    const mover = beings.find((b) => b['flags'] !== 0);
    if (mover === undefined) return `${count(beings, 'being')} · standing`;
    const from = mover['x'] === undefined ? '' : ` · ${mover['x']}, ${mover['y']}`;
    const to = mover['destX'] === undefined ? '' : ` → ${mover['destX']}, ${mover['destY']}`;
    return `${count(beings, 'being')} · being ${mover['beingId']}${from}${to}${mover['speed'] === undefined ? '' : ` · speed ${mover['speed']}`}`;
  },
  GPMSG_SAY: (f) => `being ${f['beingId']} · ${quote(f['text'])}`,
  PGMSG_SAY: (f) => quote(f['text']),
  CPMSG_PUBMSG: (f) => `channel ${f['channelId']} · ${f['user']} · ${quote(f['text'])}`,
  PCMSG_CHAT: (f) => `channel ${f['channelId']} · ${quote(f['text'])}`,
  PGMSG_WALK: (f) => `to ${f['x']}, ${f['y']}`,
  GPMSG_BEING_ENTER: (f) =>
    `being ${f['beingId']}${f['name'] === undefined ? '' : ` ${f['name']}`} · at ${f['x']}, ${f['y']}`,
  APMSG_CHAR_SELECT_RESPONSE: (f) =>
    f['gameAddress'] === undefined
      ? `error ${f['error']}`
      : `game ${f['gameAddress']}:${f['gamePort']} · chat ${f['chatAddress']}:${f['chatPort']}`,
  GPMSG_PLAYER_SERVER_CHANGE: (f) => `game ${f['gameAddress']}:${f['gamePort']}`,
  PAMSG_CHAR_CREATE: (f) =>
    `${quote(f['name'])} · slot ${f['slot']} · stats ${Array.isArray(f['stats']) ? f['stats'].join(' ') : ''}`,
  GPMSG_PLAYER_ATTRIBUTE_CHANGE: (f) => count(f['attributes'], 'attribute'),
  GPMSG_INVENTORY_FULL: (f) => count(f['items'], 'item'),
  GPMSG_NPC_MESSAGE: (f) => `NPC ${f['npcId']} · ${quote(f['text'])}`,
  GPMSG_NPC_CHOICE: (f) =>
    `NPC ${f['npcId']} · ${Array.isArray(f['choices']) ? f['choices'].map((c, i) => `${i + 1} ${c}`).join(', ') : ''}`,
};

export function manaSummary(message: DissectedMessage, direction: Direction): string {
  const fields = message.fields as Fields | null;
  const line = message.name === null || fields === null ? undefined : LINES[message.name];
  return line === undefined ? summarise(message, direction) : line(fields!);
}
