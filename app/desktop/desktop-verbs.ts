/** Handlers of the page's desktop verbs. Each checks that the caller is the main frame of one of our windows at our origin. */
import type { IpcMain, IpcMainEvent, IpcMainInvokeEvent } from 'electron';
import { CHANNELS, type MenuEntry } from './desktop-contract.ts';
import { readMenuEntries } from './menu.ts';
import { isOurOrigin, isSafeLink } from './navigation-guard.ts';

export interface DesktopPowers {
  readonly origin: () => string;
  pickFile(event: IpcMainInvokeEvent): Promise<string | null>;
  notify(title: string, text: string): void;
  openLink(url: string): void;
  openWindow(): void;
  setMenu(entries: readonly MenuEntry[]): void;
}

export function isFromOurPage(event: Pick<IpcMainEvent | IpcMainInvokeEvent, 'senderFrame'>, origin: string): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame !== undefined && frame.parent === null && isOurOrigin(frame.url, origin);
}

export function registerVerbs(ipcMain: Pick<IpcMain, 'handle' | 'on'>, powers: DesktopPowers): void {
  const on = (channel: string, run: (...args: unknown[]) => void): void => {
    ipcMain.on(channel, (event, ...args: unknown[]) => {
      if (isFromOurPage(event, powers.origin())) run(...args);
    });
  };
  ipcMain.handle(CHANNELS.pickFile, (event) => {
    if (!isFromOurPage(event, powers.origin())) throw new Error('not allowed');
    return powers.pickFile(event);
  });
  on(CHANNELS.notify, (title, text) => {
    if (typeof title === 'string' && typeof text === 'string') powers.notify(title.slice(0, 200), text.slice(0, 1000));
  });
  on(CHANNELS.openLink, (url) => {
    if (typeof url === 'string' && isSafeLink(url)) powers.openLink(url);
  });
  on(CHANNELS.openWindow, () => powers.openWindow());
  on(CHANNELS.setMenu, (entries) => powers.setMenu(readMenuEntries(entries)));
}
