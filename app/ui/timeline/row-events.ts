/** Pointer and wheel over the rows. Keys are commands. */
import type { App } from '../app.ts';
import { extendTo, selectOne, toggle } from './selection.ts';
import { rowMenu } from './row-menu.ts';
import type { Surface, SurfaceParts } from './surface.ts';

const LINE = 3;

export function listenToRows(parts: SurfaceParts, surface: Surface, app: App): () => void {
  const { grid, body } = parts;
  const rowAt = (event: Event): number => {
    const element = event.target instanceof Element ? event.target.closest<HTMLElement>('.tr[data-index]') : null;
    return element === null ? -1 : Number(element.dataset.index);
  };

  const onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const row = app.view.row(rowAt(event));
    if (row === undefined) return;
    // What one looks at must not run away.
    app.view.follow.set(false);
    const { selection } = app;
    if (event.shiftKey) selection.set(extendTo(selection.get(), row.n));
    else if (event.ctrlKey || event.metaKey) selection.set(toggle(selection.get(), row.n));
    else selection.set(selectOne(row.n));
  };

  const onMenu = (event: MouseEvent): void => {
    const row = app.view.row(rowAt(event));
    if (row === undefined) return;
    event.preventDefault();
    if (app.selection.get().focus !== row.n) app.selection.set(selectOne(row.n));
    const cell = event.target instanceof Element ? event.target.closest('[role="gridcell"]') : null;
    const at = cell === null ? -1 : [...(cell.parentElement?.children ?? [])].indexOf(cell);
    app.overlays.showMenu(
      { x: event.clientX, y: event.clientY },
      `#${row.n}`,
      rowMenu(app, row, surface.columns()[at]),
    );
  };

  const onDouble = (event: MouseEvent): void => {
    if (app.view.row(rowAt(event)) !== undefined) app.dock.show('inspector');
  };

  const onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey) return;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey) return;
    event.preventDefault();
    const { rowHeight } = app.settings.get();
    const rows =
      event.deltaMode === WheelEvent.DOM_DELTA_LINE
        ? (event.deltaY * LINE) / 3
        : event.deltaMode === WheelEvent.DOM_DELTA_PAGE
          ? event.deltaY * app.scroll.state().page
          : event.deltaY / rowHeight;
    app.scroll.by(rows);
  };

  /** The whole text of a cut cell, when asked for by resting on it. */
  const onOver = (event: PointerEvent): void => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>('[role="gridcell"]') : null;
    if (cell === null) return;
    const text = cell.classList.contains('marks')
      ? [...cell.children].map((mark) => mark.textContent).join(' · ')
      : (cell.textContent ?? '');
    cell.title = cell.scrollWidth > cell.clientWidth ? text : '';
  };

  body.addEventListener('pointerdown', onDown);
  body.addEventListener('contextmenu', onMenu);
  body.addEventListener('dblclick', onDouble);
  body.addEventListener('pointerover', onOver);
  grid.addEventListener('wheel', onWheel, { passive: false });
  return () => {
    body.removeEventListener('pointerdown', onDown);
    body.removeEventListener('contextmenu', onMenu);
    body.removeEventListener('dblclick', onDouble);
    body.removeEventListener('pointerover', onOver);
    grid.removeEventListener('wheel', onWheel);
  };
}
