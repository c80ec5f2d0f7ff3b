import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { t } from '../strings/strings.ts';

/** A menu entry that stands for a command. */
export function commandEntry(app: App, id: string): MenuEntry {
  const command = app.commands.get(id);
  if (command === undefined) return 'line';
  return {
    title: command.title,
    icon: command.icon,
    command: id,
    disabled: !(command.when?.(app) ?? true),
    run: () => app.commands.run(id),
  };
}

export function sessionMenu(app: App): readonly MenuEntry[] {
  const entry = (id: string): MenuEntry => commandEntry(app, id);
  return [
    entry('session.new'),
    entry('file.open'),
    entry('file.openBeside'),
    entry('session.saveAs'),
    'line',
    entry('export'),
    'line',
    entry('proxy.add'),
    entry('demo.start'),
    entry('capture'),
    entry('script'),
    entry('doctor'),
    'line',
    entry('session.beside'),
    entry('window.new'),
    entry('about'),
  ];
}

export function themeMenu(app: App): readonly MenuEntry[] {
  const { theme, contrast, rowHeight } = app.settings.get();
  const words = t.shell.themes;
  return [
    ...(['system', 'light', 'dark'] as const).map((id) => ({
      title: words[id],
      checked: theme === id,
      run: () => app.settings.change({ theme: id }),
    })),
    'line',
    {
      title: words.contrast,
      checked: contrast === 'more',
      run: () => app.settings.change({ contrast: contrast === 'more' ? 'system' : 'more' }),
    },
    {
      title: t.dialogs.roomyRows,
      checked: rowHeight === 28,
      run: () => app.settings.change({ rowHeight: rowHeight === 28 ? 22 : 28 }),
    },
  ];
}
