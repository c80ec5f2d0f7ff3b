/** The page's command list as a native menu: the shell knows no commands of its own beyond editing and quitting. */
import type { MenuItemConstructorOptions } from 'electron';
import type { MenuEntry } from './desktop-contract.ts';

const MAX_ENTRIES = 500;

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

export function menuTemplate(
  entries: readonly MenuEntry[],
  isMac: boolean,
  run: (id: string) => void,
): MenuItemConstructorOptions[] {
  const menus = new Map<string, MenuItemConstructorOptions[]>();
  for (const entry of entries) {
    const keys = accelerator(entry.keys);
    const item: MenuItemConstructorOptions = {
      label: entry.title,
      enabled: entry.enabled,
      click: () => run(entry.id),
      ...(keys === undefined ? {} : { accelerator: keys, registerAccelerator: false }),
    };
    menus.set(entry.menu, [...(menus.get(entry.menu) ?? []), item]);
  }
  const template: MenuItemConstructorOptions[] = isMac ? [{ role: 'appMenu' }] : [];
  for (const [label, submenu] of menus)
    template.push({
      label,
      submenu: label === 'File' && !isMac ? [...submenu, { type: 'separator' }, { role: 'quit' }] : submenu,
    });
  if (!menus.has('Edit'))
    template.splice(menus.has('File') ? template.length - menus.size + 1 : template.length, 0, { role: 'editMenu' });
  template.push({ role: 'windowMenu' });
  return template;
}
