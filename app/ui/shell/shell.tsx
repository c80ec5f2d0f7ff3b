/** The page: bars, filter, strip, the main view, the dock, the status line, and what lies over them. */
import { useRef, type DragEvent } from 'react';
import { useApp } from '../app.ts';
import { ContextMenu } from '../commands/context-menu.tsx';
import { OverlayHost } from '../commands/overlay-host.tsx';
import { openPicked } from '../dialogs/open-file.ts';
import { FilterBar } from '../filter/filter-bar.tsx';
import { FirstRun } from '../first-run/first-run.tsx';
import { Lanes } from '../lanes/lanes.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Strip } from '../strip/strip.tsx';
import { Timeline } from '../timeline/timeline.tsx';
import { Dock } from './dock.tsx';
import { NoticeList } from './notice-list.tsx';
import { PanicBar } from './panic-bar.tsx';
import { Refused } from './refused.tsx';
import { StatusBar } from './status-bar.tsx';
import { TopBar } from './top-bar.tsx';
import { useHasTraffic } from './traffic.ts';

export function Shell() {
  const app = useApp();
  const hasTraffic = useHasTraffic();
  const mainView = useStore(app.dock.mainView);
  const side = useStore(app.settings, (settings) => settings.dockSide);
  const tab = useStore(app.dock.tab);
  const isDockOpen = useStore(app.dock.isOpen);
  // Verdicts and campaigns take the room of the overview, which has nothing to add to them.
  const hasStrip = side === 'right' || !isDockOpen || (tab !== 'replay' && tab !== 'diff' && tab !== 'fuzz');
  const area = useRef<HTMLDivElement>(null);

  const onDrop = (event: DragEvent): void => {
    const file = event.dataTransfer.files[0];
    if (file === undefined) return;
    event.preventDefault();
    void openPicked(app, app.host.fromDrop(file));
  };

  return (
    <div className="app" onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <TopBar hasTraffic={hasTraffic} />
      {hasTraffic ? (
        <div className="workspace">
          <PanicBar />
          <FilterBar />
          <div ref={area} className={`split-area ${side}`}>
            <div className="main-view">
              {hasStrip && <Strip />}
              {mainView === 'timeline' ? <Timeline /> : <Lanes />}
            </div>
            <Dock area={area} />
          </div>
        </div>
      ) : (
        <FirstRun />
      )}
      <StatusBar hasTraffic={hasTraffic} />
      <Refused />
      <NoticeList />
      <OverlayHost />
      <ContextMenu />
      <div className="sr" role="status" aria-live="polite" id="live-region" />
      <span className="sr">{t.shell.appName}</span>
    </div>
  );
}
