import { expect, test } from 'vitest';
import type { Direction } from '../../core/protocol/protocol.ts';
import {
  dissectReads,
  expectedLines,
  fromHex,
  readStreamLog,
  type RecordedFrame,
} from '../../fixtures/captures/recording.ts';
import { socketchat } from './protocol.ts';

interface Row {
  readonly dir: 'c2s' | 's2c';
  readonly length: number;
  readonly name: string;
  readonly command: string;
  readonly fields: unknown;
}
const link = { transport: 'tcp', serverPort: 4004 } as const;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const state = socketchat.start(link, {});

type Turn = readonly [direction: 'c' | 's', text: string];
function play(turns: readonly Turn[], wrap: (text: string) => string = (text) => text): RecordedFrame[] {
  const reads = turns.map(([side, text], index) => ({
    client: 1,
    direction: (side === 'c' ? 'toServer' : 'toClient') as Direction,
    time: index,
    bytes: encoder.encode(wrap(text)),
  }));
  return dissectReads(socketchat, reads, { link, carrier: socketchat.framing });
}
const codes = (frames: readonly RecordedFrame[]): string[] =>
  frames.flatMap((frame) => frame.expert.map((info) => `${info.severity} ${info.code}`));
const one = (text: string, direction: Direction = 'toServer') =>
  socketchat.dissect(encoder.encode(text), direction, state);

const LOGIN: readonly Turn[] = [
  ['c', '{"Command": "01", "Name": "alice1"}'],
  ['s', '{"Command": "11", "Flag": 1, "Friends": [["bob22", 1]]}'],
];

test.each(['session_newline', 'session_lenprefix_be32'])('%s decodes as expected, without a remark', (name) => {
  const frames = dissectReads(socketchat, readStreamLog(`socketchat/${name}.jsonl`), {
    link,
    carrier: socketchat.framing,
  });
  const rows = expectedLines<Row>(`socketchat/${name}.expected.jsonl`);
  expect(codes(frames)).toEqual([]);
  expect(
    frames.map(({ direction, bytes, dissected: { messages } }) => ({
      direction,
      length: bytes.length,
      name: messages[0]?.name,
      id: messages[0]?.id,
      fields: messages[0]?.fields,
    })),
  ).toEqual(
    rows.map((row) => ({
      direction: row.dir === 'c2s' ? 'toServer' : 'toClient',
      length: row.length,
      name: row.name,
      id: Number(row.command),
      fields: row.fields,
    })),
  );
});

const framings: readonly (readonly [name: string, wrap: (text: string) => string])[] = [
  ['nothing', (text) => text],
  ['line feeds', (text) => `${text}\n`],
  ['CR LF', (text) => `${text}\r\n`],
  ['zero bytes', (text) => `${text}\0`],
  ['a big-endian length', (text) => `\0\0\0${String.fromCharCode(encoder.encode(text).length)}${text}`],
  ['a little-endian length', (text) => `${String.fromCharCode(encoder.encode(text).length)}\0\0\0${text}`],
  ['a decimal length', (text) => `${encoder.encode(text).length}:${text}`],
  ['a decimal length on a line', (text) => `${encoder.encode(text).length}\n${text}`],
];
test.each(framings)('objects told apart by %s are found', (_name, wrap) => {
  const turns: readonly Turn[] = [
    ...LOGIN,
    ['c', '{"Command": "04", "FriendName": "bob22", "Message": "}{ \\"你好"}'],
    ['c', '{"Command": "03"}'],
  ];
  const frames = play(turns, wrap);
  expect(codes(frames)).toEqual([]);
  expect(frames.map(({ dissected }) => dissected.messages[0]?.name)).toEqual([
    'login',
    'login_result',
    'chat_send',
    'logout',
  ]);
});

test('every example decodes to its message and fields and encodes to its own bytes', () => {
  for (const example of socketchat.examples) {
    const bytes = fromHex(example.hex);
    const { messages, expert } = socketchat.dissect(bytes, example.direction, state);
    expect(messages[0]?.name, example.name).toBe(example.message);
    if ('fields' in example) expect(messages[0]?.fields, example.name).toEqual(example.fields);
    if (example.message === null) {
      expect(expert[0], example.name).toMatchObject({ severity: 'error', group: 'malformed' });
      continue;
    }
    expect(socketchat.classify(bytes, example.direction, state)?.name, example.name).toBe(example.message);
    const composed = { message: example.message, fields: messages[0]?.fields };
    const encoded = socketchat.encode(composed, example.direction, state, { original: bytes });
    expect(decoder.decode(encoded.bytes), example.name).toBe(decoder.decode(bytes));
  }
});

test('what the seed document prints is right and says nothing', () => {
  for (const example of socketchat.examples.slice(0, 19)) {
    const bytes = fromHex(example.hex);
    expect(socketchat.dissect(bytes, example.direction, state).expert, example.name).toEqual([]);
    if (example.name.includes('seed') || example.name.includes('received')) continue;
    const fields = socketchat.dissect(bytes, example.direction, state).messages[0]?.fields;
    const anew = socketchat.encode({ message: example.message ?? '', fields }, example.direction, state);
    expect(decoder.decode(anew.bytes)).toBe(decoder.decode(bytes));
  }
});

test('the number is understood in any spelling, and a spelling other than two digits is remarked', () => {
  for (const spelling of ['1', '"1"', '"001"']) {
    const { messages, expert } = one(`{"Command": ${spelling}, "Name": "alice1"}`);
    expect(messages[0]).toMatchObject({ name: 'login', id: 1, fields: { Name: 'alice1' } });
    expect(expert.map((info) => info.code)).toEqual(['command-spelling']);
  }
  expect(one('{"Command": "77"}').messages[0]).toMatchObject({ name: null, id: 77 });
});

test('14 is a receipt with a flag or under the printed key, else the heartbeat', () => {
  expect(one('{"Command": "14", "Flag": 0}', 'toClient').messages[0]?.name).toBe('chat_receipt');
  expect(one('{"Comment": "14", "Flag": 0}', 'toClient').messages[0]).toMatchObject({ name: 'chat_receipt', id: 14 });
  expect(one('{"Comment": 14}', 'toClient').messages[0]?.name).toBe('chat_receipt');
  expect(one('{"Command": 14}', 'toClient').messages[0]?.name).toBe('heartbeat');
});

test('names are checked for letters, length and reserved words', () => {
  const remarks = (name: string): string[] =>
    one(`{"Command": "01", "Name": ${JSON.stringify(name)}}`).expert.map((info) => `${info.severity} ${info.code}`);
  expect(remarks('abcd')).toEqual([]);
  expect(remarks('abc')).toEqual(['warning pattern']);
  expect(remarks('王小明同学')).toEqual(['warning pattern']);
  expect(remarks('a b c')).toEqual(['warning pattern']);
  for (const word of ['admin', 'administrator', 'guest', 'user', 'table']) {
    expect(remarks(word)).toEqual(['warning reserved-name']);
  }
  expect(remarks('Admin')).toEqual(['note reserved-name']);
});

test('passwords are masked and checked', () => {
  const field = one('{"Command": "01", "Name": "alice1", "Password": "pa ss"}');
  expect(field.expert.map((info) => info.code)).toEqual(['pattern']);
  expect(field.tree().children.find((child) => child.name === 'Password')?.meta).toMatchObject({
    secret: true,
    role: 'password',
  });
  expect(one('{"Command": "02", "Name": "alice1", "Password": ""}').expert[0]?.code).toBe('empty-password');
});

test('spellings of the online list are read and remarked', () => {
  const list = (text: string): string[] =>
    one(`{"Command": "11", "Flag": 1, "Friends": ${text}}`, 'toClient').expert.map(
      (info) => `${info.severity} ${info.code} ${info.path}`,
    );
  expect(list('[]')).toEqual([]);
  expect(list('[["bob22", 0], ["carol", 1]]')).toEqual([]);
  expect(list('["bob22"]')).toEqual(['warning friends-spelling Friends[0]']);
  expect(list('[["bob22", 0], {"Name": "carol", "IsUserGuest": 1}]')).toEqual(['warning friends-spelling Friends[1]']);
  expect(list('[["bob22", true]]')).toEqual(['warning friends-spelling Friends[0]']);
  const python = one('{"Command": "11", "Flag": 1, "Friends": [(\'bob22\', 1)]}', 'toClient');
  expect(python.messages[0]?.name).toBeNull();
  expect(python.expert.some((info) => info.severity === 'error' && info.group === 'malformed')).toBe(true);
});

test('flags that are no 0 or 1 are remarked, and messages of a result only where they belong', () => {
  const remarks = (text: string): string[] => one(text, 'toClient').expert.map((info) => info.code ?? '');
  expect(remarks('{"Command": "12", "Flag": true}')).toEqual(['type']);
  expect(remarks('{"Command": "12", "Flag": "1"}')).toEqual(['type']);
  expect(remarks('{"Command": "12", "Flag": 2}')).toEqual(['enum']);
  expect(remarks('{"Command": "12", "Flag": 0}')).toEqual(['no-reason']);
  expect(remarks('{"Command": "12", "Flag": 1, "Message": "ok"}')).toEqual(['reason-of-success']);
});

test('a number in the wrong direction is named and flagged', () => {
  const { messages, expert } = one('{"Command": "30", "LogOnUserName": "carol"}', 'toServer');
  expect(messages[0]?.name).toBe('user_online');
  expect(expert.map((info) => info.code)).toEqual(['wrong-direction']);
});

test('a broken object is one error and the stream goes on', () => {
  const frames = play([...LOGIN, ['c', '{\'Command\': \'05\'}{"Command": "05", "Message": "hi"}']]);
  expect(frames.slice(2).map(({ dissected }) => dissected.messages[0]?.name)).toEqual([null, 'group_send']);
  expect(codes(frames).filter((code) => code.startsWith('error')).length).toBe(1);
});

const chat: Turn = ['c', '{"Command": "04", "FriendName": "bob22", "Message": "hi"}'];
const order: readonly (readonly [what: string, code: string, turns: readonly Turn[]])[] = [
  ['chatting before the login', 'not-online', [chat]],
  [
    'chatting after a refused login',
    'not-online',
    [['c', '{"Command": "01", "Name": "alice1"}'], ['s', '{"Command": "11", "Flag": 0, "Friends": []}'], chat],
  ],
  ['chatting after the logout', 'not-online', [...LOGIN, ['c', '{"Command": "03"}'], chat]],
  ['news for one who is not logged in', 'not-online', [['s', '{"Command": "30", "LogOnUserName": "carol"}']]],
  ['a second login', 'login-twice', [...LOGIN, ['c', '{"Command": "01", "Name": "alice2"}']]],
  ['an answer nobody asked for', 'unasked', [['s', '{"Command": "12", "Flag": 1}']]],
  ['a receipt without a chat message', 'unasked', [...LOGIN, ['s', '{"Command": "14", "Flag": 1}']]],
  [
    'registering when logged in',
    'register-online',
    [...LOGIN, ['c', '{"Command": "02", "Name": "alice2", "Password": "x1"}']],
  ],
  ['a user who comes online twice', 'online-twice', [...LOGIN, ['s', '{"Command": "30", "LogOnUserName": "bob22"}']]],
  ['the own arrival', 'own-arrival', [...LOGIN, ['s', '{"Command": "30", "LogOnUserName": "alice1"}']]],
  [
    'a user who leaves without having come',
    'not-online-user',
    [...LOGIN, ['s', '{"Command": "31", "LogOutUserName": "carol"}']],
  ],
  [
    'a sender who is not online',
    'not-online-user',
    [...LOGIN, ['s', '{"Command": "13", "FriendName": "carol", "Message": "x"}']],
  ],
  [
    'the own voice without own words',
    'own-voice',
    [...LOGIN, ['s', '{"Command": "32", "Speaker": "alice1", "Message": "x"}']],
  ],
];
test.each(order)('%s is noticed', (_what, code, turns) => {
  // Without the login, the recording may begin later than the connection.
  const severity = turns.some(([, text]) => text.includes('"01"')) ? 'warning' : 'note';
  expect(codes(play(turns))).toEqual([`${severity} ${code}`]);
});

test('a whole evening in order says nothing', () => {
  const turns: readonly Turn[] = [
    ['c', '{"Command": "02", "Name": "alice1", "Password": "x1"}'],
    ['s', '{"Command": "12", "Flag": 1}'],
    ['c', '{"Command": "01", "Name": "admin1", "Password": "x1"}'],
    ['s', '{"Command": "11", "Flag": 0, "Friends": []}'],
    ...LOGIN,
    ['s', '{"Command": "30", "LogOnUserName": "carol", "IsUserGuest": 0}'],
    ['s', '{"Command": "14"}'],
    ['s', '{"Command": "13", "FriendName": "carol", "Message": "hi"}'],
    ['c', '{"Command": "04", "FriendName": "carol", "Message": "hi"}'],
    ['s', '{"Command": "14", "Flag": 1}'],
    ['c', '{"Command": "05", "Message": "all"}'],
    ['s', '{"Command": "32", "Speaker": "alice1", "Message": "all"}'],
    ['s', '{"Command": "31", "LogOutUserName": "bob22"}'],
    ['c', '{"Command": "03"}'],
    ['s', '{"Command": "31", "LogOutUserName": "alice1"}'],
  ];
  expect(codes(play(turns))).toEqual([]);
});

test('recognised by its numbers, whatever stands around the objects', () => {
  const sure = (toServer: string, toClient = '', serverPort = 9): number =>
    socketchat.recognise(
      { toServer: encoder.encode(toServer), toClient: encoder.encode(toClient) },
      { transport: 'tcp', serverPort },
    );
  expect(sure('{"Command": "01", "Name": "alice1"}')).toBeGreaterThan(0.8);
  expect(sure('\0\0\0\u0023{"Command": "01", "Name": "alice1"}')).toBeGreaterThan(0.8);
  expect(sure('{"Name": "alice1", "Command": "01"}', '', 4004)).toBeGreaterThan(0.9);
  expect(sure('{"command":102,"user_name":"a"}')).toBe(0);
  expect(sure('GET / HTTP/1.1\r\n')).toBe(0);
});
