/** `interpose fuzz` that is ended by a signal, and `interpose fuzz` that is used wrongly. */
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { freePort } from '../../core/engine/fuzz/testing/fuzz-world.ts';
import { chatOn, isTaken, SEED, until } from '../acceptance/chat-campaign.ts';
import { CommandLine } from '../acceptance/command-line.ts';

let line = new CommandLine();
afterEach(async () => {
  await line.end();
  line = new CommandLine();
});

test('a signal ends what was started, and the campaign goes on later', async () => {
  const port = await freePort();
  const to = ['--to', `tcp://127.0.0.1:${port}`];
  const campaign = line.start(['fuzz', ...SEED, ...to, '--target', chatOn(port), '--out', 'findings']);
  const journal = line.path('findings/journal.jsonl');
  await until(() => existsSync(journal) && readFileSync(journal, 'utf8').includes('"what":"done"'));
  const second = await line.run(['fuzz', '--resume', '--out', 'findings']);
  expect(second).toMatchObject({ code: 2 });
  expect(second.err).toContain('is running');
  expect(await campaign.stop('SIGTERM')).toMatchObject({ code: 0 });
  expect(await isTaken(port)).toBe(false);
  const rest = await line.run(['fuzz', '--resume', '--out', 'findings', '--cases', '20', ...to]);
  expect([0, 1], rest.err).toContain(rest.code);
  expect(rest.err).toContain('passed over: --to');
});

test('wrong use is one line that says what to do, and leaves nothing behind', async () => {
  const none = await line.run(['fuzz', ...SEED, '--out', 'x']);
  expect(none).toMatchObject({ code: 2 });
  expect(none.err).toContain('--to');
  const far = await line.run(['fuzz', ...SEED, '--to', 'tcp://192.0.2.1:4004', '--out', 'y']);
  expect(far).toMatchObject({ code: 2 });
  expect(far.err).toContain('--allow 192.0.2.1');
  const silent = ['fuzz', ...SEED, '--to', `tcp://127.0.0.1:${await freePort()}`, '--out', 'y'];
  const absent = await line.run(silent);
  expect(absent).toMatchObject({ code: 2, out: '' });
  expect(absent.err).toContain('Nothing listens');
  expect(existsSync(line.path('y'))).toBe(false);
  for (const [option, wrong] of [
    ['--cases', '0'],
    ['--cases', '-5'],
    ['--lanes', '1.5'],
    ['--reuse', '0'],
    ['--time', '-1'],
    ['--from-frame', '0'],
  ] as const) {
    const bad = await line.run([...silent, option, wrong]);
    expect(bad).toMatchObject({ code: 2 });
    expect(bad.err.trim().split('\n')).toHaveLength(1);
    expect(bad.err).toMatch(new RegExp(`${option} takes a .*not ${wrong}`));
  }
  const nothing = await line.run(['fuzz', 'repro', 'nowhere']);
  expect(nothing).toMatchObject({ code: 2 });
  expect(nothing.err).toContain('no finding in nowhere');
});
