/**
 * Which server speaks: told by the fields that are there, never by `protocol_version` (one fork says 1 and sends everything
 * of 3).
 */
import type { Direction } from '../../core/protocol/protocol.ts';
import type { Event } from './event.ts';

export type Dialect = 'original' | 'fork' | 'other';

const OTHER_KEYS: Readonly<Record<string, readonly string[]>> = {
  hello: ['can_act'],
  start_game: ['kyoku_first', 'aka_flag', 'seed', 'possible_actions'],
  start_kyoku: ['scores', 'possible_actions'],
  ankan: ['pai'],
};
/** What both known servers always send; a line without it comes from elsewhere. */
const ALWAYS_KEYS: Readonly<Record<string, readonly string[]>> = {
  hello: ['protocol'],
  reach_accepted: ['deltas', 'scores'],
  hora: ['hora_points', 'fan'],
  end_game: ['scores'],
};
const OTHER_TYPES = new Set(['kita', 'nukidora']);

/** What one message says about the dialect, or undefined when it fits every dialect. */
export function dialectSign(event: Event, direction: Direction): Dialect | undefined {
  if (OTHER_TYPES.has(event.type)) return 'other';
  if (direction === 'toServer') return event.type === 'join' && event.keys.has('hash') ? 'other' : undefined;
  if (OTHER_KEYS[event.type]?.some((key) => event.keys.has(key))) return 'other';
  const always = ALWAYS_KEYS[event.type];
  if (always !== undefined && !always.some((key) => event.keys.has(key))) return 'other';
  if (event.type !== 'start_game') return undefined;
  return event.keys.has('gametype') ? 'fork' : 'original';
}
