import { useEffect, useRef, type KeyboardEvent } from 'react';
import { useApp } from '../app.ts';
import { Dialogs } from '../dialogs/dialogs.tsx';
import { useStore } from '../state/store.ts';
import { Palette } from './palette.tsx';
import { ShortcutSheet } from './shortcut-sheet.tsx';

/** The scrim and what stands on it. Keeps Tab inside, gives focus back when it closes. */
export function OverlayHost() {
  const app = useApp();
  const overlay = useStore(app.overlays.overlay);
  const host = useRef<HTMLDivElement>(null);
  const before = useRef<Element | null>(null);
  const isOpen = overlay !== null;

  useEffect(() => {
    if (!isOpen) return undefined;
    before.current = document.activeElement;
    return () => {
      if (before.current instanceof HTMLElement && before.current.isConnected && before.current !== document.body)
        before.current.focus();
      else document.getElementById('timeline-grid')?.focus();
    };
  }, [isOpen]);
  if (overlay === null) return null;

  const onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Tab') {
      // Keys of what lies below must not act through the scrim.
      if (event.key !== 'Escape') event.stopPropagation();
      return;
    }
    const stops = [
      ...(host.current?.querySelectorAll<HTMLElement>('button, input, select, textarea, a[href], [tabindex]') ?? []),
    ].filter((element) => element.tabIndex >= 0 && !element.hasAttribute('disabled'));
    const first = stops[0];
    const last = stops.at(-1);
    if (event.shiftKey ? document.activeElement === first : document.activeElement === last) {
      event.preventDefault();
      (event.shiftKey ? last : first)?.focus();
    }
  };
  return (
    <div className="overlay" ref={host} onKeyDown={onKey}>
      <div className="scrim" onPointerDown={() => app.overlays.overlay.set(null)} />
      {overlay.kind === 'palette' && <Palette />}
      {overlay.kind === 'help' && <ShortcutSheet />}
      {overlay.kind === 'dialog' && <Dialogs name={overlay.name} data={overlay.data} />}
    </div>
  );
}
