/** Powers of the place the page runs in. A plain browser has all of them by web means; the desktop upgrades some. */

export interface PickedFile {
  readonly name: string;
  /** A path the engine can open itself (desktop). */
  readonly path?: string;
  /** Content to upload (browser). */
  readonly file?: File;
}

export interface MenuEntry {
  readonly id: string;
  readonly title: string;
  readonly keys: string;
  readonly menu: string;
  readonly enabled: boolean;
}

export interface BlankWindow {
  go(url: string): void;
  close(): void;
}

export interface Host {
  readonly kind: 'browser' | 'desktop';
  readonly isMac: boolean;
  pickFile(accept: string): Promise<PickedFile | null>;
  /** A folder of the machine; a browser does not tell where one is. */
  readonly pickFolder?: () => Promise<string | null>;
  /** A file dropped onto the page. */
  fromDrop(file: File): PickedFile;
  /** Saves what is at `url` of this origin under a name. */
  download(url: string, name: string): void;
  /** Saves content made in the page. */
  save(content: Blob, name: string): void;
  copy(text: string): Promise<void>;
  notify(title: string, text: string): void;
  openLink(url: string): void;
  /** One more window on this session. */
  openWindow(): void;
  /** A window of the browser with nothing in it yet. */
  blankWindow(): BlankWindow;
  /** Where sessions have processes of their own: a new one, or the file in one, in a window of its own. */
  readonly openSession?: () => void;
  readonly openPath?: (path: string) => void;
  showMenu(entries: readonly MenuEntry[]): void;
  /** Commands chosen in a native menu, and files opened from outside. */
  onCommand(listener: (id: string) => void): void;
  onOpenFile(listener: (file: PickedFile) => void): void;
  onNotice(listener: (text: string) => void): void;
}

/** What the preload script gives the page as `window.interposeDesktop`; read by `desktop-host.ts` alone. */
export interface InterposeDesktop {
  readonly platform: string;
  pickFile(): Promise<string | null>;
  pickFolder(): Promise<string | null>;
  /** Absolute path of a dropped file. */
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
