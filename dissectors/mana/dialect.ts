/**
 * Which dialect a connection speaks. It is told by the version number at login, by messages only one dialect has, by the token
 * a known connection issued, or by being the only one that decodes a message without complaint. Fields changed under the same
 * version number, so that a message which does not fit may still move a connection to a neighbouring generation.
 */
import type { Dissected, DissectedMessage, Encoded, Memory } from '../../core/protocol/protocol.ts';
import { type Dialect, DIALECTS } from './entry.ts';

export interface State {
  readonly dialect: Dialect | 'auto';
  /** By the user's choice: nothing in the traffic changes it. */
  readonly fixed?: true;
}

/** Likeliest first: it wins between equals. */
const ORDER: readonly Dialect[] = ['head', '2011', 'seed'];
/** Asked only where none of those fits: they differ from 2011 in a few messages. */
const BETWEEN: readonly Dialect[] = ['2012', '2013'];
const NEIGHBOURS: Readonly<Record<Dialect, readonly Dialect[]>> = {
  seed: [],
  2011: ['2012', '2013'],
  2012: ['2013', '2011'],
  2013: ['2012', '2011'],
  head: ['2013', '2012'],
};
const HEAD_ONLY = new Set(['PAMSG_LOGIN_RNDTRGR', 'APMSG_LOGIN_RNDTRGR_RESPONSE']);
const ISSUES = new Set([
  'APMSG_CHAR_SELECT_RESPONSE',
  'AGMSG_PLAYER_ENTER',
  'GPMSG_PLAYER_SERVER_CHANGE',
  'GPMSG_DISCONNECT_RESPONSE',
  'AGMSG_REDIRECT_RESPONSE',
  'GAMSG_PLAYER_RECONNECT',
]);
const SHOWS = new Set(['PGMSG_CONNECT', 'PCMSG_CONNECT', 'PAMSG_RECONNECT']);

/** How badly a reading fits; 0 is without complaint. */
export function misfit(dissected: Dissected): number {
  if (dissected.messages[0]?.name == null) return 1000;
  // The end mark of a sync, read as an entry by the generations that write none.
  const entries = (dissected.messages[0].fields as { entries?: unknown } | null)?.entries;
  const last = Array.isArray(entries) ? (entries.at(-1) as { kind?: unknown } | undefined) : undefined;
  let sum = last?.kind === 255 ? 5 : 0;
  for (const info of dissected.expert) sum += info.severity === 'error' ? 100 : info.severity === 'warning' ? 20 : 5;
  return sum;
}

export function bestReading(read: (dialect: Dialect) => Dissected): {
  dialect: Dialect;
  dissected: Dissected;
  isClear: boolean;
} {
  const readAs = (dialect: Dialect) => {
    const dissected = read(dialect);
    return { dialect, dissected, misfit: misfit(dissected) };
  };
  const readings = ORDER.map(readAs);
  if (readings.every((r) => r.misfit > 0)) readings.push(...BETWEEN.map(readAs));
  const best = readings.reduce((a, b) => (b.misfit < a.misfit ? b : a));
  return {
    dialect: best.dialect,
    dissected: best.dissected,
    isClear: best.misfit === 0 && readings.every((r) => r === best || r.misfit > 0),
  };
}

/** Whether a message may be of a neighbouring dialect. Bytes left over are no reason to doubt head. */
export function isDoubtful(dialect: Dialect, dissected: Dissected): boolean {
  return misfit(dissected) >= (dialect === 'head' ? 20 : 1);
}

/** A doubtful message, in a neighbouring dialect that has no complaint. */
export function revised(dialect: Dialect, dissected: Dissected, read: (dialect: Dialect) => Dissected): Dissected {
  for (const neighbour of NEIGHBOURS[dialect]) {
    const other = read(neighbour);
    if (misfit(other) === 0) return other;
  }
  return dissected;
}

/** The version number a client names when it logs in; undefined for every other message. */
export function versionNamed(message: DissectedMessage): number | undefined {
  if (message.name !== 'PAMSG_REGISTER' && message.name !== 'PAMSG_LOGIN') return undefined;
  const version = (message.fields as Record<string, unknown> | null)?.['version'];
  return typeof version === 'number' ? version : undefined;
}

/** Clients of version 1 ask for a salt first since 2012, which is what head does too. */
export function dialectOfVersion(version: number, before: Dialect | 'auto'): Dialect {
  if (version >= 7) return 'head';
  if (version >= 2) return '2013';
  if (before === 'auto') return '2011';
  return before === 'head' ? '2012' : before;
}

/** Composing without knowing the dialect: the first one whose fields these are. */
export function firstThatFits(encode: (dialect: Dialect) => Encoded): Encoded {
  let fallback: Encoded | undefined;
  let refusal: unknown;
  for (const dialect of ORDER) {
    try {
      const encoded = encode(dialect);
      if (encoded.expert.length === 0) return encoded;
      fallback ??= encoded;
    } catch (error) {
      refusal ??= error;
    }
  }
  if (fallback === undefined) throw refusal;
  return fallback;
}

/** @param isClear asked only when nothing else tells */
export function nextDialect(
  message: DissectedMessage,
  bytes: Uint8Array,
  memory: Memory,
  isClear: () => Dialect | undefined,
): Dialect | undefined {
  const fields = message.fields as Record<string, unknown> | null;
  if (bytes.length >= 2 && (bytes[0]! & 0x80) !== 0) return 'head';
  if (message.name !== null && HEAD_ONLY.has(message.name)) return 'head';
  const version = versionNamed(message);
  if (version !== undefined && version >= 2) return dialectOfVersion(version, 'auto');
  if (version === 1) return isClear() === 'seed' ? 'seed' : '2011';
  if (message.name !== null && SHOWS.has(message.name)) {
    const known = memory.recall(tokenKey(fields));
    if (DIALECTS.includes(known as Dialect)) return known as Dialect;
  }
  return isClear();
}

/** Tokens carry the choice to the connections that show them. */
export function rememberToken(message: DissectedMessage, dialect: Dialect, memory: Memory): void {
  const fields = message.fields as Record<string, unknown> | null;
  if (message.name !== null && ISSUES.has(message.name) && fields?.['token'] instanceof Uint8Array)
    memory.remember(tokenKey(fields), dialect);
}

function tokenKey(fields: Record<string, unknown> | null): string {
  const token = fields?.['token'];
  return `token ${token instanceof Uint8Array ? Array.from(token, (b) => b.toString(16).padStart(2, '0')).join('') : ''}`;
}
