import { useState } from 'react';
import type { ExportArgs } from '../../../core/contract/file-verbs.ts';
import { useApp } from '../app.ts';
import { byteCount } from '../format/number.ts';
import { useStore } from '../state/store.ts';
import { isMany, selectionFilter } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import { Dialog, FormLine } from '../widgets/dialog.tsx';
import { RedactionPreview } from './redaction-preview.tsx';

const FORMATS: readonly ExportArgs['format'][] = [
  'ipsession',
  'bundle',
  'pcapng',
  'jsonl',
  'csv',
  'har',
  'html',
  'markdown',
  'test',
];
type Scope = 'all' | 'shown' | 'selected';

export function ExportDialog() {
  const app = useApp();
  const filter = useStore(app.view.spec, (spec) => spec.filter);
  const selection = useStore(app.selection);
  const shown = useStore(app.view.status, (status) => status.shown);
  const total = useStore(app.view.status, (status) => status.total);
  const [format, setFormat] = useState<ExportArgs['format']>('ipsession');
  const [scope, setScope] = useState<Scope>(filter === '' ? 'all' : 'shown');
  const [redact, setRedact] = useState(true);
  const [isBusy, setBusy] = useState(false);
  const hasSelection = isMany(selection);
  const scopeFilter = scope === 'all' ? '' : scope === 'shown' ? filter : selectionFilter(selection);
  const { fieldColumns } = app.settings.get();

  const submit = async (): Promise<void> => {
    setBusy(true);
    try {
      const made = await app.client.request('files.export', {
        format,
        redact,
        ...(scopeFilter === '' ? {} : { filter: scopeFilter }),
        ...(format === 'csv' && fieldColumns.length > 0 ? { columns: fieldColumns } : {}),
      });
      app.host.download(made.download, made.name);
      app.notices.say(t.dialogs.exported(made.name, byteCount(made.bytes), made.frames, made.redacted));
    } finally {
      setBusy(false);
    }
  };

  return (
    <Dialog
      title={t.dialogs.export}
      icon="export"
      action={isBusy ? t.dialogs.exporting : t.dialogs.exportNow}
      isBlocked={isBusy}
      isWide
      onSubmit={submit}
    >
      <div className="export-grid">
        <fieldset className="formats">
          <legend>{t.dialogs.format}</legend>
          {FORMATS.map((each, i) => (
            <label key={each} className={each === format ? 'on' : ''}>
              <input
                type="radio"
                name="format"
                value={each}
                checked={each === format}
                autoFocus={i === 0}
                onChange={() => setFormat(each)}
              />
              <b>{t.dialogs.formats[each][0]}</b>
              <span className="muted">{t.dialogs.formats[each][1]}</span>
            </label>
          ))}
        </fieldset>
        <div className="export-side">
          <FormLine label={t.dialogs.scope}>
            <select className="field" value={scope} onChange={(event) => setScope(event.target.value as Scope)}>
              <option value="all">{t.dialogs.scopes.all(total)}</option>
              <option value="shown" disabled={filter === ''}>
                {t.dialogs.scopes.shown(shown)}
              </option>
              <option value="selected" disabled={!hasSelection}>
                {t.dialogs.scopes.selected}
              </option>
            </select>
          </FormLine>
          <label className="check-line">
            <input type="checkbox" checked={redact} onChange={(event) => setRedact(event.target.checked)} />
            <span>
              {t.dialogs.redact} <span className="muted">{t.dialogs.redactHint}</span>
            </span>
          </label>
          {redact && <RedactionPreview filter={scopeFilter} />}
        </div>
      </div>
    </Dialog>
  );
}
