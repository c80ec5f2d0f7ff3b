/** What can be done with the chosen value, and the menus of what is chosen: the right click as commands. */
import type { FieldView } from '../../../core/contract/frames.ts';
import type { App } from '../app.ts';
import { bytesFromHex, cArray } from '../format/bytes.ts';
import { setHidden } from '../filter/filter-menus.ts';
import { fieldCondition, filterPath } from '../inspector/field-condition.ts';
import { copyText, fieldMenu, findSame } from '../inspector/field-menu.ts';
import type { Inspected } from '../inspector/inspection.ts';
import { allColumnsMenu } from '../timeline/column-menu.ts';
import { setFieldColumns } from '../timeline/field-columns.ts';
import { colorMenu, rowMenu } from '../timeline/row-menu.ts';
import { t } from '../strings/strings.ts';
import type { Command } from './command.ts';
import { currentField, currentFrame, focusIndex, hasFrame, messageField } from './frame-context.ts';

const words = t.commands.titles;

/** A command on the chosen field; palette and menus show the rest of it. */
function onField(
  id: string,
  title: string,
  icon: Command['icon'],
  run: (app: App, field: FieldView, inspected: Inspected) => void | Promise<void>,
  more: Pick<Command, 'keys' | 'when' | 'group'> = { group: 'look' },
): Command {
  // What the carrier's fields hold can be copied, and no more.
  const chosen = id.startsWith('copy.') ? currentField : messageField;
  return {
    id,
    title,
    icon,
    onFrame: true,
    when: (app) => chosen(app) !== undefined,
    reason: t.commands.reasons.field,
    ...more,
    run(app) {
      const field = chosen(app);
      const inspected = app.inspection.inspected.get();
      return field === undefined || inspected === null ? undefined : run(app, field, inspected);
    },
  };
}

export const FIELD_COMMANDS: readonly Command[] = [
  {
    id: 'menu.open',
    title: words.menu,
    icon: 'down',
    group: 'look',
    keys: ['Shift+F10', 'ContextMenu'],
    onFrame: true,
    when: hasFrame,
    reason: t.commands.reasons.frame,
    run: openMenu,
  },
  onField(
    'field.column',
    words.fieldColumn,
    'columns',
    (app, field) => {
      const columns = app.settings.get().fieldColumns;
      const path = filterPath(field.path);
      setFieldColumns(app, columns.includes(path) ? columns.filter((each) => each !== path) : [...columns, path]);
    },
    { group: 'look', keys: ['L'] },
  ),
  onField('field.color', words.fieldColor, 'palette', (app, field) =>
    app.overlays.showMenu(fieldPlace(app), t.inspector.menu.color, colorMenu(app, fieldCondition(field))),
  ),
  onField('field.same', words.fieldSame, 'search', (app, field, inspected) =>
    findSame(app, inspected, field, fieldPlace(app)),
  ),
  onField('copy.path', words.copyPath, 'copy', (app, field) => copyText(app, field.path)),
  onField('copy.c', words.copyC, 'copy', (app, field, inspected) => {
    const hex = inspected.buffers[app.inspection.buffer.get()]?.hex.slice(field.start * 2, field.end * 2) ?? '';
    return copyText(app, cArray(bytesFromHex(hex)));
  }),
  onField('field.rule', words.fieldRule, 'plus', (app, field, { frame }) => app.holds.newRuleFor(frame, field), {
    group: 'act',
  }),
  onField('field.fuzz', words.fieldFuzz, 'bolt', (app, field, { frame }) => app.fuzz.target(frame, field), {
    group: 'act',
  }),
  onField(
    'field.plot',
    words.fieldPlot,
    'target',
    (app, field, { frame }) => app.statistics.plot(filterPath(field.path), frame.messages[0]?.name ?? ''),
    { group: 'look', when: (app) => typeof messageField(app)?.value === 'number' },
  ),
  {
    id: 'columns',
    title: words.columns,
    icon: 'columns',
    group: 'look',
    run: (app) =>
      app.overlays.showMenu(
        document.querySelector('.tr.th') ?? document.body,
        t.timeline.columnMenu,
        allColumnsMenu(app),
      ),
  },
  {
    id: 'message.hide',
    title: words.hideMessage,
    icon: 'eye',
    group: 'look',
    keys: ['I'],
    onFrame: true,
    when: (app) => nameOf(app) !== undefined,
    reason: t.commands.reasons.frame,
    note: (app) => nameOf(app) ?? '',
    run(app) {
      const name = nameOf(app);
      if (name !== undefined) setHidden(app, name, true);
    },
  },
];

/** `protocol/message` of the chosen frame. */
function nameOf(app: App): string | undefined {
  const frame = currentFrame(app);
  const name = frame?.messages[0]?.name;
  return name === undefined || name === null ? undefined : `${frame?.protocol ?? ''}/${name}`;
}

/** Where a menu about the chosen field goes: where the one before it was, else below the field. */
function fieldPlace(app: App): { readonly x: number; readonly y: number } | Element {
  return app.overlays.menu.get() ?? document.querySelector('.tree .node.sel') ?? document.body;
}

/** The menu a right click would open: of the field while the inspector has the focus, else of the row. */
async function openMenu(app: App): Promise<void> {
  const field = currentField(app);
  const inspected = app.inspection.inspected.get();
  const isInside = document.activeElement?.closest('#field-tree, #byte-grid') != null;
  if (isInside && field !== undefined && inspected !== null) {
    app.overlays.showMenu(fieldPlace(app), field.path, fieldMenu(app, inspected, field));
    return;
  }
  const row = app.view.row(await focusIndex(app));
  const element = document.querySelector('.rows .tr.sel .msg') ?? document.querySelector('#timeline-grid');
  if (row !== undefined && element !== null) app.overlays.showMenu(element, `#${row.n}`, rowMenu(app, row, undefined));
}
