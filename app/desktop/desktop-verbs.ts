/** Handlers of the page's desktop verbs. Each checks that the caller is the main frame of one of our windows, at its engine's origin. */
import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent, WebContents } from 'electron';
import { CHANNELS, type MenuEntry } from './desktop-contract.ts';
import { readMenuEntries } from './menu.ts';
import { isOurOrigin, isSafeLink } from './navigation-guard.ts';

type Caller = Pick<IpcMainEvent | IpcMainInvokeEvent, 'senderFrame' | 'sender'>;

export interface DesktopPowers {
  /** Origin of the engine this page belongs to; empty when it is none of ours. */
  origin(page: WebContents): string;
  pickFile(page: WebContents): Promise<string | null>;
  pickFolder(page: WebContents): Promise<string | null>;
  notify(page: WebContents, title: string, text: string): void;
  openLink(url: string): void;
  openWindow(page: WebContents): void;
  openSession(): void;
  openPath(page: WebContents, path: string): void;
  setMenu(entries: readonly MenuEntry[]): void;
}

export function isFromOurPage(event: Pick<Caller, 'senderFrame'>, origin: string): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame !== undefined && frame.parent === null && isOurOrigin(frame.url, origin);
}

export function registerVerbs(ipcMain: Pick<IpcMain, 'handle' | 'on'>, powers: DesktopPowers): void {
  const on = (channel: string, run: (page: WebContents, ...args: unknown[]) => void): void => {
    ipcMain.on(channel, (event, ...args: unknown[]) => {
      if (isFromOurPage(event, powers.origin(event.sender))) run(event.sender, ...args);
    });
  };
  const handle = (channel: string, run: (page: WebContents) => Promise<unknown>): void => {
    ipcMain.handle(channel, (event) => {
      if (!isFromOurPage(event, powers.origin(event.sender))) throw new Error('not allowed');
      return run(event.sender);
    });
  };
  handle(CHANNELS.pickFile, (page) => powers.pickFile(page));
  handle(CHANNELS.pickFolder, (page) => powers.pickFolder(page));
  on(CHANNELS.notify, (page, title, text) => {
    if (typeof title !== 'string' || typeof text !== 'string') return;
    powers.notify(page, title.slice(0, 200), text.slice(0, 1000));
  });
  on(CHANNELS.openLink, (_page, url) => {
    if (typeof url === 'string' && isSafeLink(url)) powers.openLink(url);
  });
  on(CHANNELS.openWindow, (page) => powers.openWindow(page));
  on(CHANNELS.openSession, () => powers.openSession());
  on(CHANNELS.openPath, (page, path) => {
    if (typeof path === 'string' && path !== '' && path.length < 4096) powers.openPath(page, path);
  });
  on(CHANNELS.setMenu, (_page, entries) => powers.setMenu(readMenuEntries(entries)));
}
