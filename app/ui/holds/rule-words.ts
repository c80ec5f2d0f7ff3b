/** Rules in words short enough for a list. The engine's sentence says them in full. */
import type { Rule, RuleAction } from '../../../core/traffic/control.ts';
import { t } from '../strings/strings.ts';

export function ruleTitle(rule: Rule): string {
  if (rule.title !== undefined && rule.title !== '') return rule.title;
  const acts = rule.actions.map(actionWords).join(', ');
  const often =
    rule.probability === undefined || rule.probability >= 1
      ? ''
      : `, ${t.holds.oneIn(Math.round(1 / Math.max(0.0001, rule.probability)))}`;
  return acts + often;
}

export function actionWords(action: RuleAction): string {
  const words = t.holds.actionWords;
  switch (action.do) {
    case 'set':
      return words.set(action.path);
    case 'replace':
      return words.replace;
    case 'drop':
      return words.drop;
    case 'delay':
      return words.delay(action.ms, action.jitterMs ?? 0);
    case 'duplicate':
      return words.duplicate(action.times);
    case 'reorder':
      return words.reorder(action.behind);
    case 'hold':
      return words.hold;
    case 'mark':
      return words.mark;
    case 'inject':
      return words.inject;
    case 'answer':
      return words.answer;
    case 'close':
      return words.close;
    case 'reset':
      return words.reset;
    default:
      return action satisfies never;
  }
}

export const ACTION_KINDS: readonly RuleAction['do'][] = [
  'set',
  'replace',
  'drop',
  'delay',
  'duplicate',
  'reorder',
  'hold',
  'mark',
  'inject',
  'answer',
  'close',
  'reset',
];

/** What an action of a kind starts as. */
export function blankAction(kind: RuleAction['do']): RuleAction {
  switch (kind) {
    case 'set':
      return { do: 'set', path: '', value: '' };
    case 'replace':
      return { do: 'replace', find: '', with: '', as: 'text' };
    case 'delay':
      return { do: 'delay', ms: 250 };
    case 'duplicate':
      return { do: 'duplicate', times: 1 };
    case 'reorder':
      return { do: 'reorder', behind: 1 };
    case 'hold':
      return { do: 'hold', limitMs: 30_000, onLimit: 'forward' };
    case 'mark':
      return { do: 'mark', comment: '' };
    case 'inject':
      return { do: 'inject', where: 'after', direction: 'toServer', message: { text: '' } };
    case 'answer':
      return { do: 'answer', message: { text: '' } };
    default:
      return { do: kind };
  }
}

/** What a person typed as the value of `set`: `= …` is an expression, JSON is itself, everything else a text. */
export function readExpression(text: string): Extract<RuleAction, { do: 'set' }>['value'] {
  if (text.startsWith('=')) return { expr: text.slice(1).trim() };
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value))
      return value as string | number | boolean | null;
    return { json: value };
  } catch {
    return text;
  }
}

export function writeExpression(value: Extract<RuleAction, { do: 'set' }>['value']): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if ('expr' in value) return `= ${value.expr}`;
    if ('json' in value) return JSON.stringify(value.json);
  }
  if (typeof value === 'string') {
    const isPlain = (() => {
      try {
        JSON.parse(value);
        return false;
      } catch {
        return !value.startsWith('=');
      }
    })();
    return isPlain ? value : JSON.stringify(value);
  }
  return JSON.stringify(value);
}
