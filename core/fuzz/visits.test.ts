import { expect, test } from 'vitest';
import type { RecordedConnection, RecordedFrame, Recording } from '../replay/recording.ts';
import { pickVisits, textOf } from './pick-visits.ts';
import { visitsIn } from './visits.ts';

interface Stay {
  readonly port: number;
  readonly from: number;
  readonly to: number;
  /** `>` the client, `<` the server. */
  readonly says?: readonly string[];
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly journey?: number;
  /** Who ends it. Default: the server. */
  readonly by?: 'client';
}

/** Connections numbered from 1, whose messages come one after the other. */
function recorded(...stays: readonly Stay[]): Recording {
  const connections = new Map<number, RecordedConnection>();
  const frames: Omit<RecordedFrame, 'n'>[] = [];
  for (const [
    i,
    { port, from, to, says = ['>hello', '<welcome'], fields = {}, journey, by = 'server' },
  ] of stays.entries()) {
    const conn = i + 1;
    const connection = { id: conn, opened: from, server: { address: '127.0.0.1', port }, details: {} };
    connections.set(conn, {
      connection: { ...connection, ...(journey === undefined ? {} : { journey }) },
      end: { by, at: to * 1000, reset: false },
    } as unknown as RecordedConnection);
    for (const [k, said] of says.entries())
      frames.push({
        conn,
        at: from * 1000 + k * 50,
        direction: said.startsWith('>') ? 'toServer' : 'toClient',
        messages: [{ name: said.slice(1), fields, range: [0, 0], path: '' }],
      } as unknown as RecordedFrame);
  }
  frames.sort((a, b) => a.at - b.at);
  return { connections, frames: frames.map((frame, i) => ({ ...frame, n: i + 1 })), replies: new Map(), began: 0 };
}

function visitsOf(recording: Recording): Record<number, number> | undefined {
  const visits = visitsIn(recording);
  return visits === undefined ? undefined : Object.fromEntries(visits.of);
}

const played = (recording: Recording, how: Parameters<typeof pickVisits>[1] = {}): number[] => [
  ...pickVisits(recording, how).recording.connections.keys(),
];

test('who comes back when nobody is there is on another visit; who is there meanwhile is on the same one', () => {
  const stays: readonly Stay[] = [
    { port: 1, from: 0, to: 9 },
    { port: 1, from: 5, to: 20 },
    { port: 1, from: 30, to: 40 },
  ];
  expect(visitsOf(recorded(...stays))).toEqual({ 1: 0, 2: 0, 3: 1 });
  expect(visitsOf(recorded(...stays.slice(0, 2)))).toBeUndefined();
});

test('who goes on to another server is on the same visit, also where the first hung up before, and who is led back is', () => {
  const login: Stay = { port: 1, from: 0, to: 3 };
  const game: Stay = { port: 2, from: 5, to: 20 };
  expect(visitsOf(recorded(login, game))).toBeUndefined();
  const later = (stay: Stay): Stay => ({ ...stay, from: stay.from + 100, to: stay.to + 100 });
  expect(visitsOf(recorded(login, game, later(login), later(game)))).toEqual({ 1: 0, 2: 0, 3: 1, 4: 1 });
  const ours = { journey: 1 };
  expect(visitsOf(recorded({ ...login, ...ours }, { ...later(login), ...ours }))).toBeUndefined();
});

test('a client that hangs up and connects again at once goes on with its visit', () => {
  const first: Stay = { port: 1, from: 0, to: 9, by: 'client' };
  expect(visitsOf(recorded(first, { port: 1, from: 9.1, to: 20 }))).toBeUndefined();
  expect(visitsOf(recorded(first, { port: 1, from: 12, to: 20 }))).toEqual({ 1: 0, 2: 1 });
});

test('a connection that is there before everybody and behind everybody is no visitor', () => {
  const link: Stay = { port: 9, from: 0, to: 900 };
  const stays: readonly Stay[] = [
    { port: 1, from: 5, to: 20 },
    { port: 1, from: 30, to: 40 },
  ];
  expect(visitsOf(recorded(link, ...stays))).toEqual({ 1: 0, 2: 1, 3: 2 });
});

const evening = (i: number, more: Partial<Stay> = {}): Stay => ({ port: 1, from: i * 100, to: i * 100 + 50, ...more });

test('visits that show what was shown before are not played, however many there are', () => {
  const long = recorded(...Array.from({ length: 40 }, (_, i) => evening(i)));
  expect(played(long)).toEqual([1]);
  expect(textOf(pickVisits(long))).toBe('39 of 40 visits show nothing new and are not played.');
  expect(textOf(pickVisits(recorded(evening(0), evening(1))))).toBe(
    '1 of 2 visits shows nothing new and is not played.',
  );
});

test('another message, another answer and another order are new', () => {
  const days = [
    evening(0, { says: ['>hello', '<welcome', '>buy', '<sold'] }),
    evening(1),
    evening(2, { says: ['>hello', '<error'] }),
    evening(3, { says: ['>hello', '<welcome', '>sell', '<bought'] }),
    evening(4, { says: ['>buy', '<sold', '>hello', '<welcome'] }),
    evening(5, { says: ['>hello', '<welcome', '>buy', '<sold'] }),
    evening(6, { fields: { amount: 1 } }),
  ];
  const picked = pickVisits(recorded(...days));
  expect([...picked.recording.connections.keys()]).toEqual([1, 3, 4, 5, 7]);
  expect(picked).toMatchObject({ visits: 7, leftOut: 2 });
});

test('another order is played as long as there is room; another message always', () => {
  const talk = Array.from({ length: 130 }, () => ['>hello', '<welcome']).flat();
  const day = (i: number, more: readonly string[]): Stay => ({
    port: 1,
    from: i * 1000,
    to: i * 1000 + 900,
    says: [...talk, ...more],
  });
  const turns = [['>buy', '<sold', '>sell', '<bought'], ['>buy', '<bought'], ['>sell', '<sold'], ['>leave']];
  const picked = pickVisits(recorded(...turns.map((more, i) => day(i, more))));
  expect([...picked.recording.connections.keys()]).toEqual([1, 4]);
  expect(textOf(picked)).toBe('2 of 4 visits show next to nothing new and are not played.');
});

test('a visit is played that another one builds on: what was made there is named here', () => {
  const made = (i: number, name: string): Stay =>
    evening(i, { says: ['>register', '<welcome'], fields: { username: name } });
  const days = [made(0, 'Anna'), made(1, 'Boris'), made(2, 'Chen')];
  const later = evening(3, { says: ['>login', '<welcome'], fields: { username: 'Boris' } });
  expect(played(recorded(...days))).toEqual([1]);
  expect(played(recorded(...days, later))).toEqual([1, 2, 4]);
});

test('a visit is played whose messages were chosen, and all up to the frame that is forked behind', () => {
  const days = recorded(...Array.from({ length: 6 }, (_, i) => evening(i)));
  const third = days.frames.find(({ conn }) => conn === 3)!;
  expect(played(days, { only: new Set([third.n]) })).toEqual([1, 3]);
  expect(played(days, { from: third.n })).toEqual([1, 2, 3]);
});
