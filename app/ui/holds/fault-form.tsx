import type { Fault, FaultKind } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FilterField } from '../widgets/filter-field.tsx';
import { NumberField } from '../widgets/number-field.tsx';
import { Switch } from '../widgets/switch.tsx';

type NumberKey = 'ms' | 'jitterMs' | 'rateKBps' | 'sliceBytes' | 'sliceVariation' | 'sliceDelayUs' | 'behind';

/** The numbers each kind listens to. */
const NUMBERS: Readonly<Record<FaultKind, readonly NumberKey[]>> = {
  latency: ['ms', 'jitterMs'],
  bandwidth: ['rateKBps'],
  slicer: ['sliceBytes', 'sliceVariation', 'sliceDelayUs'],
  'slow-close': ['ms'],
  timeout: ['ms'],
  reset: ['ms'],
  stall: ['ms'],
  'half-close': [],
  refuse: [],
  loss: [],
  duplicate: [],
  reorder: ['behind'],
  corrupt: [],
};

export function FaultForm({
  fault,
  onChange,
  onRemove,
}: {
  readonly fault: Fault;
  readonly onChange: (fault: Fault) => void;
  readonly onRemove: () => void;
}) {
  const { mirror } = useApp();
  const proxies = useStore(mirror.proxies);
  const put = (part: { readonly [K in keyof Fault]?: Fault[K] | undefined }): void => {
    const next: Record<string, unknown> = { ...fault, ...part };
    for (const [key, value] of Object.entries(next)) if (value === undefined) delete next[key];
    onChange(next as unknown as Fault);
  };
  return (
    <fieldset className={`fault${fault.enabled ? '' : ' off'}`}>
      <div className="fault-head">
        <Switch label={t.faults.kinds[fault.kind]} isOn={fault.enabled} onChange={(enabled) => put({ enabled })} />
        <b>{t.faults.kinds[fault.kind]}</b>
        {NUMBERS[fault.kind].map((key) => (
          <label className="inline" key={key}>
            {t.faults.numbers[key]}{' '}
            <NumberField
              value={fault[key] ?? 0}
              min={0}
              max={10_000_000}
              isWhole={false}
              onChange={(value) => put({ [key]: value })}
            />
          </label>
        ))}
        <label className="inline">
          {t.faults.share}{' '}
          <NumberField
            value={Math.round((fault.toxicity ?? 1) * 1000) / 10}
            min={0}
            max={100}
            isWhole={false}
            onChange={(value) => put({ toxicity: value / 100 })}
          />{' '}
          %
        </label>
        <button className="btn bare icon small right" aria-label={t.proxies.remove} onClick={onRemove}>
          <Icon name="trash" small />
        </button>
      </div>
      <div className="fault-scope">
        <select
          className="field"
          aria-label={t.commands.menu.direction}
          value={fault.direction ?? ''}
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
        <select
          className="field"
          aria-label={t.proxies.proxy}
          value={fault.proxy ?? ''}
          onChange={(event) => put({ proxy: event.target.value === '' ? undefined : event.target.value })}
        >
          <option value="">{t.holds.anyProxy}</option>
          {proxies.map((proxy) => (
            <option key={proxy.spec.name}>{proxy.spec.name}</option>
          ))}
        </select>
        <FilterField
          value={fault.when ?? ''}
          label={t.faults.when}
          placeholder={t.faults.when}
          onChange={(when) => put({ when: when === '' ? undefined : when })}
        />
      </div>
      <details className="more">
        <summary>{t.faults.timing}</summary>
        <span className="fault-head">
          <label className="inline">
            {t.faults.from}{' '}
            <NumberField
              value={fault.from ?? 0}
              min={0}
              max={86_400}
              isWhole={false}
              onChange={(value) => put({ from: value === 0 ? undefined : value })}
            />{' '}
            s
          </label>
          <label className="inline">
            {t.faults.to}{' '}
            <NumberField
              value={fault.to ?? 0}
              min={0}
              max={86_400}
              isWhole={false}
              onChange={(value) => put({ to: value === 0 ? undefined : value })}
            />{' '}
            s
          </label>
          <label className="inline">
            {t.holds.nth}{' '}
            <NumberField
              value={fault.nth ?? 0}
              min={0}
              max={1e9}
              onChange={(value) => put({ nth: value === 0 ? undefined : value })}
            />
          </label>
          <label className="inline">
            {t.faults.after}{' '}
            <input
              className="field mono"
              value={fault.after ?? ''}
              spellCheck={false}
              onChange={(event) => put({ after: event.target.value === '' ? undefined : event.target.value })}
            />
          </label>
        </span>
      </details>
    </fieldset>
  );
}
