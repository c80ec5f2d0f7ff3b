import { mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Events, VerbName, Verbs } from '../../core/contract/verbs.ts';
import { type StartedEngine, startEngine } from './start-engine.ts';

const SOURCE = `# ours
proxies:
  - name: one   # the first
    listen: tcp://127.0.0.1:0
    upstream: tcp://127.0.0.1:9
rules:
  # nobody walks
  - when: toServer
    actions: [drop]
`;
const TWO = { name: 'two', listen: 'tcp://127.0.0.1:0', upstream: 'tcp://127.0.0.1:9' };

interface Run {
  readonly started: StartedEngine;
  readonly path: string;
  readonly folder: string;
  text(): string;
  ask<V extends VerbName>(verb: V, args: Verbs[V]['args']): Promise<unknown>;
  notices(): string[];
  /** Resolves when `fits` holds; looked at again after every event. */
  until(fits: () => boolean): Promise<void>;
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), 'interpose-writer-'));

async function run(source: string, work: (run: Run) => Promise<void>, folder = newFolder()): Promise<void> {
  const path = join(folder, 'interpose.yaml');
  writeFileSync(path, source);
  const started = await startEngine({
    home: folder,
    config: path,
    serve: false,
    log: 'quiet',
    proxies: [{ ...TWO, name: 'line' }],
  });
  const { engine } = started;
  const client = engine.addClient();
  const notices: string[] = [];
  engine.events.listen({
    event: (event, data) => {
      if (event === 'notice') notices.push((data as Events['notice']).text);
    },
  });
  try {
    await work({
      started,
      path,
      folder,
      text: () => readFileSync(path, 'utf8'),
      ask: (verb, args) => engine.perform(verb, args, client, 1),
      notices: () => notices,
      until: (fits) =>
        new Promise((resolve) => {
          if (fits()) return resolve();
          const stop = engine.events.listen({
            event: () => {
              if (!fits()) return;
              stop();
              resolve();
            },
          });
        }),
    });
  } finally {
    await started.close();
  }
}

test('what a client changes is in the file when it is answered, and a new run starts with it', async () => {
  let written = '';
  const home = newFolder();
  await run(
    SOURCE,
    async ({ started, ask, text, folder, notices }) => {
      const rules = started.engine.control.rules();
      await ask('rules.set', {
        rules: [...rules, { id: 'rule-2', enabled: true, when: 'toClient', actions: [{ do: 'drop' }] }],
      });
      await ask('faults.set', { plan: { seed: 1, faults: [{ id: 'f', enabled: true, kind: 'latency', ms: 20 }] } });
      await ask('breakpoints.set', {
        breakpoints: [{ id: 'b', enabled: false, filter: 'toServer', limitMs: 30_000, onLimit: 'forward' }],
      });
      await ask('proxy.start', { spec: TWO });
      writeFileSync(join(folder, 'hooks.ts'), 'export default { onFrame() {} };');
      await ask('script.load', { path: join(folder, 'hooks.ts') });
      await ask('proxy.update', { name: 'one', spec: { ...started.engine.proxies.specs()[0]!, maxConnections: 3 } });
      written = text();
      expect(notices()).toEqual([]);
    },
    home,
  );
  expect(written).toBe(`# ours
proxies:
  - name: one   # the first
    listen: tcp://127.0.0.1:0
    upstream: tcp://127.0.0.1:9
    maxConnections: 3
  - name: two
    listen: tcp://127.0.0.1:0
    upstream: tcp://127.0.0.1:9
rules:
  # nobody walks
  - when: toServer
    actions: [drop]
  - when: toClient
    actions:
      - drop
faults:
  - kind: latency
    ms: 20
breakpoints:
  - enabled: false
    filter: toServer
script: hooks.ts
`);
  await run(
    written,
    async ({ started, ask, text }) => {
      const { engine } = started;
      expect(engine.proxies.names()).toEqual(['one', 'two', 'line']);
      expect(engine.control.rules()).toHaveLength(2);
      expect(await engine.call('script.status', {})).toMatchObject({ hooks: ['onFrame'] });
      await ask('proxy.remove', { name: 'two' });
      await ask('script.unload', {});
      expect(text()).not.toContain('two');
      expect(text()).not.toContain('hooks.ts');
    },
    home,
  );
});

test('what the engine, the command line, the demo or a handoff starts is not written', async () => {
  await run(SOURCE, async ({ started, ask, text }) => {
    const { engine } = started;
    await engine.call('rules.set', { rules: [] });
    await engine.proxies.start({ ...TWO, name: 'shown' });
    await engine.proxies.start({ ...TWO, name: 'followed' }, { followedFrom: 'one' });
    for (const name of ['line', 'shown', 'followed']) {
      await ask('proxy.update', { name, spec: { ...TWO, name, maxConnections: 2 } });
      await ask('proxy.stop', { name });
      await ask('proxy.start', { spec: { ...TWO, name } });
      await ask('proxy.remove', { name });
    }
    expect(text()).toBe(SOURCE);
  });
});

test('its own writing changes nothing in the engine, and what someone saves in between is not lost', async () => {
  await run(SOURCE, async ({ started, ask, text, path, until }) => {
    const { engine } = started;
    const url = engine.proxies.list()[0]!.url;
    const rule = { ...engine.control.rules()[0]!, title: 'Mine' };
    const mine = { id: 'mine', enabled: true, when: 'toClient', actions: [] };
    // Saved by someone and not read yet when the client's change comes.
    writeFileSync(
      `${path}.new`,
      SOURCE.replace('rules:', '  - { name: three, listen: tcp://127.0.0.1:0, upstream: tcp://127.0.0.1:9 }\nrules:'),
    );
    renameSync(`${path}.new`, path);
    await ask('rules.set', { rules: [rule, mine] });
    expect(text()).toContain('name: three');
    expect(text()).toContain('title: Mine');
    await until(() => engine.proxies.list().some((p) => p.spec.name === 'three' && p.state === 'running'));
    expect(engine.control.rules()).toEqual([rule, mine]);
    expect(engine.proxies.list()[0]!.url).toBe(url);
    // The id the client gave is not in the file, and still names the same rule.
    await ask('rules.set', { rules: [{ ...mine, enabled: false }, rule] });
    expect(text()).toContain(
      'rules:\n  - when: toClient\n    actions: []\n    enabled: false\n  # nobody walks\n  - when: toServer\n    actions: [drop]\n    title: Mine\n',
    );
    expect(engine.control.rules().map((r) => r.id)).toEqual(['mine', 'rule-1']);
  });
});

test('a file that is broken at the moment is left alone and told; once it is right it is written again', async () => {
  await run(SOURCE, async ({ started, ask, text, path, notices, until }) => {
    const broken = 'proxies: [\n';
    writeFileSync(path, broken);
    await ask('proxy.start', { spec: TWO });
    expect(text()).toBe(broken);
    await until(() => notices().some((notice) => notice.startsWith('interpose.yaml was left as it is')));
    expect(started.engine.proxies.names()).toContain('two');
    writeFileSync(path, SOURCE);
    await ask('proxy.update', { name: 'two', spec: { ...TWO, role: 'chat' } });
    expect(text()).toContain(
      '- name: two\n    listen: tcp://127.0.0.1:0\n    upstream: tcp://127.0.0.1:9\n    role: chat\nrules:',
    );
  });
});
