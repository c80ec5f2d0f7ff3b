import type { ReactNode } from 'react';
import type { FieldView, FrameView } from '../../../core/contract/frames.ts';
import { useApp } from '../app.ts';
import { languageOf } from '../format/text.ts';
import { richText } from './rich-text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { FieldChanges } from './field-changes.tsx';
import { lineage } from './field-index.ts';
import { fieldText } from './field-text.ts';
import { FrameFacts } from './frame-facts.tsx';
import type { Inspected } from './inspection.ts';
import { PairFacts } from './pair-facts.tsx';
import { Remarks } from './remarks.tsx';

export function DetailsPane({ inspected }: { readonly inspected: Inspected }) {
  const app = useApp();
  const chosen = useStore(app.inspection.field);
  const { frame } = inspected;
  const buffer = chosen === null ? undefined : inspected.buffers[chosen.buffer];
  const field = buffer === undefined || chosen === null ? undefined : lineage(buffer.root, chosen.path).at(-1);
  return (
    <div className="pane">
      <div className="head">
        <h2>{t.inspector.details}</h2>
        <span className="mono cut">{field?.path ?? frame.messages[0]?.name ?? ''}</span>
      </div>
      <div className="details scroll" id="frame-details" tabIndex={0} role="region" aria-label={t.inspector.details}>
        <Remarks frame={frame} field={field} />
        {field === undefined ? <FrameFacts frame={frame} /> : <FieldFacts frame={frame} field={field} />}
        {frame.sent !== undefined && <FieldChanges title={t.inspector.sentChanges} changes={frame.sent.changes} />}
        {frame.previous !== undefined && frame.previous.changes.length > 0 && (
          <FieldChanges title={t.inspector.previousChanges} from={frame.previous.n} changes={frame.previous.changes} />
        )}
      </div>
      <div className="acts">
        <ActButton command="field.filter" isShown={field !== undefined && buffer?.kind !== 'packet'}>
          {t.inspector.filterOnValue}
        </ActButton>
        <ActButton command={field === undefined ? 'copy.hex' : 'copy.value'} isShown>
          {t.inspector.copy}
        </ActButton>
        <ActButton command="frame.edit" isShown>
          <Icon name="edit" />
          {t.inspector.editAndResend}
        </ActButton>
      </div>
    </div>
  );
}

function ActButton({
  command,
  isShown,
  children,
}: {
  readonly command: string;
  readonly isShown: boolean;
  readonly children: ReactNode;
}) {
  const app = useApp();
  if (!isShown) return null;
  return (
    <button className="btn" onClick={() => app.commands.run(command)}>
      {children} <Keys command={command} />
    </button>
  );
}

function FieldFacts({ frame, field }: { readonly frame: FrameView; readonly field: FieldView }) {
  const { value, note } = fieldText(field);
  const runs = richText(typeof field.value === 'string' ? field.value : '', field.markup);
  return (
    <dl className="facts">
      <dt>{t.inspector.value}</dt>
      <dd className={value.length > 40 ? 'wrap' : ''} lang={field.lang ?? languageOf(field.text)}>
        {value} <span className="muted">{[note, field.kind].filter((part) => part !== '').join(' · ')}</span>
      </dd>
      {runs !== undefined && (
        <>
          <dt>{t.inspector.rendered}</dt>
          <dd className="wrap rich" lang={field.lang ?? languageOf(field.text)}>
            {runs.map((run, i) => (
              // Runs have no identity but their place.
              // oxlint-disable-next-line react/no-array-index-key
              <span key={i} className={`rich-${run.tint}`}>
                {run.text}
              </span>
            ))}
          </dd>
        </>
      )}
      {field.doc !== undefined && (
        <>
          <dt>{t.inspector.meaning}</dt>
          <dd className="wrap">{field.doc}</dd>
        </>
      )}
      {field.role !== undefined && (
        <>
          <dt>{t.inspector.role}</dt>
          <dd>{field.role}</dd>
        </>
      )}
      {field.volatile === true && (
        <>
          <dt>{t.inspector.volatile}</dt>
          <dd className="wrap">{t.inspector.volatileText}</dd>
        </>
      )}
      {field.derived !== undefined && (
        <>
          <dt>{t.inspector.derivedFrom}</dt>
          <dd className="mono">{field.derived}</dd>
        </>
      )}
      <PairFacts frame={frame} />
    </dl>
  );
}
