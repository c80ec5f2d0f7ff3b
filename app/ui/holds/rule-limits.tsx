import type { Rule } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { NumberField } from '../widgets/number-field.tsx';

/** Where and how often a rule acts. Zero and empty mean no limit. */
export function RuleLimits({ rule, onChange }: { readonly rule: Rule; readonly onChange: (rule: Rule) => void }) {
  const app = useApp();
  const proxies = useStore(app.mirror.proxies);
  /** An absent key means no limit; `undefined` is dropped on the way to the engine. */
  const put = (part: { readonly [K in keyof Rule]?: Rule[K] | undefined }): void => {
    const next: Record<string, unknown> = { ...rule, ...part };
    for (const [key, value] of Object.entries(next)) if (value === undefined) delete next[key];
    onChange(next as unknown as Rule);
  };
  const orNone = (value: number): number | undefined => (value === 0 ? undefined : value);
  return (
    <details
      className="more"
      open={rule.probability !== undefined || rule.nth !== undefined || rule.proxy !== undefined}
    >
      <summary>{t.holds.limits}</summary>
      <FormLine label={t.commands.menu.direction}>
        <select
          className="field"
          value={rule.direction ?? ''}
          onChange={(event) =>
            put({
              direction:
                event.target.value === '' ? undefined : event.target.value === 'toClient' ? 'toClient' : 'toServer',
            })
          }
        >
          <option value="">{t.holds.bothWays}</option>
          <option value="toServer">{t.timeline.direction.toServer}</option>
          <option value="toClient">{t.timeline.direction.toClient}</option>
        </select>
      </FormLine>
      <FormLine label={t.proxies.proxy}>
        <select
          className="field"
          value={rule.proxy ?? ''}
          onChange={(event) => put({ proxy: event.target.value === '' ? undefined : event.target.value })}
        >
          <option value="">{t.holds.anyProxy}</option>
          {proxies.map((proxy) => (
            <option key={proxy.spec.name}>{proxy.spec.name}</option>
          ))}
        </select>
      </FormLine>
      <FormLine label={t.holds.probability} hint={t.holds.probabilityHint}>
        <NumberField
          value={Math.round((rule.probability ?? 1) * 1000) / 10}
          min={0}
          max={100}
          isWhole={false}
          onChange={(value) => put({ probability: value >= 100 ? undefined : value / 100 })}
        />
      </FormLine>
      <FormLine label={t.holds.nth} hint={t.holds.nthHint}>
        <NumberField value={rule.nth ?? 0} min={0} max={1e9} onChange={(value) => put({ nth: orNone(value) })} />
      </FormLine>
      <FormLine label={t.holds.most} hint={t.holds.mostHint}>
        <NumberField value={rule.limit ?? 0} min={0} max={1e9} onChange={(value) => put({ limit: orNone(value) })} />
      </FormLine>
      <FormLine label={t.holds.expires} hint={t.holds.expiresHint}>
        <NumberField
          value={rule.expiresAfter ?? 0}
          min={0}
          max={1e9}
          onChange={(value) => put({ expiresAfter: orNone(value) })}
        />
      </FormLine>
      <FormLine label={t.holds.group}>
        <input
          className="field"
          value={rule.group ?? ''}
          onChange={(event) => put({ group: event.target.value === '' ? undefined : event.target.value })}
        />
      </FormLine>
      <label className="check-line">
        <input
          type="checkbox"
          checked={rule.dryRun === true}
          onChange={(event) => put({ dryRun: event.target.checked })}
        />
        <span>{t.holds.dryRunText}</span>
      </label>
      <label className="check-line">
        <input type="checkbox" checked={rule.stop === true} onChange={(event) => put({ stop: event.target.checked })} />
        <span>{t.holds.stopText}</span>
      </label>
    </details>
  );
}
