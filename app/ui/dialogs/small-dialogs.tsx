/** Dialogs that ask for one thing. */
import { useMemo, useState, type ReactNode } from 'react';
import { useApp } from '../app.ts';
import { selectIndex } from '../commands/move-commands.ts';
import { currentFrame } from '../commands/frame-context.ts';
import { setHidden } from '../filter/filter-menus.ts';
import { grouped } from '../format/number.ts';
import type { IconName } from '../icons/icon-set.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { setFieldColumns } from '../timeline/field-columns.ts';
import { Dialog, FormLine } from '../widgets/dialog.tsx';
import { useRequest } from '../widgets/use-request.ts';

interface AskProps {
  readonly title: string;
  readonly icon: IconName;
  readonly label: string;
  readonly hint?: string;
  readonly action: string;
  readonly initial?: string;
  readonly isMono?: boolean;
  readonly mayBeEmpty?: boolean;
  readonly extra?: ReactNode;
  readonly onDone: (text: string) => void | Promise<unknown>;
}

function AskText({
  title,
  icon,
  label,
  hint,
  action,
  initial = '',
  isMono = false,
  mayBeEmpty = false,
  extra,
  onDone,
}: AskProps) {
  const [text, setText] = useState(initial);
  return (
    <Dialog
      title={title}
      icon={icon}
      action={action}
      isBlocked={!mayBeEmpty && text.trim() === ''}
      onSubmit={() => onDone(text.trim())}
    >
      <FormLine label={label} hint={hint}>
        <input
          className={isMono ? 'field mono' : 'field'}
          autoFocus
          spellCheck={false}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </FormLine>
      {extra}
    </Dialog>
  );
}

export function GoToDialog() {
  const app = useApp();
  return (
    <AskText
      title={t.dialogs.goTo}
      icon="target"
      label={t.dialogs.goToLabel}
      hint={t.dialogs.goToHint}
      action={t.dialogs.go}
      isMono
      onDone={async (text) => {
        const number = /^#?(\d[\d\s\u2009]*)$/.exec(text)?.[1]?.replaceAll(/\D/g, '');
        if (number !== undefined) {
          const { index } = await app.view.indexOf(Number(number));
          return selectIndex(app, Math.max(0, index));
        }
        const at = parseTime(text, app.rowContext.get().began);
        if (at === undefined) throw new Error(t.dialogs.goToUnreadable);
        const index = await app.view.find(-1, { kind: 'time', at });
        return selectIndex(app, index ?? app.view.status.get().shown - 1);
      }}
    />
  );
}

/** `161.2`, `12 s`, `2:41.5` since the session began, or `16:41:07` by the clock. */
export function parseTime(text: string, began: number): number | undefined {
  const plain = /^(\d+(?:\.\d+)?)\s*s?$/.exec(text)?.[1];
  if (plain !== undefined && /[.s]/.test(text)) return Number(plain);
  const clock = /^(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$/.exec(text);
  if (clock !== null) {
    const day = new Date(began * 1000);
    day.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    return day.getTime() / 1000 + Number(clock[3]) - began;
  }
  const short = /^(\d+):(\d{2}(?:\.\d+)?)$/.exec(text);
  return short === null ? undefined : Number(short[1]) * 60 + Number(short[2]);
}

export function SaveFilterDialog() {
  const { settings, view } = useApp();
  const text = view.spec.get().filter;
  return (
    <AskText
      title={t.filter.save}
      icon="star"
      label={t.filter.saveName}
      action={t.dialogs.save}
      extra={<code className="codebox">{text}</code>}
      onDone={(name) => {
        const others = settings.get().savedFilters.filter((saved) => saved.name !== name);
        settings.change({ savedFilters: [...others, { name, text }] });
      }}
    />
  );
}

export function CommentDialog() {
  const app = useApp();
  const { focus } = app.selection.get();
  return (
    <AskText
      title={`${t.commands.titles.comment} #${grouped(focus)}`}
      icon="edit"
      label={t.inspector.comment}
      action={t.dialogs.save}
      initial={currentFrame(app)?.comment ?? ''}
      mayBeEmpty
      onDone={async (comment) => {
        await app.client.request('marks.set', { n: focus, comment: comment === '' ? null : comment });
        app.inspection.refresh();
        app.view.refresh();
      }}
    />
  );
}

export function AddColumnDialog() {
  const app = useApp();
  return (
    <AskText
      title={t.timeline.addFieldColumn}
      icon="columns"
      label={t.dialogs.fieldPath}
      hint={t.dialogs.fieldPathHint}
      action={t.filter.add}
      isMono
      onDone={(path) => {
        const { fieldColumns } = app.settings.get();
        if (!fieldColumns.includes(path)) setFieldColumns(app, [...fieldColumns, path]);
      }}
    />
  );
}

export function SaveAsDialog() {
  const app = useApp();
  const session = useStore(app.mirror.session);
  return (
    <AskText
      title={t.commands.titles.saveAs}
      icon="file"
      label={t.dialogs.path}
      hint={t.dialogs.pathHint}
      action={t.dialogs.save}
      isMono
      initial={session?.path ?? ''}
      onDone={async (path) => {
        const saved = await app.client.request('session.saveAs', { path });
        app.notices.say(t.dialogs.saved(saved.path));
      }}
    />
  );
}

export function ScriptDialog() {
  const app = useApp();
  const script = useStore(app.mirror.script);
  return (
    <AskText
      title={t.commands.titles.script}
      icon="file"
      label={t.dialogs.scriptPath}
      hint={t.dialogs.scriptHint}
      action={t.dialogs.load}
      isMono
      initial={script?.path ?? ''}
      mayBeEmpty
      extra={
        script !== null && (
          <>
            {script.error !== undefined && (
              <div className="remark bad">{`${script.error.line === undefined ? '' : `${t.dialogs.line(script.error.line)}: `}${script.error.message}`}</div>
            )}
            {script.running && <p className="muted">{t.dialogs.scriptRuns(script.hooks.join(', '), script.calls)}</p>}
            {script.log.length > 0 && <pre className="codebox log">{script.log.slice(-12).join('\n')}</pre>}
          </>
        )
      }
      onDone={async (path) => {
        const status =
          path === ''
            ? await app.client.request('script.unload', {})
            : await app.client.request('script.load', { path });
        app.mirror.script.set(status);
        return status.error === undefined;
      }}
    />
  );
}

/** Hides messages by name: those of the session first, the busiest on top. */
export function HideDialog() {
  const app = useApp();
  const hidden = useStore(app.settings, (settings) => settings.hiddenMessages);
  const totals = useRequest((client) => client.request('stats.messages', {}), '');
  const [query, setQuery] = useState('');
  const names = useMemo(() => {
    const seen = new Map<string, number>();
    for (const total of totals.value ?? []) {
      const name = `${total.protocol}/${total.message}`;
      seen.set(name, (seen.get(name) ?? 0) + total.frames);
    }
    for (const name of hidden) if (!seen.has(name)) seen.set(name, 0);
    return [...seen].sort((a, b) => b[1] - a[1]).filter(([name]) => name.toLowerCase().includes(query.toLowerCase()));
  }, [totals.value, hidden, query]);
  return (
    <Dialog title={t.filter.addTitle} icon="eye">
      <input
        className="field"
        autoFocus
        placeholder={t.dialogs.searchMessages}
        aria-label={t.dialogs.searchMessages}
        value={query}
        onChange={(event) => setQuery(event.target.value)}
      />
      <ul className="checks scroll" tabIndex={-1}>
        {names.slice(0, 200).map(([name, frames]) => (
          <li key={name}>
            <label>
              <input
                type="checkbox"
                checked={!hidden.includes(name)}
                onChange={(event) => setHidden(app, name, !event.target.checked)}
              />
              <span className="mono cut grow">{name}</span>
              <span className="muted num">{grouped(frames)}</span>
            </label>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
