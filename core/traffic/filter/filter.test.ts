import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileFilter, completeFilter, createVocabulary, type FilterSubject } from './filter.ts';

const vocabulary = createVocabulary(
  ['mjsonp', 'mana', 'fco'],
  [
    {
      protocol: 'mjsonp',
      name: 'dahai',
      fields: [
        { path: 'type', type: 'string' },
        { path: 'actor', type: 'integer' },
        { path: 'pai', type: 'string' },
      ],
    },
    { protocol: 'mjsonp', name: 'none', fields: [] },
    {
      protocol: 'mana',
      name: 'GPMSG_BEINGS_MOVE',
      fields: [
        { path: 'beings.destination.x', type: 'u16', unit: 'px' },
        { path: 'action', type: 'u8', names: { 2: 'ATTACK' } },
      ],
    },
  ],
);

function frame(over: Partial<FilterSubject> = {}): FilterSubject {
  return {
    n: 7,
    conn: 3,
    direction: 'toClient',
    at: 1.5,
    size: 120,
    origin: 'wire',
    fate: 'forwarded',
    protocol: 'mjsonp',
    names: ['dahai'],
    ids: [undefined],
    summary: 'P1 discards 5mr',
    expert: [],
    carrier: {},
    transport: 'tcp',
    proxy: 'table',
    role: '',
    journey: undefined,
    client: { address: '127.0.0.1', port: 5 },
    server: { address: '127.0.0.1', port: 11600 },
    answerMs: Number.NaN,
    waitedMs: 0,
    mark: undefined,
    comment: undefined,
    touchedBy: [],
    bytes: new Uint8Array([0x7b, 1, 2, 3]),
    fields: [
      {
        type: 'dahai',
        actor: 1,
        pai: '5mr',
        big: 12345678901234567890n,
        list: [1, 2, 3],
        possible_actions: [{ type: 'pon', consumed: ['5m', '5p'] }],
        message: 'hi',
        action: 2,
      },
    ],
    ...over,
  };
}

function fits(text: string, subject = frame()): boolean {
  const filter = compileFilter(text, vocabulary);
  if (!filter.ok) throw new Error(`${text}: ${filter.message} at ${filter.at}`);
  return filter.test(subject);
}

test.each([
  ['message == "dahai" && actor == 1', true],
  ['message == dahai and actor == 2', false],
  ['dir == toServer', false],
  ['toClient', true],
  ['pai in {"5mr","5pr"}', true],
  ['pai in {5mr 5pr}', true],
  ['actor in {0..2}', true],
  ['possible_actions[0].type == "pon"', true],
  ['possible_actions.type == pon', true],
  ['possible_actions[*].consumed contains "5p"', true],
  ['possible_actions[-1].type == "pon"', true],
  ['possible_actions[1].type == "pon"', false],
  ['pai contains "m"', true],
  ['pai matches "^[0-9]m"', true],
  ['pai ~ /^5MR$/i', true],
  ['exists(pai) and !exists(nothing)', true],
  ['len(list) == 3 and len(pai) == 3 and count(list) == 1', true],
  ['!(actor == 1)', false],
  ['not none', true],
  ['frame.size > 100 and conn == 3 and n <= 7', true],
  ['frame.time >= 1.5', true],
  ['frame.bytes[0:2] == 7b:01', true],
  ['frame.bytes contains 02:03', true],
  ['frame.bytes[10:20] == 7b:01', false],
  ['big == 12345678901234567890', true],
  ['big > 5', true],
  ['mjsonp and dahai', true],
  ['mana', false],
  ['fields.message == "hi"', true],
  ['.message == "hi"', true],
  ['dahai.pai == "5mr"', true],
  ['none.pai == "5mr"', false],
  ['mjsonp.pai == "5mr"', true],
  ['action == ATTACK', true],
  ['actor == action', false],
  ['"discards 5MR"', true],
  ['"nowhere"', false],
  ['actor != 2', true],
  ['nothing != 2', false],
  ['0x78 == frame.size', true],
  ['lower(pai) == "5mr"', true],
  ['', true],
])('%s → %s', (text, expected) => {
  expect(fits(text)).toBe(expected);
});

test('a severity comparison knows which is worse', () => {
  const warned = frame({ expert: [{ severity: 'warning', group: 'schema', text: 'odd' }] });
  expect(fits('expert.severity >= warning', warned)).toBe(true);
  expect(fits('expert.severity >= error', warned)).toBe(false);
  expect(fits('expert', warned)).toBe(true);
  expect(fits('expert')).toBe(false);
});

test('a frame with several messages fits when one of them fits by itself', () => {
  const batch = frame({ names: ['msg', 'alert'], ids: [undefined, undefined], fields: ['hello', { text: 'x' }] });
  expect(fits('message == alert and text == "x"', batch)).toBe(true);
  expect(fits('message == msg and exists(text)', batch)).toBe(false);
});

test('decoding is asked for only when a field is', () => {
  const filter = compileFilter('message == dahai and frame.size > 3', vocabulary);
  expect(filter.ok && filter.needs.fields).toBe(false);
  const subject = {
    ...frame(),
    get fields(): never {
      throw new Error('decoded');
    },
  };
  expect(filter.ok && filter.test(subject)).toBe(true);
});

test('what every fitting frame has is known without looking', () => {
  const filter = compileFilter('(dahai or none) and toServer and conn == 3', vocabulary);
  expect(filter.ok && filter.required).toEqual({
    messages: new Set(['dahai', 'none']),
    connections: new Set([3]),
    direction: 'toServer',
  });
  const open = compileFilter('dahai or actor == 1', vocabulary);
  expect(open.ok && open.required).toEqual({});
});

test.each([
  ['actor ==', 8, 'compare with'],
  ['actor = 1', 6, '=='],
  ['(actor == 1', 11, 'closing )'],
  ['actor == 1 pai', 11, 'and'],
  ['pai == "5m', 7, 'closing "'],
  ['pai matches "("', 12, 'regular expression'],
  ['length(pai) > 1', 0, 'no function'],
  ['and actor', 0, 'before "and"'],
  ['5', 0, 'compare a field'],
  ['pai in 5', 7, 'set starts'],
])('%s is refused at %i with advice', (text, at, advice) => {
  const filter = compileFilter(text, vocabulary);
  expect(filter.ok).toBe(false);
  if (!filter.ok) {
    expect(filter.at).toBe(at);
    expect(filter.message).toContain(advice);
  }
});

test('any text either compiles or is refused with a place inside it', () => {
  const piece = fc.constantFrom(
    'a',
    '.',
    '[',
    ']',
    '(',
    ')',
    '"',
    '==',
    ' and ',
    'not ',
    '1',
    '!',
    '{',
    '}',
    ',',
    '..',
    '/',
    '~',
    '-',
    'é',
    ' ',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('');
      const filter = compileFilter(text, vocabulary);
      if (filter.ok) filter.test(frame());
      else expect(filter.at).toBeLessThanOrEqual(text.length);
    }),
    { numRuns: 3000 },
  );
});

test('deep nesting is refused, not a stack overflow', () => {
  expect(compileFilter(`${'('.repeat(100_000)}a`).ok).toBe(false);
});

test('the explanation reads as a sentence', () => {
  const say = (text: string): string => {
    const f = compileFilter(text, vocabulary);
    return f.ok ? f.explain() : '';
  };
  expect(say('mana and toClient and beings.destination.x > 1400')).toBe(
    'Frames of mana going to the client where beings.destination.x is above 1400',
  );
  expect(say('')).toBe('Every frame');
  expect(say('"bob"')).toBe('Frames that contain “bob” anywhere');
});

test('completion offers fields of the named protocol, then operators, then values', () => {
  const at = (text: string): string[] => completeFilter(text, text.length, vocabulary).map((c) => c.text);
  expect(at('mana and beings.dest')[0]).toBe('beings.destination.x');
  expect(at('dah')).toContain('dahai');
  expect(at('dir == ')).toEqual(['toServer', 'toClient']);
  expect(at('message == d')).toContain('dahai');
  expect(at('actor ')).toContain('==');
  expect(at('expert.severity >= ')).toEqual([]);
  expect(at('action == ')).toEqual(['2']);
  const [first] = completeFilter('mjsonp and act', 14, vocabulary);
  expect(first).toMatchObject({ text: 'actor', from: 11, to: 14 });
});
