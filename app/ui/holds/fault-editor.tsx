/** The network made worse on purpose: presets, single faults, and the seed that makes a run repeatable. */
import { useEffect, useRef, useState } from 'react';
import type { Fault, FaultKind, FaultPlan } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { NumberField } from '../widgets/number-field.tsx';
import { useRequest } from '../widgets/use-request.ts';
import { FaultForm } from './fault-form.tsx';
import { freeId } from './holds-service.ts';

const KINDS: readonly FaultKind[] = [
  'latency',
  'bandwidth',
  'slicer',
  'slow-close',
  'timeout',
  'reset',
  'stall',
  'half-close',
  'refuse',
  'loss',
  'duplicate',
  'reorder',
  'corrupt',
];

/** A number being typed is not yet the number meant. */
const TYPING_MS = 250;

export function FaultEditor() {
  const app = useApp();
  const current = useStore(app.mirror.faults);
  const presets = useRequest((client) => client.request('faults.presets', {}), '');
  const [plan, setPlan] = useState<FaultPlan | null>(null);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const pending = useRef<FaultPlan | null>(null);
  const send = (): void => {
    clearTimeout(timer.current);
    if (pending.current === null) return;
    const next = pending.current;
    pending.current = null;
    void app.client.request('faults.set', { plan: next }).then(app.mirror.faults.set, app.notices.problem);
  };
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => {
    // What is being typed here stays; it is sent in a moment and is then what everybody has.
    if (current !== null && pending.current === null) setPlan(current);
  }, [current]);
  // Whoever leaves at once means what was set last.
  useEffect(() => () => latest.current(), []);
  if (plan === null) return <div className="pane empty">{t.shell.loading}</div>;

  const apply = (next: FaultPlan): void => {
    setPlan(next);
    pending.current = next;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => latest.current(), TYPING_MS);
  };
  const change = (id: string, fault: Fault | undefined): void =>
    apply({
      ...plan,
      faults:
        fault === undefined
          ? plan.faults.filter((each) => each.id !== id)
          : plan.faults.map((each) => (each.id === id ? fault : each)),
    });
  const add = (kind: FaultKind): void =>
    apply({
      ...plan,
      faults: [
        ...plan.faults,
        {
          id: freeId(
            plan.faults.map((each) => each.id),
            kind,
          ),
          kind,
          enabled: true,
          ...(kind === 'latency' ? { ms: 100 } : {}),
        },
      ],
    });
  const active = plan.faults.filter((fault) => fault.enabled).length;

  return (
    <div className="pane editor">
      <div className="head">
        <Icon name="clock" className={active > 0 ? 'c-warning' : ''} />
        <h2>{t.faults.title}</h2>
        <span>{t.faults.active(active)}</span>
        <span className="right">
          <button
            className="btn bare small"
            disabled={plan.faults.length === 0}
            onClick={() => apply({ ...plan, faults: [] })}
          >
            {t.faults.clear}
          </button>
        </span>
      </div>
      <div className="rule-form scroll">
        <div className="presets" role="group" aria-label={t.faults.presets}>
          {(presets.value ?? []).map((preset) => (
            <button key={preset.id} className="btn" onClick={() => apply(preset.plan)}>
              {preset.title}
            </button>
          ))}
        </div>
        {plan.faults.length === 0 && <p className="muted">{t.faults.none}</p>}
        {plan.faults.map((fault) => (
          <FaultForm
            key={fault.id}
            fault={fault}
            onChange={(next) => change(fault.id, next)}
            onRemove={() => change(fault.id, undefined)}
          />
        ))}
        <div className="fault-foot">
          <select
            className="field narrow"
            aria-label={t.faults.add}
            value=""
            onChange={(event) => add(event.target.value as FaultKind)}
          >
            <option value="">{t.faults.add}</option>
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {t.faults.kinds[kind]}
              </option>
            ))}
          </select>
          <label className="inline">
            {t.faults.seed}{' '}
            <NumberField value={plan.seed} min={0} max={4_294_967_295} onChange={(seed) => apply({ ...plan, seed })} />
          </label>
          <label className="inline" title={t.faults.repeatHint}>
            {t.faults.repeat}{' '}
            <NumberField
              value={plan.repeatAfter ?? 0}
              min={0}
              max={86_400}
              isWhole={false}
              onChange={(seconds) =>
                apply(seconds === 0 ? { seed: plan.seed, faults: plan.faults } : { ...plan, repeatAfter: seconds })
              }
            />{' '}
            s
          </label>
        </div>
      </div>
    </div>
  );
}
