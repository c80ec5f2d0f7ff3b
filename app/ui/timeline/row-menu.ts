/** Right click on a row: what can be done with the frame, and with the value under the pointer. */
import type { Row } from '../../../core/contract/rows.ts';
import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import { setHidden } from '../filter/filter-menus.ts';
import { commandEntry } from '../shell/top-menus.ts';
import { t } from '../strings/strings.ts';
import type { Column } from './columns.ts';

export const WASHES: readonly string[] = ['red', 'amber', 'green', 'teal', 'blue', 'violet'];

export function rowMenu(app: App, row: Row, column: Column | undefined): readonly MenuEntry[] {
  const words = t.commands.menu;
  const condition = conditionOf(row, column, app.settings.get().fieldColumns);
  const apply = (exclude: boolean) => () => void app.filter.add(condition, exclude).catch(app.notices.problem);
  const entry = (id: string): MenuEntry => commandEntry(app, id);
  const name = `${row.protocol}/${row.message}`;
  return [
    { title: words.filterBy, note: condition, icon: 'filter', run: apply(false) },
    { title: words.exclude, note: condition, icon: 'drop', run: apply(true) },
    ...(row.message === ''
      ? []
      : [
          {
            title: words.hideMessage,
            note: row.message,
            icon: 'eye' as const,
            command: 'message.hide',
            run: () => setHidden(app, name, true),
          },
        ]),
    {
      title: words.onlyConnection,
      note: `conn == ${row.conn}`,
      icon: 'plug',
      run: () => void app.filter.add(`conn == ${row.conn}`).catch(app.notices.problem),
    },
    ...row.touchedBy.map((rule) => {
      const note = `touched == ${filterLiteral(rule)}`;
      return {
        title: words.touchedBy(rule),
        note,
        icon: 'gear' as const,
        run: () => void app.filter.add(note).catch(app.notices.problem),
      };
    }),
    {
      title: words.color,
      icon: 'palette',
      run: () => app.overlays.showMenu(menuPlace(app), words.color, colorMenu(app, condition)),
    },
    'line',
    entry('frame.edit'),
    entry('hold.like'),
    entry('replay.selection'),
    entry('fuzz.selection'),
    'line',
    entry('mark.toggle'),
    entry('frame.comment'),
    entry('time.reference'),
    ...(row.partner > 0 ? [entry('frame.partner')] : []),
    'line',
    entry('copy.hex'),
    entry('copy.json'),
    entry('connection.decodeAs'),
  ];
}

function menuPlace(app: App): { readonly x: number; readonly y: number } {
  const menu = app.overlays.menu.get();
  return { x: menu?.x ?? 0, y: menu?.y ?? 0 };
}

/** The condition a row's cell stands for. */
export function conditionOf(row: Row, column: Column | undefined, fieldColumns: readonly string[] = []): string {
  if (column?.field !== undefined) {
    const value = row.columns[fieldColumns.indexOf(column.field)] ?? '';
    return `${column.field} == ${filterLiteral(asValue(value))}`;
  }
  switch (column?.id) {
    case 'conn':
      return row.protocol;
    case 'dir':
      return row.direction;
    case 'size':
      return `frame.size == ${row.size}`;
    case 'n':
      return `frame.n == ${row.n}`;
    case 'answer':
      return Number.isNaN(row.answerMs) ? messageCondition(row) : `answer.ms >= ${row.answerMs.toFixed(1)}`;
    case 'marks':
      if (row.touchedBy[0] !== undefined) return `touched == ${filterLiteral(row.touchedBy[0])}`;
      if (row.worst !== undefined) return `expert.severity >= ${row.worst}`;
      if (row.fate !== 'forwarded') return `fate == ${row.fate}`;
      if (row.origin !== 'wire') return `origin == ${row.origin}`;
      return messageCondition(row);
    default:
      return messageCondition(row);
  }
}

function messageCondition(row: Row): string {
  return row.message === '' ? `protocol == ${filterLiteral(row.protocol)}` : `message == ${filterLiteral(row.message)}`;
}

function asValue(text: string): string | number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Colours rows by a filter; the same colour again takes it away. */
export function colorMenu(app: App, filter: string): readonly MenuEntry[] {
  const set = (color: string | null) => () => {
    const others = app.settings.get().colors.filter((rule) => rule.filter !== filter);
    const colors = color === null ? others : [...others, { filter, color }];
    app.settings.change({ colors });
    app.view.change({ colors });
  };
  const current = app.settings.get().colors.find((rule) => rule.filter === filter)?.color;
  return [
    ...WASHES.map((color) => ({
      title: (t.commands.colors as Readonly<Record<string, string>>)[color] ?? color,
      swatch: color,
      checked: color === current,
      run: set(color),
    })),
    'line',
    { title: t.commands.menu.noColor, disabled: current === undefined, run: set(null) },
    {
      title: t.commands.menu.noColors,
      disabled: app.settings.get().colors.length === 0,
      run: () => {
        app.settings.change({ colors: [] });
        app.view.change({ colors: [] });
      },
    },
  ];
}
