import { expect, test } from 'vitest';
import type { Rule, RuleAction } from '../traffic/control.ts';
import { Bench, type BenchRelay } from './bench-for-tests.ts';
import { compileExpression } from './expression.ts';
import { explainRule } from './rule-sentence.ts';
import { parseRules, printRules } from './rule-yaml.ts';
import { createDice } from '../traffic/clock.ts';
import { say } from './toy-for-tests.ts';

const line = (text: string, n = 1): string => `${say(text, n)}\n`;
const rule = (id: string, when: string, ...actions: RuleAction[]): Rule => ({ id, when, enabled: true, actions });

function ruled(...rules: Rule[]): { bench: Bench; relay: BenchRelay } {
  const bench = new Bench();
  bench.control.setRules(rules);
  return { bench, relay: bench.relay() };
}

test('a field is set and everything else keeps its bytes', () => {
  const { bench, relay } = ruled(rule('r', 'text == "hi"', { do: 'set', path: 'text', value: 'bye' }));
  relay.client('{ "seq": 7,  "text":"hi", "type":"say" }\r\n');
  expect(relay.sent()).toBe('{ "seq": 7,  "text":"bye", "type":"say" }\r\n');
  expect(bench.sink.frames[0]).toMatchObject({ fate: 'edited', touchedBy: ['r'] });
  expect(bench.control.ruleStatus()).toMatchObject([{ id: 'r', hits: 1, lastFrame: 1 }]);
  expect(bench.decisions).toEqual([{ n: 1, by: 'r', what: 'text set to "bye"' }]);
});

test('values are computed from fields, earlier messages and the dice', () => {
  const { relay } = ruled(
    rule('sum', 'text == "sum"', { do: 'set', path: 'seq', value: { expr: 'seq * 2 + 1' } }),
    rule('last', 'text == "last"', { do: 'set', path: 'text', value: { expr: 'last("go", "token") + "!"' } }),
    rule('dice', 'text == "dice"', { do: 'set', path: 'seq', value: { expr: 'dice(5, 6)' } }),
    rule('pick', 'text == "pick"', { do: 'set', path: 'text', value: { expr: 'pick("a", "b")' } }),
  );
  relay.server('{"type":"go","host":"h","port":1,"token":"T"}\n');
  relay.client(line('sum', 20) + line('last') + line('dice') + line('pick'));
  const seen = relay
    .sent()
    .trimEnd()
    .split('\n')
    .map((l) => JSON.parse(l) as { text: string; seq: number });
  expect(seen[0]!.seq).toBe(41);
  expect(seen[1]!.text).toBe('T!');
  expect([5, 6]).toContain(seen[2]!.seq);
  expect(['a', 'b']).toContain(seen[3]!.text);
});

test('replace, drop, duplicate, delay, reorder and mark act', () => {
  const { bench, relay } = ruled(
    rule('replace', 'text == "aXbX"', { do: 'replace', find: 'X', with: 'yy', as: 'text' }),
    rule('hex', 'text == "hex"', { do: 'replace', find: '68 65 78', with: '21', as: 'hex' }),
    rule('drop', 'text == "drop"', { do: 'drop' }),
    rule('twice', 'text == "twice"', { do: 'duplicate', times: 1 }),
    rule('mark', 'text == "mark"', { do: 'mark', color: 'red', comment: 'look' }),
  );
  relay.client(line('aXbX') + line('hex') + line('drop') + line('twice') + line('mark'));
  expect(relay.sent()).toBe(line('ayybyy') + line('!') + line('twice') + line('twice') + line('mark'));
  expect(bench.marks).toEqual([[5, 'red', 'look']]);
  const { bench: later, relay: slow } = ruled(
    rule('delay', 'text == "delay"', { do: 'delay', ms: 100 }),
    rule('behind', 'text == "behind"', { do: 'reorder', behind: 2 }),
  );
  slow.client(line('behind') + line('1') + line('2') + line('3'));
  expect(slow.sent()).toBe(line('1') + line('2') + line('behind') + line('3'));
  slow.client(line('delay') + line('4'));
  later.advance(100);
  expect(slow.times().slice(-2)).toEqual([100, 100]);
  slow.client(line('behind'));
  later.advance(1000);
  expect(slow.sent().endsWith(line('4') + line('behind'))).toBe(true);
  expect(later.sink.frames[0]!.fate).toBe('delayed');
  expect(later.control.readMeter().exact).toBe(true);
});

test('frames are injected before, after and the other way, and answered in place of the server', () => {
  const message = (text: string): { message: string; fields: Record<string, unknown> } => ({
    message: 'say',
    fields: { type: 'say', text, seq: 0 },
  });
  const { bench, relay } = ruled(
    rule(
      'around',
      'text == "x"',
      { do: 'inject', where: 'before', direction: 'toServer', message: message('before') },
      { do: 'inject', where: 'after', direction: 'toServer', message: { text: 'raw after' } },
      { do: 'inject', where: 'after', direction: 'toClient', message: { hex: '68 69' } },
    ),
    rule('answer', 'message == "ask"', { do: 'answer', message: { message: 'answer', fields: { type: 'answer' } } }),
  );
  relay.client(line('x'));
  expect(relay.sent()).toBe(`${line('before', 0)}${line('x')}raw after\n`);
  expect(relay.sent('toClient')).toBe('hi\n');
  relay.client('{"type":"ask"}\n');
  expect(relay.sent('toClient')).toBe('hi\n{"type":"answer"}\n');
  const ask = bench.sink.frames.find((f) => new TextDecoder().decode(f.bytes) === '{"type":"ask"}')!;
  expect(ask).toMatchObject({ fate: 'dropped', touchedBy: ['answer'] });
  expect(bench.sink.frames.filter((f) => f.origin === 'injected').length).toBe(4);
});

test('hold, close and reset act', () => {
  const { bench, relay } = ruled(
    rule('hold', 'text == "hold"', { do: 'hold', limitMs: 50, onLimit: 'drop' }),
    rule('close', 'text == "close"', { do: 'close' }),
  );
  relay.client(line('hold'));
  expect(bench.control.held()[0]!.breakpoint).toBe('hold');
  bench.advance(50);
  relay.client(line('close'));
  expect(relay.commands.map((c) => `${c.what} ${c.direction}`)).toEqual([
    'send toServer',
    'end toServer',
    'end toClient',
  ]);
  const reset = ruled(rule('reset', '', { do: 'reset' })).relay;
  reset.client(line('x'));
  expect(reset.commands.map((c) => c.what)).toEqual(['send', 'reset', 'reset']);
});

test('scope, the Nth match, limits, chance, expiry, dry run and stop keep a rule within bounds', () => {
  const drop = (id: string, rest: Partial<Rule>): Rule => ({
    ...rule(id, 'message == "say"', { do: 'drop' }),
    ...rest,
  });
  const count = (rest: Partial<Rule>, frames = 6, setup?: (bench: Bench) => void): number => {
    const { bench, relay } = ruled(drop('r', rest));
    for (let i = 0; i < frames; i++) {
      setup?.(bench);
      relay.client(line('x', i));
    }
    return frames - relay.commands.length;
  };
  expect(count({})).toBe(6);
  expect(count({ enabled: false })).toBe(0);
  expect(count({ direction: 'toClient' })).toBe(0);
  expect(count({ proxy: 'other' })).toBe(0);
  expect(count({ proxy: 'proxy', connection: 1 })).toBe(6);
  expect(count({ connection: 2 })).toBe(0);
  expect(count({ nth: 3 })).toBe(1);
  expect(count({ limit: 2 })).toBe(2);
  expect(count({ dryRun: true })).toBe(0);
  expect(count({ expiresAfter: 1 }, 6, (bench) => bench.advance(400))).toBe(2);
  const some = count({ probability: 0.3 }, 1000);
  expect(some).toBeGreaterThan(250);
  expect(some).toBeLessThan(350);
  const { bench } = ruled(drop('r', { dryRun: true }));
  bench.relay().client(line('x'));
  expect(bench.control.ruleStatus()[0]!.hits).toBe(1);
  const stopping = ruled(drop('first', { stop: true, actions: [] }), drop('second', {}));
  stopping.relay.client(line('x'));
  expect(stopping.relay.sent()).toBe(line('x'));
});

test('a rule that cannot run says why, and traffic goes on', () => {
  const { bench, relay } = ruled(
    rule('filter', 'text ==', { do: 'drop' }),
    rule('path', 'text == "x"', { do: 'set', path: 'text', value: { expr: 'nothing + 1' } }),
    rule('expr', '', { do: 'set', path: 'text', value: { expr: '1 +' } }),
  );
  relay.client(line('x'));
  expect(relay.sent()).toBe(line('x'));
  const [filter, path, expr] = bench.control.ruleStatus();
  expect(filter!.broken).toMatch(/of the filter/);
  expect(path!.broken).toBe('at frame 1: the message has no field nothing');
  expect(expr!.broken).toMatch(/ends too early at position 4/);
});

test('counts survive an edit of other rules, and rules without work leave the road to cut-through', () => {
  const { bench, relay } = ruled(rule('r', '', { do: 'mark', comment: 'x' }));
  relay.client(line('1'));
  bench.control.setRules([rule('r', '', { do: 'mark', comment: 'y' }), rule('other', 'text == "no"', { do: 'drop' })]);
  relay.client(line('2'));
  expect(bench.control.ruleStatus()[0]!.hits).toBe(2);
  bench.control.setRules([]);
  relay.client(line('3').slice(0, 4));
  expect(relay.sent()).toBe(line('1') + line('2') + line('3').slice(0, 4));
});

test('a rule explains itself in a sentence', () => {
  const full: Rule = {
    ...rule(
      'r',
      'message == "say"',
      { do: 'set', path: 'text', value: { expr: 'seq + 1' } },
      { do: 'delay', ms: 100, jitterMs: 20 },
    ),
    direction: 'toServer',
    proxy: 'game',
    probability: 0.5,
    nth: 2,
    limit: 3,
    expiresAfter: 60,
    stop: true,
  };
  const { bench } = ruled(full);
  expect(bench.control.ruleStatus()[0]!.sentence).toMatch(
    /^When a frame .*say.* to the server on proxy game passes for the 2nd time on its connection, 50 % of the time, set text to seq \+ 1 and delay it by 100 ms ± 20 ms, at most 3 times and for 60 s; later rules are not asked\.$/,
  );
  const every = {
    ...rule('e', '', { do: 'drop' }, { do: 'hold' }, { do: 'answer', message: { message: 'answer', fields: {} } }),
    enabled: false,
  };
  expect(explainRule(every)).toBe(
    'When every frame passes, drop it, hold it for up to 30 s and then forward it and answer with answer in place of the other side. (Off.)',
  );
  expect(explainRule({ ...rule('d', '', { do: 'duplicate', times: 2 }), dryRun: true })).toBe(
    'When every frame passes, only count; it would send it 2 times more.',
  );
});

const YAML = `
# gold for everyone
rules:
  - id: gold
    title: More gold
    group: economy
    when: message == "say" && seq > 3
    direction: toClient
    probability: 0.5
    actions:
      - do: set
        path: seq
        value: { expr: 'seq + 10' }
      - drop
  - when: ''
    enabled: false
    actions:
      - { do: inject, where: after, direction: toServer, message: { hex: 'ff 00' } }
      - { do: hold, limitMs: 0 }
`;

test('rules are read from YAML and printed back', () => {
  const { rules, problems } = parseRules(YAML);
  expect(problems).toEqual([]);
  expect(rules.map((r) => [r.id, r.enabled, r.actions.length])).toEqual([
    ['gold', true, 2],
    ['rule-2', false, 2],
  ]);
  expect(rules[0]!.actions[1]).toEqual({ do: 'drop' });
  expect(parseRules(printRules(rules))).toEqual({ rules, problems: [] });
  expect(parseRules('')).toEqual({ rules: [], problems: [] });
  expect(parseRules('rules:')).toEqual({ rules: [], problems: [] });
});

test('problems in YAML name line and column, and sound rules are kept', () => {
  const text = [
    'rules:',
    '  - id: good',
    '    when: text == "x"',
    '    actions: [drop]',
    '  - id: bad filter',
    '    when: text ==',
    '    actions: [drop]',
    '  - id: bad action',
    '    when: ""',
    '    actions:',
    '      - fly',
    '      - delay',
    '      - { do: set, path: a, value: { expr: "1 +" } }',
    '      - { do: delay, ms: soon }',
    '  - id: bad key',
    '    wen: ""',
    '    actions: []',
    '  - just text',
    '  - { id: good, when: "", actions: [] }',
    '  - { id: odds, when: "", probability: 2, nth: 0, actions: {} }',
  ].join('\n');
  const { rules, problems } = parseRules(text);
  expect(rules.map((r) => r.id)).toEqual(['good']);
  expect(problems.map((p) => p.line)).toEqual([6, 11, 12, 13, 14, 16, 15, 18, 19, 20, 20, 20]);
  expect(problems[0]!.message).toMatch(/of the filter/);
  expect(problems[1]).toMatchObject({ column: 9, message: expect.stringContaining('"fly" is not an action') });
  expect(problems.find((p) => p.line === 19)!.message).toBe('two rules have the id good');
});

test('hostile YAML is refused without harm', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...Array.from(
      { length: 9 },
      (_, i) =>
        `${'bcdefghij'[i]}: &${'bcdefghij'[i]} [*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]},*${'abcdefghi'[i]}]`,
    ),
    'rules:',
    '  - { when: *j, actions: [] }',
  ].join('\n');
  for (const text of [bomb, '{', '- - - -', '"', 'rules: 7', '!!js/function x', '\0', '- ? {}']) {
    const { rules, problems } = parseRules(text);
    expect(rules).toEqual([]);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.every((p) => p.line >= 1 && p.message !== '')).toBe(true);
  }
});

test('expressions compute and complain', () => {
  const context = { fields: { a: 2, big: 10n, list: [{ x: 5 }], t: 'x' }, dice: createDice(1), last: () => undefined };
  const value = (text: string): unknown => compileExpression(text).evaluate(context);
  expect(value('1 + 2 * 3 - 4 / 2')).toBe(5);
  expect(value('-(a + 1) % 2')).toBe(-1);
  expect(value('big * 2')).toBe(20n);
  expect(value('18446744073709551615 - 1')).toBe(18446744073709551614n);
  expect(value('list[0].x + " of " + t')).toBe('5 of x');
  expect(value('true')).toBe(true);
  for (const [text, why] of [
    ['a +', /ends too early/],
    ['a b', /no meaning/],
    ['fly(1)', /no function fly/],
    ['a / 0', /division by zero/],
    ['t * 2', /not a number/],
    ['last("m")', /message name and a path/],
    ['last("m", "p")', /no m with p was seen/],
    ['("', /cannot read/],
    ['('.repeat(500), /deeply nested/],
  ] as const)
    expect(() => value(text)).toThrow(why);
});
