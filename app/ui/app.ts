/** Puts the services together, once per page. Components get them through `useApp`. */
import { createContext, useContext } from 'react';
import { COMMANDS } from './commands/command-list.ts';
import { createCommandTable, type CommandTable } from './commands/dispatch.ts';
import { createOverlays, type Overlays } from './commands/overlays.ts';
import { createEngineClient, type EngineClient } from './engine-client/engine-client.ts';
import { onOtherSession } from './engine-client/other-session.ts';
import { createMirror, type Mirror } from './engine-client/mirror.ts';
import { createComposeService, type ComposeService } from './compose/compose-service.ts';
import { createDiffService, type DiffService } from './diff/diff-service.ts';
import { createFilterDraft, type FilterDraft } from './filter/filter-draft.ts';
import { createFuzzService, type FuzzService } from './fuzz/fuzz-service.ts';
import { createHoldsService, type HoldsService } from './holds/holds-service.ts';
import type { Host } from './host/host.ts';
import { createInspection, type Inspection } from './inspector/inspection.ts';
import { createReplayService, type ReplayService } from './replay/replay-service.ts';
import { createDock, type Dock } from './state/dock.ts';
import { keepLook } from './state/keep-look.ts';
import { createNotices, type Notices } from './state/notices.ts';
import { initialSpec, keepPageState, readPageState, type PageState } from './state/page-state.ts';
import { createSettings, type SettingsStore } from './state/settings.ts';
import { createStatisticsService, type StatisticsService } from './statistics/statistics-service.ts';
import { createStripService, type StripService } from './strip/strip-service.ts';
import { createRowContext, type RowContext } from './timeline/row-context.ts';
import { createTimelineScroll, type TimelineScroll } from './timeline/scroll.ts';
import { createSelection, selectOne, type SelectionStore } from './timeline/selection.ts';
import { createTimelineView, type TimelineView } from './timeline/view.ts';

export interface App {
  readonly host: Host;
  readonly settings: SettingsStore;
  readonly client: EngineClient;
  readonly mirror: Mirror;
  readonly view: TimelineView;
  readonly scroll: TimelineScroll;
  readonly selection: SelectionStore;
  readonly inspection: Inspection;
  readonly rowContext: RowContext;
  readonly filter: FilterDraft;
  readonly dock: Dock;
  readonly overlays: Overlays;
  readonly notices: Notices;
  readonly strip: StripService;
  readonly compose: ComposeService;
  readonly holds: HoldsService;
  readonly replay: ReplayService;
  readonly diff: DiffService;
  readonly fuzz: FuzzService;
  readonly statistics: StatisticsService;
  readonly commands: CommandTable;
}

export interface Storages {
  readonly local: Storage;
  readonly session: Storage;
}

export function createApp(host: Host, url: string, token: () => string | null, storages: Storages): App {
  const settings = createSettings(storages.local);
  const client = createEngineClient(url, token);
  const mirror = createMirror(client);
  const page = readPageState(storages.session);
  const view = createTimelineView(client, initialSpec(page, settings.get()));
  const selection = createSelection();
  const notices = createNotices();
  client.on('notice', (notice) => notices.say(notice.text, notice.severity));
  const dock = createDock();
  const inspection = createInspection(client, selection);
  const app: App = {
    host,
    settings,
    client,
    mirror,
    view,
    scroll: createTimelineScroll(view),
    selection,
    inspection,
    rowContext: createRowContext(mirror, settings),
    filter: createFilterDraft(client, view, settings),
    dock,
    strip: createStripService(client, mirror, view),
    compose: createComposeService({ client, dock, mirror, notices }),
    holds: createHoldsService({ client, mirror, dock, notices }),
    replay: createReplayService({ client, mirror, dock, notices }),
    diff: createDiffService({ client, dock }),
    fuzz: createFuzzService({ client, mirror, dock, host, notices }),
    statistics: createStatisticsService(dock),
    overlays: createOverlays(),
    notices,
    commands: createCommandTable(() => app, COMMANDS),
  };
  restore(app, page);
  keepLook(client, settings, view);
  onOtherSession(mirror.session, () => {
    view.reopen();
    // A frame of the same number is another frame there.
    inspection.refresh();
  });
  const keep = keepPageState(storages.session, () => pageState(app));
  for (const store of [view.spec, selection, inspection.field, dock.tab, dock.mainView]) store.subscribe(keep);
  return app;
}

/** A reload goes on where it was. */
function restore({ selection, inspection, dock, view, scroll, client }: App, page: PageState): void {
  dock.tab.set(page.tab);
  dock.mainView.set(page.mainView);
  if (page.focus === 0) return;
  selection.set(selectOne(page.focus));
  if (page.field !== '') inspection.field.set({ buffer: 0, path: page.field });
  const end = client.onReady(() => {
    end();
    const stop = view.status.subscribe(() => {
      const { phase, done } = view.status.get();
      if (phase !== 'ready' || !done) return;
      stop();
      view.indexOf(page.focus).then(
        ({ index }) => scroll.center(index),
        () => undefined,
      );
    });
  });
}

function pageState({ view, selection, inspection, dock }: App): PageState {
  const { filter, window } = view.spec.get();
  const field = inspection.field.get();
  return {
    filter,
    focus: selection.get().focus,
    field: field?.buffer === 0 ? field.path : '',
    tab: dock.tab.get(),
    mainView: dock.mainView.get(),
    ...(window === undefined ? {} : { window }),
  };
}

const AppContext = createContext<App | null>(null);

export const AppProvider = AppContext.Provider;

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === null) throw new Error('useApp outside of AppProvider');
  return app;
}
