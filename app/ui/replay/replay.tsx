import { useEffect, useState } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Bindings } from './bindings.tsx';
import { LeftOpen } from './left-open.tsx';
import { ReplayBanner } from './replay-banner.tsx';
import { ReplayForm } from './replay-form.tsx';
import { isDifferent } from './replay-service.ts';
import { RowFields } from './row-fields.tsx';
import { VerdictTable } from './verdict-table.tsx';

/** The verdict first, then the alignment, then the fields that differ, then which values were rebound and why. */
export function Replay() {
  const app = useApp();
  const status = useStore(app.mirror.replay);
  const isEditing = useStore(app.replay.isEditing);
  const draft = useStore(app.replay.draft);
  const [onlyDifferent, setOnlyDifferent] = useState(false);
  const chosen = useStore(app.replay.row);

  useEffect(() => {
    // Opens on the first difference, which is what one came for.
    if (status !== null && status.state !== 'running' && chosen < 0) {
      const compared = status.rows.findIndex((row) => isDifferent(row) && row.fields.length > 0);
      const first = compared >= 0 ? compared : status.rows.findIndex(isDifferent);
      if (first >= 0) app.replay.row.set(first);
    }
  }, [app, status, chosen]);

  if (status === null || isEditing) return <ReplayForm />;
  const different = status.rows.filter(isDifferent).length;
  const row = status.rows[chosen];
  return (
    <div className="dock replay">
      <ReplayBanner status={status} />
      <LeftOpen status={status} />
      <div className="head">
        <b className="cut">{draft.session === '' ? t.replay.thisSession : draft.session}</b>
        <Icon name="right" small />
        <b className="mono target cut">
          {typeof draft.to === 'string' && draft.to !== '' ? draft.to : t.replay.target}
        </b>
        {status.against !== undefined && (
          <>
            <Icon name="differ" small />
            <b className="mono target cut">{status.against}</b>
          </>
        )}
        <span className="cut">
          {[
            t.replay.paces[draft.pace as keyof typeof t.replay.paces] ?? draft.pace,
            t.replay.sentOf(status.sent, status.toSend),
            t.replay.took(status.elapsedMs),
          ].join(' · ')}
        </span>
        <span className="right">
          <span className="seg small" role="group" aria-label={t.replay.show}>
            <button aria-pressed={!onlyDifferent} onClick={() => setOnlyDifferent(false)}>
              {t.replay.all}
            </button>
            <button aria-pressed={onlyDifferent} onClick={() => setOnlyDifferent(true)}>
              {t.replay.notSame(different)}
            </button>
          </span>
          <kbd>P</kbd> {t.replay.nextDifference}
        </span>
      </div>
      <div className="cols">
        <div className="pane">
          <VerdictTable
            rows={status.rows}
            onlyDifferent={onlyDifferent}
            isRunning={status.state === 'running'}
            isOfBuilds={status.against !== undefined}
          />
        </div>
        <div className="split">
          <RowFields row={row} />
          <Bindings status={status} />
        </div>
      </div>
    </div>
  );
}
