import { Fragment } from 'react';
import type { Rule } from '../../../core/traffic/control.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { useStore } from '../state/store.ts';
import { selectOne } from '../timeline/selection.ts';
import { t } from '../strings/strings.ts';
import { Switch } from '../widgets/switch.tsx';
import { ruleTitle } from './rule-words.ts';

const LOOK: Readonly<Record<Rule['actions'][number]['do'], readonly [IconName, string]>> = {
  set: ['edit', 'c-edited'],
  replace: ['edit', 'c-edited'],
  drop: ['drop', 'c-dropped'],
  delay: ['clock', 'c-warning'],
  duplicate: ['copy', 'muted'],
  reorder: ['list', 'muted'],
  hold: ['hold', 'c-warning'],
  mark: ['flag', 'c-accent'],
  inject: ['inject', 'c-injected'],
  answer: ['inject', 'c-injected'],
  close: ['stop', 'c-problem'],
  reset: ['stop', 'c-problem'],
};

export function ruleLook(rule: Rule): readonly [IconName, string] {
  const first = rule.actions[0];
  return first === undefined ? ['note', 'muted'] : LOOK[first.do];
}

export function RuleList() {
  const app = useApp();
  const rules = useStore(app.mirror.rules);
  const status = useStore(app.mirror.ruleStatus);
  const open = useStore(app.holds.rule);
  const toggle = (rule: Rule): void => {
    void app.holds
      .setRules(rules.map((each) => (each.id === rule.id ? { ...each, enabled: !each.enabled } : each)))
      .catch(app.notices.problem);
  };
  if (rules.length === 0) {
    return (
      <div className="empty in-dock">
        <b>{t.holds.noRules}</b>
        <span>{t.holds.noRulesAdvice}</span>
      </div>
    );
  }
  return (
    <ol className="scroll" aria-label={t.holds.sides.rules}>
      {rules.map((rule, i) => {
        const state = status.find((each) => each.id === rule.id);
        const [icon, tone] = ruleLook(rule);
        const title = ruleTitle(rule);
        const startsGroup = rule.group !== undefined && rule.group !== rules[i - 1]?.group;
        return (
          <Fragment key={rule.id}>
            {startsGroup && <GroupHead group={rule.group ?? ''} />}
            <li className={`rule${rule.enabled ? '' : ' off'}${open?.id === rule.id ? ' sel' : ''}`}>
              <Switch label={title} isOn={rule.enabled} onChange={() => toggle(rule)} />
              <button
                className="plain what"
                title={state?.sentence ?? title}
                onClick={() => app.holds.openRule(rule.id)}
              >
                <span className={rule.enabled ? tone : 'muted'}>
                  <Icon name={icon} small />
                </span>
                <span className="cut">{title}</span>
                {rule.dryRun === true && <span className="count">{t.holds.dryRun}</span>}
              </button>
              <span className="hit">
                {state?.lastFrame === undefined ? (
                  <b>{grouped(state?.hits ?? 0)}</b>
                ) : (
                  <button
                    className="plain"
                    title={t.holds.showLast}
                    onClick={() => {
                      if (state.lastFrame !== undefined) app.selection.set(selectOne(state.lastFrame));
                      app.commands.run('selection.reveal');
                    }}
                  >
                    <b>{grouped(state.hits)}</b>
                  </button>
                )}{' '}
                {t.holds.hits}
              </span>
              {state?.broken !== undefined && rule.enabled ? (
                <span className="broken c-problem">{state.broken}</span>
              ) : (
                <code title={rule.when}>{rule.when}</code>
              )}
            </li>
          </Fragment>
        );
      })}
    </ol>
  );
}

/** Rules of one name are switched together. */
function GroupHead({ group }: { readonly group: string }) {
  const app = useApp();
  const rules = useStore(app.mirror.rules);
  const isOn = rules.some((rule) => rule.group === group && rule.enabled);
  const toggle = (): void => {
    void app.holds
      .setRules(rules.map((rule) => (rule.group === group ? { ...rule, enabled: !isOn } : rule)))
      .catch(app.notices.problem);
  };
  return (
    <li className="rule-group">
      <Switch label={t.holds.wholeGroup(group)} isOn={isOn} onChange={toggle} />
      <b className="cut">{group}</b>
    </li>
  );
}
