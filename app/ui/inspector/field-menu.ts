/** Right click on a value: everything that can be done with it, from the tree and from the bytes. */
import type { FieldView } from '../../../core/contract/frames.ts';
import type { App } from '../app.ts';
import type { MenuEntry, MenuItem } from '../commands/overlays.ts';
import { commandEntry } from '../shell/top-menus.ts';
import { selectOne } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import { fieldCondition, filterPath } from './field-condition.ts';
import { jsonOf } from './field-text.ts';
import type { Inspected } from './inspection.ts';

/** Each entry is a command; the menu adds what it would do here. */
export function fieldMenu(app: App, inspected: Inspected, field: FieldView): readonly MenuEntry[] {
  const words = t.inspector.menu;
  const condition = fieldCondition(field);
  const path = filterPath(field.path);
  const buffer = inspected.buffers[app.inspection.buffer.get()];
  const hex = buffer?.hex.slice(field.start * 2, field.end * 2) ?? '';
  const hasColumn = app.settings.get().fieldColumns.includes(path);
  const entry = (id: string, title: string, note?: string): MenuEntry => ({
    ...(commandEntry(app, id) as MenuItem),
    title,
    ...(note === undefined ? {} : { note }),
  });
  const copies: readonly MenuEntry[] = [
    entry('copy.value', words.copyValue),
    entry('copy.path', words.copyPath),
    { title: words.copyHex, run: () => void copyText(app, hex) },
    { title: words.copyJson, run: () => void copyText(app, JSON.stringify(jsonOf(field), null, 2)) },
    entry('copy.c', words.copyC),
  ];
  if (buffer?.kind === 'packet') return copies;
  return [
    entry('field.filter', words.filter, condition),
    entry('field.exclude', words.exclude, condition),
    entry('field.column', hasColumn ? words.noColumn : words.column, path),
    entry('field.color', words.color),
    entry('field.same', words.same),
    'line',
    ...copies,
    'line',
    entry('field.rule', words.rule),
    entry('field.fuzz', words.fuzz),
    entry('field.plot', words.plot),
  ];
}

export async function copyText(app: App, text: string): Promise<void> {
  try {
    await app.host.copy(text);
    app.notices.say(t.inspector.copied);
  } catch (error) {
    app.notices.problem(error);
  }
}

export async function findSame(
  app: App,
  inspected: Inspected,
  field: FieldView,
  at: { readonly x: number; readonly y: number } | Element,
): Promise<void> {
  try {
    const found = await app.client.request('frame.sameValue', { n: inspected.frame.n, path: field.path, limit: 40 });
    const entries: MenuEntry[] = found.map((place) => ({
      title: `#${place.n}`,
      note: place.path,
      run: () => {
        app.selection.set(selectOne(place.n));
        app.inspection.selectField(place.path, 0);
        app.commands.run('selection.reveal');
      },
    }));
    app.overlays.showMenu(
      at,
      t.inspector.menu.same,
      entries.length > 0 ? entries : [{ title: t.inspector.menu.sameNone, disabled: true }],
    );
  } catch (error) {
    app.notices.problem(error);
  }
}
