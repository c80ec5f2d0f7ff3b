import { expect, test } from 'vitest';
import { protocols } from '../../dissectors/index.ts';
import type { Recording } from '../replay/recording.ts';
import { connectionsOfClient } from './one-client.ts';

interface Made {
  readonly port: number;
  /** Seconds. */
  readonly from: number;
  readonly to?: number;
  readonly journey?: number;
  /** Messages on it, each at a second. */
  readonly said?: readonly { readonly at: number; readonly name: string; readonly fields: object }[];
}

const fco = protocols.find(({ id }) => id === 'fco')!;

function recordingOf(made: Readonly<Record<number, Made>>): Recording {
  const all = Object.entries(made).map(([id, one]) => ({ id: Number(id), ...one }));
  const frames = all
    .flatMap(({ id, said = [] }) =>
      said.map(({ at, ...message }) => ({ conn: id, at: at * 1000, messages: [message] })),
    )
    .sort((a, b) => a.at - b.at)
    .map((frame, i) => ({ ...frame, n: i + 1 }));
  const connections = all.map(({ id, port, from, to, journey }) => {
    const server = { address: '10.0.0.1', port };
    const connection = { id, server, opened: from, ...(journey === undefined ? {} : { journey }) };
    return [id, { connection, protocol: fco, ...(to === undefined ? {} : { end: { at: to * 1000 } }) }];
  });
  return { began: 0, frames, connections: new Map(connections as never) } as unknown as Recording;
}

const of = (recording: Recording, conn: number): number[] =>
  [...connectionsOfClient(recording, conn)].sort((a, b) => a - b);

test('connections of one journey are of one client, wherever and whenever', () => {
  const recording = recordingOf({
    1: { port: 8000, from: 0, to: 1, journey: 7 },
    2: { port: 8000, from: 0, to: 1, journey: 8 },
    3: { port: 8001, from: 90, to: 99, journey: 7 },
  });
  expect(of(recording, 3)).toEqual([1, 3]);
  expect(of(recording, 2)).toEqual([2]);
});

test('a token that is shown elsewhere ties, though others are there as well', () => {
  const login = (user_id: number, at: number) => ({ at, name: 'login_ok', fields: { user_id } });
  const enters = (user_id: number, at: number) => ({ at, name: 'save_load_request', fields: { user_id } });
  const recording = recordingOf({
    1: { port: 8000, from: 0, to: 20, said: [login(31, 1)] },
    2: { port: 8000, from: 0, to: 20, said: [login(32, 1)] },
    3: { port: 8001, from: 2, to: 20, said: [enters(32, 3)] },
    4: { port: 8001, from: 2, to: 20, said: [enters(31, 4)] },
    // Whose it is nobody can tell.
    5: { port: 8009, from: 5, to: 20 },
  });
  expect(of(recording, 1)).toEqual([1, 4]);
  expect(of(recording, 2)).toEqual([2, 3]);
  expect(of(recording, 5)).toEqual([5]);
});

test('where nothing ties, it is whoever is there and has not been to that server', () => {
  const recording = recordingOf({
    1: { port: 8000, from: 0, to: 5 },
    2: { port: 8001, from: 4, to: 30 },
    3: { port: 8009, from: 6, to: 8 },
    // Somebody else: the first one has been to that server.
    4: { port: 8000, from: 60, to: 70 },
    5: { port: 8001, from: 75 },
  });
  expect(of(recording, 1)).toEqual([1, 2, 3]);
  expect(of(recording, 5)).toEqual([4, 5]);
});
