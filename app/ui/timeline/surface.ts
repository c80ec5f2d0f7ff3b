/** Draws the timeline: one picture per animation frame at most, however often rows arrive. */
import type { Row } from '../../../core/contract/rows.ts';
import type { ReadonlyStore } from '../state/store.ts';
import type { SettingsStore } from '../state/settings.ts';
import { columnsOf, columnsWidth, columnTemplate, type Column } from './columns.ts';
import { RowPool } from './row-pool.ts';
import type { CellContext } from './row-cells.ts';
import type { TimelineScroll } from './scroll.ts';
import { isSelected, type SelectionStore } from './selection.ts';
import type { TimelineView } from './view.ts';
import { thumb } from './virtual-scroll.ts';

export interface SurfaceParts {
  readonly grid: HTMLElement;
  readonly body: HTMLElement;
  readonly track: HTMLElement;
  readonly thumb: HTMLElement;
}

export interface SurfaceDeps {
  readonly view: TimelineView;
  readonly scroll: TimelineScroll;
  readonly selection: SelectionStore;
  readonly settings: SettingsStore;
  readonly context: ReadonlyStore<CellContext>;
}

export interface Surface {
  columns(): readonly Column[];
  repaint(): void;
  dispose(): void;
}

export function mountSurface(parts: SurfaceParts, deps: SurfaceDeps): Surface {
  const { view, scroll, selection, settings, context } = deps;
  const pool = new RowPool(parts.body, 'frame-');
  let columns: readonly Column[] = [];
  let frame = 0;
  let contextVersion = 0;

  const repaint = (): void => {
    if (frame === 0) frame = requestAnimationFrame(paint);
  };

  const paint = (): void => {
    frame = 0;
    const { top, rows, page } = scroll.state();
    const now = settings.get();
    const chosen = selection.get();
    view.need(Math.floor(top) - 8, Math.ceil(top + page) + 8);
    const focusRow = findFocus(chosen.focus);
    pool.paint({
      top,
      rows,
      page,
      rowHeight: now.rowHeight,
      context: context.get(),
      contextKey: `${contextVersion}`,
      row: (index) => view.row(index),
      isSelected: (n) => isSelected(chosen, n),
      focus: chosen.focus,
      partner: focusRow?.partner ?? 0,
      hasFocus: document.activeElement === parts.grid,
      washes: now.colors.map((rule) => rule.color),
    });
    paintThumb();
    const active = focusRow === undefined ? '' : pool.idOf(focusRow.index);
    if (active === '') parts.grid.removeAttribute('aria-activedescendant');
    else parts.grid.setAttribute('aria-activedescendant', active);
    parts.grid.setAttribute('aria-rowcount', String(rows + 1));
  };

  /** The focused row when it is in sight. */
  const findFocus = (n: number): (Row & { readonly index: number }) | undefined => {
    if (n === 0) return undefined;
    const { top, page, rows } = scroll.state();
    for (let i = Math.floor(top); i < Math.min(rows, Math.ceil(top + page)); i++) {
      const row = view.row(i);
      if (row?.n === n) return { ...row, index: i };
    }
    return undefined;
  };

  const paintThumb = (): void => {
    const state = scroll.state();
    const { at, size } = thumb(state, parts.track.clientHeight);
    parts.thumb.hidden = size === 0;
    parts.thumb.style.height = `${size}px`;
    parts.thumb.style.transform = `translateY(${Math.round(at)}px)`;
    parts.track.setAttribute('aria-valuemax', String(Math.max(0, Math.ceil(state.rows - state.page))));
    parts.track.setAttribute('aria-valuenow', String(Math.round(state.top)));
  };

  const measure = (): void => {
    scroll.setPage(parts.body.clientHeight / settings.get().rowHeight);
    repaint();
  };
  let place = 0;
  const onResize = (): void => {
    if (parts.grid.clientWidth === place) {
      measure();
      return;
    }
    place = parts.grid.clientWidth;
    configure();
  };

  const configure = (): void => {
    const now = settings.get();
    columns = columnsOf(now, parts.grid.clientWidth);
    parts.grid.style.setProperty('--cols', columnTemplate(columns));
    parts.grid.style.setProperty('--cols-width', `${columnsWidth(columns)}px`);
    parts.grid.style.setProperty('--row', `${now.rowHeight}px`);
    pool.configure(columns);
    measure();
  };

  let shape = '';
  const onSettings = (): void => {
    const now = settings.get();
    const next = JSON.stringify([now.columnWidths, now.hiddenColumns, now.fieldColumns, now.rowHeight]);
    if (next !== shape) {
      shape = next;
      configure();
    } else repaint();
  };
  const onContext = (): void => {
    contextVersion++;
    repaint();
  };

  const resize = new ResizeObserver(onResize);
  resize.observe(parts.grid);
  resize.observe(parts.body);
  parts.grid.addEventListener('focus', repaint);
  parts.grid.addEventListener('blur', repaint);
  const ends = [
    view.onChange(repaint),
    scroll.onMove(repaint),
    selection.subscribe(repaint),
    settings.subscribe(onSettings),
    context.subscribe(onContext),
  ];
  onSettings();

  return {
    columns: () => columns,
    repaint,
    dispose() {
      cancelAnimationFrame(frame);
      resize.disconnect();
      parts.grid.removeEventListener('focus', repaint);
      parts.grid.removeEventListener('blur', repaint);
      for (const end of ends) end();
    },
  };
}
