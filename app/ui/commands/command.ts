/** Every action of the app is a command: palette, keys, menus and the shortcut list are views of the same table. */
import type { App } from '../app.ts';
import type { IconName } from '../icons/icon-set.ts';

export type CommandGroup = 'move' | 'look' | 'act' | 'session';

export interface Command {
  readonly id: string;
  readonly title: string;
  readonly icon: IconName;
  readonly group: CommandGroup;
  /** Chords; the first is shown. */
  readonly keys?: readonly string[];
  /** Also while typing in a text field. */
  readonly whileTyping?: boolean;
  /** Acts on the selected frame. */
  readonly onFrame?: boolean;
  /** Listed in the shortcut sheet together with another: `Next, previous frame`. */
  readonly sheet?: { readonly title: string; readonly with?: string } | false;
  /** Runs only then; the palette shows it faint, with the reason, otherwise. */
  readonly when?: (app: App) => boolean;
  readonly reason?: string;
  /** A muted word behind the title in the palette. */
  readonly note?: (app: App) => string;
  /** Holding the key repeats it. */
  readonly repeats?: boolean;
  readonly run: (app: App) => void | Promise<void>;
}
