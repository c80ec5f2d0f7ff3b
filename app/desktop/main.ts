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
} from 'electron';
import { CHANNELS } from './desktop-contract.ts';
import { registerVerbs } from './desktop-verbs.ts';
import { type EngineChild, type EngineProcess, superviseEngine } from './engine-process.ts';
import { menuTemplate } from './menu.ts';
import { guardNavigation, guardPermissions } from './navigation-guard.ts';
import { filesFromArguments } from './opened-files.ts';
import { createWindow } from './window.ts';

let engine: EngineProcess | undefined;
let pageUrl = '';
const waitingFiles: string[] = [...filesFromArguments(process.argv)];
const origin = (): string => (pageUrl === '' ? '' : new URL(pageUrl).origin);
const here = import.meta.dirname;

function enginePath(): string {
  const built = join(here, '../engine/main.js');
  return existsSync(built) ? built : join(here, '../engine/main.ts');
}

function forkEngine(): EngineChild {
  // What the command line was asked for, when it started this app.
  const asked = JSON.parse(process.env['INTERPOSE_DESKTOP'] ?? '{}') as Record<string, unknown>;
  const settings = { dataDirectory: app.getPath('userData'), demo: process.argv.includes('--demo'), ...asked };
  const child = utilityProcess.fork(enginePath(), [], {
    stdio: 'pipe',
    serviceName: 'Interpose engine',
    env: { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) },
  });
  return {
    onMessage: (listener) => void child.on('message', listener),
    onStderr: (listener) => void child.stderr?.on('data', (data: Buffer) => listener(data.toString())),
    onExit: (listener) => void child.on('exit', listener),
    send: (message) => child.postMessage(message),
    kill: () => void child.kill(),
  };
}

function openWindow(): BrowserWindow {
  const window = createWindow(
    {
      BrowserWindow,
      screens: () => screen.getAllDisplays().map((d) => d.workArea),
      statePath: join(app.getPath('userData'), 'window.json'),
      preload: join(here, 'preload.cjs'),
    },
    pageUrl,
  );
  window.webContents.once('did-finish-load', () => {
    for (const path of waitingFiles.splice(0)) window.webContents.send(CHANNELS.openFile, path);
  });
  return window;
}

function openFile(path: string): void {
  app.addRecentDocument(path);
  const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0];
  if (window === undefined) waitingFiles.push(path);
  else window.webContents.send(CHANNELS.openFile, path);
}

function runCommand(id: string): void {
  BrowserWindow.getFocusedWindow()?.webContents.send(CHANNELS.command, id);
}

if (app.requestSingleInstanceLock()) {
  app.enableSandbox();
  app.on('second-instance', (_event, argv) => {
    for (const path of filesFromArguments(argv)) openFile(path);
    BrowserWindow.getAllWindows()[0]?.focus();
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    openFile(path);
  });
  app.on('web-contents-created', (_event, contents) =>
    guardNavigation(contents, origin, (url) => void shell.openExternal(url)),
  );
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0 && pageUrl !== '') openWindow();
  });
  let stopped = false;
  app.on('before-quit', (event) => {
    if (stopped || engine === undefined) return;
    event.preventDefault();
    stopped = true;
    void engine.stop().finally(() => app.quit());
  });
  registerVerbs(ipcMain, {
    origin,
    async pickFile() {
      const { canceled, filePaths } = await dialog.showOpenDialog({
        properties: ['openFile'],
        filters: [
          { name: 'Sessions and captures', extensions: ['ipsession', 'pcap', 'pcapng', 'cap', 'har', 'flow', 'jsonl'] },
          { name: 'All files', extensions: ['*'] },
        ],
      });
      return canceled ? null : (filePaths[0] ?? null);
    },
    notify: (title, body) => new Notification({ title, body }).show(),
    openLink: (url) => void shell.openExternal(url),
    openWindow: () => void openWindow(),
    setMenu: (entries) =>
      Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(entries, process.platform === 'darwin', runCommand))),
  });
  await app.whenReady();
  guardPermissions(session.defaultSession, origin);
  engine = superviseEngine(
    forkEngine,
    {
      started({ url }) {
        const isRestart = pageUrl !== '';
        pageUrl = url;
        // A restarted engine has another port and token: every window moves over.
        if (isRestart) for (const window of BrowserWindow.getAllWindows()) void window.loadURL(url);
        else openWindow();
      },
      failed(reason) {
        dialog.showErrorBox('Interpose', reason);
        app.quit();
      },
    },
    {
      now: () => performance.now(),
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
    },
  );
} else app.quit();
