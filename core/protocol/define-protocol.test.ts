import { describe, expect, test } from 'vitest';
import * as b from '../schema/builders.ts';
import { fromHex, toHex, utf8Bytes } from '../schema/characters.ts';
import { findField } from '../schema/path.ts';
import { defineProtocol, type ProtocolDefinition } from './define-protocol.ts';
import type { Direction, Dissected, MessageSpec, Protocol } from './protocol.ts';
import { Recogniser, Registry } from './recognise.ts';

const codes = (dissected: Dissected): (string | undefined)[] => dissected.expert.map((info) => info.code);
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const link = { transport: 'tcp', serverPort: 0 } as const;

const cards: Protocol<null> = defineProtocol({
  id: 'cards',
  title: 'Cards',
  transports: ['tcp'],
  framing: { kind: 'lines' },
  messages: [
    {
      name: 'draw',
      direction: 'toClient',
      node: b.object({ type: b.literal('draw'), actor: b.integer(), 'card?': b.string() }),
    },
    { name: 'play', direction: 'toServer', node: b.object({ type: b.literal('play'), card: b.string() }) },
  ],
  json: { discriminator: { key: 'type', keep: true } },
});

describe('JSON messages told apart by a key', () => {
  const see = (source: string, direction: Direction = 'toClient'): Dissected =>
    cards.dissect(utf8Bytes(source), direction, null);

  test('a key whose number is beyond all safe ones is a remark, no accident', () => {
    const { messages, expert } = see('{"type":99999999999999999999}');
    expect(messages[0]?.name).toBeNull();
    expect(expert.map((info) => info.text).join()).toContain('99999999999999999999');
  });

  test('fields are the whole object when the key is kept', () => {
    const dissected = see('{"type":"draw","actor":2}');
    expect(dissected.messages).toMatchObject([
      { name: 'draw', fields: { type: 'draw', actor: 2 }, range: [0, 25], path: '' },
    ]);
    expect(dissected.expert).toEqual([]);
  });

  test('broken JSON has no name, an error with its place, and the fields before the mistake', () => {
    const dissected = see('{"type":"draw","actor":2,');
    expect(dissected.messages).toMatchObject([{ name: null, fields: { type: 'draw', actor: 2 } }]);
    expect(dissected.expert).toMatchObject([{ severity: 'error', group: 'malformed', range: [0, 25] }]);
    expect(findField(dissected.tree(), 'actor')?.value).toBe(2);
  });

  test('what is unknown, foreign or no object is a warning with a place', () => {
    expect(see('{"actor":1,"type":"nope"}').expert).toMatchObject([
      { severity: 'warning', code: 'unknown-message', range: [18, 24] },
    ]);
    expect(see('{"actor":1}').messages).toMatchObject([{ name: null, fields: { actor: 1 } }]);
    expect(codes(see('[1]'))).toEqual(['not-an-object']);
    expect(codes(see('{"type":"play","card":"x"}'))).toEqual(['wrong-direction']);
    expect(see('{"type":"play","card":"x"}').messages[0]?.name).toBe('play');
  });

  test('remarks on fields carry path and bytes', () => {
    const dissected = see('{"type":"draw","actor":"two","x":1}');
    expect(dissected.expert).toMatchObject([
      { severity: 'warning', group: 'schema', code: 'type', path: 'actor', range: [23, 28] },
      { severity: 'note', group: 'schema', code: 'unknown-key', path: 'x', range: [33, 34] },
    ]);
  });

  test('classification agrees with dissection without parsing', () => {
    for (const source of [
      '{"type":"draw","actor":2}',
      ' { "actor" : {"type":"x"} , "type" : "draw" } ',
      '{"type":"zzz"}',
      '{"a":"\\"type\\":1"}',
      '[]',
      '',
    ]) {
      expect(cards.classify(utf8Bytes(source), 'toClient', null)?.name ?? null, source).toBe(
        see(source).messages[0]?.name ?? null,
      );
    }
  });

  test('encoding puts the key first, keeps the original spelling in edits, and refuses unknown messages', () => {
    const encode = (fields: unknown, original?: string): string =>
      text(
        cards.encode(
          { message: 'draw', fields },
          'toClient',
          null,
          original === undefined ? {} : { original: utf8Bytes(original) },
        ).bytes,
      );
    expect(encode({ actor: 1 })).toBe('{"type":"draw","actor":1}');
    expect(encode({ type: 'draw', actor: 3 }, '{ "actor": 1, "type": "draw" }')).toBe('{ "actor": 3, "type": "draw" }');
    expect(() => cards.encode({ message: 'nope', fields: {} }, 'toClient', null)).toThrow('Cards has no message nope');
  });
});

describe('JSON messages told apart by a number', () => {
  const numbered = defineProtocol({
    id: 'numbered',
    title: 'Numbered',
    transports: ['ws'],
    messages: [
      { name: 'move', id: 201, direction: 'toServer', node: b.object({ x: b.number() }) },
      { name: 'moved', id: 202, direction: 'toClient', node: b.object({ x: b.number() }) },
    ],
    json: { discriminator: { key: 'command', by: 'id', keep: false } },
  });

  test('fields are without the key, names come from the table', () => {
    const dissected = numbered.dissect(utf8Bytes('{"command":201,"x":1.5}'), 'toServer', null);
    expect(dissected.messages).toMatchObject([{ name: 'move', id: 201, fields: { x: 1.5 } }]);
    expect(dissected.expert).toEqual([]);
    expect(numbered.classify(utf8Bytes('{"command":202}'), 'toClient', null)).toEqual({ name: 'moved', id: 202 });
    expect(numbered.dissect(utf8Bytes('{"command":999,"y":1}'), 'toServer', null).messages).toMatchObject([
      { name: null, id: 999, fields: { y: 1 } },
    ]);
  });

  test('are written with the number first', () => {
    expect(text(numbered.encode({ message: 'move', fields: { x: 2 } }, 'toServer', null).bytes)).toBe(
      '{"command":201,"x":2}',
    );
  });
});

describe('several messages in one frame', () => {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  const batch = defineProtocol({
    id: 'batch',
    title: 'Batch',
    transports: ['ws'],
    messages: [
      { name: 'msg', direction: 'toClient', node: b.string() },
      { name: 'status', direction: 'toClient', node: b.object({ hp: b.integer() }) },
    ],
    json: {
      envelope: {
        split: (value) => {
          const data = isObject(value) ? value['data'] : undefined;
          if (!Array.isArray(data)) return [];
          return data.flatMap((item: unknown, index) =>
            isObject(item)
              ? Object.entries(item).map(([name, fields]) => ({ name, fields, path: `data[${index}].${name}` }))
              : [],
          );
        },
        join: ({ message, fields }) => ({ data: [{ [message]: fields }] }),
      },
    },
  });
  const source = utf8Bytes('{"data": [{"msg": "你好", "status": {"hp": "x"}}, {"odd": 1}]}');

  test('each is a message with its own bytes and path, remarks point into it', () => {
    const dissected = batch.dissect(source, 'toClient', null);
    expect(dissected.messages.map(({ name, fields, path }) => ({ name, fields, path }))).toEqual([
      { name: 'msg', fields: '你好', path: 'data[0].msg' },
      { name: 'status', fields: { hp: 'x' }, path: 'data[0].status' },
      { name: 'odd', fields: 1, path: 'data[1].odd' },
    ]);
    expect(text(source.subarray(...(dissected.messages[0]?.range ?? [0, 0])))).toBe('"你好"');
    expect(dissected.expert).toMatchObject([{ code: 'type', path: 'data[0].status.hp' }]);
    expect(findField(dissected.tree(), 'data[0].status.hp')?.kind).toBe('string');
  });

  test('an override speaks of the message and lands inside the envelope', () => {
    const made = batch.encode({ message: 'status', fields: { hp: 1 } }, 'toClient', null, {
      override: { hp: utf8Bytes('NaN') },
    });
    expect(text(made.bytes)).toBe('{"data":[{"status":{"hp":NaN}}]}');
  });
});

describe('binary messages', () => {
  const login: MessageSpec = {
    name: 'login',
    id: 0x10,
    direction: 'toServer',
    node: b.struct({ name: b.text(b.prefix(b.u16be())), level: b.u8({ max: 99 }) }),
  };
  const old: MessageSpec = {
    name: 'login_old',
    id: 0x10,
    direction: 'toServer',
    node: b.struct({ name: b.text('rest') }),
  };
  const answer: MessageSpec = { name: 'answer', id: 0x11, direction: 'toClient', node: b.struct({ error: b.u8() }) };
  const now = { toServer: [login], toClient: [answer] };
  const then = { toServer: [old], toClient: [answer] };
  const game = defineProtocol<{ readonly version: number }>({
    id: 'game',
    title: 'Game',
    transports: ['enet'],
    messages: [login, old, answer],
    binary: { tag: b.u16be(), table: ({ version }, direction) => (version === 1 ? then : now)[direction] },
    start: () => ({ version: 2 }),
  });
  const bytes = fromHex('0010 0003 626f62 c8');

  test('paths of the tree are those of the fields', () => {
    const dissected = game.dissect(bytes, 'toServer', { version: 2 });
    expect(dissected.messages).toMatchObject([
      { name: 'login', id: 0x10, fields: { name: 'bob', level: 200 }, path: '' },
    ]);
    expect(findField(dissected.tree(), 'name')).toMatchObject({ start: 2, end: 7 });
    expect(findField(dissected.tree(), '#id')).toMatchObject({ start: 0, end: 2, value: 0x10 });
    expect(dissected.expert).toMatchObject([{ code: 'range', path: 'level', range: [7, 8] }]);
  });

  test('state chooses the table, for dissection, classification and encoding alike', () => {
    const state = { version: 1 };
    expect(game.dissect(bytes, 'toServer', state).messages[0]?.name).toBe('login_old');
    expect(game.classify(bytes, 'toServer', state)).toEqual({ name: 'login_old', id: 0x10 });
    expect(toHex(game.encode({ message: 'login_old', fields: { name: 'x' } }, 'toServer', state).bytes)).toBe('001078');
  });

  test('a message that went the wrong way is still understood, with a warning', () => {
    const dissected = game.dissect(fromHex('001105'), 'toServer', { version: 2 });
    expect(dissected.messages[0]?.name).toBe('answer');
    expect(codes(dissected)).toEqual(['wrong-direction']);
  });

  test('unknown and cut messages keep what is there', () => {
    expect(game.dissect(fromHex('9999aabb'), 'toServer', { version: 2 }).messages).toMatchObject([
      { name: null, id: 0x9999, fields: { bytes: fromHex('aabb') } },
    ]);
    const cut = game.dissect(bytes.subarray(0, 7), 'toServer', { version: 2 });
    expect(cut.messages).toMatchObject([{ name: 'login', fields: { name: 'bob' } }]);
    expect(cut.expert).toMatchObject([{ severity: 'error', group: 'malformed', code: 'truncated', path: 'level' }]);
    expect(game.dissect(fromHex('00'), 'toServer', { version: 2 }).messages[0]?.name).toBeNull();
  });

  test('overrides speak of fields, and of the number as #id', () => {
    const made = game.encode(
      { message: 'login', fields: { name: 'b', level: 1 } },
      'toServer',
      { version: 2 },
      { override: { 'name.#length': 9, '#id': 0xffff } },
    );
    expect(toHex(made.bytes)).toBe('ffff00096201');
  });
});

describe('definitions that contradict themselves are refused', () => {
  const base: ProtocolDefinition<null> = { id: 'x', title: 'X', transports: ['tcp'], messages: [] };
  test.each([
    ['no family', base, 'needs either'],
    ['JSON without a discriminator', { ...base, json: {} }, 'discriminator'],
    [
      'a reference out of the message',
      {
        ...base,
        messages: [{ name: 'm', id: 1, direction: 'both', node: b.struct({ t: b.text(b.from('^n')) }) }],
        binary: { tag: b.u8() },
      },
      'message m: The schema refers to n',
    ],
    [
      'a pair with an unknown message',
      { ...base, binary: { tag: b.u8() }, pairs: [{ direction: 'toServer', request: ['a'], replies: '*' }] },
      'which is not in',
    ],
  ] as const)('%s', (_name, definition, message) => {
    expect(() => defineProtocol(definition as ProtocolDefinition<null>)).toThrow(message);
  });
});

describe('summaries', () => {
  test('are one line, masked and never longer than 120 characters, whatever the dissector says', () => {
    const loud = defineProtocol({
      id: 'l',
      title: 'L',
      transports: ['tcp'],
      messages: [],
      json: { discriminator: { key: 't', keep: true } },
      summary: () => `a\nb${'x'.repeat(500)}`,
    });
    const line = loud.summary({ name: 'x', fields: {}, range: [0, 0], path: '' }, 'toServer');
    expect([line.length, line.includes('\n')]).toEqual([120, false]);
    const spec: MessageSpec = {
      name: 'l',
      direction: 'both',
      node: b.object({ user: b.string(), pass: b.string({ secret: true }) }),
    };
    expect(
      cards.summary({ name: 'l', fields: { user: 'bob', pass: 'hidden' }, range: [0, 0], path: '', spec }, 'toServer'),
    ).toBe('user bob, pass •••');
  });
});

describe('recognition', () => {
  const other = defineProtocol({
    id: 'other',
    title: 'Other',
    transports: ['tcp'],
    framing: { kind: 'lines' },
    ports: [{ port: 4004, transport: 'tcp' }],
    messages: [],
    json: { discriminator: { key: 'cmd', keep: true } },
  });
  const registry = new Registry([other, cards]);

  test('content decides, the port helps, a throwing protocol is out', () => {
    const sample = { toClient: utf8Bytes('{"type":"draw","actor":1}\n'), toServer: new Uint8Array() };
    expect(registry.recognise(sample, { transport: 'tcp', serverPort: 4004 })?.protocol.id).toBe('cards');
    expect(
      registry.recognise(
        { toClient: new Uint8Array(), toServer: new Uint8Array() },
        { transport: 'tcp', serverPort: 4004 },
      )?.protocol.id,
    ).toBe('other');
    const throwing: Protocol = {
      ...cards,
      id: 'bad',
      recognise: () => {
        throw new Error('x');
      },
    };
    expect(new Registry([throwing, cards]).recognise(sample, link)?.protocol.id).toBe('cards');
  });

  test('settles once sure, and the user has the last word', () => {
    const recogniser = new Recogniser(registry, link);
    expect(recogniser.feed('toClient', utf8Bytes('{"type":"dr'))).toBeNull();
    expect(recogniser.feed('toClient', utf8Bytes('aw","actor":1}\n'))?.protocol.id).toBe('cards');
    expect(recogniser.settled).toBe(true);
    expect(recogniser.override('other').protocol.id).toBe('other');
    expect(() => recogniser.override('nope')).toThrow('Known: other, cards');
  });

  test('two protocols of one id are refused', () => {
    expect(() => new Registry([cards, cards])).toThrow('Two protocols have the id cards');
  });
});
