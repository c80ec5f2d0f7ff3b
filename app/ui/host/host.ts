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

export interface Host {
  readonly kind: 'browser' | 'desktop';
  readonly isMac: boolean;
  pickFile(accept: string): Promise<PickedFile | null>;
  /** A file dropped onto the page. */
  fromDrop(file: File): PickedFile;
  /** Saves what is at `url` of this origin under a name. */
  download(url: string, name: string): void;
  /** Saves content made in the page. */
  save(content: Blob, name: string): void;
  copy(text: string): Promise<void>;
  notify(title: string, text: string): void;
  openLink(url: string): void;
  openWindow(): void;
  showMenu(entries: readonly MenuEntry[]): void;
  /** Commands chosen in a native menu, and files opened from outside. */
  onCommand(listener: (id: string) => void): void;
  onOpenFile(listener: (file: PickedFile) => void): void;
}

/** What the preload script gives the page as `window.interposeDesktop`; read by `desktop-host.ts` alone. */
export interface InterposeDesktop {
  readonly platform: string;
  pickFile(): Promise<string | null>;
  /** Absolute path of a dropped file. */
  pathOf(file: File): string;
  notify(title: string, text: string): void;
  openLink(url: string): void;
  openWindow(): void;
  setMenu(entries: readonly MenuEntry[]): void;
  onCommand(listener: (id: string) => void): void;
  onOpenFile(listener: (path: string) => void): void;
}
