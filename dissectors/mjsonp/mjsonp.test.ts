import { expect, test } from 'vitest';
import type { Direction } from '../../core/protocol/protocol.ts';
import {
  dissectReads,
  expectedLines,
  fromHex,
  readPcap,
  type RecordedFrame,
} from '../../fixtures/captures/recording.ts';
import { mjsonp } from './protocol.ts';

interface Row {
  readonly dir: 'c2s' | 's2c';
  readonly client_port: number;
  readonly type: string;
  readonly message: Record<string, unknown>;
}
const link = { transport: 'tcp', serverPort: 11600 } as const;
const recorded = readPcap('mjsonp/game.pcap');
const expected = expectedLines<Row>('mjsonp/game.expected.jsonl');
const replay = (reads = recorded): RecordedFrame[] => dissectReads(mjsonp, reads, { link, carrier: mjsonp.framing });
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The recorded game of one seat as lines, to be changed before it is checked. */
function seatLines(): { direction: Direction; message: Record<string, unknown> }[] {
  const client = expected[0]?.client_port;
  return expected
    .filter((row) => row.client_port === client)
    .map((row) => ({ direction: row.dir === 'c2s' ? 'toServer' : 'toClient', message: structuredClone(row.message) }));
}

function codes(lines: readonly { direction: Direction; message: unknown }[]): string[] {
  const reads = lines.map(({ direction, message }, index) => ({
    client: 1,
    direction,
    time: index,
    bytes: encoder.encode(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`),
  }));
  return replay(reads).flatMap((frame) => frame.expert.map((info) => `${info.severity} ${info.code}`));
}

test('a whole recorded game decodes as expected, without a remark', () => {
  const frames = replay();
  expect(frames.length).toBe(3404);
  frames.forEach((frame, index) => {
    const row = expected[index];
    const message = frame.dissected.messages[0];
    expect(frame.expert, `frame ${index + 1}`).toEqual([]);
    expect(
      { dir: frame.direction, client: frame.client, name: message?.name, fields: message?.fields },
      `frame ${index + 1}`,
    ).toEqual({
      dir: row?.dir === 'c2s' ? 'toServer' : 'toClient',
      client: row?.client_port,
      name: row?.type,
      fields: row?.message,
    });
  });
});

test('classifying by the header agrees with dissecting', () => {
  const state = mjsonp.start(link, {});
  for (const { direction, bytes, dissected } of replay().slice(0, 600)) {
    expect(mjsonp.classify(bytes, direction, state)?.name).toBe(dissected.messages[0]?.name);
  }
});

test('a summary is one short line a player understands', () => {
  const summaries = replay().map(({ dissected, direction }) => {
    const message = dissected.messages[0];
    return message === undefined ? '' : mjsonp.summary(message, direction);
  });
  expect(summaries.every((line) => line !== '' && line.length <= 120 && !line.includes('\n'))).toBe(true);
  expect(summaries).toContain('P0 pon 1s from P1');
  expect(summaries).toContain('P0 draws a hidden tile');
  expect(summaries).toContain('P0 discards 5pr as drawn');
});

test('every example decodes to its message and fields and encodes to its own bytes', () => {
  for (const example of mjsonp.examples) {
    const bytes = fromHex(example.hex);
    const state = mjsonp.start(link, example.options ?? {});
    const { messages, expert } = mjsonp.dissect(bytes, example.direction, state);
    expect(messages[0]?.name, example.name).toBe(example.message);
    if ('fields' in example) expect(messages[0]?.fields, example.name).toEqual(example.fields);
    const worst = expert.filter((info) => info.severity !== 'note').map((info) => info.code);
    expect(worst, example.name).toEqual(
      example.message === null ? [expect.any(String)] : example.name.startsWith('misprint') ? ['alias'] : [],
    );
    if (example.message === null) continue;
    const composed = { message: example.message, fields: messages[0]?.fields };
    const encoded = mjsonp.encode(composed, example.direction, state, { original: bytes });
    expect(decoder.decode(encoded.bytes), example.name).toBe(decoder.decode(bytes));
  }
});

test('a message written anew is what the servers write', () => {
  for (const { direction, bytes, dissected } of replay().slice(0, 400)) {
    if (direction === 'toServer') continue;
    const message = dissected.messages[0];
    const encoded = mjsonp.encode(
      { message: message?.name ?? '', fields: message?.fields },
      direction,
      mjsonp.start(link, {}),
    );
    expect(decoder.decode(encoded.bytes)).toBe(decoder.decode(bytes));
  }
});

test('the seat and the server are learnt from what they send', () => {
  const opening = (line: string): unknown => {
    const bytes = encoder.encode(line);
    const state = mjsonp.start(link, {});
    const memory = { recall: () => undefined, remember: () => undefined };
    return mjsonp.next(state, 'toClient', mjsonp.dissect(bytes, 'toClient', state), bytes, memory);
  };
  expect(opening('{"type":"start_game","gametype":"tonpu","id":1,"names":["D","A","C","B"]}')).toMatchObject({
    seat: 1,
    dialect: 'fork',
    names: ['D', 'A', 'C', 'B'],
  });
  expect(opening('{"type":"start_game","id":2,"names":["D","A","C","B"]}')).toMatchObject({
    seat: 2,
    dialect: 'original',
  });
  expect(opening('{"type":"hello"}')).toMatchObject({ dialect: 'other' });
});

test('the first line of the server tells the protocol for certain', () => {
  const sample = (toClient: string, toServer = ''): number =>
    mjsonp.recognise(
      { toClient: encoder.encode(toClient), toServer: encoder.encode(toServer) },
      { transport: 'tcp', serverPort: 1 },
    );
  expect(sample('{"type":"hello","protocol":"mjsonp","protocol_version":3}\n')).toBe(1);
  expect(sample('{"type":"tsumo","actor":1,"pai":"?"}\n')).toBeGreaterThan(0.7);
  expect(sample('', '{"type":"join","name":"a","room":"b"}\n')).toBeGreaterThan(0.5);
  expect(sample('{"Command": "11", "Flag": 1}')).toBe(0);
  expect(sample('{"type":"greeting"}\n')).toBe(0);
});

// One rule broken at a time. Each change must be noticed, and nothing but it.
type Line = { direction: Direction; message: Record<string, unknown> };
const first = (lines: Line[], type: string, fits: (message: Record<string, unknown>) => boolean = () => true): Line => {
  const line = lines.find(
    ({ direction, message }) => direction === 'toClient' && message['type'] === type && fits(message),
  );
  if (line === undefined) throw new Error(`the recording has no ${type}`);
  return line;
};
const own = (message: Record<string, unknown>): boolean =>
  message['pai'] !== '?' && Array.isArray(message['possible_actions']);

const breaches: readonly (readonly [what: string, code: string, change: (lines: Line[]) => void])[] = [
  [
    'scores that are not the old ones and the deltas',
    'scores',
    (l) => ((first(l, 'hora').message['scores'] as number[])[0]! += 100),
  ],
  ['points that the hand is not worth', 'hora-points', (l) => (first(l, 'hora').message['hora_points'] = 12300)],
  ['fan that the yaku do not add up to', 'fan-sum', (l) => ((first(l, 'hora').message['fan'] as number) += 1)],
  [
    'a reach that costs too much',
    'reach-deltas',
    (l) => (first(l, 'reach_accepted').message['deltas'] = [-2000, 2000, 0, -1000]),
  ],
  [
    'a wrong count of sticks',
    'sticks',
    (l) => ((l.filter((x) => x.message['type'] === 'start_kyoku')[1]!.message['kyotaku'] as number) += 1),
  ],
  [
    'a wrong dealer',
    'dealer',
    (l) => Object.assign(l.filter((x) => x.message['type'] === 'start_kyoku')[1]!.message, { oya: 3, kyoku: 4 }),
  ],
  [
    'a wrong honba',
    'honba',
    (l) => ((l.filter((x) => x.message['type'] === 'start_kyoku')[1]!.message['honba'] as number) += 2),
  ],
  ['a round that is not the dealer’s', 'kyoku', (l) => (first(l, 'start_kyoku').message['kyoku'] = 3)],
  ['a hand of twelve tiles', 'deal', (l) => (first(l, 'start_kyoku').message['tehais'] as string[][])[0]!.pop()],
  [
    'a fifth tile of a kind',
    'tile-copies',
    (l) => {
      const dahai = l.filter((x) => x.direction === 'toClient' && x.message['type'] === 'dahai').slice(0, 12);
      for (const line of dahai.filter((x) => Array.isArray(x.message['possible_actions'])).slice(0, 5))
        line.message['pai'] = 'C';
    },
  ],
  ['a tile of another shown', 'mask', (l) => (first(l, 'tsumo', (m) => m['pai'] === '?').message['pai'] = '1m')],
  [
    'a draw out of turn',
    'turn',
    (l) => {
      const line = first(l, 'tsumo', (m) => m['pai'] === '?' && m['actor'] !== 3);
      line.message['actor'] = ((line.message['actor'] as number) + 1) % 4;
    },
  ],
  [
    'a call of somebody else’s tile',
    'call-target',
    (l) => {
      const line = first(l, 'pon');
      line.message['target'] = ((line.message['target'] as number) + 1) % 4;
    },
  ],
  [
    'a pon with three tiles from the hand',
    'consumed',
    (l) => (first(l, 'pon').message['consumed'] as string[]).push('1m'),
  ],
  ['a meld of tiles that do not fit', 'meld', (l) => ((first(l, 'pon').message['consumed'] as string[])[0] = '9p')],
  [
    'a dora nobody earned',
    'dora-order',
    (l) =>
      l.splice(l.indexOf(first(l, 'dahai')) + 1, 0, {
        direction: 'toClient',
        message: { type: 'dora', dora_marker: '9s' },
      }),
  ],
  ['a missing hint', 'hint', (l) => delete first(l, 'tsumo', own).message['possible_actions']],
  [
    'final scores that do not add up',
    'scores-sum',
    (l) => ((first(l, 'end_game').message['scores'] as number[])[1]! += 1000),
  ],
  [
    'an answer that was not offered',
    'not-offered',
    (l) => {
      const at = l.findIndex(
        (x) =>
          x.direction === 'toClient' &&
          x.message['type'] === 'dahai' &&
          Array.isArray(x.message['possible_actions']) &&
          x.message['possible_actions'].length === 0,
      );
      const seat = (first(l, 'start_game').message['id'] as number) ?? 0;
      l[at + 1]!.message = {
        type: 'pon',
        actor: seat,
        target: l[at]!.message['actor'],
        pai: 'E',
        consumed: ['E', 'E'],
      };
    },
  ],
  [
    'a discard of a tile not in the hand',
    'answer-tile',
    (l) => {
      const at = l.indexOf(first(l, 'tsumo', own));
      const hand = (first(l, 'start_kyoku').message['tehais'] as string[][]).flat();
      l[at + 1]!.message['pai'] = ['1m', '2m', '9m', 'C', 'F'].find(
        (tile) => !hand.includes(tile) && tile !== l[at]!.message['pai'],
      );
      l[at + 1]!.message['tsumogiri'] = false;
    },
  ],
  [
    'nothing where a discard is due',
    'answer-kind',
    (l) => (l[l.indexOf(first(l, 'tsumo', own)) + 1]!.message = { type: 'none' }),
  ],
  [
    'an answer in the name of another',
    'answer-actor',
    (l) => {
      const line = l[l.indexOf(first(l, 'tsumo', own)) + 1]!;
      line.message['actor'] = ((line.message['actor'] as number) + 1) % 4;
    },
  ],
];

test.each(breaches)('%s is noticed', (_what, code, change) => {
  const lines = seatLines();
  change(lines);
  const found = codes(lines);
  expect(
    found.some((one) => one.endsWith(` ${code}`)),
    found.join(', '),
  ).toBe(true);
});

test('one wrong score raises one alarm, not one for every message after it', () => {
  const lines = seatLines();
  (first(lines, 'hora').message['scores'] as number[])[0]! += 100;
  expect(codes(lines)).toEqual(['error scores']);
});

test('an unanswered line and an answer too many break the lock step', () => {
  const missing = seatLines();
  missing.splice(5, 1);
  expect(codes(missing)).toContain('warning unanswered');
  const surplus = seatLines();
  surplus.splice(6, 0, { direction: 'toServer', message: { type: 'none' } });
  expect(codes(surplus)).toContain('warning early-answer');
});

test('an answer that came too early is told of the client, never of the line that comes after it', () => {
  const lines = seatLines().slice(0, 6);
  const last = lines.findLastIndex(({ direction }) => direction === 'toServer');
  const early = { direction: 'toServer', message: { type: 'dahai', actor: 0, pai: '1m', tsumogiri: true } } as const;
  const error = { direction: 'toClient', message: { type: 'error', message: 'not JSON' } } as const;
  expect(codes([...lines.slice(0, last + 1), early, error])).toEqual(['warning early-answer']);
  // No legal answer to anything that may follow.
  const wrong = { direction: 'toServer', message: { type: 'dahai', actor: 0, pai: 'P', tsumogiri: true } } as const;
  const next = seatLines()[last + 1]!;
  expect(codes([...lines.slice(0, last + 1), wrong, next])).toEqual(['warning early-answer']);
});

test('a client that joins before the hello is only noted', () => {
  const lines = seatLines();
  [lines[0], lines[1]] = [lines[1]!, lines[0]!];
  expect(codes(lines)).toEqual(['note early-answer']);
});

test('a capture that begins in the middle raises no alarm', () => {
  const lines = seatLines();
  for (const from of [2, 4, 57, 201]) {
    const tail = lines.slice(from);
    expect(
      codes(tail).filter((code) => code.startsWith('error')),
      `from ${from}`,
    ).toEqual([]);
  }
});

test('dialects of other servers raise nothing above a note', () => {
  const hidden = Array.from({ length: 13 }, () => '?');
  const hand = ['1m', '2m', '3m', '4m', '5m', '6m', '7m', '8m', '9m', 'E', 'E', 'S', 'W'];
  const server = (message: unknown): { direction: Direction; message: unknown } => ({ direction: 'toClient', message });
  const client = (message: unknown): { direction: Direction; message: unknown } => ({ direction: 'toServer', message });
  const found = codes([
    server({ type: 'hello', can_act: true }),
    client({ type: 'join', name: 'a', room: null, hash: 'x' }),
    server({
      type: 'start_game',
      id: 0,
      names: ['a', 'b', 'c', 'd'],
      kyoku_first: 4,
      aka_flag: true,
      possible_actions: [],
    }),
    client({ type: 'none' }),
    server({
      type: 'start_kyoku',
      bakaze: 'E',
      kyoku: 1,
      honba: 0,
      kyotaku: 0,
      oya: 0,
      dora_marker: '2p',
      scores: [30000, 30000, 30000, 30000],
      tehais: [hand, hidden, hidden, hidden],
    }),
    client({ type: 'none' }),
    server({ type: 'tsumo', actor: 0, pai: 'E' }),
    client({ type: 'dahai', actor: 0, pai: 'W', tsumogiri: false }),
    server({ type: 'dahai', actor: 0, pai: 'W', tsumogiri: false, possible_actions: [] }),
    server({ type: 'tsumo', actor: 1, pai: '?' }),
    server({ type: 'ankan', actor: 1, pai: '1p', consumed: ['1p', '1p', '1p', '1p'] }),
    server({ type: 'hora', actor: 1, target: 1, deltas: [-4000, 8000, -2000, -2000], ura_markers: [] }),
    server({ type: 'reach_accepted', actor: 1 }),
    server({ type: 'ryukyoku', deltas: [0, 0, 0, 0], reason: 'yao9' }),
    server({ type: 'end_kyoku' }),
    server({ type: 'end_game' }),
  ]);
  expect(found.filter((code) => !code.startsWith('note'))).toEqual([]);
});
