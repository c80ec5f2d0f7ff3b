/** What one campaign found worth keeping, the next one begins with. */
import { readFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { freePort, ROOT } from '../../core/engine/fuzz/testing/fuzz-world.ts';
import type { KeptCase } from '../../core/fuzz/corpus.ts';
import { recordingPath } from '../../fixtures/captures/recording.ts';
import { CommandLine } from '../acceptance/command-line.ts';

let line = new CommandLine();
afterEach(async () => {
  await line.end();
  line = new CommandLine();
});

function read<Line>(path: string): Line[] {
  const lines = readFileSync(line.path(path), 'utf8').split('\n');
  return lines.flatMap((text) => (text === '' ? [] : [JSON.parse(text) as Line]));
}

test('cases that show something new are kept, and the next campaign begins with them', async () => {
  const port = await freePort();
  const node = `'${process.execPath}' --disable-warning=ExperimentalWarning`;
  const target = `exec ${node} '${ROOT}/fixtures/run.ts' socketchat --port 0 --port plain=${port} --pace fast --option framing=newline`;
  const seed = ['--seed', recordingPath('socketchat/session_newline.jsonl'), '--as', 'socketchat'];
  const args = ['fuzz', ...seed, '--to', `tcp://127.0.0.1:${port}`, '--target', target];

  const first = await line.run([...args, '--cases', '60', '--out', 'one']);
  expect(first, first.err).toMatchObject({ code: 0 });
  const kept = read<KeptCase>('one/corpus/cases.jsonl');
  const played = read<{ what: string; id: string; fresh?: number }>('one/journal.jsonl');
  const news = new Set(played.flatMap(({ what, id, fresh = 0 }) => (what === 'done' && fresh > 0 ? [id] : [])));
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.every(({ id, shows }) => news.has(id) && shows.length > 0)).toBe(true);

  // Other dice would play others first.
  const second = await line.run([
    ...args,
    '--rng',
    '5',
    '--corpus',
    'one',
    '--cases',
    `${kept.length}`,
    '--out',
    'two',
  ]);
  expect(second, second.err).toMatchObject({ code: 0 });
  const begun = read<{ what: string; id: string }>('two/journal.jsonl').filter(({ what }) => what === 'start');
  expect(new Set(begun.map(({ id }) => id))).toEqual(new Set(kept.map(({ id }) => id)));

  const none = await line.run([...args, '--corpus', 'nowhere', '--cases', '1', '--out', 'three']);
  expect(none).toMatchObject({ code: 2 });
  expect(none.err).toContain('no corpus in nowhere');
});
