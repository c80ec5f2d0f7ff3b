// CommonJS, because a sandboxed preload script cannot be an ES module. Exposes the verbs of the contract and nothing else;
// the channel names are spelled out here since a sandboxed script may not load files of ours.
import type { InterposeDesktop } from './desktop-contract.ts';

const { contextBridge, ipcRenderer, webUtils } = require('electron') as typeof import('electron');

const verbs = {
  platform: process.platform,
  pickFile: () => ipcRenderer.invoke('interpose:pick-file') as Promise<string | null>,
  pickFolder: () => ipcRenderer.invoke('interpose:pick-folder') as Promise<string | null>,
  pathOf: (file) => webUtils.getPathForFile(file),
  notify: (title, text) => ipcRenderer.send('interpose:notify', title, text),
  openLink: (url) => ipcRenderer.send('interpose:open-link', url),
  openWindow: () => ipcRenderer.send('interpose:open-window'),
  openSession: () => ipcRenderer.send('interpose:open-session'),
  openPath: (path) => ipcRenderer.send('interpose:open-path', path),
  setMenu: (entries) => ipcRenderer.send('interpose:set-menu', entries),
  onCommand: (listener) => void ipcRenderer.on('interpose:command', (_event, id: string) => listener(id)),
  onOpenFile: (listener) => void ipcRenderer.on('interpose:open-file', (_event, path: string) => listener(path)),
  onNotice: (listener) => void ipcRenderer.on('interpose:notice', (_event, text: string) => listener(text)),
} satisfies InterposeDesktop;

contextBridge.exposeInMainWorld('interposeDesktop', verbs);
