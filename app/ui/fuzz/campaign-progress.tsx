import { useEffect, useRef } from 'react';
import type { FuzzStatus } from '../../../core/contract/fuzz-verbs.ts';
import { grouped, percent } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { Meter } from '../widgets/meter.tsx';
import { useTick } from '../widgets/use-request.ts';

/** Fewer say nothing about the rest. */
const ENOUGH_CASES = 200;

export function CampaignProgress({ status }: { readonly status: FuzzStatus }) {
  const bar = useRef<HTMLElement>(null);
  const share = status.planned === 0 ? 0 : Math.min(1, status.cases / status.planned);
  useEffect(() => {
    if (bar.current !== null) bar.current.style.width = `${share * 100}%`;
  }, [share]);
  const elapsed = useElapsed(status);
  const left =
    status.perSecond > 0 && status.cases >= ENOUGH_CASES && status.planned > 0
      ? ((status.planned - status.cases) / status.perSecond) * 1000
      : Number.NaN;
  const { coverage } = status;
  const isLive = status.state === 'running' || status.state === 'paused';
  const planned = coverage.messages.reduce((sum, each) => sum + each.planned, 0);
  const tried = coverage.messages.reduce((sum, each) => sum + each.tried, 0);
  return (
    <div className="pane progress">
      <div className="prog">
        <div className="prog-line">
          <b>{grouped(status.cases)}</b>
          <span className="muted">{t.fuzz.ofCases(status.planned)}</span>
          <span className="muted right">
            {isLive ? (Number.isFinite(left) ? t.fuzz.about(left) : t.fuzz.soFar(elapsed)) : t.replay.took(elapsed)}
          </span>
        </div>
        <div
          className="bar"
          role="progressbar"
          aria-label={t.fuzz.progress}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={Math.round(share * 100)}
        >
          <i ref={bar} />
        </div>
        {status.state === 'running' && status.doing !== '' && status.doing !== 'running' && (
          <div className="muted cut" title={status.doing}>
            {status.doing}
          </div>
        )}
        <dl className="kv">
          <dt>{t.fuzz.rate}</dt>
          <dd>{`${grouped(Math.round(status.perSecond))} /s`}</dd>
          <dt>{t.fuzz.replies}</dt>
          <dd>{grouped(coverage.replies)}</dd>
          <dt>{t.fuzz.transitions}</dt>
          <dd>{grouped(coverage.transitions)}</dd>
          <dt>{t.fuzz.findings}</dt>
          <dd className={status.findings.length > 0 ? 'c-problem' : ''}>
            {status.findings.length > 0 && <Icon name="error" small />} {grouped(status.findings.length)}
          </dd>
        </dl>
      </div>
      <RatePlot rates={status.rates} />
      <TimeSpent phases={status.phases} />
      {status.notes.length > 0 && (
        <ul className="notes scroll" tabIndex={0} aria-label={t.fuzz.notes}>
          {status.notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      <div className="head plain-head">
        <h2>{t.fuzz.coverage}</h2>
        <span className="right">{t.fuzz.covered(tried, planned, percent(planned === 0 ? 0 : tried / planned))}</span>
      </div>
      <div className="covs scroll" tabIndex={0} role="region" aria-label={t.fuzz.coverage}>
        {coverage.messages.map(({ name, tried, planned }) => (
          <div className="cov" key={name}>
            <code title={name}>{name}</code>
            <Meter share={planned === 0 ? 0 : tried / planned} tone={tried >= planned ? 'ok' : 'acc'} />
            <span className="r num">{t.fuzz.of(tried, planned)}</span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** Goes on between two reports: a server that has to be started again takes its time. */
function useElapsed(status: FuzzStatus): number {
  const isRunning = status.state === 'running';
  const heard = useRef({ status, at: performance.now() });
  if (heard.current.status !== status) heard.current = { status, at: performance.now() };
  useTick(1000, isRunning);
  return status.elapsedMs + (isRunning ? performance.now() - heard.current.at : 0);
}

/** What share of the campaign went into cases, and what into looking into them. */
function TimeSpent({ phases }: Pick<FuzzStatus, 'phases'>) {
  const all = Object.entries(phases).sort((a, b) => b[1] - a[1]);
  const sum = all.reduce((total, [, ms]) => total + ms, 0);
  const shares = all.map(([name, ms]) => [name, ms / sum] as const).filter(([, share]) => share >= 0.005);
  if (sum === 0 || shares.length === 0) return null;
  return (
    <div className="spent">
      <span className="muted">{t.fuzz.spent}</span>
      {shares.map(([name, share]) => (
        <span key={name}>
          {name} <span className="num muted">{percent(share)}</span>
        </span>
      ))}
    </div>
  );
}

/** Cases per second since the start. */
function RatePlot({ rates }: { readonly rates: readonly number[] }) {
  const most = Math.max(1, ...rates);
  const step = 300 / Math.max(1, rates.length - 1);
  const points = rates.map((rate, i) => `${(i * step).toFixed(1)},${(70 - (rate / most) * 62).toFixed(1)}`).join(' ');
  return (
    <div className="plotbox">
      <div className="lbl">
        <span>{t.fuzz.perSecond}</span>
        <span>{grouped(Math.round(most))}</span>
      </div>
      <svg viewBox="0 0 300 74" preserveAspectRatio="none" role="img" aria-label={t.fuzz.perSecond}>
        <line className="ax" x1="0" x2="300" y1="6" y2="6" />
        <line className="ax" x1="0" x2="300" y1="38" y2="38" />
        <line className="ax" x1="0" x2="300" y1="70" y2="70" />
        <polyline className="ln" points={points} />
      </svg>
    </div>
  );
}
