import type { App } from '../app.ts';
import { selectedPair } from '../diff/selected-pair.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import { isMany, selectionFilter, selectOne } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import type { Command } from './command.ts';
import { currentFrame, currentHeld, hasFrame, hasHeld, selectedFrame } from './frame-context.ts';

const words = t.commands.titles;
const { reasons } = t.commands;
/** Enter, D, 2, U act on held frames only where one looks at them: in their own pane. */
const isHolding = (app: App): boolean => hasHeld(app) && app.dock.tab.get() === 'holds' && app.dock.isOpen.get();
const likeThis = (app: App): string => {
  const frame = currentFrame(app);
  const name = frame?.messages[0]?.name;
  return frame === undefined || name === null || name === undefined
    ? ''
    : `${name} · ${t.timeline.direction[frame.direction]}`;
};

const MORE_MS = 30_000;

export const ACT_COMMANDS: readonly Command[] = [
  {
    id: 'frame.edit',
    title: words.edit,
    icon: 'edit',
    group: 'act',
    keys: ['E'],
    onFrame: true,
    when: hasFrame,
    reason: reasons.frame,
    run: (app) => app.compose.editFrame(app.selection.get().focus),
  },
  { id: 'compose', title: words.compose, icon: 'send', group: 'act', run: (app) => app.dock.show('compose') },
  {
    id: 'hold.like',
    title: words.holdLike,
    icon: 'hold',
    group: 'act',
    keys: ['H'],
    onFrame: true,
    when: hasFrame,
    reason: reasons.frame,
    note: likeThis,
    run: (app) => holdLike(app, false),
  },
  {
    id: 'hold.next',
    title: words.holdNext,
    icon: 'hold',
    group: 'act',
    keys: ['Shift+H'],
    onFrame: true,
    when: hasFrame,
    reason: reasons.frame,
    note: () => t.holds.thenCarryOn,
    run: (app) => holdLike(app, true),
  },
  {
    id: 'held.next',
    title: words.nextHeld,
    icon: 'right',
    group: 'act',
    keys: ['N'],
    when: hasHeld,
    reason: reasons.held,
    note: (app) => `#${currentHeld(app)?.n ?? ''}`,
    run: (app) => {
      const held = app.mirror.held.get();
      const at = held.findIndex((frame) => frame.n === app.holds.selected.get());
      const next = held[(at + 1) % held.length];
      if (next === undefined) return;
      app.holds.selected.set(next.n);
      app.selection.set(selectOne(next.n));
      app.dock.show('holds');
      app.commands.run('selection.reveal');
    },
  },
  {
    id: 'held.forward',
    title: words.forwardHeld,
    icon: 'send',
    group: 'act',
    keys: ['Enter'],
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.send(),
  },
  {
    id: 'held.sendTyping',
    title: words.forwardTyping,
    icon: 'send',
    group: 'act',
    keys: ['Mod+Enter'],
    whileTyping: true,
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.send(),
  },
  {
    id: 'held.asCame',
    title: words.forwardAsCame,
    icon: 'right',
    group: 'act',
    keys: ['Shift+Enter'],
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.decide('forward'),
  },
  {
    id: 'held.drop',
    title: words.dropHeld,
    icon: 'drop',
    group: 'act',
    keys: ['D'],
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.decide('drop'),
  },
  {
    id: 'held.answer',
    title: words.answerHeld,
    icon: 'inject',
    group: 'act',
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: async (app) => {
      const held = app.mirror.held.get().find(({ n }) => n === app.holds.selected.get()) ?? app.mirror.held.get()[0];
      if (held === undefined) return;
      const like = await app.client.request('frame.usualAnswer', { n: held.n });
      await app.client.request('held.decide', { n: [held.n], action: 'drop' });
      await app.compose.answerFor(held, like?.n);
    },
  },
  {
    id: 'held.twice',
    title: words.duplicateHeld,
    icon: 'copy',
    group: 'act',
    keys: ['2'],
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.decide('duplicate'),
  },
  {
    id: 'held.undo',
    title: words.undoEdits,
    icon: 'history',
    group: 'act',
    keys: ['U'],
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.undo(),
  },
  {
    id: 'held.extend',
    title: words.extendHeld,
    icon: 'clock',
    group: 'act',
    keys: ['+'],
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.extend(MORE_MS),
  },
  {
    id: 'held.noLimit',
    title: words.noLimitHeld,
    icon: 'hold',
    group: 'act',
    sheet: false,
    when: isHolding,
    reason: reasons.held,
    run: (app) => app.holds.extend(0),
  },
  {
    id: 'held.all',
    title: words.forwardAll,
    icon: 'play',
    group: 'act',
    keys: ['Shift+A'],
    when: hasHeld,
    reason: reasons.held,
    note: (app) => `${app.mirror.held.get().length} ${t.shell.held}`,
    run: async (app) => void (await app.client.request('held.releaseAll', {})),
  },
  { id: 'rule.new', title: words.newRule, icon: 'plus', group: 'act', run: (app) => app.holds.newRule() },
  { id: 'faults', title: words.faults, icon: 'clock', group: 'act', run: (app) => app.holds.openFaults() },
  {
    id: 'replay.selection',
    title: words.replay,
    icon: 'replay',
    group: 'act',
    keys: ['R'],
    run: (app) => {
      const selection = app.selection.get();
      app.replay.prepare(isMany(selection) ? selectionFilter(selection) : '');
    },
  },
  {
    id: 'diff.selection',
    title: words.compare,
    icon: 'differ',
    group: 'act',
    keys: ['X'],
    run: async (app) => {
      const two = selectedPair(app.selection.get());
      const name = (await selectedFrame(app))?.messages[0]?.name;
      if (two !== undefined) app.diff.showFrames(two.a, two.b);
      else if (name != null) app.diff.showMessages(name);
      else app.dock.show('diff');
    },
  },
  {
    id: 'diff.sessions',
    title: words.compareSessions,
    icon: 'differ',
    group: 'act',
    run: (app) => {
      app.diff.mode.set('sessions');
      app.dock.show('diff');
    },
  },
  {
    id: 'fuzz.selection',
    title: words.fuzz,
    icon: 'bolt',
    group: 'act',
    keys: ['Z'],
    run: async (app) => {
      const selection = app.selection.get();
      const frame = await selectedFrame(app);
      const name = frame?.messages[0]?.name;
      const like = name === null || name === undefined ? '' : `message == ${filterLiteral(name)}`;
      const proxy = frame?.connection.proxy;
      // The same message may go to several servers; meant is the one looked at.
      const here = proxy === undefined || like === '' ? like : `proxy == ${filterLiteral(proxy)} and ${like}`;
      app.fuzz.prepare(isMany(selection) ? selectionFilter(selection) : here, frame?.conn ?? 0);
    },
  },
  {
    id: 'replay.ignore',
    title: words.ignoreField,
    icon: 'eye',
    group: 'act',
    keys: ['Shift+I'],
    when: (app) => app.replay.canIgnore(),
    run: (app) => app.replay.ignoreField(),
  },
  {
    id: 'panic',
    title: words.panicLong,
    icon: 'shield',
    group: 'act',
    keys: ['Mod+Shift+.'],
    whileTyping: true,
    sheet: { title: words.panic },
    run: async (app) => void (await app.client.request('panic', { on: true })),
  },
  {
    id: 'panic.resume',
    title: words.resume,
    icon: 'shield',
    group: 'act',
    when: (app) => app.mirror.panic.get(),
    run: async (app) => void (await app.client.request('panic', { on: false })),
  },
  {
    id: 'connection.decodeAs',
    title: words.decodeAs,
    icon: 'tree',
    group: 'act',
    onFrame: true,
    when: hasFrame,
    run: (app) => app.overlays.dialog('decode-as', currentFrame(app)?.conn),
  },
  {
    id: 'connection.close',
    title: words.closeConnection,
    icon: 'drop',
    group: 'act',
    onFrame: true,
    when: isOpenConnection,
    reason: reasons.connection,
    run: (app) => endConnection(app, false),
  },
  {
    id: 'connection.reset',
    title: words.resetConnection,
    icon: 'drop',
    group: 'act',
    onFrame: true,
    when: isOpenConnection,
    reason: reasons.connection,
    run: (app) => endConnection(app, true),
  },
];

function isOpenConnection(app: App): boolean {
  const conn = currentFrame(app)?.conn;
  return app.mirror.connections.get().some((each) => each.id === conn && each.closed === undefined);
}

async function endConnection(app: App, reset: boolean): Promise<void> {
  const conn = currentFrame(app)?.conn;
  if (conn !== undefined) await app.client.request('connection.close', { id: conn, reset });
}

async function holdLike(app: App, once: boolean): Promise<void> {
  const frame = await selectedFrame(app);
  if (frame === undefined) return;
  const name = frame.messages[0]?.name;
  const filter =
    name === null || name === undefined
      ? `protocol == ${filterLiteral(frame.protocol)} and frame.size == ${(frame.buffers[0]?.hex.length ?? 0) / 2}`
      : `protocol == ${filterLiteral(frame.protocol)} and message == ${filterLiteral(name)}`;
  await app.holds.addBreakpoint(filter, frame.direction, once);
}
