/** Every key and what it does, from the command table; keys can be changed in place. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Chord } from '../widgets/keys.tsx';
import type { Command, CommandGroup } from './command.ts';
import { chordsOf, normalizeChord } from './keys.ts';

const GROUPS: readonly CommandGroup[] = ['move', 'look', 'act', 'session'];

export function ShortcutSheet() {
  const app = useApp();
  const [isEditing, setEditing] = useState(false);
  const closeButton = useRef<HTMLButtonElement>(null);
  useEffect(() => closeButton.current?.focus(), []);
  useStore(app.settings, (settings) => settings.keys);
  return (
    <div className="sheet" role="dialog" aria-modal="true" aria-label={t.commands.sheetTitle}>
      <div className="sheet-head">
        <h2>{t.commands.sheetTitle}</h2>
        <span className="muted">{isEditing ? t.commands.editing : t.commands.sheetNote}</span>
        <button
          ref={closeButton}
          className="btn icon"
          aria-label={t.commands.close}
          onClick={() => app.overlays.closeTop()}
        >
          <Icon name="x" />
        </button>
      </div>
      <div className="body" tabIndex={0} role="region" aria-label={t.commands.sheetTitle}>
        {GROUPS.map((group) => (
          <section key={group}>
            <h3>{t.commands.sheetGroups[group]}</h3>
            {group === 'move' && !isEditing && (
              <div className="kr">
                <span>{t.commands.titles.panes}</span>
                <span className="pairs">
                  <Chord chord="Tab" />
                </span>
              </div>
            )}
            {app.commands.all
              .filter(
                (command) =>
                  command.group === group && isListed(command, isEditing, app.commands.keysOf(command).length),
              )
              .map((command) =>
                isEditing ? (
                  <KeyEditor key={command.id} command={command} />
                ) : (
                  <SheetRow key={command.id} command={command} />
                ),
              )}
          </section>
        ))}
      </div>
      <div className="sheet-foot">
        <span className="muted">{t.commands.sheetFoot}</span>
        {isEditing && (
          <button className="plain link" onClick={() => app.settings.change({ keys: {} })}>
            {t.commands.resetKeys}
          </button>
        )}
        <button className="plain link right" onClick={() => setEditing(!isEditing)}>
          {isEditing ? t.commands.doneEditing : t.commands.editKeys}
        </button>
      </div>
    </div>
  );
}

function isListed(command: Command, isEditing: boolean, keys: number): boolean {
  return isEditing || (keys > 0 && command.sheet !== false);
}

function SheetRow({ command }: { readonly command: Command }) {
  const app = useApp();
  const { sheet } = command;
  const title = typeof sheet === 'object' ? sheet.title : command.title;
  const other = typeof sheet === 'object' && sheet.with !== undefined ? app.commands.get(sheet.with) : undefined;
  const chords = [app.commands.keysOf(command)[0], other === undefined ? undefined : app.commands.keysOf(other)[0]];
  return (
    <div className="kr">
      <span>{title}</span>
      <span className="pairs">{chords.map((chord) => chord !== undefined && <Chord key={chord} chord={chord} />)}</span>
    </div>
  );
}

function KeyEditor({ command }: { readonly command: Command }) {
  const app = useApp();
  const chord = app.commands.keysOf(command)[0];
  const clash =
    chord === undefined
      ? undefined
      : app.commands.all.find(
          (other) => other !== command && other.when === command.when && app.commands.keysOf(other).includes(chord),
        );
  const onKey = (event: KeyboardEvent): void => {
    if (['Control', 'Shift', 'Alt', 'Meta', 'Tab', 'Escape'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const next =
      event.key === 'Delete' || event.key === 'Backspace' ? '' : (chordsOf(event.nativeEvent, app.host.isMac)[0] ?? '');
    app.settings.change({ keys: { ...app.settings.get().keys, [command.id]: normalizeChord(next) ?? '' } });
  };
  return (
    <div className="kr">
      <span className="cut">{command.title}</span>
      {clash !== undefined && <span className="c-warning cut">{t.commands.conflict(clash.title)}</span>}
      <button className="btn key-edit" onKeyDown={onKey} aria-label={command.title}>
        {chord === undefined ? '—' : <Chord chord={chord} />}
      </button>
    </div>
  );
}
