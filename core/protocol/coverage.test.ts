import { expect, test } from 'vitest';
import * as b from '../schema/builders.ts';
import { fromHex, utf8Bytes } from '../schema/characters.ts';
import { Coverage } from './coverage.ts';
import { defineProtocol } from './define-protocol.ts';
import { inferType } from './drift.ts';
import type { Direction, Protocol } from './protocol.ts';

const chat = defineProtocol({
  id: 'chat',
  title: 'Chat',
  transports: ['tcp'],
  messages: [
    {
      name: 'say',
      direction: 'toServer',
      node: b.object({ n: b.integer(), to: b.string({ values: ['all', 'one'] }), 'text?': b.string() }),
    },
    {
      name: 'heard',
      direction: 'toClient',
      node: b.object({ n: b.integer(), by: b.array(b.object({ name: b.string() })) }),
    },
    { name: 'bye', direction: 'both', node: b.object({}) },
    { name: 'old', direction: 'toServer', node: b.object({}), neverSent: true },
  ],
  pairs: [{ direction: 'toServer', request: ['say'], replies: ['heard', 'bye'], match: [['n', 'n']] }],
  json: { discriminator: { key: 't', keep: false } },
});

function run(
  protocol: Protocol,
  frames: readonly (readonly [Direction, string | Uint8Array])[],
): ReturnType<Coverage['report']> {
  const coverage = new Coverage(protocol);
  frames.forEach(([direction, payload], index) => {
    const bytes = typeof payload === 'string' ? utf8Bytes(payload) : payload;
    const dissected = protocol.dissect(bytes, direction, null);
    coverage.see(1, { n: index + 1, direction, time: index, bytes, dissected });
  });
  return coverage.report();
}

test('counts messages, ways, fields, named values and pairs, seen and unseen', () => {
  const report = run(chat, [
    ['toServer', '{"t":"say","n":1,"to":"all"}'],
    ['toServer', '{"t":"say","n":2,"to":"all"}'],
    ['toClient', '{"t":"heard","n":2,"by":[{"name":"bob"},{"name":"eve"}]}'],
    ['toClient', '{"t":"bye"}'],
  ]);
  expect(report.totals).toEqual({
    messages: { seen: 3, all: 3 },
    directions: { seen: 3, all: 4 },
    fields: { seen: 6, all: 7 },
    values: { seen: 1, all: 2 },
    pairs: { seen: 1, all: 2 },
  });
  const say = report.messages.find((message) => message.name === 'say');
  expect(say).toMatchObject({ toServer: 2, toClient: 0 });
  expect(say?.fields.find((field) => field.path === 'to')?.values).toEqual([
    { value: 'all', name: 'all', seen: 2 },
    { value: 'one', name: 'one', seen: 0 },
  ]);
  // The heard of n 2 answers the second say, not the first.
  expect(report.pairs).toEqual([
    { request: 'say', reply: 'heard', direction: 'toServer', seen: 1 },
    { request: 'say', reply: 'bye', direction: 'toServer', seen: 0 },
  ]);
  expect(report.drift).toEqual([]);
});

test('collects drift with how often, where first, and a schema that would fit', () => {
  const report = run(chat, [
    ['toServer', '{"t":"say","n":"1","to":"none","mood":{"level":1,"tag":null}}'],
    ['toServer', '{"t":"say","n":2,"to":"all","mood":{"level":2.5}}'],
    ['toClient', '{"t":"heard","n":1,"by":[{"name":"x","rank":3}]}'],
    ['toClient', '{"t":"wave","hand":"left","times":2}'],
    ['toClient', '{"t":"heard","by":[]}'],
    ['toClient', '{"t":"say","n":1,"to":"all"}'],
  ]);
  const found = Object.fromEntries(
    report.drift.map((drift) => [`${drift.kind} ${drift.message}.${drift.path}`, drift]),
  );
  expect(found['unknown-key say.mood']).toMatchObject({
    count: 2,
    firstFrame: 1,
    suggestion: 'In say, add `mood?: { object: { level: number, tag?: null } }`.',
  });
  expect(found['type say.n']?.suggestion).toBe('say.n also comes as string.');
  expect(found['value say.to']?.suggestion).toBe('say.to also has "none".');
  expect(found['unknown-key heard.by[].rank']?.suggestion).toBe('In heard, add at by[].rank `rank?: integer`.');
  expect(found['unknown-message wave.']?.suggestion).toBe(
    'wave:\n  direction: toClient\n  fields:\n    hand: string\n    times: integer',
  );
  expect(found['missing-key heard.n']?.suggestion).toContain('`n?`');
  expect(found['wrong-direction say.']).toMatchObject({ count: 1, firstFrame: 6 });
  expect(report.unknown).toBe(1);
});

test('binary drift: unknown numbers and bytes left over', () => {
  const game = defineProtocol({
    id: 'game',
    title: 'Game',
    transports: ['enet'],
    messages: [
      {
        name: 'hit',
        id: 1,
        direction: 'toServer',
        node: b.struct({
          kind: b.enumOf(b.u8(), { 1: 'axe', 2: 'bow' }),
          f: b.flags(b.u8(), { 1: 'crit', 2: 'miss' }),
        }),
      },
    ],
    binary: { tag: b.u16be() },
  });
  const report = run(game, [
    ['toServer', fromHex('0001 01 01')],
    ['toServer', fromHex('0001 01 01 aabb')],
    ['toServer', fromHex('0002 cc')],
  ]);
  const drift = Object.fromEntries(report.drift.map((one) => [one.kind, one]));
  expect(drift['trailing']).toMatchObject({ message: 'hit', seen: ['"aabb"'], firstFrame: 2 });
  expect(drift['unknown-message']).toMatchObject({
    message: '0x0002',
    suggestion: 'message_0x0002:\n  id: 0x0002\n  direction: toServer\n  fields:\n    rest: bytes rest',
  });
  const fields = report.messages[0]?.fields ?? [];
  expect(fields.find((field) => field.path === 'f')?.values).toEqual([
    { value: '1', name: 'crit', seen: 2 },
    { value: '2', name: 'miss', seen: 0 },
  ]);
});

test('types are inferred from what was seen', () => {
  expect(inferType([1, 2.5])).toBe('number');
  expect(inferType(['a', null])).toBe('string | null');
  expect(inferType([['a'], []])).toBe('string[]');
  expect(inferType([[1, 'a']])).toBe('{ array: integer | string }');
  expect(inferType([])).toBe('any');
});

test('what only dialects have that nobody spoke is not counted as unseen', () => {
  const node = b.object({ n: b.integer() });
  const game = defineProtocol({
    id: 'game',
    title: 'Game',
    transports: ['tcp'],
    messages: [
      { name: 'hello', direction: 'toServer', node },
      { name: 'walk', direction: 'toServer', node, dialects: ['two', 'three'] },
      { name: 'ride', direction: 'toServer', node, dialects: ['two'] },
      { name: 'fly', direction: 'toServer', node, dialects: ['three'] },
      { name: 'crawl', direction: 'toServer', node, dialects: ['one'] },
    ],
    json: { discriminator: { key: 't', keep: false } },
  });
  const sent = (...names: string[]): readonly (readonly [Direction, string])[] =>
    names.map((name) => ['toServer', `{"t":"${name}","n":1}`]);
  const namesOf = (...names: string[]): string[] => run(game, sent(...names)).messages.map((message) => message.name);
  expect(namesOf('hello')).toEqual(['hello', 'walk', 'ride', 'fly', 'crawl']);
  expect(namesOf('hello', 'walk', 'fly')).toEqual(['hello', 'walk', 'fly']);
  expect(namesOf('walk', 'fly', 'crawl')).toEqual(['hello', 'walk', 'fly', 'crawl']);
  // One misread frame in a hundred is no dialect, but it was seen.
  expect(namesOf(...Array.from({ length: 99 }, () => 'walk'), 'fly', 'crawl')).toEqual([
    'hello',
    'walk',
    'fly',
    'crawl',
  ]);
});
