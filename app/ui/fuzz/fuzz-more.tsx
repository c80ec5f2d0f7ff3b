import { useEffect, useId, useState } from 'react';
import { FileField } from '../diff/file-field.tsx';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { NumberField, type NumberFieldProps } from '../widgets/number-field.tsx';
import { FolderField } from './folder-field.tsx';
import { FRESH_DRAFT, type FuzzDraft } from './fuzz-service.ts';

/** What is rarely chosen. In sight where something of it is. */
export function FuzzMore({ draft, set }: { readonly draft: FuzzDraft; set(part: Partial<FuzzDraft>): void }) {
  const isServer = draft.side === 'server';
  const keys = ['session', 'ratePerSecond', 'rng', 'out'] as const;
  const ofServers = ['from', 'lanes', 'reuse', 'allow'] as const;
  const ofClients = ['allClients'] as const;
  const changed = [...keys, ...(isServer ? ofServers : ofClients)].filter(
    (key) => draft[key] !== FRESH_DRAFT[key],
  ).length;
  const [isOpen, setOpen] = useState(changed > 0);
  // Set from elsewhere, too: a replay that is gone on with says where.
  useEffect(() => {
    if (changed > 0) setOpen(true);
  }, [changed]);
  return (
    <details className="more" open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{changed > 0 ? t.fuzz.moreChanged(changed) : t.fuzz.more}</summary>
      <div className="form-line">
        <FileField label={t.fuzz.recording} value={draft.session} onChange={(session) => set({ session })} />
        <span className="form-hint">{t.fuzz.recordingHint}</span>
      </div>
      {isServer && (
        <>
          <NumberLine
            label={t.fuzz.from}
            hint={t.fuzz.fromHint}
            value={draft.from}
            min={0}
            max={1_000_000_000}
            onChange={(from) => set({ from })}
          />
          <NumberLine
            label={t.fuzz.reuse}
            hint={t.fuzz.reuseHint}
            value={draft.reuse}
            min={1}
            max={1000}
            onChange={(reuse) => set({ reuse })}
          />
          <NumberLine
            label={t.fuzz.lanes}
            hint={t.fuzz.lanesHint}
            value={draft.lanes}
            min={0}
            max={1000}
            onChange={(lanes) => set({ lanes })}
          />
        </>
      )}
      {!isServer && (
        <FormLine label={t.fuzz.allClients} hint={t.fuzz.allClientsHint}>
          <input
            type="checkbox"
            checked={draft.allClients}
            onChange={(event) => set({ allClients: event.target.checked })}
          />
        </FormLine>
      )}
      <NumberLine
        label={t.fuzz.limitRate}
        hint={t.fuzz.limitRateHint}
        value={draft.ratePerSecond}
        min={0}
        max={1_000_000}
        onChange={(ratePerSecond) => set({ ratePerSecond })}
      />
      <NumberLine
        label={t.fuzz.rng}
        hint={t.fuzz.rngHint}
        value={draft.rng}
        min={0}
        max={4_294_967_295}
        onChange={(rng) => set({ rng })}
      />
      {isServer && (
        <FormLine label={t.fuzz.allow} hint={t.fuzz.allowHint}>
          <input
            className="field mono"
            spellCheck={false}
            autoComplete="off"
            value={draft.allow}
            onChange={(event) => set({ allow: event.target.value })}
          />
        </FormLine>
      )}
      <FolderField label={t.fuzz.out} hint={t.fuzz.outHint} value={draft.out} onChange={(out) => set({ out })} />
    </details>
  );
}

/** What the number means stands beside it: there are many, and each is short. */
function NumberLine({ label, hint, ...field }: NumberFieldProps & { readonly label: string; readonly hint: string }) {
  const id = useId();
  return (
    <div className="number-line">
      <label className="form-label" htmlFor={id}>
        {label}
      </label>
      <NumberField {...field} id={id} aria-describedby={`${id}-hint`} />
      <span className="form-hint" id={`${id}-hint`}>
        {hint}
      </span>
    </div>
  );
}
