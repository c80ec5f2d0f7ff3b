/** Rows → messages per dialect. A row whose fields do not differ between dialects is one message, shared by them. */
import { struct } from '../../core/schema/builders.ts';
import type { Direction, MessageSpec } from '../../core/protocol/protocol.ts';
import { type Body, type Dialect, DIALECTS, type Entry, typesOf } from './entry.ts';
import { account } from './messages/account.ts';
import { guilds, party, trade } from './messages/groups.ts';
import { player } from './messages/player.ts';
import { servers } from './messages/servers.ts';
import { channels, chat, npcs, post } from './messages/talk.ts';
import { beings, effects, inventory, items } from './messages/world.ts';

export const ENTRIES: readonly Entry[] = [
  account,
  player,
  inventory,
  items,
  beings,
  effects,
  npcs,
  chat,
  channels,
  trade,
  party,
  guilds,
  post,
  servers,
].flat();

/** Null: the dialect lacks the message. */
export function idIn(entry: Entry, dialect: Dialect): number | null {
  if (dialect === 'head') return entry.headId === undefined ? entry.id : entry.headId;
  if (dialect !== '2012' && dialect !== '2013') return entry.id;
  if (dialect === '2013' && entry.id2013 !== undefined) return entry.id2013;
  if (entry.id2012 !== undefined) return entry.id2012;
  if (entry.id === null) return entry.since !== undefined && entry.since <= dialect ? entry.headId! : null;
  return entry.until === undefined || dialect <= entry.until ? entry.id : null;
}

function bodyIn(entry: Entry, dialect: Dialect): Body {
  const { seed, y2011 = seed } = entry;
  if (dialect === 'head') return entry.head ?? y2011;
  const { y2012 = y2011 } = entry;
  return { seed, 2011: y2011, 2012: y2012, 2013: entry.y2013 ?? y2012 }[dialect];
}

/** First letter sends, second receives: Player, Account, Game, Chat. The account server is the one connected to. */
export function directionOf(name: string): Direction | 'both' {
  const [from] = name;
  if (name.startsWith('XX')) return 'both';
  if (from === 'P') return 'toServer';
  // Between servers the game server is the client.
  return from === 'G' && name[1] !== 'P' ? 'toServer' : 'toClient';
}

function specOf(entry: Entry, dialect: Dialect, id: number): MessageSpec {
  return {
    name: entry.name,
    id,
    direction: directionOf(entry.name),
    node: struct(bodyIn(entry, dialect)(typesOf(dialect))),
    group: entry.group,
    meta: { doc: entry.doc },
    dialects: [dialect],
    ...(entry.neverSent === true ? { neverSent: true } : {}),
  };
}

const all: MessageSpec[] = [];
/** Looked up for every message: by property, which costs no key. */
const tables = {} as Record<Dialect, Record<Direction, readonly MessageSpec[]>>;
for (const dialect of DIALECTS) {
  const specs: MessageSpec[] = [];
  for (const entry of ENTRIES) {
    const id = idIn(entry, dialect);
    if (id !== null) specs.push(specOf(entry, dialect, id));
  }
  all.push(...specs);
  const goes = (direction: Direction): readonly MessageSpec[] =>
    specs.filter((s) => s.direction === direction || s.direction === 'both');
  tables[dialect] = { toServer: goes('toServer'), toClient: goes('toClient') };
}

/** Every message of every dialect. */
export const MESSAGES: readonly MessageSpec[] = all;

export function tableOf(dialect: Dialect, direction: Direction): readonly MessageSpec[] {
  return tables[dialect][direction];
}
