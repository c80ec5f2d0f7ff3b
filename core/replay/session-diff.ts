/** Two recordings, or two runs of one recording, compared by meaning: both directions, connection by connection. */
import type { Direction, DissectedMessage } from '../protocol/protocol.ts';
import { align } from './align.ts';
import { BindingTable } from './binding-table.ts';
import { compareMessages, type FieldDifference, type Ignores } from './compare.ts';
import { compareBytes } from './differences.ts';
import { IgnoredList } from './ignored-list.ts';
import { findBindings } from './rebinding.ts';
import { renumberedAmong } from './renumbered.ts';
import { bare } from './leaves.ts';
import type { RecordedConnection, Recording } from './recording.ts';
import type { Replayed } from './replay.ts';
import { OUTCOMES, type Outcome, type Row, type RowSide, titleOf } from './verdict.ts';

/** One message of either side. */
export interface DiffItem {
  readonly n: number;
  /** Which of the messages of its frame. */
  readonly index: number;
  /** Connection of the first side it belongs to; the second side's are put beside them. */
  readonly conn: number;
  /** Its own connection's number. */
  readonly ownConn: number;
  readonly direction: Direction;
  readonly message: DissectedMessage;
  readonly bytes: Uint8Array;
  readonly summary: string;
  readonly segment: number;
  readonly time: number;
}

export interface SessionDiff {
  readonly verdict: 'same' | 'different';
  readonly counts: Readonly<Record<Outcome, number>>;
  readonly rows: readonly Row[];
  readonly ignored: readonly { readonly path: string; readonly why: string; readonly count: number }[];
  /** Connections without a counterpart, in words. */
  readonly notes: readonly string[];
}

/** `missing` is what only the first has, `extra` what only the second has. */
export function diffRecordings(a: Recording, b: Recording, ignores: Ignores): SessionDiff {
  const [first, second, notes] = pairedItems(a, b);
  const issued = issuedAnew(a, first, second, ignores);
  const isRenamed: Ignores['isRenamed'] = (...values) => ignores.isRenamed(...values) || issued.isRenamed(...values);
  return diffItems(first, second, { ...ignores, isRenamed }, notes);
}

/** What the server of the second session issued where that of the first had issued something else. */
function issuedAnew(
  a: Recording,
  first: readonly DiffItem[],
  second: readonly DiffItem[],
  ignores: Ignores,
): BindingTable {
  const table = new BindingTable(findBindings(a));
  const fromServer = (item: DiffItem): boolean => item.direction === 'toClient';
  const aligned = align(first.filter(fromServer), second.filter(fromServer), {
    segmentsCount: true,
    difference: (one, other) => (compare(one, other, ignores).some((d) => d.ignored === undefined) ? 1 : 0),
  });
  for (const { recorded, live } of aligned) {
    if (recorded === undefined || live === undefined) continue;
    table.observe(recorded.n, recorded.index, recorded.message.fields, live.message.fields);
    const correlations = a.connections.get(recorded.conn)?.protocol?.correlations ?? [];
    table.noteIds(recorded.message, live.message, correlations);
  }
  table.noteRenumbered(renumberedAmong(aligned, table));
  return table;
}

/** The messages of both, those of the second on the connections of the first; and which connections have no counterpart. */
export function pairedItems(a: Recording, b: Recording): [DiffItem[], DiffItem[], string[]] {
  const { partners, notes } = matchConnections(a, b);
  return [itemsOf(a, (conn) => conn), itemsOf(b, (conn) => partners.get(conn)), notes];
}

/** What two builds answered to the same recording: only the differences between them count. */
export function diffRuns(a: Replayed, b: Replayed, ignores: Ignores): SessionDiff {
  const items = ({ result, plan }: Replayed): DiffItem[] => {
    const clock = new Set(plan.expected.filter((one) => one.isHeartbeat).map((one) => one.message.name));
    return result.items
      .filter((item) => !clock.has(item.message.name))
      .map((item) => ({ ...item, ownConn: item.conn, direction: 'toClient' as const }));
  };
  const notes = [a, b].flatMap(({ result }, i) =>
    result.lost.map((loss) => `${i === 0 ? 'first' : 'second'} build: connection ${loss.conn}: ${loss.text}`),
  );
  return diffItems(items(a), items(b), ignores, notes);
}

export function diffItems(
  a: readonly DiffItem[],
  b: readonly DiffItem[],
  ignores: Ignores,
  notes: readonly string[] = [],
): SessionDiff {
  const ignored = new IgnoredList();
  const rows: Row[] = [];
  for (const direction of ['toServer', 'toClient'] as const) {
    const of = (items: readonly DiffItem[]): DiffItem[] => items.filter((item) => item.direction === direction);
    const aligned = align(of(a), of(b), {
      segmentsCount: true,
      difference: (one, other) => compare(one, other, ignores).filter((d) => d.ignored === undefined).length,
    });
    for (const { recorded, live } of aligned) {
      const row = rowOf(recorded, live, ignores, ignored);
      if (row !== undefined) rows.push(row);
    }
  }
  rows.sort((x, y) => (x.recorded?.n ?? x.replayed!.n) - (y.recorded?.n ?? y.replayed!.n));
  const counts = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, 0])) as Record<Outcome, number>;
  for (const row of rows) counts[row.outcome]++;
  return {
    verdict: counts.same === rows.length && notes.length === 0 ? 'same' : 'different',
    counts,
    rows,
    ignored: ignored.list,
    notes,
  };
}

function rowOf(
  one: DiffItem | undefined,
  other: DiffItem | undefined,
  ignores: Ignores,
  ignored: IgnoredList,
): Row | undefined {
  const only = one ?? other;
  if (only === undefined) return undefined;
  if (one === undefined || other === undefined) {
    const why = only.message.name === null ? undefined : ignores.reasonFor(only.message.name, '');
    if (why !== undefined) {
      ignored.add(titleOf(only.message.name), why);
      return undefined;
    }
    return one === undefined
      ? { outcome: 'extra', replayed: sideOf(only), fields: [] }
      : { outcome: 'missing', recorded: sideOf(only), fields: [] };
  }
  const fields = compare(one, other, ignores);
  for (const field of fields) {
    if (field.ignored !== undefined) ignored.add(`${titleOf(one.message.name)}.${bare(field.path)}`, field.ignored);
  }
  const outcome: Outcome = fields.some((field) => field.ignored === undefined) ? 'different' : 'same';
  return { outcome, recorded: sideOf(one), replayed: sideOf(other), fields };
}

function compare(one: DiffItem, other: DiffItem, ignores: Ignores): FieldDifference[] {
  if (one.message.fields === undefined && other.message.fields === undefined)
    return compareBytes(one.bytes, other.bytes);
  return compareMessages(one.message, other.message, ignores, { recorded: one.time, replayed: other.time });
}

function sideOf({ n, ownConn, message, summary, direction }: DiffItem): RowSide {
  return { n, conn: ownConn, message: titleOf(message.name), summary, direction };
}

/** @param partner the connection on the first side, or undefined when there is none: then numbers of its own are used */
function itemsOf(recording: Recording, partner: (conn: number) => number | undefined): DiffItem[] {
  const segments = new Map<number, number>();
  return recording.frames.flatMap((frame) => {
    const segment = segments.get(frame.conn) ?? 0;
    if (frame.direction === 'toServer') segments.set(frame.conn, segment + 1);
    return frame.messages.map((message, index) => ({
      n: frame.n,
      index,
      conn: partner(frame.conn) ?? -frame.conn,
      ownConn: frame.conn,
      direction: frame.direction,
      message,
      bytes: frame.bytes,
      summary: index === 0 ? frame.summary : '',
      segment,
      time: recording.began + frame.at / 1000,
    }));
  });
}

/** Connections that belong together: same protocol and role or server port, in the order they were opened. */
function matchConnections(a: Recording, b: Recording): { partners: Map<number, number>; notes: string[] } {
  const partners = new Map<number, number>();
  const used = (recording: Recording): RecordedConnection[] => {
    const talked = new Set(recording.frames.map((frame) => frame.conn));
    return [...recording.connections.values()].filter(({ connection }) => talked.has(connection.id));
  };
  const left = used(b);
  const notes: string[] = [];
  for (const one of used(a)) {
    const scores = left.map((other) => likeness(one, other));
    const best = Math.max(0, ...scores);
    const other = best > 0 ? left[scores.indexOf(best)] : undefined;
    if (other === undefined) notes.push(`connection ${one.connection.id} of the first session has no counterpart`);
    else {
      partners.set(other.connection.id, one.connection.id);
      left.splice(left.indexOf(other), 1);
    }
  }
  for (const { connection } of left) notes.push(`connection ${connection.id} of the second session has no counterpart`);
  return { partners, notes };
}

function likeness(one: RecordedConnection, other: RecordedConnection): number {
  if (one.protocol?.id !== other.protocol?.id) return 0;
  const [a, b] = [one.connection, other.connection];
  let score = 1;
  if (a.server.port === b.server.port) score += 2;
  if (a.role !== undefined && a.role === b.role) score += 2;
  if (a.proxy !== undefined && a.proxy === b.proxy) score += 1;
  return score;
}
