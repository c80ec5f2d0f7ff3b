import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { startEngine, type StartedEngine } from '../../app/engine/start-engine.ts';
import { socketchat } from '../../fixtures/socketchat/socketchat.ts';
import type { FuzzStatus } from '../contract/fuzz-verbs.ts';
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
  expect(view.title).toContain('Flag should be an integer');
  expect(view.command).toContain('interpose fuzz repro');
  expect(view.report).toContain('# F1');
  expect(view.script).toContain("from 'node:net'");
  expect(view.steps.some((step) => step.direction === 'toClient' && step.message === 'chat_receipt')).toBe(true);
  expect(await engine.call('fuzz.repro', { id: 'F1', times: 2 })).toEqual({ seen: 2, times: 2 });
  await expect(engine.call('fuzz.finding', { id: 'F9' })).rejects.toMatchObject({ code: 'not-found' });
});

test('targets beyond this machine are refused', async () => {
  const { started } = await visited();
  await expect(started.engine.call('fuzz.start', { to: 'tcp://192.0.2.1:4004', cases: 5 })).rejects.toMatchObject({
    code: 'not-allowed',
  });
  expect(await started.engine.call('fuzz.status', {})).toBeNull();
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
