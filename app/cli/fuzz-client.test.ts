/** `interpose fuzz --side client`: a real client process for each case, answered from the recording. */
import { writeFileSync } from 'node:fs';
import { afterEach, expect, test } from 'vitest';
import { ROOT } from '../../core/engine/fuzz/testing/fuzz-world.ts';
import { CommandLine } from '../acceptance/command-line.ts';

let line = new CommandLine();
afterEach(async () => {
  await line.end();
  line = new CommandLine();
});

const client = (bug = ''): string =>
  `exec '${process.execPath}' '${ROOT}/core/engine/fuzz/testing/small-client.mjs' {port} ${bug}`;

/** What the client and its server said, as one TCP stream. */
function record(): string[] {
  const said: readonly (readonly ['c2s' | 's2c', object])[] = [
    ['c2s', { Command: '01', Name: 'alice1' }],
    ['s2c', { Command: '11', Flag: 1, Friends: [['bob22', 1]] }],
    ['c2s', { Command: '04', FriendName: 'bob22', Message: 'hello' }],
    ['s2c', { Command: '14', Flag: 1 }],
    ['c2s', { Command: '05', Message: 'anybody?' }],
    ['s2c', { Command: '14', Flag: 1 }],
    ['c2s', { Command: '04', FriendName: 'bob22', Message: 'bye' }],
    ['s2c', { Command: '14', Flag: 1 }],
    ['c2s', { Command: '03' }],
  ];
  const lines = said.map(([dir, message], i) => {
    const bytes_hex = Buffer.from(`${JSON.stringify(message)}\n`).toString('hex');
    return JSON.stringify({ dir, t_ms: i * 10, bytes_hex });
  });
  writeFileSync(line.path('chat.jsonl'), `${lines.join('\n')}\n`);
  return ['fuzz', '--side', 'client', '--seed', 'chat.jsonl', '--as', 'socketchat'];
}

test('a client that crashes on what the server says is found, and the finding runs again', async () => {
  const args = record();
  const budget = [
    '--filter',
    'message == "login_result"',
    '--cases',
    '150',
    '--max-findings',
    '1',
    '--out',
    'findings',
  ];
  const found = await line.run([...args, '--target', client('crash'), ...budget]);
  expect(found, found.err).toMatchObject({ code: 1 });
  expect(found.out).toMatch(/^F1 exit: The client exits with code 1 on a login_result: TypeError/m);
  expect(found.out).toMatch(/3 of 3, 1 message/);
  const again = await line.run(['fuzz', 'repro', 'findings/findings/F1', '--json']);
  expect(again, again.err).toMatchObject({ code: 1 });
  expect(JSON.parse(again.out)).toEqual({ id: 'F1', seen: 1, times: 1 });
  const mended = await line.run(['fuzz', 'repro', 'findings/findings/F1', '--target', client()]);
  expect(mended, mended.err).toMatchObject({ code: 0, out: 'F1: 0 of 1\n' });
  // What the server said is on the server's side of the session that was saved.
  const decoded = await line.run(['decode', 'findings/findings/F1/F1.ipsession', '--format', 'jsonl']);
  const wrong = decoded.out
    .split('\n')
    .flatMap((text) => (text === '' ? [] : [JSON.parse(text) as { dir: string; bytes: string }]));
  expect(wrong.filter(({ dir }) => dir === 's2c').length).toBeGreaterThan(0);
  expect(Buffer.from(wrong.find(({ dir }) => dir === 'c2s')!.bytes, 'hex').toString()).toContain('"01"');
});

test('a client that falls silent is found', async () => {
  const args = [...record(), '--filter', 'message == "chat_receipt"'];
  const hung = await line.run([
    ...args,
    '--target',
    client('hang'),
    '--cases',
    '120',
    '--max-findings',
    '1',
    '--out',
    'hang',
  ]);
  expect(hung, hung.err).toMatchObject({ code: 1 });
  expect(hung.out).toMatch(/^F1 no-answer: .*chat_receipt.*Flag/m);
});

test('wrong use of the client side is told in a sentence', async () => {
  const args = record();
  const none = await line.run([...args, '--out', 'x']);
  expect(none).toMatchObject({ code: 2 });
  expect(none.err).toContain('--target');
  const deaf = await line.run([...args, '--target', 'exec sleep 9', '--out', 'y']);
  expect(deaf).toMatchObject({ code: 2 });
  expect(deaf.err).toContain('{port}');
  const dead = await line.run([...args, '--target', 'echo no display {port}; exit 3', '--out', 'z']);
  expect(dead).toMatchObject({ code: 2 });
  expect(dead.err).toContain('The client ended before it connected: no display');
});
