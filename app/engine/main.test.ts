import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { openSession } from '../../core/session/session-reader.ts';
import { protocols } from '../../dissectors/index.ts';
import { startEngine } from './start-engine.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const temporary = (): string => mkdtempSync(join(tmpdir(), 'interpose-test-'));

interface Told {
  readonly port: number;
  readonly token: string;
  readonly url: string;
}

function environment(settings: object): NodeJS.ProcessEnv {
  return { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) };
}

async function ask(told: Told, verb: string, args: object = {}): Promise<Record<string, unknown>> {
  const socket = new WebSocket(`ws://127.0.0.1:${told.port}/api`, { origin: `http://127.0.0.1:${told.port}` });
  await new Promise((resolve) => socket.once('open', resolve));
  socket.send(JSON.stringify({ token: told.token }));
  socket.send(JSON.stringify({ id: 1, verb, args }));
  const text = await new Promise<string>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"id":1')) resolve(data.toString());
    });
  });
  socket.close();
  return (JSON.parse(text) as { ok: Record<string, unknown> }).ok;
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', (code) => resolve(code)));

test('under plain Node it tells its address in one line, serves, and leaves a whole file when it is told to stop', async () => {
  const session = join(temporary(), 'run.ipsession');
  const child = spawn(process.execPath, [MAIN], {
    env: environment({ session, home: temporary() }),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const told = await new Promise<Told>((resolve) => {
    createInterface({ input: child.stdout! }).once('line', (line) => resolve(JSON.parse(line) as Told));
  });
  expect(told.url).toBe(`http://127.0.0.1:${told.port}/#token=${told.token}`);
  expect(await ask(told, 'session.info')).toMatchObject({ path: session, recording: true });
  const known = (await ask(told, 'protocols.list')) as unknown as { id: string }[];
  expect(known.map((p) => p.id)).toEqual(protocols.map((p) => p.id));
  const exit = ended(child);
  child.kill('SIGTERM');
  expect(await exit).toBe(0);
  expect(existsSync(`${session}-wal`)).toBe(false);
  openSession(session, protocols).close();
});

test('with a parent on IPC it talks there, stops on its word and when it is gone', async () => {
  const home = temporary();
  for (const end of [
    (child: ChildProcess) => child.send({ stop: true }),
    (child: ChildProcess) => child.disconnect(),
  ]) {
    const child = fork(MAIN, { env: environment({ dataDirectory: home }) });
    const told = await new Promise<Told>((resolve) => child.once('message', (message) => resolve(message as Told)));
    expect(told.token).toHaveLength(43);
    const exit = ended(child);
    end(child);
    expect(await exit).toBe(0);
  }
  expect(readdirSync(join(home, 'sessions'))).toHaveLength(2);
});

test('what it cannot do it says on stderr in a sentence, with exit code 1', async () => {
  const child = spawn(process.execPath, [MAIN], {
    env: environment({ open: join(temporary(), 'nothing.ipsession'), home: temporary() }),
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr!.on('data', (data) => (text += String(data)));
  expect(await ended(child)).toBe(1);
  expect(text).toMatch(/^Cannot read .*nothing\.ipsession/m);
});

test('a configuration and proxies are in force when the engine has started; a broken one stops it before it begins', async () => {
  const home = temporary();
  const config = join(temporary(), 'interpose.yaml');
  writeFileSync(config, "proxies:\n  - { name: one, listen: 'tcp://127.0.0.1:0', upstream: 'tcp://127.0.0.1:9' }\n");
  const two = { name: 'two', listen: 'tcp://127.0.0.1:0', upstream: 'tcp://127.0.0.1:9', protocol: 'mjsonp' };
  const started = await startEngine({ home, config, proxies: [two], serve: false, log: 'quiet' });
  expect(started.url).toBeUndefined();
  expect(started.engine.proxies.list().map((p) => [p.spec.name, p.state])).toEqual([
    ['one', 'running'],
    ['two', 'running'],
  ]);
  const { path } = started.engine.session.info();
  expect(path.startsWith(home)).toBe(true);
  await started.close();
  await expect(started.engine.call('session.info', {})).rejects.toMatchObject({ code: 'cancelled' });

  writeFileSync(config, 'proxies:\n  - name: one\n');
  await expect(startEngine({ home, config })).rejects.toMatchObject({
    code: 'bad-config',
    message: expect.stringContaining('interpose.yaml:2:'),
  });
  await expect(startEngine({ home, serve: false, proxies: [{ ...two, protocol: 'nonsense' }] })).rejects.toMatchObject({
    code: 'unknown-protocol',
  });
});
