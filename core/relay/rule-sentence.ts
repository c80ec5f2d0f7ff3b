/** A rule in one sentence, so that its author can check what it will do. */
import type { CompiledFilter } from '../traffic/filter/filter.ts';
import type { Expression, Rule, RuleAction, Template } from '../traffic/control.ts';

/** `filter`: the compiled `when`, for its own explanation; without it the filter text is quoted. */
export function explainRule(rule: Rule, filter?: CompiledFilter): string {
  const what = rule.when.trim() === '' ? 'every frame' : `a frame where ${filter?.explain() ?? rule.when}`;
  const where = [
    rule.direction === 'toServer' ? 'to the server' : rule.direction === 'toClient' ? 'to the client' : '',
    rule.proxy === undefined ? '' : `on proxy ${rule.proxy}`,
    rule.connection === undefined ? '' : `on connection ${rule.connection}`,
  ].filter((part) => part !== '');
  const nth = rule.nth === undefined ? '' : ` for the ${ordinal(rule.nth)} time on its connection`;
  const chance =
    rule.probability === undefined || rule.probability >= 1 ? '' : `, ${trim(rule.probability * 100)} % of the time`;
  const until = [
    rule.limit === undefined ? '' : `at most ${rule.limit} times`,
    rule.expiresAfter === undefined ? '' : `for ${trim(rule.expiresAfter)} s`,
  ].filter((part) => part !== '');
  const actions = rule.actions.length === 0 ? 'do nothing' : list(rule.actions.map(explainAction));
  const then = rule.dryRun ? `only count; it would ${actions}` : actions;
  return (
    `When ${[what, ...where].join(' ')} passes${nth}${chance}, ${then}` +
    `${until.length === 0 ? '' : `, ${list(until)}`}${rule.stop ? '; later rules are not asked' : ''}.` +
    `${rule.enabled ? '' : ' (Off.)'}`
  );
}

function explainAction(action: RuleAction): string {
  switch (action.do) {
    case 'set':
      return `set ${action.path} to ${explainValue(action.value)}`;
    case 'replace':
      return `replace ${action.as === 'hex' ? 'bytes' : 'text'} ${JSON.stringify(action.find)} with ${JSON.stringify(action.with)}`;
    case 'drop':
      return 'drop it';
    case 'delay':
      return `delay it by ${trim(action.ms)} ms${action.jitterMs ? ` ± ${trim(action.jitterMs)} ms` : ''}`;
    case 'duplicate':
      return `send it ${action.times === 1 ? 'once' : `${action.times} times`} more`;
    case 'reorder':
      return `let the next ${action.behind === 1 ? 'frame' : `${action.behind} frames`} go first`;
    case 'hold':
      return action.limitMs === 0
        ? 'hold it'
        : `hold it for up to ${trim((action.limitMs ?? 30_000) / 1000)} s and then ${action.onLimit ?? 'forward'} it`;
    case 'mark':
      return `mark it${action.color ? ` ${action.color}` : ''}${action.comment ? ` with "${action.comment}"` : ''}`;
    case 'inject':
      return `send ${explainTemplate(action.message)} to the ${action.direction === 'toServer' ? 'server' : 'client'} ${action.where} it`;
    case 'answer':
      return `answer with ${explainTemplate(action.message)} in place of the other side`;
    case 'close':
      return 'close the connection';
    case 'reset':
      return 'reset the connection';
  }
}

function explainValue(value: Expression): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if ('expr' in value) return value.expr;
    if ('json' in value) return JSON.stringify(value.json);
  }
  return JSON.stringify(value);
}

function explainTemplate(template: Template): string {
  if ('message' in template) return template.message;
  return 'hex' in template ? `the bytes ${template.hex}` : JSON.stringify(template.text);
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}

function ordinal(n: number): string {
  const tens = n % 100;
  const suffix = tens >= 11 && tens <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${suffix}`;
}

function trim(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
