import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { Keys } from '../widgets/keys.tsx';
import type { MenuItem } from './overlays.ts';

export function ContextMenu() {
  const app = useApp();
  const menu = useStore(app.overlays.menu);
  const host = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  const [chosen, setChosen] = useState(-1);

  useLayoutEffect(() => {
    const element = host.current;
    if (menu === null || element === null) return;
    setChosen(-1);
    element.style.left = `${Math.max(4, Math.min(menu.x, window.innerWidth - element.offsetWidth - 4))}px`;
    element.style.top = `${Math.max(4, Math.min(menu.y, window.innerHeight - element.offsetHeight - 4))}px`;
    if (!element.contains(document.activeElement)) before.current = document.activeElement;
    element.focus();
  }, [menu]);
  useEffect(() => {
    if (menu !== null) return;
    if (
      before.current instanceof HTMLElement &&
      (document.activeElement === document.body || document.activeElement === null)
    )
      before.current.focus();
    before.current = null;
  }, [menu]);
  useEffect(() => {
    if (menu === null) return undefined;
    const onDown = (event: Event): void => {
      if (event.target instanceof Node && host.current?.contains(event.target) === true) return;
      app.overlays.menu.set(null);
    };
    document.addEventListener('pointerdown', onDown, true);
    window.addEventListener('blur', onDown);
    return () => {
      document.removeEventListener('pointerdown', onDown, true);
      window.removeEventListener('blur', onDown);
    };
  }, [menu, app]);
  if (menu === null) return null;

  const items = menu.entries.flatMap((entry, i) => (isItem(entry) && entry.disabled !== true ? [i] : []));
  const run = (item: MenuItem): void => {
    if (item.disabled === true) return;
    // Another menu may open in its place.
    const open = app.overlays.menu.get();
    item.run?.();
    if (app.overlays.menu.get() === open) app.overlays.menu.set(null);
  };
  const onKey = (event: KeyboardEvent): void => {
    const at = items.indexOf(chosen);
    if (event.key === 'ArrowDown') setChosen(items[(at + 1) % items.length] ?? -1);
    else if (event.key === 'ArrowUp') setChosen(items[(at - 1 + items.length) % items.length] ?? -1);
    else if (event.key === 'Home') setChosen(items[0] ?? -1);
    else if (event.key === 'End') setChosen(items.at(-1) ?? -1);
    else if (event.key === 'Enter' || event.key === ' ') {
      const entry = menu.entries[chosen];
      if (entry !== undefined && isItem(entry)) run(entry);
    } else if (event.key === 'Escape' || event.key === 'Tab') app.overlays.menu.set(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div
      className="pop menu"
      role="menu"
      aria-label={menu.label}
      tabIndex={-1}
      ref={host}
      onKeyDown={onKey}
      {...(chosen >= 0 ? { 'aria-activedescendant': `menu-${chosen}` } : {})}
    >
      {menu.entries.map((entry, i) => {
        if (entry === 'line') return <div key={i} className="line" role="separator" />;
        if (!isItem(entry)) {
          return (
            <div key={i} className="grp" role="presentation">
              {entry.heading}
            </div>
          );
        }
        return (
          <div
            key={i}
            id={`menu-${i}`}
            role={entry.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
            {...(entry.checked === undefined ? {} : { 'aria-checked': entry.checked })}
            aria-disabled={entry.disabled === true}
            className={`item${i === chosen ? ' on' : ''}${entry.disabled === true ? ' no' : ''}`}
            onPointerEnter={() => entry.disabled !== true && setChosen(i)}
            onClick={() => run(entry)}
          >
            <span className="ic">
              {entry.checked === true ? (
                <Icon name="check" small />
              ) : entry.swatch !== undefined ? (
                <i className={`wash wash-${entry.swatch}`} />
              ) : entry.icon !== undefined ? (
                <Icon name={entry.icon} small />
              ) : null}
            </span>
            <span className="word cut">{entry.title}</span>
            {entry.note !== undefined && <span className="note mono cut">{entry.note}</span>}
            {entry.command !== undefined && <Keys command={entry.command} />}
          </div>
        );
      })}
    </div>
  );
}

function isItem(entry: unknown): entry is MenuItem {
  return typeof entry === 'object' && entry !== null && 'title' in entry;
}
