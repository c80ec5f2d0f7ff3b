import { useState } from 'react';
import type { Rule, RuleAction } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { FormLine } from '../widgets/dialog.tsx';
import { FilterField } from '../widgets/filter-field.tsx';
import { ActionForm } from './action-form.tsx';
import { RuleLimits } from './rule-limits.tsx';
import { RuleYaml } from './rule-yaml.tsx';
import { ACTION_KINDS, blankAction, ruleTitle } from './rule-words.ts';

/** A rule as a form, or all rules as YAML. */
export function RuleEditor({ rule }: { readonly rule: Rule }) {
  const app = useApp();
  const rules = useStore(app.mirror.rules);
  const status = useStore(app.mirror.ruleStatus).find((each) => each.id === rule.id);
  const [draft, setDraft] = useState(rule);
  const [isYaml, setYaml] = useState(false);
  const isNew = !rules.some((each) => each.id === rule.id);
  const set = (part: Partial<Rule>): void => setDraft((now) => ({ ...now, ...part }));
  const setAction = (i: number, action: RuleAction | undefined): void =>
    set({
      actions:
        action === undefined
          ? draft.actions.filter((_, at) => at !== i)
          : draft.actions.map((each, at) => (at === i ? action : each)),
    });
  const save = async (): Promise<void> => {
    await app.holds.setRules(isNew ? [...rules, draft] : rules.map((each) => (each.id === rule.id ? draft : each)));
    app.holds.rule.set(null);
  };
  const move = (step: -1 | 1): void => {
    const at = rules.findIndex((each) => each.id === rule.id);
    const next = [...rules];
    const [moved] = next.splice(at, 1);
    if (moved === undefined) return;
    next.splice(Math.max(0, at + step), 0, moved);
    void app.holds.setRules(next).catch(app.notices.problem);
  };

  return (
    <div className="pane editor">
      <div className="head">
        <h2>{isNew ? t.holds.newRule : t.holds.rule}</h2>
        <span className="cut">{ruleTitle(draft)}</span>
        <span className="right">
          <span className="seg small">
            <button aria-pressed={!isYaml} onClick={() => setYaml(false)}>
              {t.compose.formTab}
            </button>
            <button aria-pressed={isYaml} onClick={() => setYaml(true)}>
              YAML
            </button>
          </span>
          <button
            className="btn bare icon small"
            aria-label={t.commands.close}
            onClick={() => app.holds.rule.set(null)}
          >
            <Icon name="x" small />
          </button>
        </span>
      </div>
      {isYaml ? (
        <RuleYaml onDone={() => app.holds.rule.set(null)} />
      ) : (
        <>
          <div className="rule-form scroll">
            {status?.broken !== undefined && <div className="remark bad">{status.broken}</div>}
            <FormLine label={t.holds.title}>
              <input
                className="field"
                value={draft.title ?? ''}
                placeholder={ruleTitle({ ...draft, title: '' })}
                onChange={(event) => set({ title: event.target.value })}
              />
            </FormLine>
            <div className="form-line">
              <span className="form-label">{t.holds.when}</span>
              <FilterField value={draft.when} label={t.holds.when} isExplained onChange={(when) => set({ when })} />
            </div>
            {draft.actions.map((action, i) => (
              <ActionForm
                key={i}
                action={action}
                label={i === 0 ? t.holds.do : t.holds.andDo}
                onChange={(next) => setAction(i, next)}
                onRemove={draft.actions.length > 1 ? () => setAction(i, undefined) : undefined}
              />
            ))}
            <div className="form-line">
              <span className="form-label" />
              <select
                className="field narrow"
                aria-label={t.holds.addAction}
                value=""
                onChange={(event) =>
                  set({ actions: [...draft.actions, blankAction(event.target.value as RuleAction['do'])] })
                }
              >
                <option value="">{t.holds.addAction}</option>
                {ACTION_KINDS.map((kind) => (
                  <option key={kind} value={kind}>
                    {t.holds.actionNames[kind]}
                  </option>
                ))}
              </select>
            </div>
            <RuleLimits rule={draft} onChange={setDraft} />
          </div>
          {status !== undefined && <p className="sentence muted">{status.sentence}</p>}
          <div className="actbar">
            <button
              className="btn main"
              disabled={draft.when.trim() === '' || draft.actions.length === 0}
              onClick={() => void save().catch(app.notices.problem)}
            >
              {t.dialogs.save}
            </button>
            <button className="btn" onClick={() => app.holds.rule.set(null)}>
              {t.dialogs.cancel}
            </button>
            {!isNew && (
              <>
                <button
                  className="btn icon"
                  aria-label={t.holds.earlier}
                  title={t.holds.earlier}
                  onClick={() => move(-1)}
                >
                  <Icon name="up" />
                </button>
                <button className="btn icon" aria-label={t.holds.later} title={t.holds.later} onClick={() => move(1)}>
                  <Icon name="down" />
                </button>
                <span className="grow" />
                <button
                  className="btn quiet-danger"
                  onClick={() => {
                    void app.holds.setRules(rules.filter((each) => each.id !== rule.id)).catch(app.notices.problem);
                    app.holds.rule.set(null);
                  }}
                >
                  <Icon name="trash" />
                  {t.proxies.remove}
                </button>
              </>
            )}
          </div>
        </>
      )}
    </div>
  );
}
