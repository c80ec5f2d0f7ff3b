import type { ReactNode } from 'react';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { CarrierTab } from './carrier-tab.tsx';
import { CoverageTab } from './coverage-tab.tsx';
import { EnetTab } from './enet-tab.tsx';
import { FieldBytesTab } from './field-bytes-tab.tsx';
import { PlotTab } from './plot-tab.tsx';
import { RateTab } from './rate-tab.tsx';
import { STATISTICS_TABS, type StatisticsTab } from './statistics-service.ts';
import { ConversationsTab, LatencyTab, MessagesTab } from './total-tabs.tsx';

const TAB: Readonly<Record<StatisticsTab, () => ReactNode>> = {
  messages: MessagesTab,
  conversations: ConversationsTab,
  latency: LatencyTab,
  plot: PlotTab,
  rate: RateTab,
  enet: EnetTab,
  carrier: CarrierTab,
  coverage: CoverageTab,
  bytes: FieldBytesTab,
};

/** These look at all that was recorded, whatever is shown above. */
const WHOLE: ReadonlySet<StatisticsTab> = new Set(['enet', 'coverage', 'bytes']);

export function Statistics() {
  const { statistics, view } = useApp();
  const tab = useStore(statistics.tab);
  const spec = useStore(view.spec);
  const Shown = TAB[tab];
  const isNarrowed = spec.filter !== '' || spec.window !== undefined;
  return (
    <div className="dock statistics">
      <nav className="stat-nav" aria-label={t.shell.tabs.statistics}>
        {STATISTICS_TABS.map((each) => (
          <button key={each} aria-current={each === tab ? 'page' : undefined} onClick={() => statistics.tab.set(each)}>
            {t.statistics.tabs[each]}
          </button>
        ))}
        <span className="muted note">
          {tab === 'carrier'
            ? t.statistics.carrier.note
            : WHOLE.has(tab)
              ? t.statistics.always
              : isNarrowed
                ? t.statistics.narrowed
                : t.statistics.whole}
        </span>
      </nav>
      <Shown />
    </div>
  );
}
