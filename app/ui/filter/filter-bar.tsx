import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Explanation } from './explanation.tsx';
import { HiddenChips } from './hidden-chips.tsx';
import { QueryInput } from './query-input.tsx';

export function FilterBar() {
  return (
    <>
      <div className="filter">
        <ViewSwitch />
        <QueryInput />
        <HiddenChips />
        <Hits />
      </div>
      <Explanation />
    </>
  );
}

function ViewSwitch() {
  const { dock } = useApp();
  const view = useStore(dock.mainView);
  return (
    <div className="seg" role="group" aria-label={t.timeline.view}>
      <button aria-pressed={view === 'timeline'} onClick={() => dock.mainView.set('timeline')}>
        <Icon name="list" small />
        {t.timeline.timeline}
      </button>
      <button aria-pressed={view === 'lanes'} onClick={() => dock.mainView.set('lanes')}>
        <Icon name="lanes" small />
        {t.timeline.lanes}
      </button>
    </div>
  );
}

/** How many frames are shown, out of how many; progress and a way to stop while the engine searches. */
function Hits() {
  const { view } = useApp();
  const status = useStore(view.status);
  const spec = useStore(view.spec);
  const isNarrowed = spec.filter !== '' || spec.window !== undefined || status.shown + status.hidden !== status.total;
  if (!status.done && status.total > 0) {
    return (
      <span className="hits" role="status">
        {t.filter.searching(`${Math.floor((status.scanned / status.total) * 100)} %`)}
        <button
          className="btn bare icon small"
          aria-label={t.filter.cancel}
          title={t.filter.cancel}
          onClick={() => view.cancel()}
        >
          <Icon name="stop" small />
        </button>
      </span>
    );
  }
  return (
    <span className="hits">
      {isNarrowed ? (
        <>
          <b>{grouped(status.shown)}</b> {t.filter.of} {grouped(status.total)}
        </>
      ) : (
        t.shell.frames(status.shown)
      )}
    </span>
  );
}
