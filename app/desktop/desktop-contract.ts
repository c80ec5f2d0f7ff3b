/**
 * What crosses between the shell and the page. The page declares the same verbs for itself (`app/ui/host/host.ts`), because
 * neither side imports the other; `desktop.test.ts` holds the two together.
 */
export interface MenuEntry {
  readonly id: string;
  readonly title: string;
  readonly keys: string;
  readonly menu: string;
  readonly enabled: boolean;
}

export interface InterposeDesktop {
  readonly platform: string;
  pickFile(): Promise<string | null>;
  pickFolder(): Promise<string | null>;
  pathOf(file: File): string;
  notify(title: string, text: string): void;
  openLink(url: string): void;
  /** One more window on this session. */
  openWindow(): void;
  /** A new session in a window of its own. */
  openSession(): void;
  /** A file where it belongs: here when nothing is here yet, else in a window of its own. */
  openPath(path: string): void;
  setMenu(entries: readonly MenuEntry[]): void;
  onCommand(listener: (id: string) => void): void;
  onOpenFile(listener: (path: string) => void): void;
  onNotice(listener: (text: string) => void): void;
}

/** Channel names. `invoke` channels answer, `send` channels do not, `push` channels go to the page. */
export const CHANNELS = {
  pickFile: 'interpose:pick-file',
  pickFolder: 'interpose:pick-folder',
  notify: 'interpose:notify',
  openLink: 'interpose:open-link',
  openWindow: 'interpose:open-window',
  openSession: 'interpose:open-session',
  openPath: 'interpose:open-path',
  setMenu: 'interpose:set-menu',
  command: 'interpose:command',
  openFile: 'interpose:open-file',
  notice: 'interpose:notice',
} as const;
