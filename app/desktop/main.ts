/** Order of start and stop of the desktop app. Windows and desktop powers only: traffic never passes through here. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  Notification,
  screen,
  session,
  shell,
  utilityProcess,
  type WebContents,
} from 'electron';
import { CHANNELS, type MenuEntry } from './desktop-contract.ts';
import { registerVerbs } from './desktop-verbs.ts';
import type { EngineChild } from './engine-process.ts';
import { menuTemplate } from './menu.ts';
import { guardNavigation, guardPermissions } from './navigation-guard.ts';
import { EXTENSIONS, filesFromArguments, recentFiles } from './opened-files.ts';
import { type Settings, SessionWindows, type SessionWindow } from './session-windows.ts';
import { t } from './strings.ts';
import { createWindow } from './window.ts';

const here = import.meta.dirname;
const isMac = process.platform === 'darwin';
/** What the command line was asked for, when it started this app. */
const asked = JSON.parse(process.env['INTERPOSE_DESKTOP'] ?? '{}') as Record<string, unknown>;
/** Named by the system before a window is there. */
const waitingFiles = filesFromArguments(process.argv, process.cwd());
let entries: readonly MenuEntry[] = [];
let hasEnded = false;

const sessions = new SessionWindows({
  fork: forkEngine,
  openWindow,
  ask,
  failed(reason) {
    dialog.showErrorBox('Interpose', reason);
    if (sessions.isEmpty) app.quit();
  },
  changed: showMenu,
  clock: {
    now: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
});

/** Settings of every engine; the first has what the command line asked for besides. */
function common(): Settings {
  const { protocolFiles } = asked;
  return { dataDirectory: app.getPath('userData'), ...(protocolFiles === undefined ? {} : { protocolFiles }) };
}

function forkEngine(settings: Settings): EngineChild {
  const built = join(here, '../engine/main.js');
  const child = utilityProcess.fork(existsSync(built) ? built : join(here, '../engine/main.ts'), [], {
    stdio: 'pipe',
    serviceName: 'Interpose engine',
    env: { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) },
  });
  // Nobody reads it; a full pipe would stop the engine.
  child.stdout?.resume();
  return {
    onMessage: (listener) => void child.on('message', listener),
    onStderr: (listener) => void child.stderr?.on('data', (data: Buffer) => listener(data.toString())),
    onExit: (listener) => void child.on('exit', listener),
    send: (message) => child.postMessage(message),
    kill: () => void child.kill(),
  };
}

function openWindow(url: string): SessionWindow {
  const window = createWindow(
    {
      BrowserWindow,
      screens: () => screen.getAllDisplays().map((d) => d.workArea),
      others: BrowserWindow.getAllWindows().length,
      statePath: join(app.getPath('userData'), 'window.json'),
      preload: join(here, 'preload.cjs'),
    },
    url,
  );
  const { id, webContents } = window;
  // What is pushed to a page before it can hear waits until it can.
  let waiting: (() => void)[] | undefined = [];
  webContents.on('did-finish-load', () => {
    const late = waiting ?? [];
    waiting = undefined;
    for (const send of late) send();
  });
  const push = (channel: string, text: string): void => {
    const send = (): void => webContents.send(channel, text);
    if (waiting === undefined) send();
    else waiting.push(send);
  };
  window.on('close', (event) => {
    if (!hasEnded && !sessions.mayClose(id)) event.preventDefault();
  });
  window.on('closed', () => void sessions.closed(id).then(quitWhenDone));
  window.on('focus', showMenu);
  return {
    id,
    load(address) {
      waiting ??= [];
      void window.loadURL(address);
    },
    focus() {
      if (window.isMinimized()) window.restore();
      window.focus();
    },
    close: () => window.close(),
    destroy: () => window.destroy(),
    openFile: (path) => push(CHANNELS.openFile, path),
    say: (text) => push(CHANNELS.notice, text),
  };
}

async function ask(question: { title: string; text: string; yes: string }, about: number | undefined) {
  const window = about === undefined ? null : BrowserWindow.fromId(about);
  const box = {
    type: 'question' as const,
    message: question.title,
    detail: question.text,
    buttons: [question.yes, t.cancel],
    defaultId: 1,
    cancelId: 1,
  };
  const { response } = await (window === null ? dialog.showMessageBox(box) : dialog.showMessageBox(window, box));
  return response === 0;
}

/** An engine that does not come up has said so itself. */
const quietly = (opening: Promise<void>): void => void opening.catch(() => undefined);

function openFile(path: string, from?: number): void {
  app.addRecentDocument(path);
  quietly(sessions.openFile(path, common(), from));
}

function showMenu(): void {
  const template = menuTemplate({
    entries,
    recent: recentFiles(join(app.getPath('userData'), 'recent.json')),
    sessions: sessions.list(),
    focused: BrowserWindow.getFocusedWindow()?.id,
    isMac,
    run: (id) => BrowserWindow.getFocusedWindow()?.webContents.send(CHANNELS.command, id),
    openFile: (path) => openFile(path),
    focus: (id) => sessions.focus(id),
  });
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}

/** Everywhere but on a Mac the app ends with its last window, once that window's engine has written everything. */
function quitWhenDone(): void {
  if (!isMac && BrowserWindow.getAllWindows().length === 0) app.quit();
}

const idOf = (page: WebContents): number => BrowserWindow.fromWebContents(page)?.id ?? 0;
const origin = (page: WebContents): string => {
  const url = sessions.urlOf(idOf(page));
  return url === '' ? '' : new URL(url).origin;
};

if (app.requestSingleInstanceLock({ asked })) {
  app.enableSandbox();
  app.on('second-instance', (_event, argv, folder, data) => {
    const files = filesFromArguments(argv, folder);
    for (const path of files) openFile(path);
    const settings = (data as { asked?: Settings } | undefined)?.asked ?? {};
    if (Object.keys(settings).length > 0) quietly(sessions.open({ ...common(), ...settings }));
    else if (files.length === 0) BrowserWindow.getAllWindows()[0]?.focus();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    if (app.isReady()) openFile(path);
    else waitingFiles.push(path);
  });
  app.on('web-contents-created', (_event, contents) =>
    guardNavigation(
      contents,
      () => origin(contents),
      (url) => void shell.openExternal(url),
    ),
  );
  // Without a listener Electron would quit while the last engine is still writing.
  app.on('window-all-closed', () => undefined);
  app.on('activate', () => {
    if (sessions.isEmpty) quietly(sessions.open(common()));
  });
  app.on('before-quit', (event) => {
    if (hasEnded || sessions.isEmpty) return;
    event.preventDefault();
    void sessions.quit().then((isOver) => {
      hasEnded = isOver;
      if (isOver) app.quit();
    });
  });
  registerVerbs(ipcMain, {
    origin,
    async pickFile() {
      const { canceled, filePaths } = await dialog.showOpenDialog({
        properties: ['openFile'],
        filters: [
          { name: t.sessionsAndCaptures, extensions: EXTENSIONS },
          { name: t.allFiles, extensions: ['*'] },
        ],
      });
      return canceled ? null : (filePaths[0] ?? null);
    },
    async pickFolder() {
      const { canceled, filePaths } = await dialog.showOpenDialog({ properties: ['openDirectory'] });
      return canceled ? null : (filePaths[0] ?? null);
    },
    notify(page, title, body) {
      const note = new Notification({ title, body });
      note.on('click', () => sessions.focus(idOf(page)));
      note.show();
    },
    openLink: (url) => void shell.openExternal(url),
    openWindow: (page) => sessions.openWindow(idOf(page)),
    openSession: () => quietly(sessions.open(common())),
    openPath: (page, path) => openFile(path, idOf(page)),
    setMenu(list) {
      entries = list;
      showMenu();
    },
  });
  await app.whenReady();
  guardPermissions(session.defaultSession, origin);
  const [first, ...others] = waitingFiles.splice(0);
  const demo = process.argv.includes('--demo');
  if (first === undefined || demo || Object.keys(asked).length > 0)
    quietly(sessions.open({ ...common(), demo, ...asked }));
  else openFile(first);
  for (const path of demo && first !== undefined ? [first, ...others] : others) openFile(path);
} else app.quit();
