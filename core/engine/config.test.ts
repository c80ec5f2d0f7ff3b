import { Ajv2020 } from 'ajv/dist/2020.js';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CONFIG_KEYS, describeProblems, readConfig } from './config.ts';
import { ConfigWatcher } from './config-watcher.ts';
import { breakpointShape, faultShape, proxyShape, ruleShape } from './traffic-shapes.ts';
import { talkEngine } from './testing/talk-engine.ts';

const PATH = '/games/mine/interpose.yaml';
const WHOLE = `
proxies:
  - name: login
    listen: tcp://127.0.0.1:7000
    upstream: tls://game.example:7000
    protocol: mana
    options: { dialect: head }
    tls: { verify: false, ca: certs/ca.pem }
  - name: browser
    listen: socks5://127.0.0.1:1080
    targets:
      - match: '*.game.example:443'
        transport: wss
        protocol: fco
protocols: [chat.protocol.yaml]
breakpoints:
  - filter: message == "trade"
rules:
  - when: message == "PGMSG_WALK" && x > 100
    probability: 0.5
    actions:
      - do: set
        path: x
        value: { expr: x + 1 }
      - drop
faults:
  - kind: latency
    ms: 120
script: hooks.ts
session: runs/today.ipsession
`;

test('a whole file is read, with defaults filled in and paths made absolute', () => {
  const result = readConfig(WHOLE, PATH);
  expect(result.ok ? [] : result.problems).toEqual([]);
  if (!result.ok) return;
  const { config } = result;
  expect(config.proxies.map((p) => p.name)).toEqual(['login', 'browser']);
  expect(config.proxies[0]!.tls).toEqual({ verify: false, ca: '/games/mine/certs/ca.pem' });
  expect(config.protocols).toEqual(['/games/mine/chat.protocol.yaml']);
  expect(config.breakpoints).toEqual([
    { id: 'breakpoint-1', enabled: true, limitMs: 30_000, onLimit: 'forward', filter: 'message == "trade"' },
  ]);
  expect(config.rules).toMatchObject([{ id: 'rule-1', enabled: true, actions: [{ do: 'set' }, { do: 'drop' }] }]);
  expect(config.faults).toMatchObject({
    seed: 1,
    faults: [{ id: 'fault-1', enabled: true, kind: 'latency', ms: 120 }],
  });
  expect(config.script).toBe('/games/mine/hooks.ts');
  expect(config.session).toBe('/games/mine/runs/today.ipsession');
});

test('an empty file is a configuration of nothing', () => {
  expect(readConfig('', PATH)).toEqual({ ok: true, config: { proxies: [], protocols: [] } });
});

test.each([
  ['a misspelt key', 'proxys: []\n', 1, 'proxys'],
  ['a key misspelt within', 'proxies:\n  - name: a\n    listn: tcp://127.0.0.1:1\n', 3, 'listn'],
  ['a missing key', 'proxies:\n  - name: a\n', 2, 'listen'],
  [
    'a wrong type',
    'proxies:\n  - name: a\n    listen: tcp://127.0.0.1:1\n    tls:\n      verify: "no"\n',
    5,
    'proxies[0].tls.verify',
  ],
  ['an unknown action', 'rules:\n  - when: ""\n    actions:\n      - do: fly\n', 4, 'do'],
  ['a number out of range', 'rules:\n  - when: ""\n    probability: 2\n    actions: []\n', 3, 'probability'],
  ['two proxies of one name', 'proxies:\n  - { name: a, listen: x }\n  - { name: a, listen: y }\n', 3, 'Two proxies'],
  ['broken YAML', 'proxies: [\n  - x: {\n', 3, ''],
  ['a key twice', 'proxies: []\nproxies: []\n', 2, 'unique'],
  ['something that is no map', '- a\n- b\n', 1, 'must be an object'],
])('%s is told with its line', (_name, source, line, words) => {
  const result = readConfig(source, PATH);
  expect(result.ok).toBe(false);
  if (result.ok) return;
  expect(result.problems[0]).toMatchObject({ line, column: expect.any(Number) });
  expect(result.problems[0]!.message).toContain(words);
  expect(describeProblems(PATH, result.problems)).toMatch(new RegExp(`^${PATH}:${line}:\\d+: `));
});

test('a bomb of aliases is refused', () => {
  const lines = ['a: &a0 [x]'];
  for (let i = 1; i < 12; i++) lines.push(`a${i}: &a${i} [${new Array(10).fill(`*a${i - 1}`).join(', ')}]`);
  expect(readConfig(lines.join('\n'), PATH).ok).toBe(false);
});

test('the published JSON schema and the reader agree on keys and on the example', () => {
  const schema = JSON.parse(readFileSync(join(import.meta.dirname, '../../docs/interpose.schema.json'), 'utf8')) as {
    properties: Record<string, { items?: { properties: object }; oneOf?: { items?: { properties: object } }[] }>;
  };
  const keys = (value: object | undefined): string[] => Object.keys(value ?? {}).sort();
  expect(keys(schema.properties)).toEqual([...CONFIG_KEYS].sort());
  expect(keys(schema.properties.proxies?.items?.properties)).toEqual(keys(proxyShape));
  expect(keys(schema.properties.rules?.items?.properties)).toEqual(keys(ruleShape));
  expect(keys(schema.properties.breakpoints?.items?.properties)).toEqual(keys(breakpointShape));
  expect(keys(schema.properties.faults?.oneOf?.[1]?.items?.properties)).toEqual(keys(faultShape));
  const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);
  expect(validate(parse(WHOLE)) ? [] : validate.errors).toEqual([]);
  expect(validate({ proxies: [{ name: 'a' }] })).toBe(false);
  expect(validate({ proxys: [] })).toBe(false);
});

test('a saved change is applied, a broken one is told and changes nothing', async () => {
  const { engine } = await talkEngine();
  const path = join(mkdtempSync(join(tmpdir(), 'interpose-test-')), 'interpose.yaml');
  const proxy = (name: string): string =>
    `  - { name: ${name}, listen: 'tcp://127.0.0.1:0', upstream: 'tcp://127.0.0.1:9' }\n`;
  const changed = (fits: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const stop = engine.events.listen({
        event: () => {
          if (!fits()) return;
          stop();
          resolve();
        },
      });
    });
  writeFileSync(path, `proxies:\n${proxy('one')}rules:\n  - when: toServer\n    actions: [drop]\n`);
  await ConfigWatcher.start(engine, path);
  const names = (): string =>
    engine.proxies
      .list()
      .map((p) => `${p.spec.name} ${p.state}`)
      .join(', ');
  expect(names()).toBe('one running');
  expect(engine.control.rules()).toHaveLength(1);

  const url = engine.proxies.list()[0]!.url;
  const second = changed(() => names() === 'one running, two running');
  writeFileSync(path, `proxies:\n${proxy('one')}${proxy('two')}`);
  await second;
  expect(engine.proxies.list()[0]!.url).toBe(url);

  const told = new Promise<string>((resolve) => {
    engine.events.listen({
      event: (event, data) => (event === 'notice' ? resolve((data as { text: string }).text) : undefined),
    });
  });
  writeFileSync(path, 'proxies:\n  - name: one\n    listen: 5\n');
  expect(await told).toContain(':3:');
  expect(names()).toBe('one running, two running');

  const last = changed(() => names() === 'two running');
  writeFileSync(path, `proxies:\n${proxy('two')}`);
  await last;
  await engine.close();
});
