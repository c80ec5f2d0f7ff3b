import type { FindingView, FuzzStatus } from '../../../core/contract/fuzz-verbs.ts';
import { useApp } from '../app.ts';
import { nameOfPath } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { useRequest } from '../widgets/use-request.ts';
import { CampaignProgress } from './campaign-progress.tsx';
import { FindingDetail } from './finding-detail.tsx';
import { FindingList, severeFirst } from './finding-list.tsx';
import { FuzzForm } from './fuzz-form.tsx';
import { HowShrunk } from './how-shrunk.tsx';
import { targetText } from './target-text.ts';
import { WhatWasTried } from './what-was-tried.tsx';

export function Fuzz() {
  const app = useApp();
  const status = useStore(app.mirror.fuzz);
  const isEditing = useStore(app.fuzz.isEditing);
  if (status === null || isEditing) return <FuzzForm />;
  // There is nothing to look at, and something to correct.
  const isNothing = status.state === 'failed' && status.cases === 0 && status.findings.length === 0;
  return isNothing ? <FuzzForm failure={status.error ?? t.fuzz.failed} /> : <CampaignPage status={status} />;
}

function CampaignPage({ status }: { readonly status: FuzzStatus }) {
  const app = useApp();
  const chosen = useStore(app.fuzz.finding);
  const isLive = status.state === 'running' || status.state === 'paused';
  const open = status.findings.some((finding) => finding.id === chosen)
    ? chosen
    : (severeFirst(status.findings)[0]?.id ?? '');
  const finding = useRequest<FindingView | undefined>(
    (client) => (open === '' ? Promise.resolve(undefined) : client.request('fuzz.finding', { id: open })),
    // One that was made smaller is told anew.
    `${open} ${status.findings.find(({ id }) => id === open)?.sends ?? ''} ${isLive}`,
  );
  const repeats = status.findings.reduce((sum, each) => sum + Math.max(0, each.hits - 1), 0);
  const act = (work: Promise<void>): void => void work.catch(app.notices.problem);
  return (
    <div className="dock fuzz">
      <div className={`banner${status.state === 'failed' ? ' bad' : ''}`}>
        <span className={`big${status.state === 'failed' ? ' c-problem' : ''}`}>
          <Icon name={status.state === 'failed' ? 'error' : 'bolt'} />
          <span>{status.state === 'failed' ? (status.error ?? t.fuzz.failed) : t.fuzz.states[status.state]}</span>
        </span>
        <span className="muted cut">
          <span className="mono" title={status.target}>
            {targetText(status.target)}
          </span>
          {` · ${t.fuzz.seed(status.rng)} · `}
          <span title={status.folder}>{nameOfPath(status.folder)}</span>
        </span>
        {status.state === 'running' && (
          <span className="mark c-warning">
            <Icon name="warn" small />
            {t.fuzz.sendingBad}
          </span>
        )}
        <span className="right">
          {isLive ? (
            <>
              <button className="btn" onClick={() => act(app.fuzz.pause(status.state === 'running'))}>
                <Icon name={status.state === 'running' ? 'pause' : 'play'} />
                {status.state === 'running' ? t.fuzz.pause : t.fuzz.resume}
              </button>
              <button className="btn quiet-danger" onClick={() => act(app.fuzz.stop())}>
                <Icon name="stop" />
                {t.fuzz.stop}
              </button>
            </>
          ) : (
            <>
              {status.state !== 'done' && (
                <button className="btn" onClick={() => act(app.fuzz.resume(status.folder))}>
                  <Icon name="play" />
                  {t.fuzz.goOn}
                </button>
              )}
              <button className="btn" onClick={() => app.fuzz.isEditing.set(true)}>
                <Icon name="plus" />
                {t.fuzz.another}
              </button>
            </>
          )}
        </span>
      </div>
      <div className="cols">
        <CampaignProgress status={status} />
        <div className="pane found">
          <div className="head">
            <h2>{t.fuzz.findings}</h2>
            {status.findings.length > 0 && (
              <>
                <span>{t.fuzz.findingCount(status.findings.length, repeats)}</span>
                <span className="right wide">{t.fuzz.severeFirst}</span>
              </>
            )}
          </div>
          {status.findings.length === 0 ? (
            <div className="empty in-dock">{isLive ? t.fuzz.noFindings : t.fuzz.foundNothing}</div>
          ) : (
            <FindingList findings={status.findings} selected={open} />
          )}
          {status.unconfirmed.map(({ title, cases }) => (
            <div className="remark" key={title} title={cases.join('\n')}>
              <Icon name="note" />
              <span>{t.fuzz.unconfirmed(title)}</span>
            </div>
          ))}
          {finding.value !== undefined && finding.value.shrunk.length > 0 && <HowShrunk finding={finding.value} />}
          <WhatWasTried status={status} />
        </div>
        <FindingDetail id={open} finding={finding} target={status.target} isLive={isLive} />
      </div>
    </div>
  );
}
