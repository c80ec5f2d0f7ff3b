/** Right click on a value: everything that can be done with it, from the tree and from the bytes. */
import type { FieldView } from '../../../core/contract/frames.ts';
import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { bytesFromHex, cArray } from '../format/bytes.ts';
import { setFieldColumns } from '../timeline/field-columns.ts';
import { colorMenu } from '../timeline/row-menu.ts';
import { selectOne } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import { fieldCondition, filterPath } from './field-condition.ts';
import { jsonOf, plainValue } from './field-text.ts';
import type { Inspected } from './inspection.ts';

export function fieldMenu(app: App, inspected: Inspected, field: FieldView): readonly MenuEntry[] {
  const words = t.inspector.menu;
  const condition = fieldCondition(field);
  const path = filterPath(field.path);
  const copy = (text: string) => () => void copyText(app, text);
  const buffer = inspected.buffers[app.inspection.buffer.get()];
  const hex = buffer?.hex.slice(field.start * 2, field.end * 2) ?? '';
  const place = (): { readonly x: number; readonly y: number } => app.overlays.menu.get() ?? { x: 0, y: 0 };
  const columns = app.settings.get().fieldColumns;
  const hasColumn = columns.includes(path);
  return [
    {
      title: words.filter,
      note: condition,
      icon: 'filter',
      command: 'field.filter',
      run: () => void app.filter.add(condition).catch(app.notices.problem),
    },
    {
      title: words.exclude,
      icon: 'drop',
      command: 'field.exclude',
      run: () => void app.filter.add(condition, true).catch(app.notices.problem),
    },
    {
      title: hasColumn ? words.noColumn : words.column,
      note: path,
      icon: 'columns',
      run: () => setFieldColumns(app, hasColumn ? columns.filter((each) => each !== path) : [...columns, path]),
    },
    {
      title: words.color,
      icon: 'palette',
      run: () => app.overlays.showMenu(place(), words.color, colorMenu(app, condition)),
    },
    { title: words.same, icon: 'search', run: () => void findSame(app, inspected, field, place()) },
    'line',
    { title: words.copyValue, icon: 'copy', command: 'copy.value', run: copy(plainValue(field)) },
    { title: words.copyPath, run: copy(field.path) },
    { title: words.copyHex, run: copy(hex) },
    { title: words.copyJson, run: copy(JSON.stringify(jsonOf(field), null, 2)) },
    { title: words.copyC, run: copy(cArray(bytesFromHex(hex))) },
    'line',
    { title: words.rule, icon: 'plus', run: () => app.holds.newRuleFor(inspected.frame, field) },
    { title: words.fuzz, icon: 'bolt', run: () => app.fuzz.target(inspected.frame, field) },
    {
      title: words.plot,
      icon: 'target',
      disabled: typeof field.value !== 'number',
      run: () => app.statistics.plot(path, inspected.frame.messages[0]?.name ?? ''),
    },
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

async function findSame(
  app: App,
  inspected: Inspected,
  field: FieldView,
  at: { readonly x: number; readonly y: number },
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
