import type { App } from '../app.ts';
import type { FindWhat } from '../../../core/contract/verbs.ts';
import { extendTo, selectOne, NOTHING } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import type { Command } from './command.ts';
import { currentFrame, focusIndex, hasFrame, hasRows, selectedFrame } from './frame-context.ts';

const words = t.commands.titles;

/** Selects the row at an index and brings it into sight. */
export async function selectIndex(app: App, index: number, extend = false): Promise<void> {
  const { shown } = app.view.status.get();
  if (shown === 0) return;
  const at = Math.max(0, Math.min(shown - 1, index));
  const row = await app.view.fetchRow(at);
  if (row === undefined) return;
  if (at < shown - 1) app.view.follow.set(false);
  const { selection } = app;
  selection.set(extend ? extendTo(selection.get(), row.n) : selectOne(row.n));
  app.scroll.reveal(at);
}

/** Steps from the focused row; without one it starts at the edge of what is in sight. */
async function step(app: App, by: number, extend = false): Promise<void> {
  const at = await focusIndex(app);
  const { top, page } = app.scroll.state();
  const start = at >= 0 ? at + by : by > 0 ? Math.ceil(top) : Math.floor(top + page) - 1;
  await selectIndex(app, start, extend);
}

async function find(app: App, what: FindWhat, back: boolean): Promise<void> {
  const from = await focusIndex(app);
  const index = await app.view.find(from < 0 ? Math.floor(app.scroll.state().top) - 1 : from, what, back);
  if (index === null) app.notices.say(t.dialogs.nothingFound);
  else await selectIndex(app, index);
}

async function sameConnection(app: App, back: boolean): Promise<void> {
  const frame = await selectedFrame(app);
  if (frame !== undefined) await find(app, { kind: 'connection', conn: frame.conn }, back);
}

const page = (app: App): number => Math.max(1, Math.floor(app.scroll.state().page) - 1);
const focusOn = (id: string) => (): void => document.getElementById(id)?.focus();

export const MOVE_COMMANDS: readonly Command[] = [
  {
    id: 'move.next',
    title: words.next,
    icon: 'dnarrow',
    group: 'move',
    keys: ['ArrowDown', 'J'],
    repeats: true,
    sheet: { title: words.nextPrevious, with: 'move.previous' },
    when: hasRows,
    run: (app) => step(app, 1),
  },
  {
    id: 'move.previous',
    title: words.previous,
    icon: 'up',
    group: 'move',
    keys: ['ArrowUp', 'K'],
    repeats: true,
    sheet: false,
    when: hasRows,
    run: (app) => step(app, -1),
  },
  {
    id: 'move.nextSame',
    title: words.nextSame,
    icon: 'dnarrow',
    group: 'move',
    keys: [']'],
    repeats: true,
    onFrame: true,
    sheet: { title: words.sameConnection, with: 'move.previousSame' },
    when: hasFrame,
    reason: t.commands.reasons.frame,
    run: (app) => sameConnection(app, false),
  },
  {
    id: 'move.previousSame',
    title: words.previousSame,
    icon: 'up',
    group: 'move',
    keys: ['['],
    repeats: true,
    onFrame: true,
    sheet: false,
    when: hasFrame,
    reason: t.commands.reasons.frame,
    run: (app) => sameConnection(app, true),
  },
  {
    id: 'move.nextProblem',
    title: words.nextProblem,
    icon: 'warn',
    group: 'move',
    keys: ['P'],
    sheet: { title: words.problems, with: 'move.previousProblem' },
    when: hasRows,
    run: (app) => (nextDifference(app, 1) ? undefined : find(app, { kind: 'problem' }, false)),
  },
  {
    id: 'move.previousProblem',
    title: words.previousProblem,
    icon: 'warn',
    group: 'move',
    keys: ['Shift+P'],
    sheet: false,
    when: hasRows,
    run: (app) => (nextDifference(app, -1) ? undefined : find(app, { kind: 'problem' }, true)),
  },
  {
    id: 'goto',
    title: words.goTo,
    icon: 'target',
    group: 'move',
    keys: ['G'],
    when: hasRows,
    run: (app) => app.overlays.dialog('goto'),
  },
  {
    id: 'move.pageDown',
    title: words.pageDown,
    icon: 'dnarrow',
    group: 'move',
    keys: ['PageDown'],
    repeats: true,
    sheet: { title: words.page, with: 'move.pageUp' },
    when: hasRows,
    run: (app) => step(app, page(app)),
  },
  {
    id: 'move.pageUp',
    title: words.pageUp,
    icon: 'up',
    group: 'move',
    keys: ['PageUp'],
    repeats: true,
    sheet: false,
    when: hasRows,
    run: (app) => step(app, -page(app)),
  },
  {
    id: 'move.first',
    title: words.first,
    icon: 'up',
    group: 'move',
    keys: ['Home'],
    sheet: { title: words.firstLast, with: 'move.last' },
    when: hasRows,
    run: (app) => selectIndex(app, 0),
  },
  {
    id: 'move.last',
    title: words.last,
    icon: 'dnarrow',
    group: 'move',
    keys: ['End'],
    sheet: false,
    when: hasRows,
    run: async (app) => {
      app.scroll.toEnd();
      await selectIndex(app, app.view.status.get().shown - 1);
      app.scroll.toEnd();
    },
  },
  {
    id: 'select.down',
    title: words.extendDown,
    icon: 'dnarrow',
    group: 'move',
    keys: ['Shift+ArrowDown'],
    repeats: true,
    sheet: { title: words.extend, with: 'select.up' },
    when: hasRows,
    run: (app) => step(app, 1, true),
  },
  {
    id: 'select.up',
    title: words.extendUp,
    icon: 'up',
    group: 'move',
    keys: ['Shift+ArrowUp'],
    repeats: true,
    sheet: false,
    when: hasRows,
    run: (app) => step(app, -1, true),
  },
  {
    id: 'select.all',
    title: words.selectAll,
    icon: 'list',
    group: 'move',
    keys: ['Mod+A'],
    when: hasRows,
    run: async (app) => {
      const first = await app.view.fetchRow(0);
      const last = await app.view.fetchRow(app.view.status.get().shown - 1);
      if (first === undefined || last === undefined) return;
      const focus = app.selection.get().focus || first.n;
      app.selection.set({ focus, anchor: first.n, ranges: [[first.n, last.n]] });
    },
  },
  {
    id: 'frame.partner',
    title: words.partner,
    icon: 'link',
    group: 'move',
    keys: ['.'],
    onFrame: true,
    when: (app) => currentFrame(app)?.partner !== undefined,
    run: async (app) => {
      const partner = currentFrame(app)?.partner;
      if (partner === undefined) return;
      app.selection.set(selectOne(partner.n));
      await reveal(app);
    },
  },
  {
    id: 'selection.reveal',
    title: words.reveal,
    icon: 'eye',
    group: 'move',
    onFrame: true,
    when: hasFrame,
    run: reveal,
  },
  {
    id: 'pane.timeline',
    title: words.paneTimeline,
    icon: 'list',
    group: 'move',
    keys: ['Mod+1'],
    whileTyping: true,
    run: focusOn('timeline-grid'),
  },
  {
    id: 'pane.fields',
    title: words.paneFields,
    icon: 'tree',
    group: 'move',
    keys: ['Mod+2'],
    whileTyping: true,
    run: (app) => inInspector(app, 'field-tree'),
  },
  {
    id: 'pane.bytes',
    title: words.paneBytes,
    icon: 'tree',
    group: 'move',
    keys: ['Mod+3'],
    whileTyping: true,
    run: (app) => inInspector(app, 'byte-grid'),
  },
  {
    id: 'pane.details',
    title: words.paneDetails,
    icon: 'note',
    group: 'move',
    keys: ['Mod+4'],
    whileTyping: true,
    run: (app) => inInspector(app, 'frame-details'),
  },
  {
    id: 'close',
    title: words.close,
    icon: 'x',
    group: 'session',
    keys: ['Escape'],
    whileTyping: true,
    run: (app) => {
      // One level: popup, field, frame, filter.
      if (app.overlays.closeTop()) return;
      const { inspection, selection } = app;
      if (inspection.field.get() !== null || inspection.span.get() !== null) {
        inspection.field.set(null);
        inspection.span.set(null);
      } else if (selection.get().focus !== 0) selection.set(NOTHING);
      else if (app.view.spec.get().filter !== '') return void app.filter.apply('');
      else if (app.view.spec.get().window !== undefined) app.commands.run('window.clear');
    },
  },
];

/** In a verdict or a comparison the problems are its differences. */
function nextDifference(app: App, step: 1 | -1): boolean {
  if (!app.dock.isOpen.get()) return false;
  const tab = app.dock.tab.get();
  const where =
    tab === 'replay' && app.mirror.replay.get() !== null ? app.replay : tab === 'diff' ? app.diff : undefined;
  if (where === undefined || (where === app.diff && app.diff.compared.get() === null)) return false;
  where.nextDifference(step);
  return true;
}

async function reveal(app: App): Promise<void> {
  const { index, exact } = await app.view.indexOf(app.selection.get().focus);
  app.scroll.reveal(index);
  if (!exact) app.notices.say(t.dialogs.hiddenByFilter);
}

function inInspector(app: App, id: string): void {
  app.dock.show('inspector');
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}
