/**
 * The page's command list as a native menu: the shell knows no commands of its own beyond editing, quitting, files opened lately
 * and the list of windows.
 */
import { basename } from 'node:path';
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuEntry } from './desktop-contract.ts';
import type { ListedSession } from './session-windows.ts';
import { t } from './strings.ts';

const MAX_ENTRIES = 500;

export interface MenuParts {
  readonly entries: readonly MenuEntry[];
  readonly recent: readonly string[];
  readonly sessions: readonly ListedSession[];
  /** The window in front. */
  readonly focused: number | undefined;
  readonly isMac: boolean;
  run(id: string): void;
  openFile(path: string): void;
  focus(window: number): void;
}

/** What a page sent, checked: anything else is dropped. */
export function readMenuEntries(value: unknown): MenuEntry[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MAX_ENTRIES).filter((e: unknown): e is MenuEntry => {
    const entry = e as Partial<Record<keyof MenuEntry, unknown>> | null;
    return (
      typeof entry === 'object' &&
      entry !== null &&
      ['id', 'title', 'keys', 'menu'].every((k) => typeof entry[k as keyof MenuEntry] === 'string') &&
      typeof entry.enabled === 'boolean'
    );
  });
}

/** `Mod+Shift+K` → Electron's accelerator; keys without a modifier belong to the page alone. */
export function accelerator(keys: string): string | undefined {
  const parts = keys.split('+').map((p) => p.trim());
  if (!parts.some((p) => /^(Mod|Ctrl|Cmd|Alt)$/.test(p))) return undefined;
  return parts
    .map((p) => (p === 'Mod' ? 'CommandOrControl' : p === 'Ctrl' ? 'Control' : p === 'Cmd' ? 'Command' : p))
    .join('+');
}

export function menuTemplate(parts: MenuParts): MenuItemConstructorOptions[] {
  const { isMac } = parts;
  const menus = new Map<string, MenuItemConstructorOptions[]>();
  for (const entry of parts.entries) {
    const keys = accelerator(entry.keys);
    const item: MenuItemConstructorOptions = {
      label: entry.title,
      enabled: entry.enabled,
      click: () => parts.run(entry.id),
      ...(keys === undefined ? {} : { accelerator: keys, registerAccelerator: false }),
    };
    menus.set(entry.menu, [...(menus.get(entry.menu) ?? []), item]);
  }
  const file = [
    ...(menus.get(t.file) ?? []),
    { type: 'separator' as const },
    recentMenu(parts),
    ...(isMac ? [{ role: 'close' as const }] : [{ type: 'separator' as const }, { role: 'quit' as const }]),
  ];
  menus.delete(t.file);
  const template: MenuItemConstructorOptions[] = [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    { label: t.file, submenu: file },
  ];
  if (!menus.has(t.edit)) template.push({ role: 'editMenu' });
  for (const [label, submenu] of menus) template.push({ label, submenu });
  template.push(windowMenu(parts));
  return template;
}

function recentMenu({ recent, openFile }: MenuParts): MenuItemConstructorOptions {
  if (recent.length === 0) return { label: t.openRecent, submenu: [{ label: t.noRecent, enabled: false }] };
  return {
    label: t.openRecent,
    submenu: recent.map((path) => ({
      label: basename(path),
      toolTip: path,
      click: () => openFile(path),
    })),
  };
}

/** One line a window, its session's name first; several on one session are numbered. */
function windowMenu({ sessions, focused, focus, isMac }: MenuParts): MenuItemConstructorOptions {
  const lines = sessions.flatMap(({ title, path, windows }) =>
    windows.map(
      (id, i): MenuItemConstructorOptions => ({
        label: windows.length === 1 ? title : `${title} (${i + 1})`,
        toolTip: path,
        type: 'checkbox',
        checked: id === focused,
        click: () => focus(id),
      }),
    ),
  );
  return {
    role: 'windowMenu',
    submenu: [
      { role: 'minimize' },
      ...(isMac ? [{ role: 'zoom' as const }] : []),
      { role: 'close' },
      ...(lines.length > 0 ? [{ type: 'separator' as const }, ...lines] : []),
    ],
  };
}
