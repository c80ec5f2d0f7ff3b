import type { ReplayStatus } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';

/** A replay that stopped in the middle hands its connections over: one goes on in the composer. */
export function LeftOpen({ status }: { readonly status: ReplayStatus }) {
  const app = useApp();
  const [first] = status.open ?? [];
  if (first === undefined) return null;
  const goOn = (): void => {
    app.compose.options.update((now) => ({ ...now, conn: first.recordedAs, direction: 'toServer' }));
    app.dock.show('compose');
  };
  const fuzz = (): void => {
    const { to, session, filter, until } = app.replay.draft.get();
    // Each case comes there on connections of its own.
    void app.replay.stop().catch(app.notices.problem);
    app.fuzz.fork({ to, session, filter, from: until });
  };
  return (
    <div className="head left-open">
      <span className="c-ok">
        <Icon name="link" small />
      </span>
      <b>{t.replay.leftOpen(status.open!.length)}</b>
      <span className="mono muted cut">{status.open!.map((each) => `c${each.recordedAs}`).join(', ')}</span>
      <span className="right">
        <button className="btn" onClick={goOn}>
          <Icon name="send" />
          {t.replay.goOn}
        </button>
        <button className="btn" onClick={fuzz} title={t.replay.fuzzOnHint}>
          <Icon name="bolt" />
          {t.replay.fuzzOn}
        </button>
        <button className="btn" onClick={() => void app.replay.stop().catch(app.notices.problem)}>
          <Icon name="x" />
          {t.replay.leave}
        </button>
      </span>
    </div>
  );
}
