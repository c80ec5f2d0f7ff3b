import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { connect, hex } from '../../library/index.ts';
import { recordingAsTest } from '../replay/as-test.ts';
import { Closers, recordVisit, startServer, towards, type Visit } from './testing/replay-world.ts';
import { visitFco, visitMana, visitMuddery } from './testing/visits.ts';

const closers = new Closers();
afterEach(() => closers.closeAll());
const run = promisify(execFile);
const LIBRARY = new URL('../../library/index.ts', import.meta.url).href;

/** Runs the written test as a team would, on the library of this checkout. */
async function runTest(visit: Visit, urls: Record<string, string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'interpose-as-test-'));
  closers.add(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'visit.test.ts');
  const code = recordingAsTest(visit.recording, { title: 'the visit', urls });
  writeFileSync(file, code.replace("from 'interpose'", `from '${LIBRARY}'`));
  const options = { timeout: 60_000, env: { PATH: process.env.PATH } };
  const flags = ['--disable-warning=ExperimentalWarning', '--test-reporter=tap', file];
  const failed = (error: { stdout: string; stderr: string }): { stdout: string; stderr: string } => error;
  const { stdout, stderr } = await run(process.execPath, flags, options).catch(failed);
  return stdout + stderr;
}

test('a recording becomes a test that runs against another server, with its ids passed on', async () => {
  const visit = await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints) });
  const server = await startServer(closers, 'fco', { seed: 7, pace: 'fast' });
  await visitFco(server.endpoints, 'earlier');
  const output = await runTest(visit, towards(visit, server));
  expect(output).toMatch(/^# pass 1$/m);
  expect(output).toMatch(/^# fail 0$/m);
});

test('handoffs, tokens and lists are written as code as well', async () => {
  for (const [name, pay] of [
    ['mana', visitMana],
    ['muddery', visitMuddery],
  ] as const) {
    const visit = await recordVisit(name, { visit: (endpoints) => pay(endpoints) });
    const server = await startServer(closers, name, { seed: 1, pace: 'fast' });
    const output = await runTest(visit, towards(visit, server));
    expect(output, output).toMatch(/^# pass 1$/m);
  }
});

test('a server that answers otherwise makes it fail, and it says how', async () => {
  const visit = await recordVisit('fco', { visit: (endpoints) => visitFco(endpoints) });
  const server = await startServer(closers, 'fco', { seed: 1, pace: 'fast' });
  // The name is taken: `create_ok` does not come.
  await visitFco(server.endpoints);
  const output = await runTest(visit, towards(visit, server));
  expect(output).toMatch(/create_ok did not come.*already_registered/s);
});

test('the library speaks a protocol by the names of its messages and explains what does not come', async () => {
  const server = await startServer(closers, 'mjsonp', { seed: 1, pace: 'fast', options: { houseBots: '3' } });
  const game = await connect(server.endpoints['game']!, { protocol: 'mjsonp' });
  closers.add(() => game.close());
  expect((await game.expect('hello', { protocol: 'mjsonp' })).at('protocol_version')).toBe(3);
  game.send('join', { type: 'join', name: 'ann', room: 'nowhere' });
  await expect(game.expect('start_game', {}, 500)).rejects.toThrow(/start_game did not come.*error/s);
  expect(() => game.send('no such thing', {})).toThrow(/cannot be written/);
  await expect(connect('tcp://127.0.0.1:1', { protocol: 'chess' })).rejects.toThrow(/no protocol chess/);
  expect(hex('00ff')).toEqual(Uint8Array.of(0, 255));
});
