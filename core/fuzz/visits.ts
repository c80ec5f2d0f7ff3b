/**
 * A recording may hold one visit after the other: somebody comes, plays and leaves, nobody is there, and then somebody comes
 * again. Which connections are of the same visit, and which visits were over when another one began.
 */
import { findHandoffs } from '../replay/handoff.ts';
import type { RecordedConnection, Recording } from '../replay/recording.ts';

/** Of a recording with more than one. */
export interface Visits {
  /** Numbered in the order in which they began, by connection. */
  readonly of: ReadonlyMap<number, number>;
  /** Visits that were over, on a server that this one comes to. */
  readonly before: ReadonlyMap<number, ReadonlySet<number>>;
}

interface Stay {
  readonly conn: number;
  readonly recorded: RecordedConnection;
  /** Milliseconds since the recording began. */
  readonly from: number;
  readonly to: number;
}

/** An end within this of the last message came with it: a recorder sees it when both sides are through. */
const PROMPT_MS = 500;
/** Whoever hangs up and is back within this has only connected again. */
const BACK_MS = 250;

/** Undefined: all is one visit. */
export function visitsIn(recording: Recording): Visits | undefined {
  const groups = new Map<string, Stay[]>();
  for (const stay of staysIn(recording)) {
    // Where two protocols are spoken, there are two games.
    const game = stay.recorded.protocol?.id ?? '';
    const group = groups.get(game);
    if (group === undefined) groups.set(game, [stay]);
    else group.push(stay);
  }
  const isLed = leadsIn(recording);
  const games = [...groups.values()].map((stays) => visitsOf(stays, isLed));
  if (games.every((visits) => visits.length <= 1)) return undefined;
  const visits = games.flat().sort(([a], [b]) => a!.from - b!.from || a!.conn - b!.conn);
  const before = new Map<number, Set<number>>();
  for (const [i, visit] of visits.entries()) {
    const earlier = new Set<number>();
    for (let j = 0; j < i; j++) if (isBack(visits[j]!, visit)) earlier.add(j);
    before.set(i, earlier);
  }
  return { of: new Map(visits.flatMap((visit, i) => visit.map(({ conn }) => [conn, i] as const))), before };
}

function staysIn({ connections, frames, began }: Recording): Stay[] {
  const spans = new Map<number, { first: number; last: number }>();
  for (const { conn, at } of frames) {
    const span = spans.get(conn);
    if (span === undefined) spans.set(conn, { first: at, last: at });
    else span.last = at;
  }
  const stays: Stay[] = [];
  for (const [conn, recorded] of connections) {
    const span = spans.get(conn);
    if (span === undefined) continue;
    const { end, connection } = recorded;
    const to = end === undefined ? Infinity : end.at - span.last < PROMPT_MS ? span.last : end.at;
    stays.push({ conn, recorded, from: Math.min(span.first, (connection.opened - began) * 1000), to });
  }
  return stays.sort((a, b) => a.from - b.from || a.conn - b.conn);
}

type IsLed = (visit: readonly Stay[], next: readonly Stay[]) => boolean;

/** Whether somebody of a visit went on to the next connections. */
function leadsIn(recording: Recording): IsLed {
  const frames = new Map(recording.frames.map((frame) => [frame.n, frame]));
  const leads = new Map<number, number>();
  for (const [led, { n }] of findHandoffs(recording)) {
    const from = frames.get(n)?.conn;
    if (from !== undefined) leads.set(led, from);
  }
  const journeyOf = ({ recorded }: Stay): number | undefined => recorded.connection.journey;
  return (visit, next) =>
    next.some((one) =>
      visit.some((other) => {
        const [a, b] = [journeyOf(one), journeyOf(other)];
        return a === undefined || b === undefined ? leads.get(one.conn) === other.conn : a === b;
      }),
    );
}

function serverOf({ recorded: { connection } }: Stay): string {
  return `${connection.server.address} ${connection.server.port}`;
}

/** To a server that the visit had been to. */
function isBack(visit: readonly Stay[], next: readonly Stay[]): boolean {
  const servers = new Set(visit.map(serverOf));
  return next.some((stay) => servers.has(serverOf(stay)));
}

/** Of one game. @param stays in the order in which they began */
function visitsOf(stays: readonly Stay[], isLed: IsLed): Stay[][] {
  const residents = new Set(stays.filter((stay) => isResident(stay, stays)));
  const visits: Stay[][] = [];
  let present: Stay[] = [];
  const settle = (): void => {
    const last = visits.at(-1);
    // Who has not been there yet may be going on.
    if (last === undefined || (isBack(last, present) && !isLed(last, present))) visits.push(present);
    else last.push(...present);
  };
  let last: Stay | undefined;
  for (const stay of stays) {
    if (residents.has(stay)) continue;
    if (last !== undefined && stay.from >= last.to && !isBackAtOnce(last, stay)) {
      settle();
      present = [];
    }
    present.push(stay);
    if (last === undefined || stay.to > last.to) last = stay;
  }
  if (present.length > 0) settle();
  return visits.length <= 1 ? [[...stays]] : [...visits, ...[...residents].map((stay) => [stay])];
}

function isBackAtOnce({ recorded: { end } }: Stay, next: Stay): boolean {
  return end?.by === 'client' && next.from - end.at < BACK_MS;
}

/** There before anybody came and after everybody left, where nobody else goes: two servers with each other, and no visitor. */
function isResident(stay: Stay, stays: readonly Stay[]): boolean {
  return stays.every(
    (other) => other === stay || (stay.from <= other.from && stay.to >= other.to && serverOf(stay) !== serverOf(other)),
  );
}
