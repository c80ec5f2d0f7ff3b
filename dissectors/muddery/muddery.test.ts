import { expect, test } from 'vitest';
import type { Direction, Dissected } from '../../core/protocol/protocol.ts';
import { Pairing } from '../../core/session/pairing.ts';
import { findField } from '../../core/schema/path.ts';
import {
  dissectReads,
  expectedLines,
  fromHex,
  readPcap,
  type RecordedFrame,
} from '../../fixtures/captures/recording.ts';
import { muddery } from './protocol.ts';
import { serverMessages } from './server-messages.ts';

interface Row {
  readonly dir: 'c2s' | 's2c';
  readonly key: string | null;
  readonly keys?: readonly string[];
  readonly message: Record<string, unknown> | null;
  readonly sn?: number;
  readonly reply_to?: number;
}
const link = { transport: 'ws', serverPort: 8001 } as const;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const start = (generation = 'auto') => muddery.start(link, { generation });
const one = (text: string, direction: Direction = 'toClient', generation = 'auto'): Dissected =>
  muddery.dissect(encoder.encode(text), direction, start(generation));

type Turn = readonly [side: 'c' | 's', message: unknown];
function play(turns: readonly Turn[]): RecordedFrame[] {
  const reads = turns.map(([side, message], index) => ({
    client: 1,
    direction: (side === 'c' ? 'toServer' : 'toClient') as Direction,
    time: index,
    bytes: encoder.encode(typeof message === 'string' ? message : JSON.stringify(message)),
  }));
  return dissectReads(muddery, reads, { link, carrier: { kind: 'message' } });
}
const codes = (frames: readonly RecordedFrame[]): string[] =>
  frames.flatMap((frame) => frame.expert.map((info) => `${info.severity} ${info.code}`));

const recordings = ['muddery080_webclient', 'muddery082_webclient'] as const;
const replay = (name: string): RecordedFrame[] =>
  dissectReads(muddery, readPcap(`muddery/${name}.pcap`, 8001), { link, carrier: 'websocket' });

test('what a rebirth brought about stands beside it, in the layout of 0.8.1 on', () => {
  const dissected = one(
    '{"move_to": {"location": {"area": "a", "room": "r"}}, "msg": "hm", "quests": {"accomplished": []}, "events": []}',
  );
  expect(dissected.messages.map(({ name }) => name)).toEqual(['move_to', 'msg', 'quests', 'events']);
  expect(dissected.expert).toEqual([]);
});

test.each(recordings)('%s decodes as expected, and nothing but its oddities is noted', (name) => {
  const frames = replay(name);
  const rows = expectedLines<Row>(`muddery/${name}.expected.jsonl`);
  expect(frames.length).toBe(rows.length);
  frames.forEach(({ direction, bytes, dissected, expert }, index) => {
    const row = rows[index];
    const about = `frame ${index}: ${decoder.decode(bytes).slice(0, 200)}`;
    expect(direction, about).toBe(row?.dir === 'c2s' ? 'toServer' : 'toClient');
    expect(dissected.messages[0]?.name, about).toBe(row?.key);
    if (row?.keys !== undefined && row.keys.length > 0) {
      expect(
        dissected.messages.map((message) => message.name),
        about,
      ).toEqual(row.keys);
    }
    if (row?.dir === 'c2s' && row.key !== null)
      expect(dissected.messages[0]?.fields, about).toEqual(row.message?.['args']);
    expect(dissected.messages[0]?.beside?.['sn'], about).toBe(row?.sn);
    expect(
      expert.map((info) => info.code),
      about,
    ).toEqual(
      row?.key !== null ? [] : [{ idle: 'idle', '{"data": []}': 'empty-batch' }[decoder.decode(bytes)] ?? 'goodbye'],
    );
    expect(expert.every((info) => info.severity === 'note')).toBe(true);
  });
});

test('the values of a batch are the messages of the frame, in order, each with its bytes', () => {
  const text = '{"data": [{"login": {"name": "a", "id": 1}}, {"char_all": [], "max_char": 5}, "bare"]}';
  const { messages } = one(text);
  expect(messages.map(({ name, fields, path }) => [name, fields, path])).toEqual([
    ['login', { name: 'a', id: 1 }, 'data[0].login'],
    ['char_all', [], 'data[1].char_all'],
    ['max_char', 5, 'data[1].max_char'],
    ['text', 'bare', 'data[2]'],
  ]);
  const bytes = encoder.encode(text);
  expect(messages.map(({ range: [from, to] }) => decoder.decode(bytes.slice(from, to)))).toEqual([
    '{"name": "a", "id": 1}',
    '[]',
    '5',
    '"bare"',
  ]);
});

test('all three generations of envelopes are read without being told', () => {
  const names = (text: string, direction: Direction): unknown =>
    one(text, direction).messages.map((message) => message.name);
  expect(names('["text", ["{\\"data\\": [{\\"msg\\": \\"a\\"}, {\\"alert\\": \\"b\\"}]}"], {}]', 'toClient')).toEqual([
    'msg',
    'alert',
  ]);
  expect(names('["text","{\\"cmd\\":\\"look\\",\\"args\\":\\"\\"}",{}]', 'toServer')).toEqual(['look']);
  expect(names('["prompt", ["> "], {}]', 'toClient')).toEqual(['prompt']);
  expect(names('["text", ["plain words"], {}]', 'toClient')).toEqual(['text']);
  expect(names('{"data": {"msg": "a"}}', 'toClient')).toEqual(['msg']);
  expect(names('{"msg": "a", "quests": {}}', 'toClient')).toEqual(['msg', 'quests']);
  expect(names('[{"msg": "a"}, {"alert": "b"}]', 'toClient')).toEqual(['msg', 'alert']);
  expect(names('{"cmd":"use","args":{"position":1},"sn":3}', 'toServer')).toEqual(['use']);
});

test('every documented message has an example, which decodes without a complaint', () => {
  const covered = new Set(muddery.examples.map((example) => `${example.direction} ${example.message}`));
  const lacking = muddery.messages.filter((spec) => !covered.has(`${spec.direction} ${spec.name}`));
  expect(lacking.map((spec) => spec.name)).toEqual([]);
  expect(serverMessages.filter((spec) => spec.group?.startsWith('7.')).length).toBe(54);
  for (const example of muddery.examples) {
    const bytes = fromHex(example.hex);
    const state = muddery.start(link, example.options ?? {});
    const { messages, expert } = muddery.dissect(bytes, example.direction, state);
    expect(messages[0]?.name, example.name).toBe(example.message);
    if ('fields' in example) expect(messages[0]?.fields, example.name).toEqual(example.fields);
    expect(
      expert.filter((info) => info.severity !== 'note').map((info) => info.code),
      example.name,
    ).toEqual(example.name.startsWith('object without') ? ['not-a-command'] : []);
    if (example.message === null) continue;
    const composed = { message: example.message, fields: messages[0]?.fields };
    const edited = muddery.encode(composed, example.direction, state, { original: bytes });
    expect(decoder.decode(edited.bytes), example.name).toBe(decoder.decode(bytes));
    if (example.lossy === undefined) {
      const anew = muddery.encode(composed, example.direction, state);
      expect(decoder.decode(anew.bytes), example.name).toBe(decoder.decode(bytes));
    }
  }
});

test('editing one message of a batch leaves every other byte', () => {
  const text = '{"data": [{"login":  {"name": "a", "id": 1}}, {"char_all": [], "max_char": 5}]}';
  const edited = muddery.encode({ message: 'max_char', fields: 6 }, 'toClient', start(), {
    original: encoder.encode(text),
  });
  expect(decoder.decode(edited.bytes)).toBe(text.replace('5}', '6}'));
  const command = '{"cmd":"traverse","args":"exit_a","sn":4}';
  const other = muddery.encode({ message: 'traverse', fields: 'exit_b' }, 'toServer', start(), {
    original: encoder.encode(command),
  });
  expect(decoder.decode(other.bytes)).toBe(command.replace('exit_a', 'exit_b'));
});

test('a reply is read by the command it answers', () => {
  const frames = replay('muddery082_webclient');
  const bag = frames.find(({ dissected }) => {
    const fields = dissected.messages[0]?.fields as { data?: unknown } | undefined;
    return dissected.messages[0]?.name === 'response' && Array.isArray(fields?.data);
  });
  const tree = bag?.dissected.tree();
  expect(tree === undefined ? undefined : findField(tree, 'response.data[0].number')?.meta).toMatchObject({
    role: 'quantity',
  });
  expect(bag === undefined ? '' : muddery.summary(bag.dissected.messages[0]!, 'toClient')).toBe('#8 inventory ok');
  const refused = frames.find(({ bytes }) => decoder.decode(bytes).includes('10014'));
  expect(muddery.summary(refused!.dissected.messages[0]!, 'toClient')).toBe(
    '#16 invalid input · Can not find the object.',
  );
});

test('the n-th list answers the n-th command, and pushes answer nothing', () => {
  const frames = play([
    ['c', { cmd: 'unloggedin_look', args: '' }],
    ['s', { data: [{ game_name: 'g' }] }],
    ['c', { cmd: 'connect', args: { username: 'a', password: 'b' } }],
    ['c', { cmd: 'char_all', args: '' }],
    ['c', 'idle'],
    ['s', { data: { msg: 'a push' } }],
    ['s', { data: [{ login: { name: 'a', id: 1 } }] }],
    ['s', { data: [] }],
  ]);
  expect(frames.map(({ dissected }) => dissected.messages[0]?.beside)).toEqual([
    { turn: 1 },
    { turn: 1 },
    { turn: 2 },
    // The server loses the answer to this one.
    undefined,
    { turn: 3 },
    undefined,
    { turn: 2 },
    { turn: 3 },
  ]);
});

test('every recorded command is paired with the answer that is its own', () => {
  const frames = replay('muddery080_webclient');
  const asked = new Map<unknown, number>();
  const answers: (readonly [number, number])[] = [];
  frames.forEach(({ direction, dissected }, index) => {
    const turn = dissected.messages[0]?.beside?.['turn'];
    if (turn === undefined) return;
    if (direction === 'toServer') asked.set(turn, index);
    else answers.push([asked.get(turn) ?? -1, index]);
  });
  const rows = expectedLines<Row>('muddery/muddery080_webclient.expected.jsonl');
  expect(answers.length).toBe(rows.filter((row) => row.dir === 's2c' && Array.isArray(row.message?.['data'])).length);
  for (const [command, answer] of answers) expect(answer).toBe(command + 1);
});

test.each(recordings)('latency is measured for every answered command of %s', (name) => {
  const pairing = new Pairing(muddery, new Map());
  const answered = new Map<number, number>();
  replay(name).forEach(({ direction, time, dissected }, n) => {
    const found = pairing.see(n, time * 1e6, direction, dissected.messages);
    if (found !== undefined) answered.set(n, found.request);
  });
  const rows = expectedLines<Row>(`muddery/${name}.expected.jsonl`);
  const due = rows.flatMap((row, n): [number, number][] =>
    row.reply_to !== undefined
      ? [[n, row.reply_to]]
      : row.dir === 's2c' && row.keys?.length !== 0 && Array.isArray(row.message?.['data'])
        ? [[n, n - 1]]
        : [],
  );
  expect([...answered]).toEqual(due);
});

test('a text that is no JSON is a mistake, except the sign of life', () => {
  expect(one('idle', 'toServer').expert.map((info) => info.severity)).toEqual(['note']);
  expect(one('look around', 'toServer').expert[0]).toMatchObject({ severity: 'error', group: 'malformed' });
});

test('an unknown type or command is kept under its own name', () => {
  const type = one('{"data": [{"weather": {"rain": true}}]}');
  expect(type.messages[0]).toMatchObject({ name: 'weather', fields: { rain: true } });
  expect(type.expert.map((info) => `${info.severity} ${info.code}`)).toEqual(['note unknown-type']);
  const command = one('{"cmd":"dance","args":""}', 'toServer');
  expect(command.messages[0]).toMatchObject({ name: 'dance', fields: '' });
  expect(command.expert.map((info) => `${info.severity} ${info.code}`)).toEqual(['note unknown-command']);
});

test('what the documentation leaves open is no complaint', () => {
  for (const text of [
    '{"login": {"name": "a", "id": "12"}}',
    '{"data": {"left_combat_queue": true}}',
    '{"data": {"dialogue": null}}',
    '{"data": {"dialogue": {"target": {}, "dialogues": []}}}',
    '{"data": {"shop": null}}',
    '{"data": {"conversation": {"type": "PRIVATE", "channel": "b", "from_obj": 3, "from_name": "a", "msg": "x"}}}',
    '{"data": {"combat_finish": {"type": "NORMAL", "result": "COMBAT_WIN", "rewards": {}}}}',
    '{"data": {"combat_finish": {"type": "NORMAL", "result": "COMBAT_WIN", "rewards": {"exp": 1, "loots": [{"object_key": "k", "level": 1, "name": "n", "icon": "", "number": 1, "reject": ""}]}}}}',
    '{"data": {"skill_cast": {"skill": "s", "main_type": "A", "sub_type": "", "caller": 1, "status": {}, "cast": ""}}}',
  ]) {
    expect(one(text).expert, text).toEqual([]);
  }
});

test('rich text is marked for the page, passwords for masking', () => {
  const tree = one('{"data": [{"msg": "{Rred{n"}]}').tree();
  expect(findField(tree, 'data[0].msg')?.meta).toMatchObject({ markup: 'muddery' });
  const login = one('{"cmd":"connect","args":{"username":"a","password":"b"}}', 'toServer');
  expect(findField(login.tree(), 'args.password')?.meta).toMatchObject({ secret: true, role: 'password' });
  expect(muddery.summary(login.messages[0]!, 'toServer')).toBe('account a');
});

test('summaries are one line without colour marks or secrets', () => {
  for (const example of muddery.examples) {
    const { messages } = muddery.dissect(
      fromHex(example.hex),
      example.direction,
      muddery.start(link, example.options ?? {}),
    );
    for (const message of messages) {
      const line = muddery.summary(message, example.direction);
      expect(line.length, example.name).toBeLessThanOrEqual(120);
      expect(line, example.name).not.toMatch(/[\n]|\{[RGBCWYn]|mGI\+SA|Ac0u7g/);
    }
  }
});

const ENTER: readonly Turn[] = [
  ['c', { cmd: 'unloggedin_look', args: '' }],
  ['c', { cmd: 'connect', args: { username: 'a', password: 'b' } }],
  ['c', { cmd: 'puppet', args: 7 }],
];
const ROOM: Turn = [
  's',
  {
    data: [
      { current_location: { area: 'a', room: 'r' } },
      {
        reveal_maps: {
          a: {
            key: 'a',
            name: '',
            desc: '',
            icon: null,
            rooms: {
              r: { key: 'r', name: '', desc: '', icon: null, exits: [{ key: 'x', name: '', desc: '', icon: null }] },
            },
          },
        },
      },
    ],
  },
];
const fighter = (id: number) => ({ id, key: String(id), name: '', desc: '', icon: null, team: 1 });
const FIGHT: Turn = ['s', { data: { combat_info: { desc: '', timeout: 0, characters: [fighter(1), fighter(2)] } } }];
const hit = (caller: number, target: number): Turn => [
  's',
  {
    data: {
      skill_cast: {
        skill: 's',
        main_type: 'A',
        sub_type: '',
        caller,
        target,
        status: { [target]: { id: target } },
        cast: '',
      },
    },
  },
];
const thing = (position: number) => ({ position, number: 1, level: null, name: '', desc: '', icon: '' });

const breaches: readonly (readonly [what: string, codes: readonly string[], turns: readonly Turn[]])[] = [
  [
    'a play command before a character was entered',
    ['no-character'],
    [
      ['c', { cmd: 'connect', args: { username: 'a', password: 'b' } }],
      ['c', { cmd: 'inventory', args: '' }],
    ],
  ],
  [
    'an account command before the login',
    ['not-logged-in'],
    [
      ['c', { cmd: 'unloggedin_look', args: '' }],
      ['c', { cmd: 'puppet', args: 7 }],
    ],
  ],
  [
    'a play command after leaving the character',
    ['no-character'],
    [...ENTER, ['c', { cmd: 'unpuppet', args: '' }], ['c', { cmd: 'inventory', args: '' }]],
  ],
  ['an exit that is not in the room', ['unknown-exit'], [...ENTER, ROOM, ['c', { cmd: 'traverse', args: 'y' }]]],
  ['an exit that is', [], [...ENTER, ROOM, ['c', { cmd: 'traverse', args: 'x' }]]],
  ['two things at one place', ['same-place'], [['s', { data: [{ inventory: [thing(1), thing(2), thing(1)] }] }]]],
  ['a skill of one who does not fight', ['no-fighter'], [FIGHT, hit(3, 1)]],
  ['a skill on one who does not fight', ['no-fighter', 'no-fighter'], [FIGHT, hit(1, 4)]],
  ['a skill in a fight', [], [FIGHT, hit(1, 2)]],
  [
    'a skill after the fight',
    [],
    [FIGHT, ['s', { data: { combat_finish: { type: 'NORMAL', result: 'COMBAT_WIN', rewards: {} } } }], hit(3, 4)],
  ],
];
test.each(breaches)('%s', (_what, due, turns) => {
  expect(codes(play(turns))).toEqual(due.map((code) => `warning ${code}`));
});

test('a number of things below zero is remarked', () => {
  const { expert } = one(
    '{"data": [{"inventory": [{"position": 1, "number": -1, "level": null, "name": "", "desc": "", "icon": ""}]}]}',
  );
  expect(expert.map((info) => `${info.code} ${info.path}`)).toEqual(['range data[0].inventory[0].number']);
});

test('a capture that begins in mid-game raises nothing', () => {
  expect(
    codes(
      play([
        ['c', { cmd: 'inventory', args: '' }],
        ['c', { cmd: 'traverse', args: 'x' }],
      ]),
    ),
  ).toEqual([]);
});

test('recognised by commands and by types', () => {
  const sure = (toServer: string, toClient = ''): number =>
    muddery.recognise(
      { toServer: encoder.encode(toServer), toClient: encoder.encode(toClient) },
      { transport: 'ws', serverPort: 9 },
    );
  expect(sure('{"cmd":"unloggedin_look","args":""}')).toBeGreaterThan(0.8);
  expect(sure('', '{"data": [{"game_name": "g"}]}')).toBeGreaterThan(0.8);
  expect(sure('["text","{\\"cmd\\":\\"look\\",\\"args\\":\\"\\"}",{}]')).toBeGreaterThan(0.5);
  expect(sure('{"command":716,"user_id":0}')).toBe(0);
  expect(sure('', '{"temperature": 3}')).toBe(0);
});
