import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import { FramePairView } from './frame-pair.tsx';
import { selectedPair } from './selected-pair.ts';

export function FramesView() {
  const { diff, mirror, selection } = useApp();
  const pair = useStore(diff.pair);
  const frames = useStore(mirror.session, (session) => session?.frames ?? 0);
  const two = selectedPair(useStore(selection));
  const isReady = pair.a > 0 && pair.b > 0;
  return (
    <div className="diff-body">
      <div className="diff-bar">
        <label className="inline">
          <span className="muted">{t.diff.frameA}</span>
          <NumberField
            value={pair.a}
            min={1}
            max={Math.max(1, frames)}
            onChange={(a) => diff.pair.update((now) => ({ ...now, a }))}
          />
        </label>
        <label className="inline">
          <span className="muted">{t.diff.frameB}</span>
          <NumberField
            value={pair.b}
            min={1}
            max={Math.max(1, frames)}
            onChange={(b) => diff.pair.update((now) => ({ ...now, b }))}
          />
        </label>
        <button className="btn" disabled={two === undefined} onClick={() => two !== undefined && diff.pair.set(two)}>
          {t.diff.useSelection} <Keys command="diff.selection" />
        </button>
      </div>
      {isReady ? (
        <div className="cols one">
          <FramePairView a={pair.a} b={pair.b} />
        </div>
      ) : (
        <div className="empty in-dock">{t.diff.chooseFrames}</div>
      )}
    </div>
  );
}
