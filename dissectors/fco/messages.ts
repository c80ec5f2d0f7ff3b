/**
 * Every command of the seed's tables and of the public server and client. Where a number changed its meaning over time, each
 * meaning is a message of its own, and `dialects` says which revision has it.
 */
import type { Direction, MessageSpec } from '../../core/protocol/protocol.ts';
import { object } from '../../core/schema/builders.ts';
import { type Entry, REVISIONS, type Revision } from './entry.ts';
import { login } from './login-commands.ts';
import { chat, legacy } from './other-commands.ts';
import { play } from './play-commands.ts';

const GROUPS = { login, play, chat, legacy };

const entries = Object.entries(GROUPS).flatMap(([group, list]) =>
  list.map(([direction, entry]) => ({ group, direction, entry })),
);

function toSpec(group: string, direction: Direction, entry: Entry): MessageSpec {
  const { id: command, name, ja, en, doc, shape, revisions, neverSent } = entry;
  return {
    name,
    id: command,
    direction,
    node: object(shape),
    meta: { label: en, doc: doc === undefined ? `${en}.` : `${en}. ${doc}` },
    group,
    titles: ja === undefined ? { en } : { ja, en },
    ...(revisions === undefined ? {} : { dialects: revisions }),
    ...(neverSent === undefined ? {} : { neverSent }),
  };
}

export const messages: readonly MessageSpec[] = entries.map(({ group, direction, entry }) =>
  toSpec(group, direction, entry),
);

/** The messages of one revision; the same array every time. */
const tables = new Map(
  REVISIONS.map((revision) => [revision, messages.filter((spec) => spec.dialects?.includes(revision) ?? true)]),
);
export function messagesOf(revision: Revision): readonly MessageSpec[] {
  return tables.get(revision) ?? messages;
}
