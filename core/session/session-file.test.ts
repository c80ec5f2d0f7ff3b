import { spawn } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { EngineError } from '../traffic/engine-error.ts';
import { APPLICATION_ID, FORMAT_VERSION } from './schema.ts';
import { openSession } from './session-reader.ts';
import { tableTalk } from './testing/table-talk.ts';
import { connection, draft, startRecorder, temporaryFile } from './testing/talk.ts';

const protocols = [tableTalk()];
const KEPT = join(import.meta.dirname, '../../fixtures/recordings');

function refusal(path: string): EngineError {
  try {
    openSession(path, protocols).close();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    return error as EngineError;
  }
  throw new Error(`${path} was opened.`);
}

test('a killed process leaves a session that opens and lacks at most the last 50 ms', async () => {
  const path = temporaryFile();
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('./testing/record-forever.ts', import.meta.url)), path],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const told: [n: number, at: number][] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [n, at] = line.split(' ').map(Number);
    told.push([n!, at!]);
    if (told.length === 400) child.kill('SIGKILL');
  }
  const session = openSession(path, protocols);
  const [, end] = told.at(-1)!;
  const due = told.filter(([, at]) => at <= end - 50).at(-1)![0];
  expect(session.frames).toBeGreaterThanOrEqual(due);
  const last = session.frame(session.frames)!;
  expect(JSON.parse(Buffer.from(last.bytes).toString())).toEqual({ type: 'ask', id: last.n - 1, text: 'who?' });
  expect(session.messageNames(last.n)).toEqual(['ask']);
  session.close();
});

test('what is no session is refused with a sentence that says so', () => {
  const missing = temporaryFile();
  expect(refusal(missing)).toMatchObject({ code: 'unreadable-file', message: expect.stringContaining(missing) });
  const text = temporaryFile();
  writeFileSync(text, 'hello '.repeat(100));
  expect(refusal(text)).toMatchObject({ code: 'not-a-session' });
  const empty = temporaryFile();
  writeFileSync(empty, '');
  expect(refusal(empty)).toMatchObject({ code: 'not-a-session' });
  const other = temporaryFile();
  const db = new DatabaseSync(other);
  db.exec('CREATE TABLE t (x)');
  db.close();
  expect(refusal(other)).toMatchObject({ code: 'not-a-session', message: expect.stringContaining('SQLite') });
  expect(refusal(dirname(other)).code).toBe('unreadable-file');
});

test('a file of a newer format is refused by name and number', async () => {
  const path = temporaryFile('tomorrow.ipsession');
  await (await startRecorder(path)).close();
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA user_version = ${FORMAT_VERSION + 1}`);
  db.close();
  const error = refusal(path);
  expect(error.code).toBe('newer-format');
  expect(error.message).toContain('tomorrow.ipsession');
  expect(error.message).toContain(`format ${FORMAT_VERSION + 1}`);
});

test('a damaged file is refused or read in part, never a crash', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  for (let i = 0; i < 200; i++) recorder.frame(draft(1, 'toServer', { type: 'ask', id: i, text: 'x'.repeat(100) }));
  await recorder.close();
  const whole = readFileSync(path);
  for (const size of [100, 5000, 20_000, whole.length - 9000]) {
    const cut = temporaryFile();
    writeFileSync(cut, whole.subarray(0, size));
    try {
      const session = openSession(cut, protocols);
      expect([...session.each()].length).toBeLessThanOrEqual(200);
      session.close();
    } catch (error) {
      expect(String(error)).not.toMatch(/undefined|Cannot read prop/);
    }
  }
});

function formatOf(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  const { user_version: format } = db.prepare('PRAGMA user_version').get() as { user_version: number };
  db.close();
  return format;
}

test('every earlier format still opens, with its frames and their meaning', async () => {
  for (let version = 1; version <= FORMAT_VERSION; version++) {
    const path = temporaryFile();
    copyFileSync(join(KEPT, `v${version}.ipsession`), path);
    const session = openSession(path, protocols);
    expect(session.frames).toBe(6);
    expect([...session.each()].map((f) => f.direction)).toEqual([
      'toServer',
      'toClient',
      'toServer',
      'toServer',
      'toServer',
      'toServer',
    ]);
    expect(session.messageNames(2)).toEqual(['hello']);
    expect(session.mark(1)).toEqual({ mark: 'red', comment: 'first of its kind' });
    expect(session.experts(4).map((e) => e.code)).toEqual(['not-loud']);
    expect(session.outcome(5)).toMatchObject({ waitedMs: 20, touchedBy: ['slow down'] });
    session.close();
    // Looking changes nothing; to write into the file, it is brought up to date.
    expect(formatOf(path)).toBe(version);
    await (await startRecorder(path, false)).close();
    expect(formatOf(path)).toBe(FORMAT_VERSION);
    const db = new DatabaseSync(path);
    expect(db.prepare('PRAGMA application_id').get()).toEqual({ application_id: APPLICATION_ID });
    db.close();
  }
});

test('what is below the frames is kept, and what brought no frame, in its place', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  const headers = Uint8Array.of(0x81, 0x05);
  const bare = (direction: 'toServer' | 'toClient', mono: number) =>
    ({ conn: 1, direction, time: 1000 + mono / 1e6, mono, headers: Uint8Array.of(mono) }) as const;
  recorder.commands(bare('toServer', 1));
  recorder.frame(draft(1, 'toServer', { type: 'recall' }, { headers }));
  recorder.frame(draft(1, 'toServer', { type: 'recall' }));
  recorder.commands(bare('toClient', 2));
  await recorder.close();
  const session = openSession(path, protocols);
  expect(session.frame(1)!.headers).toEqual(headers);
  expect(session.frame(2)!.headers).toBeUndefined();
  expect([...session.commands()]).toEqual([
    { id: 1, after: 0, ...bare('toServer', 1) },
    { id: 2, after: 2, ...bare('toClient', 2) },
  ]);
  expect([...session.commands({ behind: 1 })].map(({ id }) => id)).toEqual([2]);
  expect([...session.commands({ since: 1 })].map(({ id }) => id)).toEqual([2]);
  expect([...session.commands({ conn: 2 })]).toEqual([]);
  session.close();
});

test('a closed session is one file without a log beside it', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  recorder.frame(draft(1, 'toServer', { type: 'recall' }));
  await recorder.close();
  expect(existsSync(`${path}-wal`)).toBe(false);
  expect(existsSync(`${path}-shm`)).toBe(false);
});

test('a new session never overwrites a file', async () => {
  const path = temporaryFile();
  writeFileSync(path, 'mine');
  await expect(startRecorder(path)).rejects.toMatchObject({ code: 'not-allowed' });
  expect(readFileSync(path, 'utf8')).toBe('mine');
});

test('a session whose index was not stored is scanned, and gives the same index', async () => {
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  for (let i = 0; i < 100; i++) {
    recorder.frame(
      draft(1, i % 2 === 0 ? 'toServer' : 'toClient', i % 7 === 0 ? 'odd' : { type: 'hello', dialect: 'loud' }, {
        fate: i % 5 === 0 ? 'dropped' : 'forwarded',
        ...(i % 10 === 0 ? { carrier: { opcode: 'ping', compressed: false, fragments: 1 } } : {}),
      }),
    );
  }
  await recorder.mark(3, 'red', null);
  await recorder.close();
  const columns = (): unknown[] => {
    const session = openSession(path, protocols);
    const { index } = session;
    const all = Array.from({ length: index.count }, (_, i) => i + 1).map((n) => [
      index.time(n),
      index.conn(n),
      index.size(n),
      index.message(n),
      index.flags(n),
    ]);
    session.close();
    return all;
  };
  const stored = columns();
  const db = new DatabaseSync(path);
  expect(db.prepare('SELECT count(*) AS n FROM index_blocks').get()).toEqual({ n: 1 });
  db.exec('DELETE FROM index_blocks');
  db.close();
  expect(columns()).toEqual(stored);
  expect(stored.length).toBe(100);
});

test.skipIf(process.getuid?.() === 0)(
  'a session in a folder that cannot be written is read all the same (skipped for root, who can write anywhere)',
  async () => {
    const path = temporaryFile();
    const recorder = await startRecorder(path);
    recorder.opened(connection(1));
    recorder.frame(draft(1, 'toServer', { type: 'recall' }));
    await recorder.close();
    chmodSync(dirname(path), 0o555);
    const session = openSession(path, protocols);
    expect(session.frames).toBe(1);
    session.close();
    chmodSync(dirname(path), 0o755);
  },
);

/** How a kept file is made, once per format version: `KEEP_SESSION=1 vitest run core/session`. Never over an existing one. */
test.runIf(process.env.KEEP_SESSION === '1')('the current format is kept for later versions', async () => {
  const kept = join(KEPT, `v${FORMAT_VERSION}.ipsession`);
  if (existsSync(kept)) return;
  const path = temporaryFile();
  const recorder = await startRecorder(path);
  recorder.opened(connection(1));
  const headers = Uint8Array.of(0x81, 0x05);
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 1, text: 'anyone?' }, { headers }));
  recorder.commands({ conn: 1, direction: 'toClient', time: 1000, mono: 1, headers });
  recorder.frame(draft(1, 'toClient', { type: 'hello', dialect: 'loud' }));
  recorder.frame(draft(1, 'toServer', 'no JSON'));
  recorder.frame(draft(1, 'toServer', { type: 'ask', id: 2, text: 'quiet' }));
  const n = recorder.frame(draft(1, 'toServer', { type: 'recall' }, { fate: 'delayed', touchedBy: ['slow down'] }));
  recorder.update(n, { heldMs: 20 });
  recorder.frame(draft(1, 'toServer', { type: 'hello', dialect: 'plain' }));
  await recorder.mark(1, 'red', 'first of its kind');
  await recorder.close();
  mkdirSync(KEPT, { recursive: true });
  copyFileSync(path, kept);
  rmSync(path);
});

test.skipIf(process.platform === 'win32')(
  'when the disk is full, losses are counted, numbered and told, and what was written stays',
  async () => {
    const path = temporaryFile();
    const script = fileURLToPath(new URL('./testing/record-into-little-space.ts', import.meta.url));
    // Blocks of 512 or 1024 bytes, by the shell's choice: far less than the eight megabytes that are recorded.
    const child = spawn('sh', ['-c', `ulimit -f 4000; exec "${process.execPath}" "${script}" "${path}"`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let text = '';
    for await (const chunk of child.stdout) text += String(chunk);
    const told = JSON.parse(text) as { given: number; lost: number; failures: number; first: string };
    expect(told.failures).toBeGreaterThan(0);
    expect(told.first).toMatch(/full|I\/O|disk/i);
    expect(told.lost).toBeGreaterThan(0);
    const session = openSession(path, protocols);
    const kept = [...session.each()];
    expect(kept.length).toBe(told.given - told.lost);
    expect(kept.length).toBeGreaterThan(100);
    session.close();
  },
);
