/**
 * Which connections of a recording were made by one client. For certain: those with one journey number, those a token ties, and
 * where a handoff led. A connection that nothing ties is somebody's who was there just then and had not been to that server yet.
 */
import { findHandoffs } from '../replay/handoff.ts';
import type { RecordedConnection, Recording } from '../replay/recording.ts';
import { getPath } from '../schema/path.ts';

/** Who left no longer ago may go on elsewhere, ms. */
const GONE_ON_MS = 10_000;

/** The connections of whoever made the one. */
export function connectionsOfClient(recording: Recording, conn: number): ReadonlySet<number> {
  const clients = new Clients(recording.connections.keys());
  tieByJourney(recording, clients);
  tieByToken(recording, clients);
  const frames = new Map(recording.frames.map((frame) => [frame.n, frame]));
  for (const [led, { n }] of findHandoffs(recording)) {
    const from = frames.get(n)?.conn;
    if (from !== undefined && clients.of(led).size === 1) clients.tie(from, led);
  }
  tieByPresence(recording, clients);
  return clients.of(conn);
}

class Clients {
  readonly #of = new Map<number, Set<number>>();

  constructor(conns: Iterable<number>) {
    for (const conn of conns) this.#of.set(conn, new Set([conn]));
  }

  get all(): ReadonlySet<ReadonlySet<number>> {
    return new Set(this.#of.values());
  }

  of(conn: number): ReadonlySet<number> {
    return this.#of.get(conn) ?? new Set([conn]);
  }

  tie(one: number, other: number): void {
    const [kept, gone] = [this.#of.get(one), this.#of.get(other)];
    if (kept === undefined || gone === undefined || kept === gone) return;
    for (const conn of gone) {
      kept.add(conn);
      this.#of.set(conn, kept);
    }
  }
}

function tieByJourney({ connections }: Recording, clients: Clients): void {
  const first = new Map<number, number>();
  for (const [conn, { connection }] of connections) {
    const { journey } = connection;
    if (journey === undefined) continue;
    const known = first.get(journey);
    if (known === undefined) first.set(journey, conn);
    else clients.tie(known, conn);
  }
}

function tieByToken({ connections, frames }: Recording, clients: Clients): void {
  const issued = new Map<string, number>();
  for (const { conn, messages } of frames) {
    const protocol = connections.get(conn)?.protocol;
    const ties = protocol?.correlations.filter((one) => one.ties === true) ?? [];
    if (protocol === undefined || ties.length === 0) continue;
    for (const { name, fields } of messages) {
      for (const [i, { issued: from, echoed }] of ties.entries()) {
        const key = (path: string): string | undefined => {
          const value = getPath(fields, path);
          return value === undefined || value === null || value === ''
            ? undefined
            : `${protocol.id}/${i}/${String(value)}`;
        };
        const own = name === from.message ? key(from.path) : undefined;
        if (own !== undefined) issued.set(own, conn);
        for (const echo of echoed) {
          const shown = name === echo.message ? key(echo.path) : undefined;
          const by = shown === undefined ? undefined : issued.get(shown);
          if (by !== undefined) clients.tie(by, conn);
        }
      }
    }
  }
}

function tieByPresence({ connections, began }: Recording, clients: Clients): void {
  const openedAt = ({ connection }: RecordedConnection): number => (connection.opened - began) * 1000;
  const serverOf = ({ connection: { server } }: RecordedConnection): string => `${server.address} ${server.port}`;
  const ordered = [...connections].sort(([a, one], [b, other]) => openedAt(one) - openedAt(other) || a - b);
  for (const [i, [conn, known]] of ordered.entries()) {
    if (clients.of(conn).size > 1) continue;
    const at = openedAt(known);
    const earlier = ordered.slice(0, i);
    const isThere = (client: ReadonlySet<number>): boolean => {
      const theirs = earlier.flatMap(([other, one]) => (client.has(other) ? [one] : []));
      if (theirs.some((one) => serverOf(one) === serverOf(known))) return false;
      return theirs.some(({ end }) => end === undefined || end.at + GONE_ON_MS >= at);
    };
    const there = [...clients.all].filter(isThere);
    const [only] = there;
    if (there.length === 1) clients.tie([...only!][0]!, conn);
  }
}
