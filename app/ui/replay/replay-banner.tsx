import type { Outcome, ReplayStatus } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { Meter } from '../widgets/meter.tsx';

export const OUTCOME_LOOK: Readonly<Record<Outcome, readonly [IconName, string]>> = {
  same: ['check', 'c-ok'],
  different: ['differ', 'c-problem'],
  missing: ['missing', 'c-problem'],
  extra: ['plus', 'c-injected'],
  late: ['clock', 'c-warning'],
  'connection-lost': ['error', 'c-problem'],
};

const ORDER: readonly Outcome[] = ['same', 'different', 'missing', 'extra', 'late', 'connection-lost'];

export function ReplayBanner({ status }: { readonly status: ReplayStatus }) {
  const app = useApp();
  const isRunning = status.state === 'running';
  const isGood = status.verdict === 'same';
  const tone = isRunning || status.state === 'stopped' ? '' : isGood ? ' good' : ' bad';
  return (
    <div className={`banner${tone}`} role="status">
      <span className={`big ${isRunning || status.state === 'stopped' ? '' : isGood ? 'c-ok' : 'c-problem'}`}>
        <Icon name={isRunning ? 'replay' : isGood ? 'check' : status.state === 'stopped' ? 'stop' : 'error'} />
        <span title={verdictText(status)}>{verdictText(status)}</span>
      </span>
      {isRunning && <Meter share={status.toSend === 0 ? 0 : status.sent / status.toSend} tone="acc" />}
      <span className="tally">
        {ORDER.filter((outcome) => status.counts[outcome] > 0).map((outcome) => (
          <span key={outcome} className={`verd ${OUTCOME_LOOK[outcome][1]}`}>
            <Icon name={OUTCOME_LOOK[outcome][0]} small />
            {t.replay.outcomes[outcome]} <b>{grouped(status.counts[outcome])}</b>
          </span>
        ))}
      </span>
      <span className="right">
        {isRunning ? (
          <button className="btn quiet-danger" onClick={() => void app.replay.stop().catch(app.notices.problem)}>
            <Icon name="stop" />
            {t.replay.stop}
          </button>
        ) : (
          <>
            <button className="btn" onClick={() => void app.replay.run().catch(app.notices.problem)}>
              <Icon name="replay" />
              {t.replay.again}
            </button>
            <button className="btn" onClick={() => app.replay.isEditing.set(true)}>
              <Icon name="edit" />
              {t.replay.change} <Keys command="replay.selection" />
            </button>
            <button className="btn" onClick={() => saveReport(app.host.save, status)}>
              <Icon name="export" />
              {t.replay.report}
            </button>
          </>
        )}
      </span>
    </div>
  );
}

function verdictText(status: ReplayStatus): string {
  const words = t.replay.verdicts;
  if (status.state === 'running') return words.running(status.sent, status.toSend);
  if (status.state === 'stopped') return words.stopped;
  if (status.state === 'failed' || status.verdict === 'failed') return status.error ?? words.failed;
  if (status.verdict === 'same') return words.same;
  return words.different(status.counts);
}

function saveReport(save: (content: Blob, name: string) => void, status: ReplayStatus): void {
  save(new Blob([JSON.stringify(status, null, 2)], { type: 'application/json' }), 'replay-verdict.json');
}
