import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startEngine, type StartedEngine } from '../../app/engine/start-engine.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import type { FuzzArgs, FuzzStatus } from '../contract/fuzz-verbs.ts';
import { freePort, ROOT } from './fuzz/testing/fuzz-world.ts';
import { createLog } from './log.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** An engine whose open session holds a visit to the chat. */
async function visited(): Promise<{ started: StartedEngine; home: string; plain: string }> {
  const server = await socketchat.startServer({ seed: 1, pace: 'fast' });
  closers.push(() => server.close());
  const plain = server.endpoints['plain']!;
  const home = mkdtempSync(join(tmpdir(), 'interpose-fuzz-verbs-'));
  closers.push(() => rmSync(home, { recursive: true, force: true }));
  const started = await startEngine({ serve: false, home, log: createLog('warnings', () => undefined) });
  closers.push(() => started.close());
  const { url } = await started.engine.call('proxy.start', {
    spec: { name: 'chat', listen: 'tcp://127.0.0.1:0', upstream: plain, protocol: 'socketchat' },
  });
  await socketchat.startClients({ endpoints: { plain: url! }, seed: 1, pace: 'fast', once: true }).done;
  return { started, home, plain };
}

/** The first status a campaign tells that fits. */
function told({ engine }: StartedEngine, fits: (status: FuzzStatus) => boolean): Promise<FuzzStatus> {
  return new Promise((resolve) => {
    const off = engine.events.listen({
      event: (event, data) => {
        if (event !== 'fuzz' || !fits(data as FuzzStatus)) return;
        off();
        resolve(data as FuzzStatus);
      },
    });
  });
}

test('the open session is fuzzed, paused, gone on with and stopped', async () => {
  const { started, home, plain } = await visited();
  const { engine } = started;
  const out = join(home, 'findings');
  expect(await engine.call('fuzz.status', {})).toBeNull();
  await expect(engine.call('fuzz.pause', { on: true })).rejects.toMatchObject({ code: 'not-found' });

  const begun = told(started, ({ cases }) => cases > 3);
  const first = await engine.call('fuzz.start', { to: plain, cases: 100_000, out, ratePerSecond: 200 });
  expect(first).toMatchObject({ state: 'running', rng: 1, planned: 100_000, target: plain });
  await expect(engine.call('fuzz.start', { to: plain })).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(engine.call('fuzz.repro', { id: 'F1' })).rejects.toMatchObject({ code: 'not-found' });
  expect((await begun).coverage.messagesMutated).toBeGreaterThan(0);

  expect((await engine.call('fuzz.pause', { on: true })).state).toBe('paused');
  const goesOn = told(started, ({ state, cases }) => state === 'running' && cases > 5);
  expect((await engine.call('fuzz.pause', { on: false })).state).toBe('running');
  await goesOn;

  const over = told(started, ({ state }) => state === 'stopped');
  expect((await engine.call('fuzz.stop', {})).state).toBe('stopped');
  const { cases } = await over;
  expect(cases).toBeLessThan(100_000);
  expect(existsSync(join(out, 'journal.jsonl'))).toBe(true);
  // What was fuzzed still stands, and another campaign may begin.
  const again = told(started, ({ state }) => state === 'done');
  await engine.call('fuzz.start', { to: plain, cases: 5 });
  expect((await again).cases).toBe(5);
});

test('a finding comes as it is found, with everything about it', async () => {
  const { started } = await visited();
  const { engine } = started;
  const port = await freePort();
  const run = `'${process.execPath}' --disable-warning=ExperimentalWarning '${join(ROOT, 'fixtures/run.ts')}'`;
  const over = told(started, ({ state }) => state !== 'running');
  await engine.call('fuzz.start', {
    to: `tcp://127.0.0.1:${port}`,
    target: `exec ${run} socketchat --port 0 --port plain=${port} --pace fast --bug flag-as-text`,
    cases: 50,
    maxFindings: 1,
  });
  const { findings, error, coverage, phases } = await over;
  expect(phases['getting ready']).toBeGreaterThan(0);
  expect(error).toBeUndefined();
  expect(findings).toMatchObject([{ id: 'F1', oracle: 'schema', confirmed: '3 of 3' }]);
  const tried = coverage.families.reduce((sum, one) => sum + one.tried, 0);
  expect(tried).toBeLessThanOrEqual(51);
  expect(coverage.messages.map(({ name }) => name)).toContain('chat_send');
  expect(coverage.messages.reduce((sum, one) => sum + one.tried, 0)).toBe(tried);
  const view = await engine.call('fuzz.finding', { id: 'F1' });
  expect(view.shrunk.some(({ fails }) => fails)).toBe(true);
  expect(view.isSmallest).toBe(true);
  expect(view.title).toContain('Flag should be an integer');
  expect(view.command).toContain('interpose fuzz repro');
  expect(view.report).toContain('# F1');
  expect(view.script).toContain("from 'node:net'");
  expect(view.steps.some((step) => step.direction === 'toClient' && step.message === 'chat_receipt')).toBe(true);
  expect(await engine.call('fuzz.repro', { id: 'F1', times: 2 })).toEqual({ seen: 2, times: 2 });
  await expect(engine.call('fuzz.finding', { id: 'F9' })).rejects.toMatchObject({ code: 'not-found' });
});

test('earlier campaigns are listed: another one begins with what they kept, one that was stopped goes on', async () => {
  const { started, home, plain } = await visited();
  const { engine } = started;
  expect(await engine.call('fuzz.campaigns', {})).toEqual([]);
  const out = join(home, 'elsewhere', 'first');
  const over = told(started, ({ state }) => state === 'done');
  await engine.call('fuzz.start', { to: plain, cases: 50, reuse: 4, lanes: 2, out });
  expect(await over).toMatchObject({ folder: out });
  const first = readFileSync(join(out, 'journal.jsonl'), 'utf8');
  // They came on connections of others.
  expect(first).toMatch(/"what":"done".*"with":/);
  const [listed, ...others] = await engine.call('fuzz.campaigns', {});
  expect(others).toEqual([]);
  expect(listed).toMatchObject({ folder: out, target: plain, seed: engine.session.path, cases: 50, isOpen: false });
  const kept = readFileSync(join(out, 'corpus/cases.jsonl'), 'utf8').split('\n').slice(0, -1);
  expect(listed).toMatchObject({ kept: kept.length, findings: 0 });

  // Other dice would play others first.
  const stopped = told(started, ({ state, cases }) => state === 'running' && cases > 0);
  const { folder } = await engine.call('fuzz.start', {
    to: plain,
    cases: 70,
    rng: 5,
    corpus: [out],
    ratePerSecond: 50,
  });
  await stopped;
  await engine.call('fuzz.stop', {});
  const end = told(started, ({ state }) => state === 'done');
  const campaigns = await engine.call('fuzz.campaigns', {});
  expect(campaigns.map((one) => one.folder).toSorted()).toEqual([folder, out].toSorted());
  const resumed = await engine.call('fuzz.resume', { folder });
  expect(resumed).toMatchObject({ folder, planned: 70, rng: 5 });
  await expect(engine.call('fuzz.resume', { folder })).rejects.toMatchObject({ code: 'not-allowed' });
  expect(await end).toMatchObject({ cases: 70 });
  const ids = readFileSync(join(folder, 'journal.jsonl'), 'utf8')
    .split('\n')
    .flatMap((line) => (line.includes('"what":"start"') ? [(JSON.parse(line) as { id: string }).id] : []));
  const wanted = kept.map((line) => (JSON.parse(line) as { id: string }).id);
  expect(new Set([...new Set(ids)].slice(0, wanted.length))).toEqual(new Set(wanted));
});

test('what cannot begin is refused and leaves nothing behind', async () => {
  const { started, home, plain } = await visited();
  const { engine } = started;
  const folders = (): string[] => readdirSync(join(home, 'sessions')).filter((name) => name.startsWith('fuzz'));
  const far = 'tcp://192.0.2.1:4004';
  const start = (args: Partial<FuzzArgs>): Promise<unknown> =>
    engine.call('fuzz.start', { to: plain, cases: 5, ...args });
  await expect(start({ to: far })).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(start({ to: far, allow: ['192.0.2.2'] })).rejects.toMatchObject({ code: 'not-allowed' });
  await expect(start({ corpus: [join(home, 'nowhere')] })).rejects.toMatchObject({ code: 'not-found' });
  await expect(start({ filter: 'message == "none"' })).rejects.toMatchObject({ code: 'bad-request' });
  await expect(start({ out: join(process.execPath, 'x') })).rejects.toMatchObject({ code: 'bad-request' });
  await expect(start({ session: join(home, 'nowhere') })).rejects.toMatchObject({ code: 'not-found' });
  for (const wrong of [{ reuse: 0 }, { lanes: 0.5 }, { seconds: 0 }, { ratePerSecond: -1 }, { corpus: 'x' as never }])
    await expect(start(wrong)).rejects.toMatchObject({ code: 'bad-request' });
  await expect(engine.call('fuzz.resume', { folder: home })).rejects.toMatchObject({ code: 'not-found' });
  expect(await engine.call('fuzz.status', {})).toBeNull();
  expect(folders()).toEqual([]);

  const failed = told(started, ({ state }) => state === 'failed');
  await start({ to: `tcp://127.0.0.1:${await freePort()}` });
  expect((await failed).error).toContain('Nothing listens');
  // Closing it takes a moment longer.
  const over = told(started, ({ state }) => state === 'done');
  await start({});
  await over;
  expect(folders()).toEqual(['fuzz-1']);
});

test('a client is fuzzed with what its server said in the open session', async () => {
  const { started } = await visited();
  const client = join(ROOT, 'core/engine/fuzz/testing/small-client.mjs');
  await expect(started.engine.call('fuzz.start', { to: '', side: 'client', cases: 3 })).rejects.toMatchObject({
    code: 'bad-request',
  });
  const over = told(started, ({ state }) => state !== 'running');
  const target = `exec '${process.execPath}' '${client}' {port}`;
  const first = await started.engine.call('fuzz.start', { to: '', side: 'client', target, cases: 3 });
  expect(first.target).toBe(target);
  const { state, cases, error, coverage } = await over;
  expect({ state, cases, error }).toEqual({ state: 'done', cases: 3, error: undefined });
  // What clients say is not mutated.
  expect(coverage.messages.map(({ name }) => name)).toContain('login_result');
  expect(coverage.messages.map(({ name }) => name)).not.toContain('login');
});
