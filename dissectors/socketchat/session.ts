/** Where one connection stands, as a value: connected → waiting → online → closed. */
import type { Direction } from '../../core/protocol/protocol.ts';

export interface Session {
  readonly phase: 'connected' | 'waiting' | 'online' | 'closed';
  /** Name of the last login. */
  readonly name?: string;
}

export const CONNECTED: Session = { phase: 'connected' };

export function field(fields: unknown, key: string): unknown {
  return typeof fields === 'object' && fields !== null && Object.hasOwn(fields, key)
    ? (fields as Readonly<Record<string, unknown>>)[key]
    : undefined;
}

/** 1, "1" and true all mean yes to a tolerant reader; undefined when it says neither. */
export function yes(value: unknown): boolean | undefined {
  if (value === 1 || value === true || value === '1' || value === 'true') return true;
  if (value === 0 || value === false || value === '0' || value === 'false') return false;
  return undefined;
}

export function advance(session: Session, direction: Direction, message: string | null, fields: unknown): Session {
  if (direction === 'toServer') {
    if (message === 'login' && session.phase !== 'online') {
      const name = field(fields, 'Name');
      return typeof name === 'string' ? { phase: 'waiting', name } : { phase: 'waiting' };
    }
    if (message === 'logout' && session.phase === 'online') return { ...session, phase: 'closed' };
    return session;
  }
  if (message === 'login_result' && session.phase !== 'online') {
    // After a refusal the client is taken to be free to try again.
    return yes(field(fields, 'Flag')) === true ? { ...session, phase: 'online' } : CONNECTED;
  }
  return session;
}

/** Names and guest marks out of a `Friends` list in any of its spellings. */
export function friendNames(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const name: unknown = Array.isArray(item) ? item[0] : typeof item === 'object' ? nameOf(item) : item;
    return typeof name === 'string' ? [name] : [];
  });
}

function nameOf(item: object | null): unknown {
  return item === null ? undefined : (field(item, 'Name') ?? field(item, 'name') ?? field(item, 'UserName'));
}
