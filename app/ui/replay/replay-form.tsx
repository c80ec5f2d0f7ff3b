import { useState, type FormEvent } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { isEndpointUrl } from '../proxies/presets.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { FilterField } from '../widgets/filter-field.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import { targets, type ReplayDraft } from './replay-service.ts';

const PACES = ['lockstep', 'recorded', 'x2', 'x10', 'fast'] as const;

export function ReplayForm() {
  const app = useApp();
  const draft = useStore(app.replay.draft);
  const hasVerdict = useStore(app.mirror.replay) !== null;
  const [isBusy, setBusy] = useState(false);
  const set = (part: Partial<ReplayDraft>): void => app.replay.draft.update((now) => ({ ...now, ...part }));
  const to = targets(draft.to);
  const isBad = typeof to === 'string' ? !isEndpointUrl(to) : Object.values(to).some((url) => !isEndpointUrl(url));
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    app.replay
      .run()
      .catch(app.notices.problem)
      .finally(() => setBusy(false));
  };
  return (
    <form className="dock start-form scroll" onSubmit={submit}>
      <div className="start-card">
        <h2>
          <Icon name="replay" />
          {t.replay.title}
        </h2>
        <p className="muted">{t.replay.lead}</p>
        <FormLine label={t.replay.target} hint={draft.to !== '' && isBad ? t.proxies.badUrl : t.replay.targetHint}>
          <textarea
            className="field mono"
            rows={draft.to.includes('\n') ? 3 : 1}
            autoFocus
            spellCheck={false}
            aria-invalid={draft.to !== '' && isBad}
            placeholder="ws://127.0.0.1:8001"
            value={draft.to}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
            onChange={(event) => set({ to: event.target.value })}
          />
        </FormLine>
        <FormLine label={t.replay.against} hint={t.replay.againstHint}>
          <input
            className="field mono"
            spellCheck={false}
            aria-invalid={draft.against !== '' && !isEndpointUrl(draft.against)}
            value={draft.against}
            onChange={(event) => set({ against: event.target.value })}
          />
        </FormLine>
        <FormLine label={t.replay.pace} hint={t.replay.paceHints[draft.pace as keyof typeof t.replay.paceHints]}>
          <select className="field" value={draft.pace} onChange={(event) => set({ pace: event.target.value })}>
            {PACES.map((pace) => (
              <option key={pace} value={pace}>
                {t.replay.paces[pace]}
              </option>
            ))}
          </select>
        </FormLine>
        <div className="form-line">
          <span className="form-label">{t.replay.what}</span>
          <FilterField
            value={draft.filter}
            label={t.replay.what}
            placeholder={t.replay.everything}
            isExplained
            onChange={(filter) => set({ filter })}
          />
        </div>
        <FormLine label={t.replay.session} hint={t.replay.sessionHint}>
          <input
            className="field mono"
            spellCheck={false}
            placeholder={t.replay.thisSession}
            value={draft.session}
            onChange={(event) => set({ session: event.target.value })}
          />
        </FormLine>
        <FormLine label={t.replay.learnFrom} hint={t.replay.learnFromHint}>
          <input
            className="field mono"
            spellCheck={false}
            value={draft.learnFrom}
            onChange={(event) => set({ learnFrom: event.target.value })}
          />
        </FormLine>
        <FormLine label={t.replay.until} hint={t.replay.untilHint}>
          <NumberField value={draft.until} min={0} max={1_000_000_000} onChange={(until) => set({ until })} />
        </FormLine>
        <FormLine label={t.replay.timeout}>
          <NumberField value={draft.timeoutMs} min={1} max={600_000} onChange={(timeoutMs) => set({ timeoutMs })} />
        </FormLine>
        <FormLine label={t.replay.ignore} hint={t.replay.ignoreHint}>
          <input
            className="field mono"
            spellCheck={false}
            value={draft.ignore.join(', ')}
            onChange={(event) => set({ ignore: event.target.value.split(/,\s*/).filter((each) => each !== '') })}
          />
        </FormLine>
        <div className="start-acts">
          <button className="btn main" disabled={isBusy || draft.to === '' || isBad}>
            <Icon name="play" />
            {t.replay.start}
          </button>
          {hasVerdict && (
            <button type="button" className="btn" onClick={() => app.replay.isEditing.set(false)}>
              {t.replay.backToVerdict}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
