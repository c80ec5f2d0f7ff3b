/** Real engine processes, windows that only remember what was done to them. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { EngineChild } from './engine-process.ts';
import { type Question, type Settings, SessionWindows, type SessionWindow } from './session-windows.ts';

// As the app starts it: the built one. It is up in half the time.
const ENGINE = join(import.meta.dirname, '../../build/app/engine/main.js');

interface FakeWindow extends SessionWindow {
  readonly urls: string[];
  readonly files: string[];
  readonly said: string[];
  focused: number;
}

let folder: string;
let children: ChildProcess[];
let windows: FakeWindow[];
let questions: Question[];
let failures: string[];
let answer: boolean;
let now: number;
let fleet: SessionWindows;
let closing: Promise<void>[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interpose-windows-'));
  [children, windows, questions, failures, answer, now, closing] = [[], [], [], [], false, 0, []];
  fleet = new SessionWindows({
    fork: forkEngine,
    openWindow,
    ask: async (question) => {
      questions.push(question);
      return answer;
    },
    failed: (reason) => void failures.push(reason),
    changed: () => undefined,
    clock: { now: () => now, after: () => () => undefined },
  });
});
afterEach(async () => {
  answer = true;
  await fleet.quit();
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

function forkEngine(settings: Settings): EngineChild {
  const child = fork(ENGINE, {
    env: { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  children.push(child);
  return {
    onMessage: (listener) => void child.on('message', listener),
    onStderr: (listener) => void child.stderr!.on('data', (data: Buffer) => listener(data.toString())),
    onExit: (listener) => void child.on('exit', (code) => listener(code ?? -1)),
    send: (message) => void (child.connected && child.send(message as object)),
    kill: () => void child.kill('SIGKILL'),
  };
}

function openWindow(url: string): FakeWindow {
  const id = windows.length + 1;
  const window: FakeWindow = {
    id,
    urls: [url],
    files: [],
    said: [],
    focused: 0,
    load: (next) => void window.urls.push(next),
    focus: () => void window.focused++,
    // As Electron does: asked first, told afterwards.
    close: () => {
      if (fleet.mayClose(id)) window.destroy();
    },
    destroy: () => void closing.push(fleet.closed(id)),
    openFile: (path) => void window.files.push(path),
    say: (text) => void window.said.push(text),
  };
  windows.push(window);
  return window;
}

const settings = (): Settings => ({ dataDirectory: folder });
const window = (id: number): FakeWindow => windows[id - 1]!;

async function ask(url: string, verb: string, args: object = {}): Promise<Record<string, unknown>> {
  const { host, origin, hash } = new URL(url);
  const socket = new WebSocket(`ws://${host}/api`, { origin });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ token: new URLSearchParams(hash.slice(1)).get('token') }));
  socket.send(JSON.stringify({ id: 1, verb, args }));
  const text = await new Promise<string>((resolve) => {
    socket.on('message', (data: Buffer) => {
      if (data.toString().startsWith('{"id":1')) resolve(data.toString());
    });
  });
  socket.close();
  const { ok, error } = JSON.parse(text) as { ok?: Record<string, unknown>; error?: { message: string } };
  if (ok === undefined) throw new Error(error?.message);
  return ok;
}

async function until(what: string, isIt: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 30_000;
  while (!(await isIt())) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const status = (path: string) => fleet.list().find((each) => each.path === path);
const pathOf = async (id: number): Promise<string> => String((await ask(fleet.urlOf(id), 'session.info'))['path']);

test('every session has an engine of its own; a second window on one has the same', async () => {
  await Promise.all([fleet.open(settings()), fleet.open(settings())]);
  fleet.openWindow(1);
  expect(children).toHaveLength(2);
  expect(fleet.urlOf(3)).toBe(fleet.urlOf(1));
  expect(new URL(fleet.urlOf(2)).origin).not.toBe(new URL(fleet.urlOf(1)).origin);
  const [one, two] = [await pathOf(1), await pathOf(2)];
  expect(two).not.toBe(one);
  await until('both to have told their names', () => status(one) !== undefined && status(two) !== undefined);
  expect(status(one)!.windows).toEqual([1, 3]);
  expect(status(two)!.windows).toEqual([2]);
  expect(fleet.urlOf(99)).toBe('');

  window(1).close();
  expect(children.map((child) => child.exitCode)).toEqual([null, null]);
  window(3).close();
  await Promise.all(closing);
  expect(children.filter((child) => child.exitCode === 0)).toHaveLength(1);
  expect(children.filter((child) => child.exitCode === null)).toHaveLength(1);
  expect(questions).toEqual([]);
  expect(await pathOf(2)).toBe(two);
});

test('a file comes into the window that is empty, into one of its own, or to the front where it is open already', async () => {
  const kept = join(folder, 'kept.ipsession');
  await fleet.open(settings());
  await ask(fleet.urlOf(1), 'session.saveAs', { path: kept });
  await until('the engine to have told what it has', () => (fleet.list()[0]?.path ?? '') !== '');
  await fleet.openFile(kept, settings(), 1);
  expect(window(1).files).toEqual([kept]);
  // As the page does with it.
  await ask(fleet.urlOf(1), 'session.open', { path: kept });
  await until('the engine to have told it', () => fleet.list()[0]?.path === kept);
  await fleet.openFile(kept, settings());
  expect([windows.length, window(1).focused]).toEqual([1, 2]);

  const upstream = await listening();
  try {
    await startProxy(1, upstream);
    const capture = join(folder, 'a.pcap');
    await fleet.openFile(capture, settings(), 1);
    expect(window(2).files).toEqual([capture]);
    const other = join(folder, 'other.ipsession');
    await ask(fleet.urlOf(2), 'session.saveAs', { path: other });
    await startProxy(2, upstream);
    await fleet.openFile(other, settings(), 2);
    expect(windows).toHaveLength(3);
    expect(await ask(fleet.urlOf(3), 'session.info')).toMatchObject({ path: other, readOnly: true });
    const recent = (await ask(fleet.urlOf(1), 'files.recent')) as unknown as { path: string }[];
    expect(recent.map((each) => each.path)).toEqual(expect.arrayContaining([other, kept]));
  } finally {
    upstream.close();
  }
});

test('the last window of a session with a live proxy is closed only when the user says so', async () => {
  const upstream = await listening();
  try {
    await fleet.open(settings());
    const proxy = await startProxy(1, upstream);
    fleet.openWindow(1);
    window(2).close();
    await Promise.all(closing);
    expect(questions).toEqual([]);

    window(1).close();
    await until('the question', () => questions.length === 1);
    expect(questions[0]!.text).toContain('A proxy or capture is running');
    expect(await reaches(proxy)).toBe(true);
    expect(await fleet.quit()).toBe(false);
    expect(questions).toHaveLength(2);

    answer = true;
    window(1).close();
    await until('the engine to have ended', () => children[0]!.exitCode !== null);
    await Promise.all(closing);
    expect(children[0]!.exitCode).toBe(0);
    expect(await reaches(proxy)).toBe(false);
    expect(fleet.isEmpty).toBe(true);
  } finally {
    upstream.close();
  }
});

test('an engine that is killed is started again for its own windows, and what was recorded is named', async () => {
  await fleet.open({ ...settings(), session: join(folder, 'mine.ipsession') });
  await until('its name', () => fleet.list()[0]?.title === 'mine');
  now = 10_000;
  children[0]!.kill('SIGKILL');
  await until('the window to have moved over', () => window(1).urls.length === 2);
  expect(window(1).said).toEqual([expect.stringMatching(/^The engine ended .*mine\.ipsession$/)]);
  expect(await pathOf(1)).not.toBe(join(folder, 'mine.ipsession'));
  await ask(fleet.urlOf(1), 'session.open', { path: join(folder, 'mine.ipsession') });
  await until('the engine to have told it', () => fleet.list()[0]?.title === 'mine');
  now = 20_000;
  children[1]!.kill('SIGKILL');
  await until('the window to have moved again', () => window(1).urls.length === 3);
  expect(await ask(fleet.urlOf(1), 'session.info')).toMatchObject({ title: 'mine', readOnly: true });
});

test('an engine that does not come up says why, and the others go on', async () => {
  await fleet.open(settings());
  const broken = join(folder, 'broken.ipsession');
  writeFileSync(broken, 'this is no database');
  await expect(fleet.open({ ...settings(), open: broken })).rejects.toThrow('broken.ipsession');
  expect(failures).toEqual([expect.stringContaining('broken.ipsession')]);
  expect(windows).toHaveLength(1);
  expect(await ask(fleet.urlOf(1), 'session.info')).toMatchObject({ recording: true });
});

function listening(): Promise<Server> {
  const server = createServer((socket) => socket.resume().on('error', () => socket.destroy()));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** Port of a new proxy in the session of a window, once the shell knows that it runs. */
async function startProxy(id: number, upstream: Server): Promise<number> {
  const { port } = upstream.address() as { port: number };
  const spec = { name: 'live', listen: 'tcp://127.0.0.1:0', upstream: `tcp://127.0.0.1:${port}` };
  const { url } = await ask(fleet.urlOf(id), 'proxy.start', { spec });
  // What the engine told is in the question; no question, no news yet.
  const { length } = questions;
  await until('the proxy to be known', async () => {
    const before = answer;
    answer = false;
    const isAsked = !fleet.mayClose(id);
    await Promise.resolve();
    answer = before;
    return isAsked;
  });
  questions.length = length;
  return Number(new URL(String(url)).port);
}

function reaches(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => (socket.destroy(), resolve(true))).once('error', () => resolve(false));
  });
}
