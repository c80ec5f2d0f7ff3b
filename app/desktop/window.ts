/** Opens a window on the engine's page. Electron's pieces come in as parameters, so the decisions are tested without it. */
import type { BrowserWindow, BrowserWindowConstructorOptions } from 'electron';
import { cascade, fitToScreens, readWindowState, type Bounds, writeWindowState } from './window-state.ts';

export interface WindowParts {
  readonly BrowserWindow: new (options: BrowserWindowConstructorOptions) => BrowserWindow;
  readonly screens: () => readonly Bounds[];
  /** Windows that are open already. */
  readonly others: number;
  readonly statePath: string;
  readonly preload: string;
}

/** Written out although most are the defaults: a change shows in a diff. */
export function windowOptions(preload: string, bounds: Bounds | undefined): BrowserWindowConstructorOptions {
  return {
    width: 1440,
    height: 900,
    ...bounds,
    minWidth: 800,
    minHeight: 500,
    show: false,
    title: 'Interpose',
    // The page's own dark background: no white flash before it is drawn.
    backgroundColor: '#16191d',
    webPreferences: {
      preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  };
}

export function createWindow(parts: WindowParts, url: string): BrowserWindow {
  const state = fitToScreens(cascade(readWindowState(parts.statePath), parts.others), parts.screens());
  const window = new parts.BrowserWindow(windowOptions(parts.preload, state.bounds));
  if (state.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () =>
    writeWindowState(parts.statePath, { bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
  );
  void window.loadURL(url);
  return window;
}
