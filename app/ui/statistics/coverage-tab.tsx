import { useState } from 'react';
import type { CoveredMessage } from '../../../core/contract/statistics-verbs.ts';
import { useApp } from '../app.ts';
import { grouped, percent } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { FrameLink } from '../inspector/frame-link.tsx';
import { copyText } from '../inspector/field-menu.ts';
import { t } from '../strings/strings.ts';
import { Meter } from '../widgets/meter.tsx';
import { StatisticsBody } from './statistics-body.tsx';
import { useStatistics } from './use-statistics.ts';

/** What of a protocol the session has seen, what it has not, and where the traffic leaves the schema. */
export function CoverageTab() {
  const app = useApp();
  const [onlyGaps, setOnlyGaps] = useState(false);
  const result = useStatistics((client) => client.request('stats.coverage', {}));
  const words = t.statistics.coverage;
  return (
    <StatisticsBody result={result}>
      {(protocols) => (
        <div className="scroll coverage" tabIndex={0} role="region" aria-label={t.statistics.tabs.coverage}>
          <label className="check-line">
            <input type="checkbox" checked={onlyGaps} onChange={(event) => setOnlyGaps(event.target.checked)} />
            <span>{words.onlyGaps}</span>
          </label>
          {protocols.map((protocol, at) => (
            <section key={`${protocol.protocol}-${at}`}>
              <h3>
                {protocol.protocol}{' '}
                <span className="muted">
                  {words.seen(
                    protocol.seen,
                    protocol.total,
                    percent(protocol.total === 0 ? 0 : protocol.seen / protocol.total),
                  )}
                </span>
              </h3>
              {protocol.drift.map((drift, i) => (
                <div className="remark" key={`${drift.what}-${i}`}>
                  <Icon name="warn" />
                  <span className="grow">
                    <b>{drift.what}</b> {words.drift(drift.where, drift.count)} <FrameLink n={drift.first} />
                  </span>
                  {drift.patch !== undefined && (
                    <button className="btn small" onClick={() => void copyText(app, drift.patch ?? '')}>
                      {words.copyPatch}
                    </button>
                  )}
                </div>
              ))}
              <div className="cov">
                {protocol.messages
                  .filter((message) => !onlyGaps || message.count === 0 || message.unseen.length > 0)
                  .map((message, i) => (
                    // Dialects may each have a message of the same name.
                    <CoverageLine key={`${message.name}-${i}`} message={message} />
                  ))}
              </div>
              {protocol.pairs.length > 0 && (
                <p className="muted">
                  {protocol.pairs.map((pair) => `${pair.request} → ${pair.reply} ${grouped(pair.count)}`).join(' · ')}
                </p>
              )}
            </section>
          ))}
        </div>
      )}
    </StatisticsBody>
  );
}

function CoverageLine({ message }: { readonly message: CoveredMessage }) {
  const share = message.fieldsTotal === 0 ? (message.count > 0 ? 1 : 0) : message.fieldsSeen / message.fieldsTotal;
  return (
    <div>
      <code
        className={message.count === 0 ? 'muted' : ''}
        title={message.unseen.length > 0 ? t.statistics.coverage.unseen(message.unseen.join(', ')) : message.name}
      >
        <span className={message.direction === 'toClient' ? 'c-c' : 'c-s'}>
          <Icon name={message.direction === 'toClient' ? 'left' : 'right'} small />
        </span>
        {message.name}
      </code>
      <Meter share={message.count === 0 ? 0 : share} tone={share >= 1 && message.count > 0 ? 'ok' : 'acc'} />
      <span className="r num">
        {message.count === 0
          ? t.statistics.coverage.never
          : message.fieldsTotal === 0
            ? t.statistics.coverage.once
            : `${message.fieldsSeen}/${message.fieldsTotal}`}
      </span>
    </div>
  );
}
