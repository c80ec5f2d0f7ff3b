import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DissectedMessage } from '../protocol/protocol.ts';
import { integer, object } from '../schema/builders.ts';
import type { Connection, Direction } from '../traffic/frame.ts';
import { BindingTable } from './binding-table.ts';
import { areDraws, isRandom } from './entropy.ts';
import { learnFromRecordings } from './learned.ts';
import { findBindings } from './rebinding.ts';
import { type Recording, RecordingBuilder } from './recording.ts';
import { readAs, readingsOf, writeAs } from './spelling.ts';

const CONNECTION: Connection = {
  id: 1,
  transport: 'tcp',
  client: { address: '127.0.0.1', port: 1 },
  server: { address: '127.0.0.1', port: 2 },
  protocol: '',
  opened: 1000,
  details: {},
};

/** A talk of plain values: `>` from the client, `<` from the server. */
function talk(...lines: readonly (readonly ['>' | '<', unknown])[]): Recording {
  const builder = new RecordingBuilder();
  lines.forEach(([way, fields], i) => {
    const direction: Direction = way === '>' ? 'toServer' : 'toClient';
    const bytes = new Uint8Array(0);
    const frame = { conn: 1, direction, time: 1000 + i, mono: i, carrier: {}, bytes, head: bytes, tail: bytes };
    const message = { name: 'm', fields, range: [0, 0] as const, path: '' };
    builder.add({ ...frame, n: i + 1, origin: 'wire', fate: 'forwarded', expert: [] }, CONNECTION, {
      protocol: undefined,
      dissected: { messages: [message], expert: [], tree: () => expect.unreachable() },
      state: undefined,
      summary: '',
    });
  });
  return builder.build();
}

const bound = (recording: Recording): string[] =>
  findBindings(recording).map(({ recorded, echoes }) => `${recorded} ×${echoes.length}`);

/** What the client message `n` becomes when the server's frame 1 says `live` instead. */
function rewritten(recording: Recording, n: number, live: unknown): unknown[] {
  const table = new BindingTable(findBindings(recording));
  table.observe(1, 0, recording.frames[0]!.messages[0]!.fields, live);
  return table.replacements(n, 0, recording.frames[n - 1]!.messages[0]!.fields).map((one) => one.value);
}

const HEX = '9f86d081884c7d659a2feaa0';
const OTHER = '0a1b2c3d4e5f60718293a4b5';
const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g)!, (pair) => Number.parseInt(pair, 16));
const base64 = (hex: string): string => Buffer.from(bytesOf(hex)).toString('base64');

describe('a value the server issued and the client echoed is found by looks', () => {
  test.each([
    ['as it was', HEX, HEX, OTHER],
    ['in bytes', HEX, bytesOf(HEX), bytesOf(OTHER)],
    ['from bytes to hex in capitals', bytesOf(HEX), HEX.toUpperCase(), OTHER.toUpperCase()],
    ['in base64', HEX, base64(HEX), base64(OTHER)],
    ['inside a longer text', HEX, `Bearer ${HEX};v=1`, `Bearer ${OTHER};v=1`],
    ['as a number in decimal text', 830_194_637_251, '830194637251', '194637250817'],
    ['as a 64-bit number', 830_194_637_251n, 830_194_637_251, 194_637_250_817],
  ])('%s', (_how, issued, echoed, becomes) => {
    const recording = talk(['<', { token: issued }], ['>', { auth: { is: echoed } }]);
    expect(findBindings(recording)).toHaveLength(1);
    const live = typeof issued === 'string' ? OTHER : issued instanceof Uint8Array ? bytesOf(OTHER) : 194_637_250_817;
    expect(rewritten(recording, 2, { token: live })).toEqual([becomes]);
  });

  test('once for each echo, with the newest issue first', () => {
    const recording = talk(['<', { t: HEX }], ['>', { t: HEX }], ['<', { again: HEX }], ['>', { t: HEX }]);
    const [binding] = findBindings(recording);
    expect(binding!.echoes.map(({ at, from }) => [at.n, from.map((place) => place.n)])).toEqual([
      [2, [1]],
      [4, [3, 1]],
    ]);
    expect(binding!.evidence).toMatch(/issued in frame 1, echoed in m t/);
  });
});

test('a run of random bytes inside payloads that nobody explains is found, wherever it is sent back', () => {
  const hello = (hex: string): Uint8Array => bytesOf(`0001${hex}00000000`);
  const answer = (hex: string): Uint8Array => bytesOf(`ff0000000200${hex}07`);
  const recording = talk(
    ['<', { bytes: hello(HEX) }],
    ['>', { bytes: answer(HEX) }],
    ['>', { bytes: bytesOf('ff'.repeat(40)) }],
  );
  const [binding] = findBindings(recording);
  expect(binding).toMatchObject({ what: 'bytes 2 to 14 of frame 1', recorded: `b:${HEX}` });
  expect(rewritten(recording, 2, { bytes: hello(OTHER) })).toEqual([answer(OTHER)]);
});

describe('no false binding', () => {
  test.each([
    ['small numbers', 7],
    ['round numbers', 100_000_000],
    ['powers of two', 2 ** 31],
    ['a time of day', 1_763_719_012_345],
    ['words', 'exit_pier_cellar'],
    ['words in camel case', 'possibleActions'],
    ['names with a number', 'Anna123'],
    ['texts', 'The server sleeps at noon, 2nd floor'],
    ['a version', '1.20.3'],
    ['an address', '127.0.0.1'],
    ['a date', '2020-03-30'],
    ['zero bytes', new Uint8Array(16)],
    ['a flag', true],
    ['nothing', null],
  ])('for %s', (_what, value) => {
    expect(bound(talk(['<', { value }], ['>', { value }]))).toEqual([]);
  });

  test('for what the client said first', () => {
    expect(bound(talk(['>', { nonce: HEX }], ['<', { nonce: HEX }], ['>', { nonce: HEX }]))).toEqual([]);
  });

  test('whatever small numbers and words both sides use', () => {
    const value = fc.oneof(
      fc.integer({ min: -1000, max: 100_000 }),
      fc.constantFrom('login', 'north_gate', 'sword', 'AttackSkill', 'player 1', '好', ''),
      fc.boolean(),
      fc.double({ min: -500, max: 500, noNaN: true }).map((x) => Math.round(x * 10) / 10),
    );
    const line = fc.tuple(
      fc.constantFrom('>' as const, '<' as const),
      fc.dictionary(fc.constantFrom('a', 'b', 'c'), value),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        expect(bound(talk(...lines))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

test('items of a list are found again by what stands beside them, and kept when they are there unchanged', () => {
  const recording = talk(
    [
      '<',
      {
        list: [
          { name: 'a', key: HEX },
          { name: 'b', key: OTHER },
        ],
      },
    ],
    ['>', { key: OTHER }],
  );
  const fresh = 'c0ffee00d15ea5e1234567a8';
  expect(
    rewritten(recording, 2, {
      list: [
        { name: 'b', key: fresh },
        { name: 'a', key: HEX },
      ],
    }),
  ).toEqual([fresh]);
  expect(rewritten(recording, 2, { list: [{ name: 'b', key: OTHER }] })).toEqual([]);
});

test('a stand-in finds what the client chose and the server echoed', () => {
  const recording = talk(['>', { nonce: HEX }], ['<', { nonce: HEX }]);
  expect(findBindings(recording, 'toServer').map((one) => one.recorded)).toEqual([`t:${HEX}`]);
});

test('every spelling read from a leaf can be written back to it', () => {
  const leaf = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.bigInt({ min: 0n, max: 2n ** 63n }),
    fc.uint8Array({ maxLength: 40 }),
    fc.uint8Array({ minLength: 6, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64')),
    fc.uint8Array({ minLength: 6, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('hex')),
    fc.uint8Array({ minLength: 6, maxLength: 40 }).map((bytes) => `key=${Buffer.from(bytes).toString('base64url')}&x`),
  );
  fc.assert(
    fc.property(leaf, (value) => {
      for (const { plain, spelling } of readingsOf(value)) {
        expect(readAs(value, spelling)).toBe(plain);
        const written = writeAs(value, spelling, plain);
        expect(readAs(written, spelling)).toBe(plain);
      }
    }),
    { numRuns: 500 },
  );
});

test('real tokens look random, and two of one kind like two draws', () => {
  const tokens = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
  let looked = 0;
  let random = 0;
  fc.assert(
    fc.property(tokens, tokens, (one, other) => {
      // Generators shrink towards zeros, which no token is: nearly all is what counts.
      looked++;
      if (isRandom(`t:${one}`)) random++;
      if (isRandom(`t:${one}`) && isRandom(`t:${other}`)) expect(areDraws(`t:${one}`, `t:${other}`)).toBe(true);
    }),
    { numRuns: 300, seed: 1 },
  );
  expect(random / looked).toBeGreaterThan(0.8);
  expect(areDraws(`t:${HEX}`, 't:north_gate')).toBe(false);
});

test('an id of one kind says nothing about a small number of another', () => {
  const meta = (label: string) => ({ role: 'id' as const, label });
  const spec = object({ being: integer(meta('Being')), kind: integer(meta('Kind')) });
  const table = new BindingTable([]);
  const message = (being: number, kind: number): DissectedMessage => ({
    name: 'enter',
    fields: { being, kind },
    range: [0, 0],
    path: '',
    spec: { name: 'enter', direction: 'toClient', node: spec },
  });
  table.noteIds(message(7, 7), message(1, 7), [
    { kind: 'id', issued: { message: 'enter', path: 'being' }, echoed: [] },
  ]);
  expect(table.isRenamed(7, 1, meta('Being'), 'being')).toBe(true);
  expect(table.isRenamed(7, 1, meta('Kind'), 'kind')).toBe(false);
  // Whose turn it is: who was 7 is 1 now, and nobody else is.
  expect(table.someoneElse(message(7, 7), message(1, 7))).toBeUndefined();
  expect(table.someoneElse(message(7, 7), message(2, 7))).toBe('being');
  expect(table.someoneElse(message(5, 7), message(1, 7))).toBe('being');
});

test('two recordings of one visit teach what differs by itself', () => {
  const visit = (hp: number, extra: boolean): Recording =>
    talk(['>', { go: 1 }], ['<', { hp: { 45: hp }, name: 'rat' }], ...(extra ? [['<', { bell: 1 }] as const] : []));
  const learned = learnFromRecordings(visit(9, false), visit(7, true));
  expect(learned.fields.map((one) => `${one.message}.${one.path}`)).toEqual(['m.hp[]']);
  expect([...learned.messages.keys()]).toEqual(['m']);
});
