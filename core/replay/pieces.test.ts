import { describe, expect, test } from 'vitest';
import { array, integer, object, record, string } from '../schema/builders.ts';
import { createVocabulary, type FilterSubject } from '../traffic/filter/filter.ts';
import { align } from './align.ts';
import { compareMessages, IGNORE_NOTHING, ignoresFrom } from './compare.ts';
import { ContractCheck, readContracts } from './contracts.ts';
import { editsFor, readCopyValues } from './copies.ts';
import { readEndpointMap } from './endpoints.ts';
import { junitOfRows, junitXml } from './junit.ts';
import { metaAt, patternOf } from './leaves.ts';
import { parsePace } from './pace.ts';
import { diffFrames } from './frame-diff.ts';

const message = (fields: unknown, name = 'm') => ({ name, fields, range: [0, 0] as const, path: '' });
const paths = (a: unknown, b: unknown, ignores = IGNORE_NOTHING): string[] =>
  compareMessages(message(a), message(b), ignores)
    .filter((one) => one.ignored === undefined)
    .map((one) => one.path);

describe('fields are compared one by one', () => {
  test.each([
    [{ a: 1, b: [1, 2] }, { a: 1, b: [1, 3] }, ['b[1]']],
    [{ a: 5 }, { a: 5n }, []],
    [{ a: [1, 2] }, { a: [] }, ['a[0]', 'a[1]']],
    [{ a: [] }, { a: [1] }, ['a']],
    [{ a: 1 }, { a: 1, b: 2 }, ['b']],
    [{ a: Uint8Array.of(1) }, { a: Uint8Array.of(1) }, []],
    [{ a: Number.NaN }, { a: Number.NaN }, []],
    [{ a: null }, {}, ['a']],
  ])('%o and %o differ in %o', (a, b, expected) => {
    expect(paths(a, b)).toEqual(expected);
  });

  test('what is ignored is ignored with everything below it, by name, message or all', () => {
    const [a, b] = [
      { hero: { hp: 1, mp: 2 }, gold: 3 },
      { hero: { hp: 5, mp: 6 }, gold: 4 },
    ];
    expect(paths(a, b, ignoresFrom(['m.hero']))).toEqual(['gold']);
    expect(paths(a, b, ignoresFrom(['hero.hp', '*.gold']))).toEqual(['hero.mp']);
    expect(paths(a, b, ignoresFrom(['m']))).toEqual([]);
    expect(paths(a, b, ignoresFrom(['n.hero', 'n']))).toEqual(['hero.hp', 'hero.mp', 'gold']);
  });

  test('what is kept under an id is compared with what is kept under the id that took its place', () => {
    const isRenamed = (was: unknown, is: unknown): boolean => was === 45 && is === 52;
    const renames = { ...IGNORE_NOTHING, isRenamed };
    expect(paths({ hp: { 45: 9, 4: 3 } }, { hp: { 52: 9, 4: 3 } }, renames)).toEqual([]);
    expect(paths({ hp: { 45: 9, 4: 3 } }, { hp: { 52: 8, 4: 3 } }, renames)).toEqual(['hp["45"]']);
    expect(paths({ hp: { 45: 9 } }, { hp: { 53: 9 } }, renames)).toEqual(['hp["45"]', 'hp["53"]']);
  });

  test('times of day are known by the time of the run', () => {
    const [was, is] = [1_700_000_000, 1_763_000_000];
    const moments = { recorded: was, replayed: is };
    const [one] = compareMessages(
      message({ at: was * 1000 + 5 }),
      message({ at: is * 1000 + 9 }),
      IGNORE_NOTHING,
      moments,
    );
    expect(one!.ignored).toBe('a time of day');
    const [other] = compareMessages(message({ at: was * 1000 }), message({ at: 12 }), IGNORE_NOTHING, moments);
    expect(other!.ignored).toBeUndefined();
  });

  test('meta is found through lists and dictionaries, and a volatile list is volatile throughout', () => {
    const node = object({
      players: array(object({ id: integer({ role: 'id' }), name: string() })),
      state: record(object({ hp: integer({ volatile: true }) })),
      deals: array(array(integer()), { volatile: true }),
    });
    expect(metaAt(node, ['players', 3, 'id']).role).toBe('id');
    expect(metaAt(node, ['state', '35', 'hp']).volatile).toBe(true);
    expect(metaAt(node, ['deals', 0, 2]).volatile).toBe(true);
    expect(metaAt(node, ['nothing', 'here'])).toEqual({});
    expect(patternOf(['players', 3, 'id'])).toBe('players[].id');
    expect(patternOf(['state', '35', 'hp'])).toBe('state[].hp');
  });
});

describe('alignment', () => {
  const item = (name: string, value: number, segment: number) => ({ conn: 1, message: { name }, segment, value });
  const aligned = (a: readonly ReturnType<typeof item>[], b: readonly ReturnType<typeof item>[]): string[] =>
    align(a, b, { segmentsCount: true, difference: (x, y) => (x.value === y.value ? 0 : 1) }).map(
      ({ recorded, live }) => `${recorded?.message.name ?? '-'}${recorded?.value ?? ''}:${live?.value ?? '-'}`,
    );

  test('pushes of different names may change places', () => {
    expect(aligned([item('a', 1, 1), item('b', 2, 1)], [item('b', 2, 1), item('a', 1, 1)])).toEqual(['a1:1', 'b2:2']);
  });

  test('one that is missing does not make all behind it different', () => {
    const recorded = Array.from({ length: 30 }, (_, i) => item('a', i, i));
    const rows = aligned(
      recorded,
      recorded.filter((one) => one.value !== 11),
    );
    expect(rows.filter((row) => row.endsWith(':-'))).toEqual(['a11:-']);
    expect(rows).toHaveLength(30);
  });

  test('pushes of one name change places where they are about different things, and only there', () => {
    const [one, other] = [item('enter', 7, 3), item('enter', 8, 3)];
    const rows = (mayCross: boolean): string[] =>
      align([one, other], [other, one], {
        segmentsCount: true,
        difference: (x, y) => (x.value === y.value ? 0 : 4),
        mayCross: () => mayCross,
      }).map(({ recorded, live }) => `${recorded?.value ?? '-'}:${live?.value ?? '-'}`);
    expect(rows(true)).toEqual(['7:7', '8:8']);
    expect(rows(false)).not.toContain('7:7');
  });

  test('of several alike, the one that is much more like it is taken, though another came first', () => {
    const recorded = [item('enter', 1, 3)];
    const live = [item('enter', 5, 3), item('enter', 1, 3)];
    const rows = align(recorded, live, {
      segmentsCount: true,
      difference: (x, y) => (x.value === y.value ? 0 : 6),
      mayCross: () => true,
    });
    expect(rows.find((row) => row.recorded !== undefined)!.live).toBe(live[1]);
  });

  test('of equal messages the one without a counterpart is told by when it came', () => {
    const recorded = [item('a', 0, 1), item('a', 0, 2), item('a', 0, 3)];
    expect(aligned(recorded, [item('a', 0, 1), item('a', 0, 3)])).toEqual(['a0:0', 'a0:-', 'a0:0']);
  });

  test('ten thousand messages with one missing are aligned', () => {
    const recorded = Array.from({ length: 10_000 }, (_, i) => item('a', i % 7, i));
    const rows = aligned(
      recorded,
      recorded.filter((_one, i) => i !== 5000),
    );
    expect(rows.filter((row) => row.endsWith(':-'))).toHaveLength(1);
  });
});

describe('contracts', () => {
  const vocabulary = createVocabulary(['shop'], []);
  const subject = (n: number, name: string, fields: object, at: number, conn = 1): FilterSubject => ({
    n,
    conn,
    direction: name.startsWith('ask') ? 'toServer' : 'toClient',
    at,
    size: 10,
    origin: 'wire',
    fate: 'forwarded',
    protocol: 'shop',
    names: [name],
    ids: [undefined],
    summary: '',
    expert: [],
    carrier: {},
    transport: 'tcp',
    proxy: '',
    role: '',
    journey: undefined,
    client: { address: '', port: 0 },
    server: { address: '', port: 0 },
    answerMs: Number.NaN,
    waitedMs: 0,
    mark: undefined,
    comment: undefined,
    touchedBy: [],
    bytes: new Uint8Array(0),
    fields: [fields],
  });
  const check = (yaml: string, ...frames: FilterSubject[]): string[] => {
    const { contracts, problems } = readContracts(yaml, vocabulary);
    expect(problems).toEqual([]);
    const checker = new ContractCheck(contracts);
    for (const frame of frames) checker.see(frame);
    return checker.end().map((one) => `${one.name}: ${one.held ? 'held' : one.breaches.map((b) => b.n).join(' ')}`);
  };

  test('always, never and after … within … expect', () => {
    const yaml = `
contracts:
  - name: hp
    never: hp < 0
  - name: gold
    where: message == "sold"
    always: gold >= 0
  - name: answered
    after: message == "ask"
    within: 500ms
    expect: message == "sold"
`;
    const fine = [subject(1, 'ask', {}, 0), subject(2, 'sold', { gold: 1, hp: 3 }, 0.2)];
    expect(check(yaml, ...fine)).toEqual(['hp: held', 'gold: held', 'answered: held']);
    const bad = [
      subject(1, 'ask', { hp: -1 }, 0),
      subject(2, 'sold', { gold: -5 }, 0.9),
      subject(3, 'ask', {}, 1),
      subject(4, 'sold', { gold: 0 }, 1.1, 2),
    ];
    expect(check(yaml, ...bad)).toEqual(['hp: 1', 'gold: 2', 'answered: 1 3']);
    expect(check(`- { after: ask, expect: sold, within: 2s, anywhere: true }`, bad[2]!, bad[3]!)).toEqual([
      'contract 1: held',
    ]);
  });

  test.each([
    ['contracts: 5', /a list of contracts/],
    ['- {}', /has one of/],
    ['- { always: "a == 1", never: "b == 1" }', /has one of/],
    ['- { never: "((" }', /never: .*character/],
    ['- { after: "a == 1" }', /needs `expect`/],
    ['- { after: a, expect: b, within: soon }', /2s or 500ms/],
    ['- { always: a, within: 2s }', /does not go with/],
    ['- { sometimes: a }', /not known/],
    ['- [', /./],
  ])('%s is explained', (yaml, problem) => {
    const { problems } = readContracts(yaml, vocabulary);
    expect(problems[0]!.message).toMatch(problem);
    expect(problems[0]!.line).toBe(1);
  });
});

describe('values for copies', () => {
  test('are read from CSV with quotes, and numbered', () => {
    const values = readCopyValues('login.Name,"value:Anna, 1"\r\nuser{copy:4},"say ""hi"""\n');
    expect(values).toEqual([{ 'login.Name': 'user{copy:4}', 'value:Anna, 1': 'say "hi"' }]);
    const edits = editsFor(values[0]!, 7);
    const frame = {} as Parameters<typeof edits.edit>[0];
    expect(edits.edit(frame, message({ Name: 'x', other: 'Anna, 1' }, 'login'))).toEqual([
      { path: ['Name'], value: 'user0007', binding: 'copy' },
      { path: ['other'], value: 'say "hi"', binding: 'copy' },
    ]);
    expect(edits.isRenamed('x', 'user0007')).toBe(true);
    expect(edits.isRenamed('x', 'user0008')).toBe(false);
  });

  test('keep the kind of the recorded value', () => {
    const frame = {} as Parameters<ReturnType<typeof editsFor>['edit']>[0];
    const edited = editsFor({ 'm.n': '5', 'm.b': '6', 'm.f': 'true' }, 1).edit(
      frame,
      message({ n: 1, b: 1n, f: false }),
    );
    expect(edited.map((one) => one.value)).toEqual([5, 6n, true]);
  });

  test.each([
    ['', /line of columns/],
    ['name\nx', /neither message\.field/],
    ['a.b,c.d\nonly one', /Line 2/],
  ])('%j is explained', (csv, problem) => {
    expect(() => readCopyValues(csv)).toThrow(problem);
  });
});

test('paces and endpoints are read, and explained when they cannot be', () => {
  expect([parsePace('lockstep'), parsePace('recorded'), parsePace('x2.5'), parsePace('fast')]).toEqual([
    { kind: 'lockstep' },
    { kind: 'timed', factor: 1 },
    { kind: 'timed', factor: 2.5 },
    { kind: 'fast' },
  ]);
  for (const text of ['', 'x0', 'quick', 'x-1']) expect(() => parsePace(text)).toThrow(/lockstep/);
  expect(readEndpointMap(['ws://h:1/?a=b'])).toBe('ws://h:1/?a=b');
  expect(readEndpointMap(['8000=ws://h:1', 'play=ws://h:2'])).toEqual({ '8000': 'ws://h:1', play: 'ws://h:2' });
  expect(() => readEndpointMap(['tcp://a:1', 'tcp://b:2'])).toThrow(/host:port=URL/);
});

test('JUnit holds what XML cannot', () => {
  const side = { n: 3, conn: 1, message: 'say "<&>"', summary: '\u0001', direction: 'toClient' as const };
  const xml = junitXml('replay', junitOfRows([{ outcome: 'missing', recorded: side, fields: [] }]), 1.5);
  expect(xml).toContain('tests="1" failures="1"');
  expect(xml).toContain('name="#3 say &quot;&lt;&amp;&gt;&quot;"');
  expect(xml).toContain('\\u0001');
  expect(xml).not.toContain('\u0001');
});

test('two frames differ in fields and in ranges of bytes', () => {
  const frame = (bytes: number[], fields: unknown) => ({ bytes: Uint8Array.from(bytes), messages: [message(fields)] });
  expect(diffFrames(frame([1, 2, 3, 4], { a: 1 }), frame([1, 9, 9, 4], { a: 2 }), IGNORE_NOTHING)).toEqual({
    fields: [{ path: 'a', outcome: 'different', a: '1', b: '2' }],
    bytes: [{ a: [1, 3], b: [1, 3] }],
  });
  const { bytes } = diffFrames(frame([1, 2, 4], {}), frame([1, 7, 8, 4], {}), IGNORE_NOTHING);
  expect(bytes).toEqual([{ a: [1, 2], b: [1, 3] }]);
});
