import { readdirSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { socketchat } from '../../dissectors/socketchat/protocol.ts';
import { fromHex, toHex, utf8Bytes } from '../schema/characters.ts';
import { compileFilter } from '../traffic/filter/filter.ts';
import { checksOf } from './conformance.ts';
import type { Dissected, Link, Memory, Protocol } from './protocol.ts';
import { loadProtocol } from './yaml-protocol.ts';

const link: Link = { transport: 'tcp', serverPort: 0 };
const memory: Memory = { recall: () => undefined, remember: () => undefined };
const example = readFileSync(new URL('../../docs/examples/socketchat.protocol.yaml', import.meta.url), 'utf8');
const schema = JSON.parse(
  readFileSync(new URL('../../docs/interpose.protocol.schema.json', import.meta.url), 'utf8'),
) as object;

function load(text: string): Protocol {
  const loaded = loadProtocol(text, compileFilter);
  expect(loaded.problems).toEqual([]);
  return loaded.protocol as Protocol;
}
function problems(text: string): string[] {
  return loadProtocol(text, compileFilter).problems.map((one) => `${one.line}:${one.column} ${one.message}`);
}

describe('socketchat, expressed in YAML', () => {
  const fromFile = load(example);
  const meaning = (dissected: Dissected): unknown =>
    dissected.messages.map(({ name, id, fields }) => ({ name, id, fields }));

  test('decodes every example of the dissector identically', () => {
    expect(socketchat.examples.length).toBeGreaterThan(13);
    for (const one of socketchat.examples) {
      const bytes = fromHex(one.hex);
      const [mine, theirs] = [fromFile, socketchat].map((protocol) =>
        meaning(protocol.dissect(bytes, one.direction, protocol.start(link, {}))),
      );
      expect(mine, one.name).toEqual(theirs);
      expect(fromFile.classify(bytes, one.direction, fromFile.start(link, {}))?.name, one.name).toBe(
        socketchat.classify(bytes, one.direction, socketchat.start(link, {}))?.name,
      );
    }
  });

  test('writes messages as the dissector does', () => {
    for (const [message, fields] of [
      ['login', { Name: 'alice1' }],
      ['chat_receipt', { Flag: 1 }],
      ['heartbeat', {}],
    ] as const) {
      const direction = message === 'login' ? 'toServer' : 'toClient';
      const [mine, theirs] = [fromFile, socketchat].map((protocol) =>
        toHex(protocol.encode({ message, fields }, direction, protocol.start(link, {})).bytes),
      );
      expect(mine).toBe(theirs);
    }
  });

  test('passes the conformance kit', () => {
    for (const check of checksOf(fromFile, { perMessage: 200 })) check.run();
  });

  test('cuts and names frames of every framing it may meet', () => {
    expect(fromFile.framing).toMatchObject({ kind: 'detect' });
    expect(fromFile.ports).toEqual([
      { port: 4004, transport: 'tcp' },
      { port: 4399, transport: 'tls' },
    ]);
  });

  test('follows states and remarks what is out of place', () => {
    let state = fromFile.start(link, {});
    const step = (direction: 'toServer' | 'toClient', text: string): readonly (string | undefined)[] => {
      const bytes = utf8Bytes(text);
      const dissected = fromFile.dissect(bytes, direction, state);
      state = fromFile.next(state, direction, dissected, bytes, memory);
      return dissected.expert.filter((info) => info.group === 'sequence').map((info) => info.code);
    };
    expect(step('toServer', '{"Command": "04", "FriendName": "bob22", "Message": "hi"}')).toEqual(['out-of-state']);
    expect(step('toServer', '{"Command": "01", "Name": "alice1"}')).toEqual([]);
    expect(step('toClient', '{"Command": "11", "Flag": 1, "Friends": []}')).toEqual([]);
    expect(step('toServer', '{"Command": "04", "FriendName": "bob22", "Message": "hi"}')).toEqual([]);
  });

  test('checks invariants over a connection', () => {
    const watcher = fromFile.watch?.(link, {});
    const state = fromFile.start(link, {});
    const see = (n: number, text: string): readonly (string | undefined)[] => {
      const bytes = utf8Bytes(text);
      const dissected = fromFile.dissect(bytes, 'toClient', state);
      return (watcher?.see({ n, direction: 'toClient', time: n, bytes, dissected }) ?? []).map((info) => info.code);
    };
    expect(see(1, '{"Command": "13", "FriendName": "bob22", "Message": "hi"}')).toEqual(['login-first']);
    expect(see(2, '{"Command": "11", "Flag": 1, "Friends": []}')).toEqual([]);
    expect(see(3, '{"Command": "13", "FriendName": "bob22", "Message": "hi"}')).toEqual([]);
    expect(see(4, '{"Command": "12", "Flag": 1, "Message": "why"}')).toEqual(['register-message']);
    expect(see(5, '{"Command": "12", "Flag": 0, "Message": "why"}')).toEqual([]);
  });

  test('summaries fill in the template, secrets stay hidden', () => {
    const summary = (direction: 'toServer' | 'toClient', text: string): string => {
      const [message] = fromFile.dissect(utf8Bytes(text), direction, fromFile.start(link, {})).messages;
      return message === undefined ? '' : fromFile.summary(message, direction);
    };
    expect(summary('toServer', '{"Command": "04", "FriendName": "bob22", "Message": "hi"}')).toBe('to bob22: hi');
    expect(summary('toClient', '{"Command": "11", "Flag": 1}')).toBe('logged in: yes');
    expect(summary('toServer', '{"Command": "02", "Name": "abcd", "Password": "pw"}')).not.toContain('pw');
  });
});

describe('a binary protocol in YAML', () => {
  const skirmish = readFileSync(new URL('../../docs/examples/skirmish.protocol.yaml', import.meta.url), 'utf8');

  test('decodes, encodes and passes the conformance kit', () => {
    const protocol = load(skirmish);
    for (const check of checksOf(protocol, { perMessage: 200 })) check.run();
  });

  test('all field forms are understood', () => {
    const protocol = load(`
protocol: forms
format: binary
endian: le
binary: { tag: u8 }
types:
  pair: { struct: { x: i16, y: i16be } }
messages:
  all:
    id: 1
    direction: both
    fields:
      magic: { fixed: '4747' }
      size: u16
      kind: { enum: u8, values: { 1: sword, 2: bow } }
      flags: { flags: u8, bits: { 1: moving, 2: dead } }
      bits: { bits: 1, parts: { team: 2, level: 6 } }
      name: text from size
      where: pair
      way: { list: pair, count: u8 }
      big: { type: u64be, label: Big, min: 1 }
      ratio: f32be
      count: varint
      moved: { if: flags & 1, then: pair }
      body: { switch: kind, cases: { 1: u8, 2: text nul }, otherwise: bytes 2 }
      packed: { compressed: zlib, length: u16, of: { struct: { a: u8 } } }
      masked: { sealed: ff, length: u8, of: { struct: { a: u8 } } }
      sum: { checksum: crc32, from: kind }
      late?: decimal u8
`);
    const fields = {
      size: 3,
      kind: 2,
      flags: 1,
      bits: { team: 1, level: 9 },
      name: 'bob',
      where: { x: -2, y: 3 },
      way: [{ x: 1, y: 1 }],
      big: 7n,
      ratio: 0.5,
      count: 300,
      moved: { x: 5, y: 6 },
      body: 'hi',
      packed: { a: 1 },
      masked: { a: 2 },
      late: 12.5,
    };
    const { bytes } = protocol.encode({ message: 'all', fields }, 'toServer', protocol.start(link, {}));
    const dissected = protocol.dissect(bytes, 'toServer', protocol.start(link, {}));
    expect(dissected.expert).toEqual([]);
    expect(dissected.messages[0]?.fields).toMatchObject(fields);
  });

  test('one number may mean two messages in two states', () => {
    const protocol = load(`
protocol: stated
format: binary
binary: { tag: u8 }
states: { start: lobby, transitions: { lobby: { enter: game }, game: { leave: lobby } } }
messages:
  enter: { id: 1, direction: toServer, states: [lobby] }
  chat: { id: 2, direction: toServer, states: [lobby], fields: { text: text rest } }
  move: { id: 2, direction: toServer, states: [game], fields: { x: u8 } }
  leave: { id: 3, direction: toServer, states: [game] }
`);
    let state = protocol.start(link, {});
    const name = (hex: string): string | null | undefined => {
      const bytes = fromHex(hex);
      const dissected = protocol.dissect(bytes, 'toServer', state);
      state = protocol.next(state, 'toServer', dissected, bytes, memory);
      return dissected.messages[0]?.name;
    };
    expect([name('0241'), name('01'), name('0241'), name('03'), name('0241')]).toEqual([
      'chat',
      'enter',
      'move',
      'leave',
      'chat',
    ]);
  });
});

describe('mistakes are told with line and column', () => {
  const frame = (lines: string): string => `protocol: x\nformat: json\njson: { key: type }\nmessages:\n${lines}`;

  test.each([
    ['bad YAML', 'protocol: [', /^1:\d+ /],
    ['no file at all', '', /^1:1 A protocol file holds keys/],
    [
      'unknown top key',
      'protocol: x\njson: { key: type }\nframeing: lines\nmessages: {}',
      /^3:1 Unknown key frameing\. Did you mean framing\?/,
    ],
    [
      'unknown framing',
      frame('  a: { direction: toServer }\nframing: line\n'),
      /^6:10 Unknown framing line\. Did you mean lines\?/,
    ],
    [
      'unknown type',
      frame('  a:\n    direction: toServer\n    fields:\n      x: strng\n'),
      /^8:10 Unknown type strng\. Did you mean string\?/,
    ],
    ['missing direction', frame('  a: { fields: {} }\n'), /^5:3 Message a needs `direction`/],
    [
      'wrong direction',
      frame('  a: { direction: server }\n'),
      /^5:19 Expected one of toServer, toClient, both, not server/,
    ],
    [
      'summary of a field that is not there',
      frame('  a: { direction: toServer, summary: "{y}", fields: { x: integer } }\n'),
      /^5:38 The message has no field y/,
    ],
    [
      'pair with an unknown message',
      frame('  hello: { direction: toServer }\npairs:\n  - { request: hello, reply: helo }\n'),
      /^7:30 There is no message helo\. Did you mean hello\?/,
    ],
    [
      'broken condition',
      frame('  a: { direction: toServer }\ninvariants:\n  - { name: i, that: "x ==" }\n'),
      /^7:22 .*\(at character \d+ of the condition\)/,
    ],
    [
      'handoff path',
      frame(
        '  a: { direction: toClient, fields: { ip: string } }\nhandoffs:\n  - { message: a, address: ip, port: prot }\n',
      ),
      /^7:38 a has no field prot/,
    ],
    [
      'state that is not there',
      frame('  a: { direction: toServer, states: [onlin] }\nstates: { start: online }\n'),
      /^5:3 .*Did you mean online\?/,
    ],
    [
      'a type within itself',
      `types: { t: { object: { inner: t } } }\n${frame('  a: { direction: toServer, fields: { t: t } }\n')}`,
      /^1:32 The type t holds itself/,
    ],
    [
      'example that decodes otherwise',
      frame(
        '  a: { direction: toServer, fields: { x: integer } }\nexamples:\n  - { direction: toServer, message: b, text: \'{"type":"a","x":1}\' }\n',
      ),
      /^7:5 This example decodes as a, not as b/,
    ],
    [
      'example with other fields',
      frame(
        '  a: { direction: toServer, fields: { x: integer } }\nexamples:\n  - { direction: toServer, message: a, text: \'{"type":"a","x":1}\', fields: { x: 2 } }\n',
      ),
      /^7:5 This example decodes to \{"x":1\}/,
    ],
    [
      'binary without tag',
      'protocol: x\nformat: binary\nmessages:\n  a: { id: 1, direction: toServer }\n',
      /^1:1 A binary protocol needs/,
    ],
    [
      'reference to a later field',
      'protocol: x\nbinary: { tag: u8 }\nmessages:\n  a:\n    id: 1\n    direction: both\n    fields:\n      t: text from n\n      n: u8\n',
      /^8:7 Field t refers to n, which does not come before it/,
    ],
    ['two keys alike', frame('  a: { direction: toServer }\n  a: { direction: toServer }\n'), /^6:3 .*unique/i],
  ])('%s', (_name, text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });

  test('all mistakes are told at once, in the order of the file', () => {
    const found = problems(
      frame('  a: { direction: up }\n  b: { direction: toServer, fields: { x: no } }\nframing: maybe\n'),
    );
    expect(found.map((one) => one.split(' ')[0])).toEqual(['5:19', '6:42', '7:10']);
  });

  test('a bomb of aliases ends', () => {
    const lines = ['a0: &a0 { object: { x: string } }'];
    for (let level = 1; level < 12; level += 1) {
      const before = `*a${level - 1}`;
      lines.push(
        `a${level}: &a${level} { object: { ${Array.from({ length: 9 }, (_, at) => `k${at}: ${before}`).join(', ')} } }`,
      );
    }
    const text = `protocol: x\njson: { key: t }\ntypes:\n  ${lines.join('\n  ')}\nmessages:\n  m: { direction: both }\n`;
    expect(problems(text).length).toBeGreaterThan(0);
  });
});

describe('docs/add-a-protocol.md', () => {
  const page = readFileSync(new URL('../../docs/add-a-protocol.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

  test('every whole file on the page loads', () => {
    const whole = blocks.filter((block) => block.startsWith('protocol:'));
    expect(whole.length).toBe(2);
    for (const block of whole) load(block);
  });

  test('the messages of the second part fit under the head of the first', () => {
    const head = blocks.find((block) => block.startsWith('protocol: my-chat'))?.split('messages:')[0] ?? '';
    const messages = blocks.find((block) => block.startsWith('types: #')) ?? '';
    expect(load(head + messages).messages.map((spec) => spec.name)).toEqual(['login', 'login_result', 'chat_send']);
  });
});

describe('the JSON Schema for editors', () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  const folder = new URL('../../docs/examples/', import.meta.url);

  test('accepts every example in docs', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.protocol.yaml'));
    expect(files.length).toBeGreaterThanOrEqual(2);
    for (const name of files) {
      validate(parse(readFileSync(new URL(name, folder), 'utf8')));
      expect(validate.errors ?? [], name).toEqual([]);
    }
  });

  test('refuses what the loader refuses', () => {
    expect(validate({ protocol: 'x', messages: { a: { direction: 'up' } } })).toBe(false);
    expect(validate({ protocol: 'x', frameing: 'lines', messages: {} })).toBe(false);
  });
});
