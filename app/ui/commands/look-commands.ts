import type { App } from '../app.ts';
import { fieldCondition } from '../inspector/field-condition.ts';
import { copyText } from '../inspector/field-menu.ts';
import { jsonOf, plainValue } from '../inspector/field-text.ts';
import { hexOf, bytesFromHex } from '../format/bytes.ts';
import { selectOne } from '../timeline/selection.ts';
import { showAllHidden } from '../filter/filter-menus.ts';
import type { DockTab } from '../state/dock.ts';
import { t } from '../strings/strings.ts';
import type { Command } from './command.ts';
import {
  currentField,
  currentFrame,
  focusIndex,
  hasFrame,
  hasRows,
  messageField,
  selectedFrame,
} from './frame-context.ts';
import { selectIndex } from './move-commands.ts';

const words = t.commands.titles;
const hasField = (app: App): boolean => currentField(app) !== undefined;
const show =
  (tab: DockTab) =>
  (app: App): void =>
    app.dock.show(tab);

export const LOOK_COMMANDS: readonly Command[] = [
  {
    id: 'filter.focus',
    title: words.filter,
    icon: 'filter',
    group: 'look',
    keys: ['/', 'Mod+F'],
    run: (app) => app.filter.focusRequests.update((n) => n + 1),
  },
  {
    id: 'field.filter',
    title: words.fieldFilter,
    icon: 'filter',
    group: 'look',
    keys: ['F'],
    onFrame: true,
    sheet: { title: words.fieldFilters, with: 'field.exclude' },
    when: (app) => messageField(app) !== undefined,
    reason: t.commands.reasons.field,
    run: (app) => filterField(app, false),
  },
  {
    id: 'field.exclude',
    title: words.fieldExclude,
    icon: 'drop',
    group: 'look',
    keys: ['Shift+F'],
    onFrame: true,
    sheet: false,
    when: (app) => messageField(app) !== undefined,
    reason: t.commands.reasons.field,
    run: (app) => filterField(app, true),
  },
  {
    id: 'mark.toggle',
    title: words.mark,
    icon: 'flag',
    group: 'look',
    keys: ['M'],
    onFrame: true,
    sheet: { title: words.marks, with: 'mark.next' },
    when: hasFrame,
    reason: t.commands.reasons.frame,
    run: toggleMark,
  },
  {
    id: 'mark.next',
    title: words.nextMark,
    icon: 'flag',
    group: 'look',
    keys: ["'"],
    sheet: false,
    when: hasRows,
    run: async (app) => {
      const index = await app.view.find(await focusIndex(app), { kind: 'mark' });
      if (index === null) app.notices.say(t.dialogs.nothingFound);
      else await selectIndex(app, index);
    },
  },
  {
    id: 'frame.comment',
    title: words.comment,
    icon: 'edit',
    group: 'look',
    onFrame: true,
    when: hasFrame,
    run: (app) => app.overlays.dialog('comment'),
  },
  {
    id: 'time.reference',
    title: words.reference,
    icon: 'clock',
    group: 'look',
    keys: ['T'],
    onFrame: true,
    when: (app) => currentFrame(app) !== undefined,
    run: (app) => {
      const frame = currentFrame(app);
      const { timeMode } = app.settings.get();
      if (frame === undefined) return;
      if (timeMode === 'reference' && app.rowContext.get().reference === frame.time)
        app.settings.change({ timeMode: 'session' });
      else app.rowContext.setReference(frame.time);
    },
  },
  {
    id: 'copy.value',
    title: words.copyValue,
    icon: 'copy',
    group: 'look',
    keys: ['C'],
    onFrame: true,
    sheet: { title: words.copies, with: 'copy.hex' },
    when: hasField,
    reason: t.commands.reasons.field,
    run: (app) => {
      const field = currentField(app);
      return field === undefined ? undefined : copyText(app, plainValue(field));
    },
  },
  {
    id: 'copy.hex',
    title: words.copyHex,
    icon: 'copy',
    group: 'look',
    keys: ['Shift+C'],
    onFrame: true,
    sheet: false,
    when: (app) => currentFrame(app) !== undefined,
    run: copyHex,
  },
  {
    id: 'copy.json',
    title: words.copyJson,
    icon: 'copy',
    group: 'look',
    onFrame: true,
    when: (app) => currentFrame(app) !== undefined,
    run: (app) => {
      const root = app.inspection.inspected.get()?.buffers[0]?.root;
      return root === undefined ? undefined : copyText(app, JSON.stringify(jsonOf(root), null, 2));
    },
  },
  {
    id: 'follow.toggle',
    title: words.follow,
    icon: 'pause',
    group: 'look',
    keys: ['Space'],
    when: hasRows,
    run: (app) => {
      if (app.view.follow.get()) app.view.follow.set(false);
      else app.scroll.toEnd();
    },
  },
  {
    id: 'dock.toggle',
    title: words.dockToggle,
    icon: 'dock',
    group: 'look',
    keys: ['Mod+J'],
    run: (app) => app.dock.isOpen.update((isOpen) => !isOpen),
  },
  {
    id: 'dock.side',
    title: words.dockSide,
    icon: 'dockr',
    group: 'look',
    run: (app) => {
      app.settings.change({ dockSide: app.settings.get().dockSide === 'right' ? 'bottom' : 'right' });
      app.dock.isOpen.set(true);
    },
  },
  {
    id: 'view.toggle',
    title: words.view,
    icon: 'lanes',
    group: 'look',
    keys: ['V'],
    run: (app) => app.dock.mainView.update((now) => (now === 'lanes' ? 'timeline' : 'lanes')),
  },
  {
    id: 'window.clear',
    title: words.clearWindow,
    icon: 'x',
    group: 'look',
    when: (app) => app.view.spec.get().window !== undefined,
    run: (app) => app.strip.clear(),
  },
  {
    id: 'window.around',
    title: words.zoomSelection,
    icon: 'clock',
    group: 'look',
    onFrame: true,
    when: (app) => currentFrame(app) !== undefined,
    run: (app) => app.strip.around(currentFrame(app)?.at ?? 0),
  },
  {
    id: 'hidden.showAll',
    title: words.showAllHidden,
    icon: 'eye',
    group: 'look',
    when: (app) => app.settings.get().hiddenMessages.length > 0,
    run: showAllHidden,
  },
  {
    id: 'filter.save',
    title: words.saveFilter,
    icon: 'star',
    group: 'look',
    when: (app) => app.view.spec.get().filter !== '',
    run: (app) => app.overlays.dialog('save-filter'),
  },
  {
    id: 'contrast.toggle',
    title: words.contrast,
    icon: 'sun',
    group: 'look',
    note: (app) => (app.settings.get().contrast === 'more' ? t.commands.paletteOn : ''),
    run: (app) => app.settings.change({ contrast: app.settings.get().contrast === 'more' ? 'system' : 'more' }),
  },
  {
    id: 'rows.roomy',
    title: words.roomyRows,
    icon: 'lanes',
    group: 'look',
    note: (app) => (app.settings.get().rowHeight === 28 ? t.commands.paletteOn : ''),
    run: (app) => app.settings.change({ rowHeight: app.settings.get().rowHeight === 28 ? 22 : 28 }),
  },
  { id: 'show.inspector', title: words.inspector, icon: 'tree', group: 'look', run: show('inspector') },
  { id: 'show.holds', title: words.holds, icon: 'hold', group: 'look', run: show('holds') },
  { id: 'show.replay', title: words.showReplay, icon: 'replay', group: 'look', run: show('replay') },
  { id: 'show.fuzz', title: words.showFuzz, icon: 'bolt', group: 'look', run: show('fuzz') },
  { id: 'show.statistics', title: words.statistics, icon: 'target', group: 'look', run: show('statistics') },
  { id: 'show.expert', title: words.expert, icon: 'warn', group: 'look', run: show('expert') },
  { id: 'show.connections', title: words.connections, icon: 'plug', group: 'look', run: show('connections') },
  {
    id: 'theme.next',
    title: words.theme,
    icon: 'sun',
    group: 'look',
    run: (app) => {
      const order = ['system', 'light', 'dark'] as const;
      const { theme } = app.settings.get();
      app.settings.change({ theme: order[(order.indexOf(theme) + 1) % 3] ?? 'system' });
    },
  },
  { id: 'view.refresh', title: words.refresh, icon: 'replay', group: 'look', run: (app) => app.view.refresh() },
  {
    id: 'meter.show',
    title: words.showMeter,
    icon: 'differ',
    group: 'look',
    when: (app) => app.mirror.meter.get()?.firstDifference !== undefined,
    run: (app) => {
      const n = app.mirror.meter.get()?.firstDifference;
      if (n === undefined) return;
      app.selection.set(selectOne(n));
      app.commands.run('selection.reveal');
    },
  },
];

function filterField(app: App, exclude: boolean): Promise<void> | undefined {
  const field = messageField(app);
  return field === undefined ? undefined : app.filter.add(fieldCondition(field), exclude).then(() => undefined);
}

async function toggleMark(app: App): Promise<void> {
  const frame = await selectedFrame(app);
  if (frame === undefined) return;
  await app.client.request('marks.set', { n: frame.n, mark: frame.mark === undefined ? 'mark' : null });
  app.inspection.refresh();
  app.view.refresh();
}

function copyHex(app: App): Promise<void> | undefined {
  const inspected = app.inspection.inspected.get();
  const buffer = inspected?.buffers[app.inspection.buffer.get()];
  if (buffer === undefined) return undefined;
  const field = currentField(app);
  const span = app.inspection.span.get() ?? field;
  const bytes = bytesFromHex(buffer.hex);
  return copyText(app, hexOf(span === undefined || span === null ? bytes : bytes.subarray(span.start, span.end)));
}
