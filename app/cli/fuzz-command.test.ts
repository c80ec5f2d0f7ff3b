/** `interpose fuzz` as a user runs it: processes of their own, against a world started and restarted by it. */
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

test('a finding is told, kept and run again by a command and by a script of its own', async () => {
  const port = await freePort();
  const to = `tcp://127.0.0.1:${port}`;
  const buggy = chatOn(port, 'array-root-crash');
  const budget = ['--cases', '600', '--max-findings', '1'];
  const out = ['--out', 'findings', '--junit', 'fuzz.xml'];
  const found = await line.run(['fuzz', ...SEED, '--to', to, '--target', buggy, ...budget, ...out]);
  expect(found, found.err).toMatchObject({ code: 1 });
  expect(found.out).toMatch(/^F1 exit: The server exits with code 1 on a \w+: TypeError/m);
  expect(found.out).toContain('fuzz repro findings/findings/F1 --times 10');
  const junit = readFileSync(line.path('fuzz.xml'), 'utf8');
  expect(junit).toContain('failures="1"');
  expect(junit).toContain('<failure type="exit"');
  expect(await isTaken(port)).toBe(false);

  const again = await line.run(['fuzz', 'repro', 'findings/findings/F1', '--times', '2', '--json']);
  expect(again, again.err).toMatchObject({ code: 1 });
  expect(JSON.parse(again.out)).toEqual({ id: 'F1', seen: 2, times: 2 });
  const mended = await line.run(['fuzz', 'repro', 'findings/findings/F1', '--target', chatOn(port)]);
  expect(mended, mended.err).toMatchObject({ code: 0, out: 'F1: 0 of 1\n' });
  // Ended on its way it ends the server: nobody would do it later.
  const long = line.start(['fuzz', 'repro', 'findings/findings/F1', '--target', chatOn(port), '--times', '100000']);
  await until(() => isTaken(port));
  expect(await long.stop('SIGTERM')).toMatchObject({ code: 130 });
  await until(async () => !(await isTaken(port)));

  // The script needs nothing of ours.
  const server = line.spawn('bash', ['-c', buggy]);
  await server.find((out) => (out.includes('ready plain') ? true : undefined));
  const script = line.spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    line.path('findings/findings/F1/F1.ts'),
  ]);
  expect((await script.ended).code).toBe(0);
  expect((await server.ended).code).toBe(1);
});

test('a campaign that was killed goes on: every case once, those under way again and said so', async () => {
  const port = await freePort();
  const journal = line.path('findings/journal.jsonl');
  interface Entry {
    what: string;
    case?: number;
    again?: true;
  }
  const read = (): Entry[] =>
    readFileSync(journal, 'utf8')
      .split('\n')
      .flatMap((text) => {
        try {
          return [JSON.parse(text) as Entry];
        } catch {
          return [];
        }
      });
  const args = ['fuzz', ...SEED, '--to', `tcp://127.0.0.1:${port}`, '--target', chatOn(port), '--out', 'findings'];
  const first = line.start([...args, '--cases', '80']);
  const isFar = (): boolean => existsSync(journal) && read().filter((one) => one.what === 'done').length >= 15;
  await until(isFar);
  first.child.kill('SIGKILL');
  await first.ended;
  const before = read();
  const wasDone = new Set(before.filter((one) => one.what === 'done').map((one) => one.case));
  const wasOpen = before.flatMap((one) => (one.what === 'start' && !wasDone.has(one.case) ? [one.case] : []));
  expect(wasDone.size).toBeGreaterThanOrEqual(15);
  expect(wasDone.size).toBeLessThan(80);

  const fresh = await line.run(args);
  expect(fresh).toMatchObject({ code: 2 });
  expect(fresh.err).toContain('--resume');
  const second = await line.run(['fuzz', '--resume', '--out', 'findings']);
  expect([0, 1], second.err).toContain(second.code);
  const over = read().filter((one) => one.what === 'done');
  expect(over.map((one) => one.case).sort((a, b) => a! - b!)).toEqual(Array.from({ length: 80 }, (_, i) => i));
  expect(
    over
      .filter((one) => one.again === true)
      .map((one) => one.case)
      .sort(),
  ).toEqual([...wasOpen].sort());
  // What the killed campaign had started has ended too.
  expect(await isTaken(port)).toBe(false);
});
