/**
 * What of a long recording is played: visits that show what no visit before them does. An evening of the same again and again
 * then takes about as long as one round of it.
 */
import { findHandoffs } from '../replay/handoff.ts';
import { findHeartbeats } from '../replay/heartbeat.ts';
import { leavesOf } from '../replay/leaves.ts';
import { findBindings } from '../replay/rebinding.ts';
import { itemKey, type RecordedFrame, type Recording } from '../replay/recording.ts';
import { formatPath } from '../schema/path.ts';
import { isRefusal, signatureOfAll } from './hearing.ts';
import { fieldPattern } from './mutation.ts';
import { refusedOf } from './seed.ts';
import { madeEarlier } from './visit-needs.ts';
import { type Visits, visitsIn } from './visits.ts';

export interface Picked {
  readonly recording: Recording;
  /** Visits that were recorded. */
  readonly visits: number;
  /** Of them, those that are not played. */
  readonly leftOut: number;
  /** Some of these show another order of the same messages. */
  readonly isCutShort: boolean;
}

export interface PickHow {
  /** Frames whose messages are mutated; absent: all. */
  readonly only?: ReadonlySet<number> | undefined;
  /** Everything up to this frame is played. */
  readonly from?: number | undefined;
}

/** Up to so many client messages, and so much that the server took for them, visits are played whose client says nothing new. */
const MOST = { sends: 150, ms: 2000 };
/** Longer than this, it was not the server that took its time. */
const MOST_ANSWER_MS = 1000;
/** Visits may build on visits that build on others. */
const ROUNDS = 8;

export function pickVisits(recording: Recording, how: PickHow = {}): Picked {
  const visits = visitsIn(recording);
  if (visits === undefined) return { recording, visits: 1, leftOut: 0, isCutShort: false };
  const shown = shownBy(recording, visits, how);
  const kept = new Set<number>();
  const known = new Set<string>();
  let [sends, ms] = [0, 0];
  const keep = (visit: Shown): void => {
    kept.add(visit.visit);
    for (const what of [...visit.said, ...visit.heard, ...visit.orders]) known.add(what);
    sends += visit.sends;
    ms += visit.ms;
  };
  const isNew = (what: ReadonlySet<string>): boolean => [...what].some((one) => !known.has(one));
  for (const one of shown) if (one.isFixed || isNew(one.said)) keep(one);
  let isCutShort = false;
  for (const kind of ['heard', 'orders'] as const)
    for (const one of shown) {
      if (kept.has(one.visit) || one.sends === 0 || !isNew(one[kind])) continue;
      if (sends + one.sends <= MOST.sends && ms + one.ms <= MOST.ms) keep(one);
      else isCutShort = true;
    }
  const played = withBuiltOn(recording, visits, kept);
  return { recording: played, visits: shown.length, leftOut: shown.length - kept.size, isCutShort };
}

interface Shown {
  readonly visit: number;
  /** It is played in any case. */
  isFixed: boolean;
  /** Client messages. */
  sends: number;
  /** What the server took for its answers. */
  ms: number;
  /** Names. */
  readonly said: Set<string>;
  /** Names, and whether they say no. */
  readonly heard: Set<string>;
  /** Which fields they have, what they are answered, what follows what. */
  readonly orders: Set<string>;
}

function shownBy(recording: Recording, visits: Visits, { only, from = 0 }: PickHow): readonly Shown[] {
  const shown = [...new Set(visits.of.values())]
    .sort((a, b) => a - b)
    .map(
      (visit): Shown => ({
        visit,
        isFixed: false,
        sends: 0,
        ms: 0,
        said: new Set(),
        heard: new Set(),
        orders: new Set(),
      }),
    );
  const places = placesOf(recording);
  const isHeartbeat = findHeartbeats(recording);
  const asked = new Map<number, { readonly said: string; readonly at: number; answered: number }>();
  const heard = new Map<number, string>();
  for (const frame of recording.frames) {
    const { conn, n, at, direction } = frame;
    const one = shown[visits.of.get(conn) ?? -1];
    if (one === undefined) continue;
    const place = places.get(conn) ?? '';
    const name = frame.messages.map((message) => message.name ?? '?').join('+');
    if (direction === 'toServer') {
      one.sends += 1;
      if (n <= from) one.isFixed = true;
      const said = `${place}>${name}`;
      one.said.add(only?.has(n) === true ? `${said}!` : said);
      one.orders.add(`${said} ${fieldsOf(frame)}`);
      one.orders.add(`${heard.get(conn) ?? ''}|${said}`);
      asked.set(conn, { said, at, answered: 0 });
    } else if (!frame.messages.every((_message, index) => isHeartbeat(frame, index))) {
      one.heard.add(`${place}<${name}${frame.messages.some(isRefusal) ? ' no' : ''}`);
      const question = asked.get(conn);
      one.orders.add(`${question?.said ?? ''}|${place}<${signatureOfAll(frame.messages)}`);
      if (question !== undefined) {
        const took = Math.min(MOST_ANSWER_MS, at - question.at);
        one.ms += took - question.answered;
        question.answered = took;
      }
      heard.set(conn, `${place}<${name}`);
    }
  }
  return shown;
}

/** Servers that a message leads to may be on another port each time. */
function placesOf(recording: Recording): ReadonlyMap<number, string> {
  const led = findHandoffs(recording);
  return new Map(
    [...recording.connections].map(([conn, { connection, protocol }]) => {
      const { role, server } = connection;
      const place = led.has(conn) ? 'led' : `${server.address} ${server.port}`;
      return [conn, `${protocol?.id ?? ''} ${role ?? ''} ${place}`];
    }),
  );
}

function fieldsOf({ messages }: RecordedFrame): string {
  const fields = new Set(
    messages.flatMap(({ fields: all }) => leavesOf(all).map(({ path }) => fieldPattern(formatPath(path)))),
  );
  return [...fields].sort().join();
}

/** With the visits that these build on; `kept` has them, too, then. */
function withBuiltOn(recording: Recording, visits: Visits, kept: Set<number>): Recording {
  const { of } = visits;
  if (kept.size === new Set(of.values()).size) return recording;
  const frames = new Map(recording.frames.map((frame) => [frame.n, frame]));
  const visitOf = (n: number): number => of.get(frames.get(n)?.conn ?? -1) ?? -1;
  const made = madeEarlier(recording.frames, visits, refusedOf(recording.frames));
  const values = sourcesOf(recording);
  const leads = findHandoffs(recording);
  let played = only(recording, visits, kept);
  for (let i = 0; i < ROUNDS; i++) {
    const before = kept.size;
    for (const visit of kept) for (const other of made.get(visit) ?? []) kept.add(other);
    const issued = sourcesOf(played);
    for (const [key, { n, from }] of values) {
      if (kept.has(visitOf(n)) && !issued.has(key)) kept.add(visitOf(from));
    }
    const led = findHandoffs(played);
    for (const [conn, { n }] of leads) if (kept.has(of.get(conn) ?? -1) && !led.has(conn)) kept.add(visitOf(n));
    if (kept.size === before) break;
    played = only(recording, visits, kept);
  }
  return played;
}

function only(recording: Recording, { of }: Visits, kept: ReadonlySet<number>): Recording {
  const isKept = (conn: number): boolean => kept.has(of.get(conn) ?? -1);
  return {
    ...recording,
    connections: new Map([...recording.connections].filter(([conn]) => isKept(conn))),
    frames: recording.frames.filter(({ conn }) => isKept(conn)),
  };
}

/** Values that a client shows, with the frame that issued them last. */
function sourcesOf(recording: Recording): ReadonlyMap<string, { readonly n: number; readonly from: number }> {
  const found = new Map<string, { n: number; from: number }>();
  for (const { echoes } of findBindings(recording)) {
    for (const { at, from } of echoes) {
      const [first] = from;
      if (first !== undefined)
        found.set(`${itemKey(at.n, at.index)} ${formatPath(at.path)}`, { n: at.n, from: first.n });
    }
  }
  return found;
}

/** For people; undefined when everything is played. */
export function textOf({ visits, leftOut, isCutShort }: Picked): string | undefined {
  if (leftOut === 0) return undefined;
  const [what, are] = leftOut === 1 ? ['shows', 'is'] : ['show', 'are'];
  return `${leftOut} of ${visits} visits ${what} ${isCutShort ? 'next to nothing' : 'nothing'} new and ${are} not played.`;
}
