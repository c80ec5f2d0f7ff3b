import { type RefObject, useEffect, useRef, useState } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { ColumnHeads } from './column-heads.tsx';
import { columnsOf, type Column } from './columns.ts';
import { EmptyTimeline } from './empty-timeline.tsx';
import { listenToRows } from './row-events.ts';
import { listenToThumb } from './scrollbar.ts';
import { mountSurface } from './surface.ts';

export function Timeline() {
  const app = useApp();
  const settings = useStore(app.settings);
  const grid = useRef<HTMLDivElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const track = useRef<HTMLDivElement>(null);
  const thumb = useRef<HTMLDivElement>(null);
  const place = useWidth(grid);
  const columns: readonly Column[] = columnsOf(settings, place);

  useEffect(() => {
    if (grid.current === null || body.current === null || track.current === null || thumb.current === null)
      return undefined;
    const parts = { grid: grid.current, body: body.current, track: track.current, thumb: thumb.current };
    const surface = mountSurface(parts, {
      view: app.view,
      scroll: app.scroll,
      selection: app.selection,
      settings: app.settings,
      context: app.rowContext,
    });
    const ends = [listenToRows(parts, surface, app), listenToThumb(parts.track, parts.thumb, app.scroll)];
    return () => {
      for (const end of ends) end();
      surface.dispose();
    };
  }, [app]);

  return (
    <main className="tl">
      <div
        className="tl-grid"
        id="timeline-grid"
        ref={grid}
        role="grid"
        aria-label={t.timeline.label}
        aria-multiselectable="true"
        aria-colcount={columns.length}
        tabIndex={0}
      >
        <ColumnHeads columns={columns} />
        <div className="rows" ref={body} role="rowgroup" />
      </div>
      <EmptyTimeline />
      <div
        className="track"
        ref={track}
        role="scrollbar"
        aria-label={t.timeline.scrollbar}
        aria-controls="timeline-grid"
        aria-orientation="vertical"
        aria-valuemin={0}
        aria-valuenow={0}
        aria-valuemax={0}
      >
        <div className="thumb" ref={thumb} />
      </div>
    </main>
  );
}

function useWidth(of: RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(window.innerWidth);
  useEffect(() => {
    const element = of.current;
    if (element === null) return undefined;
    const resize = new ResizeObserver(() => setWidth(element.clientWidth));
    resize.observe(element);
    return () => resize.disconnect();
  }, [of]);
  return width;
}
