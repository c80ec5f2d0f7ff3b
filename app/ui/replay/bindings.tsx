import { useState } from 'react';
import type { Binding, ReplayStatus } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { middleCut } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';
import { Switch } from '../widgets/switch.tsx';

/** Values the server issued anew and the replay sent back, each with its evidence. */
export function Bindings({ status }: { readonly status: ReplayStatus }) {
  const app = useApp();
  return (
    <div className="pane bindings">
      <div className="head">
        <h2>{t.replay.bindings}</h2>
        <span className="cut">{t.replay.bindingsText}</span>
        <span className="right">{status.bindings.length}</span>
      </div>
      <div className="scroll binding-rows" role="table" aria-label={t.replay.bindings} tabIndex={0}>
        <div className="binding h" role="row">
          <span role="columnheader">
            <span className="sr">{t.replay.inUse}</span>
          </span>
          <span role="columnheader">{t.inspector.value}</span>
          <span role="columnheader">{t.replay.recorded}</span>
          <span role="columnheader" title={t.replay.byHandHint}>
            {t.replay.now}
          </span>
          <span role="columnheader">{t.replay.evidence}</span>
        </div>
        {status.bindings.map((binding) => (
          <div key={binding.id} className={`binding${binding.enabled ? '' : ' off'}`} role="row">
            <span role="cell">
              <Switch
                label={binding.what}
                isOn={binding.enabled}
                onChange={(enabled) => void app.replay.setBinding(binding.id, enabled).catch(app.notices.problem)}
              />
            </span>
            <span role="cell" className="mono cut" title={binding.what}>
              {binding.what}
            </span>
            <span role="cell" className="mono cut" title={binding.recorded}>
              {middleCut(binding.recorded, 14)}
            </span>
            <span role="cell">
              <ValueField binding={binding} />
            </span>
            <span role="cell" className="muted cut" title={binding.evidence}>
              {`${binding.evidence} · ${t.replay.uses(binding.uses)}`}
            </span>
          </div>
        ))}
        {status.bindings.length === 0 && <p className="muted no-form">{t.replay.noBindings}</p>}
      </div>
      {status.ignored.length > 0 && (
        <div className="ignored">
          <Icon name="note" small />
          <span
            className="cut"
            title={status.ignored.map((each) => `${each.path}: ${each.why}, ${each.count}`).join('\n')}
          >
            {t.replay.ignored(status.ignored.length)}{' '}
            <span className="mono">{status.ignored.map((each) => each.path).join(', ')}</span>
          </span>
        </div>
      )}
    </div>
  );
}

/** What the new server issued; what is typed instead is sent in the next run. */
function ValueField({ binding }: { readonly binding: Binding }) {
  const app = useApp();
  const [text, setText] = useState(binding.value ?? '');
  const save = (): void => {
    if (text === (binding.value ?? '')) return;
    app.replay.setBinding(binding.id, binding.enabled, text).catch(app.notices.problem);
  };
  return (
    <input
      className={`field mono${binding.value === undefined ? '' : ' changed'}`}
      aria-label={t.replay.byHand(binding.what)}
      title={`${binding.value ?? binding.replayed}\n${t.replay.byHandHint}`}
      placeholder={middleCut(binding.replayed, 14)}
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => event.key === 'Enter' && save()}
    />
  );
}
