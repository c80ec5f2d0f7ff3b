import { useEffect, useState, type FormEvent } from 'react';
import { useApp } from '../app.ts';
import { RequestError } from '../engine-client/engine-client.ts';
import { Icon } from '../icons/icon.tsx';
import { isEndpointUrl } from '../proxies/presets.ts';
import { targets } from '../replay/replay-service.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { FilterField } from '../widgets/filter-field.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import { useRequest } from '../widgets/use-request.ts';
import { CorpusField } from './corpus-field.tsx';
import { EarlierCampaigns } from './earlier-campaigns.tsx';
import { FuzzMore } from './fuzz-more.tsx';
import { type FuzzDraft, hostsOf } from './fuzz-service.ts';

/** @param failure why the last campaign could not begin */
export function FuzzForm({ failure = '' }: { readonly failure?: string }) {
  const app = useApp();
  const draft = useStore(app.fuzz.draft);
  const status = useStore(app.mirror.fuzz);
  const isLive = status?.state === 'running' || status?.state === 'paused';
  const known = useRequest((client) => client.request('fuzz.campaigns', {}), status?.state ?? '').value ?? [];
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState('');
  const why = refusal === '' ? failure : refusal;
  const set = (part: Partial<FuzzDraft>): void => app.fuzz.draft.update((now) => ({ ...now, ...part }));
  // A server one looks at is likelier than none.
  useEffect(() => app.fuzz.suggestServer(app.inspection.inspected.get()?.frame.conn ?? 0), [app]);
  const isClient = draft.side === 'client';
  // One side's address is none of the other's.
  const choose = (client: boolean): void => set({ side: client ? 'client' : 'server', to: '', target: '', from: 0 });
  const to = targets(draft.to);
  const isBad = typeof to === 'string' ? !isEndpointUrl(to) : !Object.values(to).every(isEndpointUrl);
  const stranger = hostNotAllowed(typeof to === 'string' ? [to] : Object.values(to), draft.allow);
  const problem =
    draft.to === ''
      ? undefined
      : isBad
        ? t.proxies.badUrl
        : stranger === undefined
          ? undefined
          : t.fuzz.notAllowed(stranger);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const wrong = event.currentTarget.querySelector<HTMLElement>('[aria-invalid="true"]');
    if (wrong !== null) {
      wrong.focus();
      return;
    }
    setBusy(true);
    setRefusal('');
    app.fuzz
      .start()
      .catch((error: unknown) => {
        if (error instanceof RequestError && error.code === 'disconnected') return;
        setRefusal(error instanceof Error ? error.message : String(error));
      })
      .finally(() => setBusy(false));
  };
  return (
    <form className="dock start-form scroll" onSubmit={submit}>
      <div className="start-card">
        <h2>
          <Icon name="bolt" />
          {isClient ? t.fuzz.clientTitle : t.fuzz.title}
        </h2>
        <p className="muted">{isClient ? t.fuzz.clientLead : t.fuzz.lead}</p>
        {why !== '' && (
          <div className="remark bad" role="alert" key={why} ref={intoSight}>
            <Icon name="error" />
            <span>{t.fuzz.couldNotBegin(why)}</span>
          </div>
        )}
        <FormLine label={t.fuzz.side}>
          <select className="field" value={draft.side} onChange={(event) => choose(event.target.value === 'client')}>
            <option value="server">{t.fuzz.sides.server}</option>
            <option value="client">{t.fuzz.sides.client}</option>
          </select>
        </FormLine>
        <FormLine
          label={isClient ? t.fuzz.listen : t.fuzz.to}
          hint={isClient ? t.fuzz.listenHint : t.fuzz.toHint}
          problem={problem}
        >
          <textarea
            className="field mono"
            rows={draft.to.split('\n').length}
            autoFocus
            spellCheck={false}
            aria-invalid={problem !== undefined}
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
        <CorpusField earlier={known} value={draft.corpus} onChange={(corpus) => set({ corpus })} />
        <fieldset className="form-row">
          <legend>{t.fuzz.limits}</legend>
          <label>
            <NumberField value={draft.cases} min={0} max={100_000_000} onChange={(cases) => set({ cases })} />
            {t.fuzz.cases}
          </label>
          <label>
            <NumberField value={draft.seconds} min={0} max={604_800} onChange={(seconds) => set({ seconds })} />
            {t.fuzz.seconds}
          </label>
          <label>
            <NumberField
              value={draft.maxFindings}
              min={0}
              max={10_000}
              onChange={(maxFindings) => set({ maxFindings })}
            />
            {t.fuzz.maxFindings}
          </label>
          <span className="form-hint">{t.fuzz.limitsHint}</span>
        </fieldset>
        <FuzzMore draft={draft} set={set} />
        <div className="start-acts">
          <button
            className="btn main"
            disabled={
              isBusy || problem !== undefined || (isClient ? draft.target.trim() === '' : draft.to.trim() === '')
            }
          >
            <Icon name="bolt" />
            {t.fuzz.start}
          </button>
          {status !== null && failure === '' && (
            <button type="button" className="btn" onClick={() => app.fuzz.isEditing.set(false)}>
              {t.fuzz.back}
            </button>
          )}
        </div>
        {!isLive && <EarlierCampaigns earlier={known} />}
      </div>
    </form>
  );
}

/** The form may be scrolled down to its button. */
function intoSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: 'nearest' });
}

/** The first host that is neither this machine nor allowed. The engine decides; here it is told while one types. */
function hostNotAllowed(urls: readonly string[], allowed: string): string | undefined {
  const hosts = urls.map(
    (url) => /^[a-z]+:\/\/(\[[^\]]*\]|[^/:]*)/i.exec(url.trim())?.[1]?.replaceAll(/[[\]]/g, '') ?? '',
  );
  const isFine = (host: string): boolean =>
    host === '' || /^(?:localhost|::1|127(?:\.\d+){3})$/.test(host) || hostsOf(allowed).includes(host);
  return hosts.find((host) => !isFine(host));
}
