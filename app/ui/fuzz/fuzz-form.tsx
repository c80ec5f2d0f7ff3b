import { useEffect, useState, type FormEvent } from 'react';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { isEndpointUrl } from '../proxies/presets.ts';
import { targets } from '../replay/replay-service.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { FilterField } from '../widgets/filter-field.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import type { FuzzDraft } from './fuzz-service.ts';

export function FuzzForm() {
  const app = useApp();
  const draft = useStore(app.fuzz.draft);
  const hasCampaign = useStore(app.mirror.fuzz) !== null;
  const [isBusy, setBusy] = useState(false);
  const set = (part: Partial<FuzzDraft>): void => app.fuzz.draft.update((now) => ({ ...now, ...part }));
  // A server one looks at is likelier than none.
  useEffect(() => app.fuzz.suggestServer(app.inspection.inspected.get()?.frame.conn ?? 0), [app]);
  const isClient = draft.side === 'client';
  // One side's address is none of the other's.
  const choose = (client: boolean): void => set({ side: client ? 'client' : 'server', to: '', target: '', from: 0 });
  const to = targets(draft.to);
  const isBad = typeof to === 'string' ? !isEndpointUrl(to) : !Object.values(to).every(isEndpointUrl);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    app.fuzz
      .start()
      .catch(app.notices.problem)
      .finally(() => setBusy(false));
  };
  return (
    <form className="dock start-form scroll" onSubmit={submit}>
      <div className="start-card">
        <h2>
          <Icon name="bolt" />
          {t.fuzz.title}
        </h2>
        <p className="muted">{t.fuzz.lead}</p>
        <FormLine label={t.fuzz.side}>
          <select className="field" value={draft.side} onChange={(event) => choose(event.target.value === 'client')}>
            <option value="server">{t.fuzz.sides.server}</option>
            <option value="client">{t.fuzz.sides.client}</option>
          </select>
        </FormLine>
        <FormLine
          label={isClient ? t.fuzz.listen : t.fuzz.to}
          hint={draft.to !== '' && isBad ? t.proxies.badUrl : isClient ? t.fuzz.listenHint : t.fuzz.toHint}
        >
          <textarea
            className="field mono"
            rows={draft.to.split('\n').length}
            autoFocus
            spellCheck={false}
            aria-invalid={draft.to !== '' && isBad}
            placeholder={isClient ? 'tcp://127.0.0.1:0' : 'tcp://127.0.0.1:4004'}
            value={draft.to}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' || event.shiftKey) return;
              event.preventDefault();
              event.currentTarget.form?.requestSubmit();
            }}
            onChange={(event) => set({ to: event.target.value })}
          />
        </FormLine>
        <div className="form-line">
          <span className="form-label">{t.fuzz.seeds}</span>
          <FilterField
            value={draft.filter}
            label={t.fuzz.seeds}
            placeholder={isClient ? t.fuzz.everyServerSeed : t.fuzz.everySeed}
            isExplained
            onChange={(filter) => set({ filter })}
          />
        </div>
        <FormLine label={t.fuzz.command} hint={isClient ? t.fuzz.clientCommandHint : t.fuzz.commandHint}>
          <input
            className="field mono"
            spellCheck={false}
            placeholder={isClient ? 'node client.ts {port}' : 'node server.ts'}
            value={draft.target}
            onChange={(event) => set({ target: event.target.value })}
          />
        </FormLine>
        <fieldset className="form-row">
          <legend className="sr">{t.fuzz.limits}</legend>
          <label>
            {t.fuzz.cases}
            <NumberField value={draft.cases} min={0} max={100_000_000} onChange={(cases) => set({ cases })} />
          </label>
          <label>
            {t.fuzz.seconds}
            <NumberField value={draft.seconds} min={0} max={604_800} onChange={(seconds) => set({ seconds })} />
          </label>
          <label>
            {t.fuzz.limitRate}
            <NumberField
              value={draft.ratePerSecond}
              min={0}
              max={1_000_000}
              onChange={(ratePerSecond) => set({ ratePerSecond })}
            />
          </label>
          <label>
            {t.fuzz.from}
            <NumberField value={draft.from} min={0} max={1_000_000_000} onChange={(from) => set({ from })} />
          </label>
          <label>
            {t.fuzz.rng}
            <NumberField value={draft.rng} min={0} max={4_294_967_295} onChange={(rng) => set({ rng })} />
          </label>
          <span className="form-hint">{t.fuzz.limitsHint}</span>
        </fieldset>
        <div className="start-acts">
          <button
            className="btn main"
            disabled={isBusy || (isClient ? draft.target === '' || (draft.to !== '' && isBad) : isBad)}
          >
            <Icon name="bolt" />
            {t.fuzz.start}
          </button>
          {hasCampaign && (
            <button type="button" className="btn" onClick={() => app.fuzz.isEditing.set(false)}>
              {t.fuzz.back}
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
