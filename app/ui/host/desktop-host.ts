import { nameOfPath } from '../format/text.ts';
import type { Host, InterposeDesktop } from './host.ts';

declare global {
  interface Window {
    readonly interposeDesktop?: InterposeDesktop;
  }
}

/** The browser's host with the desktop's powers where the preload script gives them. */
export function chooseHost(browser: Host): Host {
  const desktop = window.interposeDesktop;
  if (desktop === undefined) return browser;
  return {
    ...browser,
    kind: 'desktop',
    isMac: desktop.platform === 'darwin',
    async pickFile() {
      const path = await desktop.pickFile();
      return path === null ? null : { name: nameOfPath(path), path };
    },
    pickFolder: () => desktop.pickFolder(),
    fromDrop(file) {
      const path = desktop.pathOf(file);
      return path === '' ? { name: file.name, file } : { name: file.name, path };
    },
    notify: (title, text) => desktop.notify(title, text),
    openLink: (url) => desktop.openLink(url),
    openWindow: () => desktop.openWindow(),
    openSession: () => desktop.openSession(),
    openPath: (path) => desktop.openPath(path),
    showMenu: (entries) => desktop.setMenu(entries),
    onCommand: (listener) => desktop.onCommand(listener),
    onNotice: (listener) => desktop.onNotice(listener),
    onOpenFile: (listener) => desktop.onOpenFile((path) => listener({ name: nameOfPath(path), path })),
  };
}
