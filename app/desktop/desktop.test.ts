import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { InterposeDesktop as PageContract } from '../ui/host/host.ts';
import type { InterposeDesktop as ShellContract } from './desktop-contract.ts';
import { isFromOurPage, registerVerbs } from './desktop-verbs.ts';
import { type EngineChild, superviseEngine } from './engine-process.ts';
import { accelerator, menuTemplate, readMenuEntries } from './menu.ts';
import { isOurOrigin, isSafeLink } from './navigation-guard.ts';
import { filesFromArguments, recentFiles } from './opened-files.ts';
import { windowOptions } from './window.ts';
import { cascade, fitToScreens, readWindowState, writeWindowState } from './window-state.ts';

// The two declarations of the contract must fit each other both ways; the compiler is the test.
const page: (shell: ShellContract) => PageContract = (shell) => shell;
const shell: (page: PageContract) => ShellContract = (contract) => contract;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interpose-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('page and shell declare the same verbs', () => {
  expect([page, shell].every((f) => typeof f === 'function')).toBe(true);
});

test.each([
  ['http://127.0.0.1:4000/', true],
  ['http://127.0.0.1:4000/x#token=1', true],
  ['http://127.0.0.1:4001/', false],
  ['http://127.0.0.1:4000.evil.example/', false],
  ['http://127.0.0.1:4000@evil.example/', false],
  ['https://127.0.0.1:4000/', false],
  ['file:///etc/passwd', false],
  ['javascript:alert(1)', false],
  ['', false],
])('%s is ours: %s', (url, expected) => {
  expect(isOurOrigin(url, 'http://127.0.0.1:4000')).toBe(expected);
});

test('only https links are opened outside', () => {
  expect(['https://example.org/', 'http://example.org/', 'file:///x', 'smb://x', 'nonsense'].map(isSafeLink)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
});

test('a verb from a frame, a window or an origin that is not ours does nothing', () => {
  const origin = 'http://127.0.0.1:4000';
  const frame = (url: string, parent: unknown = null) => ({ senderFrame: { url, parent } as never });
  expect(isFromOurPage(frame(`${origin}/`), origin)).toBe(true);
  expect(isFromOurPage(frame(`${origin}/`, {}), origin)).toBe(false);
  expect(isFromOurPage(frame('https://evil.example/'), origin)).toBe(false);
  expect(isFromOurPage({ senderFrame: null }, origin)).toBe(false);
  const called: string[] = [];
  const listeners = new Map<string, (event: unknown, ...args: unknown[]) => void>();
  registerVerbs(
    { handle: () => undefined, on: ((channel: string, listener: never) => listeners.set(channel, listener)) as never },
    {
      origin: () => origin,
      pickFile: async () => null,
      pickFolder: async () => null,
      notify: () => void called.push('notify'),
      openLink: (url) => void called.push(url),
      openWindow: () => void called.push('window'),
      openSession: () => void called.push('session'),
      openPath: (_page, path) => void called.push(path),
      setMenu: () => void called.push('menu'),
    },
  );
  listeners.get('interpose:open-link')!(frame(`${origin}/`), 'https://example.org/');
  listeners.get('interpose:open-link')!(frame(`${origin}/`), 'file:///etc/passwd');
  listeners.get('interpose:open-window')!(frame('https://evil.example/'));
  listeners.get('interpose:open-path')!(frame('https://evil.example/'), '/etc/passwd');
  listeners.get('interpose:open-path')!(frame(`${origin}/`), '/home/me/run.ipsession');
  listeners.get('interpose:open-path')!(frame(`${origin}/`), 3);
  expect(called).toEqual(['https://example.org/', '/home/me/run.ipsession']);
});

test('the window keeps its place, unless its screen is gone or the file is damaged', () => {
  const path = join(folder, 'deep', 'window.json');
  expect(readWindowState(path).bounds).toBeUndefined();
  const state = { bounds: { x: 10, y: 20, width: 900, height: 600 }, maximized: true };
  writeWindowState(path, state);
  expect(readWindowState(path)).toEqual(state);
  expect(fitToScreens(state, [{ x: 0, y: 0, width: 1920, height: 1080 }])).toEqual(state);
  expect(fitToScreens(state, [{ x: 5000, y: 0, width: 1920, height: 1080 }]).bounds).toBeUndefined();
  writeFileSync(path, '{"bounds":{"x":"a"}}');
  expect(readWindowState(path).bounds).toBeUndefined();
});

test('the page runs isolated, sandboxed and without Node', () => {
  expect(windowOptions('preload.cjs', undefined).webPreferences).toMatchObject({
    contextIsolation: true,
    sandbox: true,
    nodeIntegration: false,
    webSecurity: true,
    webviewTag: false,
  });
});

test('the menu is the command list, and keys without a modifier stay with the page', () => {
  const entries = readMenuEntries([
    { id: 'file.open', title: 'Open…', keys: 'Mod+O', menu: 'File', enabled: true },
    { id: 'x', title: 3 },
    null,
    { id: 'go', title: 'Next', keys: 'J', menu: 'Go', enabled: false },
  ]);
  expect(entries.map((e) => e.id)).toEqual(['file.open', 'go']);
  expect(accelerator('Mod+Shift+K')).toBe('CommandOrControl+Shift+K');
  expect(accelerator('J')).toBeUndefined();
  const chosen: string[] = [];
  const template = menuTemplate({
    entries,
    recent: ['/home/me/a.ipsession'],
    sessions: [
      { title: 'one', path: '/one', windows: [1] },
      { title: 'two', path: '/two', windows: [2, 5] },
    ],
    focused: 5,
    isMac: false,
    run: (id) => chosen.push(id),
    openFile: (path) => chosen.push(path),
    focus: (window) => chosen.push(`window ${window}`),
  });
  type Item = { label?: string; role?: string; checked?: boolean; click?: () => void; submenu?: Item[] };
  const menu = template as Item[];
  expect(menu.map((m) => m.label ?? m.role)).toEqual(['File', 'editMenu', 'Go', 'windowMenu']);
  const [file, , , windows] = menu;
  file!.submenu![0]!.click!();
  file!.submenu!.find((item) => item.label === 'Open Recent')!.submenu![0]!.click!();
  const lines = windows!.submenu!.filter((item) => item.label !== undefined);
  expect(lines.map((line) => [line.label, line.checked])).toEqual([
    ['one', false],
    ['two (1)', false],
    ['two (2)', true],
  ]);
  lines[1]!.click!();
  expect(chosen).toEqual(['file.open', '/home/me/a.ipsession', 'window 2']);
});

test('files opened lately are read from the engines’ list, damaged or not there', () => {
  const list = join(folder, 'recent.json');
  expect(recentFiles(list)).toEqual([]);
  writeFileSync(list, JSON.stringify([{ path: '/b', time: 2 }, { time: 3 }, null, { path: '/a', time: 1 }]));
  expect(recentFiles(list)).toEqual(['/b', '/a']);
  writeFileSync(list, '[');
  expect(recentFiles(list)).toEqual([]);
});

test('a second window is put beside the first', () => {
  const state = { bounds: { x: 10, y: 20, width: 900, height: 600 }, maximized: true };
  expect(cascade(state, 0)).toEqual(state);
  expect(cascade(state, 2)).toEqual({ bounds: { x: 66, y: 76, width: 900, height: 600 }, maximized: false });
});

test('files on the command line are ours by their ending', () => {
  expect(filesFromArguments(['/opt/interpose', '--demo', 'a.ipsession', '/b.PCAPNG', 'c.txt', '.'], folder)).toEqual([
    join(folder, 'a.ipsession'),
    '/b.PCAPNG',
  ]);
});

function fakeEngine() {
  const children: {
    message: (m: unknown) => void;
    stderr: (t: string) => void;
    exit: (code: number) => void;
    sent: unknown[];
    killed: boolean;
  }[] = [];
  let now = 0;
  const timers: { at: number; run: () => void; cancelled: boolean }[] = [];
  const fork = (): EngineChild => {
    const child = {
      message: ((): void => undefined) as (m: unknown) => void,
      stderr: ((): void => undefined) as (text: string) => void,
      exit: ((): void => undefined) as (code: number) => void,
      sent: [] as unknown[],
      killed: false,
    };
    children.push(child);
    return {
      onMessage: (l) => void (child.message = l),
      onStderr: (l) => void (child.stderr = l),
      onExit: (l) => void (child.exit = l),
      send: (m) => void child.sent.push(m),
      kill: () => {
        child.killed = true;
        child.exit(9);
      },
    };
  };
  const clock = {
    now: () => now,
    after: (ms: number, run: () => void) => {
      const timer = { at: now + ms, run, cancelled: false };
      timers.push(timer);
      return () => void (timer.cancelled = true);
    },
  };
  const advance = (ms: number): void => {
    now += ms;
    for (const timer of timers) if (!timer.cancelled && timer.at <= now) timer.run();
  };
  return { children, fork, clock, advance };
}

test('an engine that ran a while is restarted, at most twice', async () => {
  const { children, fork, clock, advance } = fakeEngine();
  const log: string[] = [];
  const engine = superviseEngine(
    fork,
    { started: ({ url }) => log.push(url), failed: (reason) => log.push(reason) },
    clock,
  );
  for (let i = 0; i < 3; i++) {
    children[i]!.message({ url: `http://127.0.0.1:${i}/` });
    children[i]!.stderr('a warning\nout of memory\n');
    advance(6000);
    children[i]!.exit(134);
  }
  expect(children).toHaveLength(3);
  expect((await engine.ready).url).toBe('http://127.0.0.1:0/');
  expect(log.slice(0, 3)).toEqual(['http://127.0.0.1:0/', 'http://127.0.0.1:1/', 'http://127.0.0.1:2/']);
  expect(log[3]).toContain('out of memory');
});

test('an engine that dies at once is not restarted, and the reason is told', async () => {
  const { children, fork, clock } = fakeEngine();
  const failures: string[] = [];
  const engine = superviseEngine(fork, { started: () => undefined, failed: (reason) => failures.push(reason) }, clock);
  children[0]!.stderr('port taken');
  children[0]!.exit(2);
  await expect(engine.ready).rejects.toThrow('port taken');
  expect(failures).toHaveLength(1);
});

test('stopping asks first and insists after a while', async () => {
  const { children, fork, clock, advance } = fakeEngine();
  const engine = superviseEngine(fork, { started: () => undefined, failed: () => undefined }, clock);
  const stopped = engine.stop();
  expect(children[0]!.sent).toEqual([{ stop: true }]);
  advance(10_000);
  await stopped;
  expect(children[0]!.killed).toBe(true);
});
