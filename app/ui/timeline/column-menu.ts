/** What can be done with columns: from a head by right click, or all of them from the palette. */
import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { t } from '../strings/strings.ts';
import { columnsOf, OPTIONAL_COLUMNS, type Column } from './columns.ts';
import { setFieldColumns } from './field-columns.ts';

export function columnMenu(app: App, column: Column): readonly MenuEntry[] {
  const { timeMode, hiddenColumns } = app.settings.get();
  const entries: MenuEntry[] = [];
  if (column.id === 'time') {
    for (const mode of ['session', 'wall', 'reference'] as const) {
      entries.push({
        title: t.timeline.timeModes[mode],
        checked: mode === timeMode,
        run: () => app.settings.change({ timeMode: mode }),
      });
    }
    entries.push('line');
  }
  if (column.field !== undefined) {
    const { field } = column;
    entries.push(
      {
        title: t.timeline.removeColumn,
        icon: 'trash',
        run: () =>
          setFieldColumns(
            app,
            app.settings.get().fieldColumns.filter((each) => each !== field),
          ),
      },
      'line',
    );
  }
  for (const id of OPTIONAL_COLUMNS) {
    const isHidden = hiddenColumns.includes(id);
    entries.push({
      title: (t.timeline.columnNames as Readonly<Record<string, string>>)[id] ?? id,
      checked: !isHidden,
      run: () =>
        app.settings.change({
          hiddenColumns: isHidden ? hiddenColumns.filter((each) => each !== id) : [...hiddenColumns, id],
        }),
    });
  }
  entries.push(
    'line',
    { title: t.timeline.addFieldColumn, icon: 'plus', run: () => app.overlays.dialog('add-column') },
    { title: t.timeline.resetColumns, run: () => app.settings.change({ columnWidths: {}, hiddenColumns: [] }) },
  );
  return entries;
}

/** Without a head to point at: the times, every field's column, and the widths, which arrow keys change from here. */
export function allColumnsMenu(app: App): readonly MenuEntry[] {
  const columns = columnsOf(app.settings.get(), window.innerWidth);
  const time = columns.find((column) => column.id === 'time');
  const remove = columns.flatMap(({ field }): MenuEntry[] =>
    field === undefined
      ? []
      : [
          {
            title: t.timeline.removeColumn,
            note: field,
            icon: 'trash',
            run: () =>
              setFieldColumns(
                app,
                app.settings.get().fieldColumns.filter((each) => each !== field),
              ),
          },
        ],
  );
  const widths = columns
    .filter(({ id, width }) => width > 0 && id !== 'dir')
    .map(
      ({ id, title }): MenuEntry => ({
        title: t.timeline.resize(title),
        note: '← →',
        run: () => document.getElementById(`grip-${id}`)?.focus(),
      }),
    );
  return [...(time === undefined ? [] : columnMenu(app, time)), ...remove, 'line', ...widths];
}
