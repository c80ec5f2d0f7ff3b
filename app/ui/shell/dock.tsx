/** The tools below (or beside) the timeline: tabs, and one open tool. */
import type { KeyboardEvent, PointerEvent, ReactNode, RefObject } from 'react';
import { useEffect, useRef } from 'react';
import { useApp } from '../app.ts';
import { Composer } from '../compose/composer.tsx';
import { Diff } from '../diff/diff.tsx';
import { ExpertList } from '../expert/expert-list.tsx';
import { Fuzz } from '../fuzz/fuzz.tsx';
import { Holds } from '../holds/holds.tsx';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { Inspector } from '../inspector/inspector.tsx';
import { Connections } from '../proxies/connections.tsx';
import { Replay } from '../replay/replay.tsx';
import { DOCK_TABS, type DockTab } from '../state/dock.ts';
import { useStore } from '../state/store.ts';
import { Statistics } from '../statistics/statistics.tsx';
import { t } from '../strings/strings.ts';
import { NewerButton } from '../timeline/newer-button.tsx';

const ICON: Readonly<Record<DockTab, IconName>> = {
  inspector: 'tree',
  compose: 'send',
  holds: 'hold',
  replay: 'replay',
  diff: 'differ',
  fuzz: 'bolt',
  statistics: 'target',
  expert: 'warn',
  connections: 'plug',
};

const TOOL: Readonly<Record<DockTab, () => ReactNode>> = {
  inspector: Inspector,
  compose: Composer,
  holds: Holds,
  replay: Replay,
  diff: Diff,
  fuzz: Fuzz,
  statistics: Statistics,
  expert: ExpertList,
  connections: Connections,
};

/** What each tool needs to be read without scrolling; replay and fuzz explain much at once. */
const HEIGHT: Readonly<Record<DockTab, number>> = {
  inspector: 315,
  compose: 507,
  holds: 535,
  replay: 639,
  diff: 639,
  fuzz: 639,
  statistics: 507,
  expert: 315,
  connections: 315,
};
const TABS_HEIGHT = 32;
const ROOM_FOR_ROWS = 26 + 3 * 22;

export function Dock({ area }: { readonly area: RefObject<HTMLDivElement | null> }) {
  const app = useApp();
  const tab = useStore(app.dock.tab);
  const isOpen = useStore(app.dock.isOpen);
  const { dockSide, dockHeights, dockWidth } = useStore(app.settings);
  const height = dockHeights[tab] ?? HEIGHT[tab];
  const Tool = TOOL[tab];

  useEffect(() => {
    const element = area.current;
    if (element === null) return;
    element.style.setProperty('--dock-height', `${isOpen ? height : TABS_HEIGHT}px`);
    element.style.setProperty('--dock-width', `${dockWidth}px`);
    element.style.setProperty('--rows-room', `${ROOM_FOR_ROWS}px`);
  }, [area, isOpen, height, dockWidth]);

  return (
    <section className="dock-area" aria-label={t.shell.dockTabs}>
      <Resizer area={area} />
      <div className="tabs drag">
        <TabList />
        <span className="tools">
          <NewerButton />
          <DockButton icon="dock" label={t.shell.dockBelow} isOn={isOpen && dockSide === 'bottom'} side="bottom" />
          <DockButton icon="dockr" label={t.shell.dockRight} isOn={isOpen && dockSide === 'right'} side="right" />
        </span>
      </div>
      {isOpen && (
        <div className="dock-body" role="tabpanel" id="dock-panel" aria-labelledby={`tab-${tab}`}>
          <Tool />
        </div>
      )}
    </section>
  );
}

function DockButton({
  icon,
  label,
  isOn,
  side,
}: {
  readonly icon: IconName;
  readonly label: string;
  readonly isOn: boolean;
  readonly side: 'bottom' | 'right';
}) {
  const app = useApp();
  return (
    <button
      className="btn bare icon"
      aria-label={isOn ? t.shell.closeDock : label}
      title={isOn ? t.shell.closeDock : label}
      aria-pressed={isOn}
      onClick={() => {
        app.dock.isOpen.set(!isOn);
        app.settings.change({ dockSide: side });
      }}
    >
      <Icon name={icon} />
    </button>
  );
}

function TabList() {
  const app = useApp();
  const tab = useStore(app.dock.tab);
  const held = useStore(app.mirror.held);
  const expert = useStore(app.mirror.expertCount);
  const findings = useStore(app.mirror.fuzz, (fuzz) => fuzz?.findings.length ?? 0);
  const list = useRef<HTMLDivElement>(null);
  const onKey = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = DOCK_TABS[(DOCK_TABS.indexOf(tab) + step + DOCK_TABS.length) % DOCK_TABS.length];
    if (next === undefined) return;
    app.dock.show(next);
    list.current?.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  const counts: Partial<Record<DockTab, readonly [number, string]>> = {
    holds: [held.length, 'warn'],
    expert: [expert, 'bad'],
    fuzz: [findings, 'bad'],
  };
  return (
    <div className="tab-list" role="tablist" aria-label={t.shell.dockTabs} ref={list} onKeyDown={onKey}>
      {DOCK_TABS.map((each) => {
        const [count, tone] = counts[each] ?? [0, ''];
        return (
          <button
            key={each}
            id={`tab-${each}`}
            className="tab"
            role="tab"
            aria-selected={each === tab}
            aria-controls="dock-panel"
            tabIndex={each === tab ? 0 : -1}
            onClick={() => app.dock.show(each)}
          >
            <Icon name={ICON[each]} small />
            <span className="tab-word">{t.shell.tabs[each]}</span>
            {count > 0 && <span className={`count ${tone}`}>{count > 999 ? '999+' : count}</span>}
          </button>
        );
      })}
    </div>
  );
}

function Resizer({ area }: { readonly area: RefObject<HTMLDivElement | null> }) {
  const app = useApp();
  const { dockSide, dockHeights, dockWidth } = useStore(app.settings);
  const tab = useStore(app.dock.tab);
  const dockHeight = dockHeights[tab] ?? HEIGHT[tab];
  const isBottom = dockSide === 'bottom';
  const setSize = (size: number): void => {
    const box = area.current?.getBoundingClientRect();
    if (box === undefined) return;
    if (isBottom)
      app.settings.change({
        dockHeights: { ...app.settings.get().dockHeights, [tab]: Math.round(clamp(size, 120, (box.height * 4) / 5)) },
      });
    else app.settings.change({ dockWidth: Math.round(clamp(size, 320, (box.width * 4) / 5)) });
  };
  const onPointerDown = (event: PointerEvent<HTMLElement>): void => {
    event.preventDefault();
    const target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    const move = (at: globalThis.PointerEvent): void => {
      const box = area.current?.getBoundingClientRect();
      if (box !== undefined) setSize(isBottom ? box.bottom - at.clientY : box.right - at.clientX);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', () => target.removeEventListener('pointermove', move), { once: true });
  };
  const onKey = (event: KeyboardEvent): void => {
    const grow = isBottom ? 'ArrowUp' : 'ArrowLeft';
    const shrink = isBottom ? 'ArrowDown' : 'ArrowRight';
    if (event.key !== grow && event.key !== shrink) return;
    event.preventDefault();
    setSize((isBottom ? dockHeight : dockWidth) + (event.key === grow ? 22 : -22));
  };
  return (
    <div
      className="dock-resizer"
      role="separator"
      aria-orientation={isBottom ? 'horizontal' : 'vertical'}
      aria-label={t.shell.resizeDock}
      aria-valuenow={isBottom ? dockHeight : dockWidth}
      tabIndex={0}
      onPointerDown={onPointerDown}
      onKeyDown={onKey}
    />
  );
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(value, Math.max(least, most)));
}
