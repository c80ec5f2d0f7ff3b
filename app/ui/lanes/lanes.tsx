/** The rows of the view as arrows between clients and servers, time running down. The same rows, scroll and selection. */
import { useEffect, useMemo, useReducer, useRef, useState, type WheelEvent } from 'react';
import type { ConnectionStatus } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { isMany, selectionFilter, selectOne } from '../timeline/selection.ts';
import { rowMenu } from '../timeline/row-menu.ts';
import { t } from '../strings/strings.ts';
import { LaneArrows, LANE_ROW } from './lane-arrows.tsx';
import { LaneSide } from './lane-side.tsx';
import { laneX, planLanes } from './lanes-model.ts';

export function Lanes() {
  const app = useApp();
  const by = useStore(app.settings, (settings) => settings.lanesBy);
  const connections = useStore(app.mirror.connections);
  const host = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  const version = useRedraw();
  const { top, page, rows } = app.scroll.state();

  const shown = useMemo(() => {
    const list = [];
    for (let i = Math.floor(top); i < Math.min(rows, Math.ceil(top + page)); i++)
      list.push({ index: i, row: app.view.row(i) });
    return list;
  }, [app, top, page, rows, version]);
  const inSight = new Set(shown.map(({ row }) => row?.conn));
  // Few connections keep their lanes; of many, those in sight.
  const wanted = connections.length <= 8 ? connections : connections.filter((each) => inSight.has(each.id));
  const named = namedByJourney(connections);
  const lanes = wanted.map((each) => {
    const clientName = each.clientName ?? named.get(each.journey ?? -1);
    return clientName === undefined ? each : { ...each, clientName };
  });
  const plan = useMemo(
    () => planLanes(lanes, by, { client: t.lanes.client }),
    [by, lanes.map((each) => `${each.id}${each.journey ?? ''}${each.role ?? ''}${each.clientName ?? ''}`).join()],
  );

  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const resize = new ResizeObserver(() => {
      setWidth(element.clientWidth);
      app.scroll.setPage(element.clientHeight / LANE_ROW);
    });
    resize.observe(element);
    return () => resize.disconnect();
  }, [app]);
  useEffect(() => app.view.need(Math.floor(top) - 8, Math.ceil(top + page) + 8), [app, top, page, rows, version]);

  const onWheel = (event: WheelEvent): void => app.scroll.by(event.deltaY / LANE_ROW);
  const indexAt = (y: number): number => {
    const box = host.current?.getBoundingClientRect();
    return box === undefined ? -1 : Math.floor(top + (y - box.top) / LANE_ROW);
  };

  return (
    <main className="lanes">
      <div className="lanewrap">
        <div className="lanehead">
          <span className="t">{t.lanes.time}</span>
          <LaneHeads lanes={plan.lanes} width={width} />
        </div>
        <div
          className="lane-body"
          id="timeline-grid"
          ref={host}
          tabIndex={0}
          role="group"
          aria-label={t.lanes.label}
          onWheel={onWheel}
          onPointerDown={(event) => {
            const row = app.view.row(indexAt(event.clientY));
            if (event.button === 0 && row !== undefined) app.selection.set(selectOne(row.n));
          }}
          onContextMenu={(event) => {
            const row = app.view.row(indexAt(event.clientY));
            if (row === undefined) return;
            event.preventDefault();
            app.selection.set(selectOne(row.n));
            app.overlays.showMenu({ x: event.clientX, y: event.clientY }, `#${row.n}`, rowMenu(app, row, undefined));
          }}
        >
          <LaneArrows plan={plan} shown={shown} top={top} width={width} />
          {rows === 0 && (
            <div className="empty">
              <b>{t.lanes.empty}</b>
              <span>{t.lanes.emptyAdvice}</span>
            </div>
          )}
        </div>
      </div>
      <aside className="side" aria-label={t.lanes.selected}>
        <div className="head">
          <span>{t.lanes.by}</span>
          <span className="seg small" role="group" aria-label={t.lanes.by}>
            <button aria-pressed={by === 'client'} onClick={() => app.settings.change({ lanesBy: 'client' })}>
              {t.lanes.byClient}
            </button>
            <button aria-pressed={by === 'connection'} onClick={() => app.settings.change({ lanesBy: 'connection' })}>
              {t.lanes.byConnection}
            </button>
          </span>
        </div>
        <LadderButton />
        <LaneSide />
      </aside>
    </main>
  );
}

/** Only the selected frames, as a ladder. */
function LadderButton() {
  const app = useApp();
  const selection = useStore(app.selection);
  if (!isMany(selection)) return null;
  return (
    <section>
      <button
        className="btn"
        onClick={() => void app.filter.apply(selectionFilter(selection)).catch(app.notices.problem)}
      >
        <Icon name="lanes" />
        {t.lanes.ladder}
      </button>
    </section>
  );
}

function LaneHeads({
  lanes,
  width,
}: {
  readonly lanes: readonly {
    readonly id: string;
    readonly title: string;
    readonly sub: string;
    readonly kind: string;
    readonly x: number;
  }[];
  readonly width: number;
}) {
  const host = useRef<HTMLDivElement>(null);
  // Where addresses would run into each other the port says enough.
  const isTight = (laneX(1, width) - laneX(0, width)) / (lanes.length + 0.6) < 124;
  useEffect(() => {
    [...(host.current?.children ?? [])].forEach((element, i) => {
      const lane = lanes[i];
      if (element instanceof HTMLElement && lane !== undefined) element.style.left = `${laneX(lane.x, width)}px`;
    });
  }, [lanes, width]);
  return (
    <div ref={host}>
      {lanes.map((lane) => (
        <div className="lane" key={lane.id}>
          <b>
            {lane.kind === 'server' && <Icon name="target" small />}
            {lane.title}
          </b>
          <span>{isTight ? lane.sub.replace(/^.*(?=:\d+$)/, '') : lane.sub}</span>
        </div>
      ))}
    </div>
  );
}

/** A number that grows whenever rows, position or selection changed; once per picture. */
function useRedraw(): number {
  const app = useApp();
  const [version, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    let frame = 0;
    const later = (): void => {
      if (frame === 0) {
        frame = requestAnimationFrame(() => {
          frame = 0;
          redraw();
        });
      }
    };
    const ends = [app.view.onChange(later), app.scroll.onMove(later), app.selection.subscribe(later)];
    return () => {
      cancelAnimationFrame(frame);
      for (const end of ends) end();
    };
  }, [app]);
  return version;
}

/** A client may have said its name on a connection that is out of sight. */
function namedByJourney(connections: readonly ConnectionStatus[]): ReadonlyMap<number, string> {
  const named = new Map<number, string>();
  for (const { journey, clientName } of connections) {
    // The first of a journey is where one logs in.
    if (journey !== undefined && clientName !== undefined && !named.has(journey)) named.set(journey, clientName);
  }
  return named;
}
