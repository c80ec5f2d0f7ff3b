import fc from 'fast-check';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { Rule } from '../traffic/control.ts';
import { type Config, readConfig } from './config.ts';
import { ConfigWriter } from './config-writer.ts';

const SOURCE = `# The games of the team.   Ask before changing ports!
proxies:
  # the login server
  - name: login
    listen:   tcp://127.0.0.1:7000   # fixed: the client knows it
    upstream: "tls://game.example:7000"
    options: {dialect: head}
    tls: { verify: false, ca: certs/ca.pem }

  # the browser
  - {name: browser, listen: 'socks5://127.0.0.1:1080'}

rules:
# slow walkers
- when: 'message == "walk"'   # all of them
  actions: [ drop ]

# rich people
- when: message == "buy"
  title:   "Rich"
  actions:
    # ten times
    - do: set
      path: price
      value: 10
    - drop
faults:
  - kind: latency   # a slow line
    ms: 120

# the end
`;

function opened(source: string): { path: string; writer: ConfigWriter; config: Config; text: () => string } {
  const path = join(mkdtempSync(join(tmpdir(), 'interpose-test-')), 'interpose.yaml');
  writeFileSync(path, source);
  const read = readConfig(source, path);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const writer = new ConfigWriter(path);
  writer.inForce(read.config);
  return { path, writer, config: read.config, text: () => readFileSync(path, 'utf8') };
}
/** Lines only one of two texts has: `- ` of the first, `+ ` of the second. */
function changes(before: string, after: string): string[] {
  const [a, b] = [before.split('\n'), after.split('\n')];
  const only = (of: string[], other: string[], sign: string): string[] => {
    const left = [...other];
    return of.flatMap((line) => {
      const at = left.indexOf(line);
      if (at < 0) return [`${sign} ${line}`];
      left.splice(at, 1);
      return [];
    });
  };
  return [...only(a, b, '-'), ...only(b, a, '+')];
}

test('what is written unchanged leaves every character of the file', () => {
  const { writer, config, text } = opened(SOURCE);
  writer.write({ section: 'rules', rules: config.rules! });
  writer.write({ section: 'faults', plan: config.faults! });
  writer.write({ section: 'breakpoints', breakpoints: [] });
  for (const spec of config.proxies) writer.write({ section: 'proxies', name: spec.name, spec });
  writer.write({ section: 'script', path: undefined });
  expect(text()).toBe(SOURCE);
});

test('a changed value is replaced in its place, its comment, quotes and neighbours stay', () => {
  const { writer, config, text } = opened(SOURCE);
  const [walkers, rich] = config.rules!;
  writer.write({
    section: 'rules',
    rules: [
      { ...walkers!, when: 'message == "run"' },
      { ...rich!, title: 'Very rich', actions: [{ do: 'set', path: 'price', value: 11 }, { do: 'drop' }] },
    ],
  });
  expect(changes(SOURCE, text())).toEqual([
    `- - when: 'message == "walk"'   # all of them`,
    '-   title:   "Rich"',
    '-       value: 10',
    `+ - when: 'message == "run"'   # all of them`,
    '+   title:   "Very rich"',
    '+       value: 11',
  ]);
  const before = text();
  const [login] = config.proxies;
  writer.write({
    section: 'proxies',
    name: 'login',
    spec: { ...login!, listen: 'tcp://127.0.0.1:7001', options: { dialect: 'head', more: 'yes' }, role: 'account' },
  });
  expect(changes(before, text())).toEqual([
    '-     listen:   tcp://127.0.0.1:7000   # fixed: the client knows it',
    '-     options: {dialect: head}',
    '+     listen:   tcp://127.0.0.1:7001   # fixed: the client knows it',
    '+     options: {dialect: head, more: yes}',
    '+     role: account',
  ]);
});

test('an item that is switched off gets one line, and what the reader fills in is not written', () => {
  const { writer, config, text } = opened(SOURCE);
  const [walkers, rich] = config.rules!;
  const added: Rule = { id: 'rule-3', enabled: true, when: 'toServer', actions: [{ do: 'drop' }] };
  writer.write({ section: 'rules', rules: [{ ...walkers!, enabled: false }, rich!, added] });
  expect(changes(SOURCE, text())).toEqual(['+   enabled: false', '+ - when: toServer', '+   actions:', '+     - drop']);
  expect(text()).toContain('  actions: [ drop ]\n  enabled: false\n\n# rich people');
  expect(text()).toContain('    - drop\n- when: toServer\n  actions:\n    - drop\nfaults:');
});

test('items without ids are known again after others were removed, added and moved', () => {
  const { writer, config, text } = opened(SOURCE);
  const [walkers, rich] = config.rules!;
  writer.write({ section: 'rules', rules: [rich!, walkers!] });
  expect(changes(SOURCE, text())).toEqual([]);
  expect(text().indexOf('# rich people\n- when')).toBeLessThan(text().indexOf('# slow walkers\n- when'));
  writer.write({ section: 'rules', rules: [walkers!] });
  expect(text()).not.toContain('rich people');
  writer.write({ section: 'rules', rules: [{ ...walkers!, dryRun: true }] });
  expect(text()).toContain(
    'rules:\n\n# slow walkers\n- when: \'message == "walk"\'   # all of them\n  actions: [ drop ]\n  dryRun: true\nfaults:',
  );
  writer.write({ section: 'rules', rules: [] });
  expect(text()).toContain('\nrules: []\n');
  writer.write({ section: 'rules', rules: [rich!] });
  expect(text()).toContain('\nrules:\n  - when: message == "buy"\n    title: Rich\n');
});

test('ids that the file has are kept and given to new items', () => {
  const { writer, config, text } = opened('rules:\n  - { id: walk, when: toServer, actions: [drop] }\n');
  writer.write({
    section: 'rules',
    rules: [{ id: 'new', enabled: false, when: 'toClient', actions: [{ do: 'drop' }] }, ...config.rules!],
  });
  expect(text()).toBe(
    'rules:\n  - id: new\n    enabled: false\n    when: toClient\n    actions:\n      - drop\n  - { id: walk, when: toServer, actions: [drop] }\n',
  );
});

test('proxies are added, renamed and removed; paths stay relative to the file', () => {
  const { writer, config, text, path } = opened(SOURCE);
  const [login] = config.proxies;
  expect(login!.tls?.ca).toBe(join(dirname(path), 'certs/ca.pem'));
  writer.write({ section: 'proxies', name: 'login', spec: { ...login!, name: 'first' } });
  expect(changes(SOURCE, text())).toEqual(['-   - name: login', '+   - name: first']);
  writer.write({
    section: 'proxies',
    name: 'more',
    spec: { name: 'more', listen: 'tcp://127.0.0.1:0', tls: { key: join(dirname(path), 'k.pem') } },
  });
  expect(text()).toContain(
    "1080'}\n  - name: more\n    listen: tcp://127.0.0.1:0\n    tls:\n      key: k.pem\n\nrules:",
  );
  writer.write({ section: 'proxies', name: 'browser' });
  writer.write({ section: 'proxies', name: 'more' });
  expect(changes(SOURCE, text())).toEqual([
    '-   - name: login',
    '-   # the browser',
    "-   - {name: browser, listen: 'socks5://127.0.0.1:1080'}",
    '+   - name: first',
  ]);
});

test('sections that are missing are added at the end, a script by its place beside the file', () => {
  const { writer, text, path } = opened('# nothing yet');
  writer.write({ section: 'script', path: join(dirname(path), 'hooks.ts') });
  writer.write({
    section: 'breakpoints',
    breakpoints: [{ id: 'breakpoint-1', enabled: true, filter: 'toServer', limitMs: 30_000, onLimit: 'forward' }],
  });
  writer.write({ section: 'faults', plan: { seed: 1, faults: [{ id: 'a', enabled: true, kind: 'latency', ms: 5 }] } });
  expect(text()).toBe(
    '# nothing yet\nscript: hooks.ts\nbreakpoints:\n  - filter: toServer\nfaults:\n  - kind: latency\n    ms: 5\n',
  );
  writer.write({ section: 'script', path: undefined });
  writer.write({ section: 'faults', plan: { seed: 7, faults: [{ id: 'a', enabled: true, kind: 'latency', ms: 6 }] } });
  expect(text()).toBe(
    '# nothing yet\nbreakpoints:\n  - filter: toServer\nfaults:\n  seed: 7\n  faults:\n  - kind: latency\n    ms: 6\n',
  );
});

test('line ends of Windows and JSON are kept', () => {
  const windows = opened('proxies: []\r\nrules: [] # none\r\n# end\r\n');
  windows.writer.write({ section: 'rules', rules: [{ id: 'a', enabled: true, when: '', actions: [{ do: 'drop' }] }] });
  expect(windows.text()).toBe(
    'proxies: []\r\nrules: # none\r\n  - when: ""\r\n    actions:\r\n      - drop\r\n# end\r\n',
  );
  const json = opened('{"rules": [{"when": "toServer", "actions": ["drop"]}]}\n');
  json.writer.write({ section: 'rules', rules: [{ ...json.config.rules![0]!, enabled: false }] });
  expect(json.text()).toBe('{"rules": [{"when": "toServer", "actions": ["drop"], enabled: false}]}\n');
});

test('a file that is broken, or that says one thing in two places, is left as it is', () => {
  const broken = opened(SOURCE);
  writeFileSync(broken.path, 'rules: [\n');
  expect(() => broken.writer.write({ section: 'rules', rules: [] })).toThrow(/interpose\.yaml:\d+:\d+: /);
  expect(broken.text()).toBe('rules: [\n');
  const shared =
    'rules:\n  - { when: toServer, actions: &a [{ do: delay, ms: 1 }] }\n  - { when: toClient, actions: *a }\n';
  const twice = opened(shared);
  const [first, second] = twice.config.rules!;
  expect(() =>
    twice.writer.write({ section: 'rules', rules: [{ ...first!, actions: [{ do: 'delay', ms: 2 }] }, second!] }),
  ).toThrow('cannot be changed in place');
  expect(twice.text()).toBe(shared);
});

test('the file is replaced as a whole: a link stays a link and nothing is left beside it', () => {
  const { path } = opened(SOURCE);
  const link = join(dirname(path), 'link.yaml');
  symlinkSync(path, link);
  const writer = new ConfigWriter(link);
  writer.write({ section: 'script', path: join(dirname(path), 'hooks.ts') });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(`${SOURCE}script: hooks.ts\n`);
  expect(readdirSync(dirname(path)).sort()).toEqual(['interpose.yaml', 'link.yaml']);
});

test('whatever is done to the rules, the file says them and keeps the comments of the others', () => {
  const texts = fc.constantFrom('toServer', 'a == "b: c"', "it's # no comment", '', '- x', '{a}', 'two\nlines', ' 5');
  const action = fc.oneof(
    fc.constant({ do: 'drop' } as const),
    fc.record({ do: fc.constant('delay' as const), ms: fc.nat(99) }),
    fc.record({
      do: fc.constant('set' as const),
      path: texts,
      value: fc.jsonValue({ maxDepth: 2 }),
    }),
  );
  const rule = fc.record(
    {
      enabled: fc.boolean(),
      when: texts,
      actions: fc.array(action, { maxLength: 3 }),
      title: texts,
      dryRun: fc.boolean(),
    },
    { requiredKeys: ['enabled', 'when', 'actions'] },
  );
  const step = fc.array(fc.tuple(fc.nat(5), fc.option(rule)), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 4 }), (steps) => {
      const { writer, path, config, text } = opened(SOURCE);
      let rules = config.rules!;
      for (const wanted of steps) {
        const next = new Map<string, Rule>();
        for (const [i, made] of wanted) {
          const id = rules[i]?.id ?? `new-${i}`;
          const value = made === null ? rules[i] : ({ id, ...made } as unknown as Rule);
          if (value !== undefined) next.set(id, value);
        }
        rules = [...next.values()];
        writer.write({ section: 'rules', rules });
        const read = readConfig(text(), path);
        const bare = (list: readonly Rule[]): object[] => list.map(({ id: _id, ...rest }) => rest);
        expect(read.ok ? bare(read.config.rules!) : read).toEqual(bare(rules));
        expect(text().slice(0, SOURCE.indexOf('rules:'))).toBe(SOURCE.slice(0, SOURCE.indexOf('rules:')));
        expect(text().endsWith(SOURCE.slice(SOURCE.indexOf('faults:')))).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
});
