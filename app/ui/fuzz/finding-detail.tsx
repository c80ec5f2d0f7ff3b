import { useRef } from 'react';
import type { FindingView } from '../../../core/contract/fuzz-verbs.ts';
import { useApp } from '../app.ts';
import { changedPositions } from '../compose/byte-diff.ts';
import { bytesFromHex } from '../format/bytes.ts';
import { milliseconds } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { ByteView } from '../inspector/byte-view.tsx';
import { copyText } from '../inspector/field-menu.ts';
import { useByteWidth } from '../inspector/use-byte-width.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import type { Requested } from '../widgets/use-request.ts';
import { isSevere } from './finding-list.tsx';
import type { Repro } from './fuzz-service.ts';
import { targetText } from './target-text.ts';

const SHOWN_BYTES = 256;

function Reproducer({
  step: { hex, mutated },
  originalHex,
}: {
  readonly step: FindingView['steps'][number];
  readonly originalHex: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  const width = useByteWidth(box);
  const bytes = bytesFromHex(hex.slice(0, 2 * SHOWN_BYTES));
  const edited = mutated && originalHex !== '' ? changedPositions(bytesFromHex(originalHex), bytes) : undefined;
  return (
    <div className="codebox bytes" ref={box}>
      <ByteView bytes={bytes} width={width} ranges={{ edited }} label={t.fuzz.reproducer} />
    </div>
  );
}

/** The smallest case, what led to it, the server's own words, and the command to see it again. */
export function FindingDetail({
  id,
  finding,
  target,
  isLive,
}: {
  readonly id: string;
  readonly finding: Requested<FindingView | undefined>;
  readonly target: string;
  /** The campaign still needs the server. */
  readonly isLive: boolean;
}) {
  const app = useApp();
  const latest = useStore(app.fuzz.repro);
  const repro = latest?.id === id ? latest : null;
  const isRunning = latest !== null && latest.result === undefined;
  const view = finding.value;
  if (view === undefined) {
    return (
      <div className="pane empty in-dock">
        {id === '' ? t.fuzz.chooseFinding : finding.error === '' ? t.shell.loading : finding.error}
      </div>
    );
  }
  // What was said wrong, or, where only the order or the pace was, what was said last.
  const mutated =
    view.steps.find((step) => step.mutated) ?? view.steps.findLast((step) => step.direction === 'toServer');
  const save = (text: string, name: string, type: string): void => app.host.save(new Blob([text], { type }), name);
  return (
    <div className="pane find">
      <div className="head whole">
        <span className={isSevere(view) ? 'c-problem' : 'c-warning'}>
          <Icon name={isSevere(view) ? 'error' : 'warn'} />
        </span>
        <h2>{view.id}</h2>
        <span>{oneLine(view.title)}</span>
        {view.field !== '' && (
          <span className="right mono cut" title={view.field}>
            {view.field}
          </span>
        )}
      </div>
      <div className="body scroll" tabIndex={0} role="region" aria-label={view.title}>
        {mutated !== undefined && (
          <>
            <div className="lbl2">
              {view.isSmallest ? t.fuzz.smallest : t.fuzz.reproducer}
              <span className="right">{t.fuzz.bytes(mutated.hex.length / 2)}</span>
            </div>
            <Reproducer step={mutated} originalHex={view.originalHex} />
          </>
        )}
        <div className="lbl2">{t.fuzz.leadingUp}</div>
        <ol className="leadups">
          {view.steps.map((step, i) => (
            <li className="leadup" key={i}>
              <span className={step.direction === 'toServer' ? 'c-s' : 'c-c'}>
                <Icon name={step.direction === 'toServer' ? 'right' : 'left'} small />
              </span>
              <span className="cut">
                <span className="mono">{step.message}</span> <span className="muted">{oneLine(step.summary)}</span>
              </span>
              {step.mutated && (
                <span className="mark c-injected">
                  <Icon name="bolt" small />
                  {t.timeline.marks.fuzzed}
                </span>
              )}
              <span className="num muted at">{i === 0 ? '' : `+${milliseconds(step.atMs - view.steps[0]!.atMs)}`}</span>
            </li>
          ))}
        </ol>
        {view.evidence.length > 0 && (
          <>
            <div className="lbl2">{t.fuzz.evidence}</div>
            <pre className="codebox evidence">{view.evidence.map(oneLine).join('\n')}</pre>
          </>
        )}
        <div className="lbl2">{t.fuzz.reproduce}</div>
        <div className="codebox command">
          <span className="muted">$</span>
          <span className="text" title={view.command}>
            {view.command}
          </span>
          <button
            className="btn bare icon small"
            aria-label={t.inspector.copy}
            onClick={() => void copyText(app, view.command)}
          >
            <Icon name="copy" small />
          </button>
        </div>
      </div>
      <Verdict finding={view} repro={repro} target={target} />
      <div className="acts">
        <button
          className="btn main"
          disabled={isLive || isRunning}
          title={isLive ? t.fuzz.stopFirst : ''}
          onClick={() => void app.fuzz.reproduce(view.id).catch(app.notices.problem)}
        >
          <Icon name="replay" />
          {isRunning ? t.fuzz.runningAgain : t.fuzz.runAgain}
        </button>
        {view.frame > 0 && mutated !== undefined && (
          <button className="btn" onClick={() => app.compose.editFrameAs(view.frame, mutated.hex)}>
            <Icon name="edit" />
            {t.fuzz.composer}
          </button>
        )}
        <button className="btn" onClick={() => save(view.report, `${view.id}.md`, 'text/markdown')}>
          <Icon name="export" />
          {t.fuzz.report}
        </button>
        <button className="btn" onClick={() => save(view.script, `${view.id}.ts`, 'text/typescript')}>
          <Icon name="file" />
          {t.fuzz.script}
        </button>
      </div>
    </div>
  );
}

/** How often it came back: when it was found, or just now. */
function Verdict({
  finding,
  repro,
  target,
}: {
  readonly finding: FindingView;
  readonly repro: Repro | null;
  readonly target: string;
}) {
  const result = repro?.result;
  const isGone = result !== undefined && result.seen === 0;
  return (
    <div className={isGone ? 'remark' : 'remark good'} role="status">
      <Icon name={isGone ? 'note' : 'check'} />
      <span>
        {result === undefined
          ? t.fuzz.reproduced(finding.confirmed, targetText(target))
          : t.fuzz.reproducedNow(result.seen, result.times)}
      </span>
    </div>
  );
}
