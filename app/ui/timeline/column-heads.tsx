import type { KeyboardEvent, MouseEvent, PointerEvent } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { columnMenu } from './column-menu.ts';
import { MIN_COLUMN, type Column } from './columns.ts';

export function ColumnHeads({ columns }: { readonly columns: readonly Column[] }) {
  const app = useApp();
  const timeMode = useStore(app.settings, (settings) => settings.timeMode);
  const onMenu = (event: MouseEvent, column: Column): void => {
    event.preventDefault();
    app.overlays.showMenu({ x: event.clientX, y: event.clientY }, t.timeline.columnMenu, columnMenu(app, column));
  };
  return (
    <div className="tr th" role="row" aria-rowindex={1}>
      {columns.map((column) => (
        <span
          key={column.id}
          role="columnheader"
          className={`${column.isRight ? 'r' : ''}${column.id === 'dir' ? 'dirh' : ''}${column.field === undefined ? '' : ' mono'}`}
          title={column.field}
          onContextMenu={(event) => onMenu(event, column)}
        >
          {column.id === 'time' ? t.timeline.timeTitle[timeMode] : column.title}
          {column.id === 'dir' && <span className="sr">{t.commands.menu.direction}</span>}
          {column.width > 0 && column.id !== 'dir' && <Grip column={column} />}
        </span>
      ))}
    </div>
  );
}

/** The edge of a head: drag, or arrow keys, to change the column's width. */
function Grip({ column }: { readonly column: Column }) {
  const app = useApp();
  // Columns right of the summary grow to the left.
  const sign = ['answer', 'size', 'marks'].includes(column.id) || column.field !== undefined ? -1 : 1;
  const setWidth = (width: number): void => {
    const { columnWidths } = app.settings.get();
    app.settings.change({ columnWidths: { ...columnWidths, [column.id]: Math.max(MIN_COLUMN, Math.round(width)) } });
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    event.preventDefault();
    const target = event.currentTarget;
    const from = event.clientX;
    target.setPointerCapture(event.pointerId);
    const move = (at: globalThis.PointerEvent): void => setWidth(column.width + sign * (at.clientX - from));
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', () => target.removeEventListener('pointermove', move), { once: true });
  };
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 8 : event.key === 'ArrowLeft' ? -8 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    setWidth(column.width + sign * step);
  };
  return (
    <span
      className={sign > 0 ? 'grip' : 'grip left'}
      id={`grip-${column.id}`}
      role="separator"
      aria-orientation="vertical"
      aria-label={t.timeline.resize(column.title)}
      aria-valuenow={column.width}
      tabIndex={-1}
      onPointerDown={onPointerDown}
      onKeyDown={onKey}
      onDoubleClick={() => {
        const { [column.id]: _gone, ...columnWidths } = app.settings.get().columnWidths;
        app.settings.change({ columnWidths });
      }}
    />
  );
}
