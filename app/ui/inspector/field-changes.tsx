import type { FieldChange } from '../../../core/contract/frames.ts';
import { useApp } from '../app.ts';
import { oneLine } from '../format/text.ts';
import { t } from '../strings/strings.ts';
import { FrameLink } from './frame-link.tsx';

const MOST = 40;

/** What changed: against the bytes as they came, or since the last frame of the same name. */
export function FieldChanges({
  title,
  changes,
  from,
}: {
  readonly title: string;
  readonly changes: readonly FieldChange[];
  readonly from?: number;
}) {
  const { inspection } = useApp();
  return (
    <section className="changes">
      <h3>
        {title} {from !== undefined && <FrameLink n={from} />}
      </h3>
      <dl>
        {changes.slice(0, MOST).map((change) => (
          <div key={change.path}>
            <dt>
              <button
                className="plain mono cut"
                title={change.path || t.inspector.wholeMessage}
                onClick={() => inspection.selectField(change.path, 0)}
              >
                {change.path || t.inspector.wholeMessage}
              </button>
            </dt>
            <dd className="mono cut" title={`${change.before} → ${change.after}`}>
              <span className="del">{oneLine(change.before) || t.inspector.absent}</span>
              {' → '}
              <span className="ins">{oneLine(change.after) || t.inspector.absent}</span>
            </dd>
          </div>
        ))}
      </dl>
      {changes.length > MOST && <span className="muted">{t.inspector.moreChanges(changes.length - MOST)}</span>}
    </section>
  );
}
