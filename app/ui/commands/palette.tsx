import { Fragment, useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { Chord } from '../widgets/keys.tsx';
import { currentFrame } from './frame-context.ts';
import { paletteEntries, type PaletteEntry } from './palette-entries.ts';

export function Palette() {
  const app = useApp();
  const [query, setQuery] = useState('');
  const [chosen, setChosen] = useState(0);
  const { entries, total } = useMemo(() => paletteEntries(app, query), [app, query]);
  const list = useRef<HTMLDivElement>(null);
  const frame = currentFrame(app);
  useEffect(() => {
    // Newer browsers return a promise here, which is no cleanup.
    void list.current?.querySelector('.on')?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const run = (entry: PaletteEntry | undefined, keepOpen: boolean): void => {
    if (entry === undefined || !entry.isEnabled) return;
    if (!keepOpen) app.overlays.overlay.set(null);
    entry.run();
  };
  const onKey = (event: KeyboardEvent): void => {
    if (event.nativeEvent.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0 && entries.length > 0) setChosen((now) => (now + step + entries.length) % entries.length);
    else if (event.key === 'Enter') run(entries[chosen], event.ctrlKey || event.metaKey);
    else return;
    event.preventDefault();
  };

  return (
    <div className="pop palette" role="dialog" aria-modal="true" aria-label={t.commands.paletteLabel}>
      <div className="in">
        <Icon name="search" />
        <input
          autoFocus
          role="combobox"
          aria-label={t.commands.paletteLabel}
          aria-expanded="true"
          aria-controls="palette-list"
          {...(entries.length > 0 ? { 'aria-activedescendant': `command-${chosen}` } : {})}
          placeholder={t.commands.palettePlaceholder}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKey}
        />
        {frame !== undefined && (
          <span className="muted on-frame">
            {t.commands.paletteOn} <b className="mono">{frame.messages[0]?.name ?? t.timeline.notUnderstood}</b>{' '}
            {`#${grouped(frame.n)}`}
          </span>
        )}
      </div>
      <div className="list" id="palette-list" role="listbox" aria-label={t.commands.paletteLabel} ref={list}>
        {entries.map((entry, i) => (
          <Fragment key={entry.id}>
            {entry.group !== entries[i - 1]?.group && (
              <div className="grp" role="presentation">
                {entry.group}
              </div>
            )}
            <div
              id={`command-${i}`}
              role="option"
              aria-selected={i === chosen}
              aria-disabled={!entry.isEnabled}
              className={`cmd${i === chosen ? ' on' : ''}${entry.isEnabled ? '' : ' no'}`}
              onPointerMove={() => setChosen(i)}
              onClick={(event) => run(entry, event.ctrlKey || event.metaKey)}
            >
              <Icon name={entry.icon} />
              <Underlined text={entry.title} spans={entry.spans} from={0} />
              <span className="note">
                <Underlined text={entry.note} spans={entry.spans} from={entry.title.length + 1} />
              </span>
              {entry.chord !== undefined && <Chord chord={entry.chord} />}
            </div>
          </Fragment>
        ))}
        {entries.length === 0 && <div className="grp">{t.commands.nothing}</div>}
      </div>
      <div className="foot">
        <span>
          <kbd>↑</kbd>
          <kbd>↓</kbd> {t.commands.choose}
        </span>
        <span>
          <kbd>Enter</kbd> {t.commands.run}
        </span>
        <span>
          <Chord chord="Mod+Enter" /> {t.commands.runKeepOpen}
        </span>
        <span className="right">{t.commands.count(entries.length, total)}</span>
      </div>
    </div>
  );
}

/** `from`: where this text starts within the text the spans speak of. */
function Underlined({
  text,
  spans,
  from,
}: {
  readonly text: string;
  readonly spans: readonly (readonly [number, number])[];
  readonly from: number;
}) {
  const parts: ReactNode[] = [];
  let at = 0;
  for (const [start, end] of spans) {
    const first = Math.max(at, start - from);
    const last = Math.min(text.length, end - from);
    if (last <= first) continue;
    parts.push(text.slice(at, first), <u key={first}>{text.slice(first, last)}</u>);
    at = last;
  }
  parts.push(text.slice(at));
  return <span className="cut">{parts}</span>;
}
