/**
 * Rules as YAML: a list, or a map with `rules`. Keys are those of `Rule`; `id` and `enabled` may be left out, and actions that
 * need nothing more may be a word (`- drop`). Problems carry line and column; what is sound is returned all the same.
 */
import {
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  stringify,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { Rule, RuleAction } from '../traffic/control.ts';
import { compileFilter, type Vocabulary } from '../traffic/filter/filter.ts';
import { compileAction } from './rule-actions.ts';

export interface RuleProblem {
  /** 1-based. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

type Check = (value: unknown) => string | undefined;

const text: Check = (v) => (typeof v === 'string' ? undefined : 'must be text');
const flag: Check = (v) => (typeof v === 'boolean' ? undefined : 'must be true or false');
const whole =
  (least: number): Check =>
  (v) =>
    Number.isInteger(v) && (v as number) >= least ? undefined : `must be a whole number of at least ${least}`;
const amount: Check = (v) => (typeof v === 'number' && v >= 0 ? undefined : 'must be a number of 0 or more');
const oneOf =
  (...values: readonly string[]): Check =>
  (v) =>
    values.includes(v as string) ? undefined : `must be one of ${values.join(', ')}`;
const anything: Check = () => undefined;
const direction = oneOf('toServer', 'toClient');
const template: Check = (v) => {
  const hint = 'must be { message, fields }, { hex } or { text }';
  if (typeof v !== 'object' || v === null) return hint;
  if ('hex' in v) return typeof v.hex === 'string' ? undefined : hint;
  if ('text' in v) return typeof v.text === 'string' ? undefined : hint;
  return 'message' in v && typeof v.message === 'string' ? undefined : hint;
};

interface Keys {
  readonly [key: string]: { readonly check: Check; readonly required?: boolean };
}

const RULE_KEYS: Keys = {
  id: { check: text },
  title: { check: text },
  group: { check: text },
  enabled: { check: flag },
  dryRun: { check: flag },
  when: { check: text, required: true },
  direction: { check: direction },
  proxy: { check: text },
  connection: { check: whole(1) },
  probability: {
    check: (v) => (typeof v === 'number' && v >= 0 && v <= 1 ? undefined : 'must be a share between 0 and 1'),
  },
  nth: { check: whole(1) },
  limit: { check: whole(1) },
  expiresAfter: { check: amount },
  actions: { check: anything, required: true },
  stop: { check: flag },
};

const ACTION_KEYS: Readonly<Record<RuleAction['do'], Keys>> = {
  set: { path: { check: text, required: true }, value: { check: anything, required: true } },
  replace: {
    find: { check: text, required: true },
    with: { check: text, required: true },
    as: { check: oneOf('text', 'hex'), required: true },
  },
  drop: {},
  delay: { ms: { check: amount, required: true }, jitterMs: { check: amount } },
  duplicate: { times: { check: whole(1), required: true } },
  reorder: { behind: { check: whole(1), required: true } },
  hold: { limitMs: { check: amount }, onLimit: { check: oneOf('forward', 'drop') } },
  mark: { color: { check: text }, comment: { check: text } },
  inject: {
    where: { check: oneOf('before', 'after'), required: true },
    direction: { check: direction, required: true },
    message: { check: template, required: true },
  },
  answer: { message: { check: template, required: true } },
  close: {},
  reset: {},
};
const ACTIONS = Object.keys(ACTION_KEYS);
const MAX_RULES = 1000;

export function parseRules(
  yaml: string,
  vocabulary?: Vocabulary,
): { readonly rules: readonly Rule[]; readonly problems: readonly RuleProblem[] } {
  const lines = new LineCounter();
  const problems: RuleProblem[] = [];
  const document = parseDocument(yaml, { lineCounter: lines, maxAliasCount: 100 } as Parameters<
    typeof parseDocument
  >[1]);
  const say = (node: unknown, message: string): void => {
    const offset = (node as Node | undefined)?.range?.[0] ?? 0;
    const { line, col } = lines.linePos(offset);
    problems.push({ line: Math.max(1, line), column: Math.max(1, col), message });
  };
  for (const error of [...document.errors, ...document.warnings]) {
    const { line, col } = lines.linePos(error.pos[0]);
    problems.push({
      line,
      column: col,
      message: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''),
    });
  }
  if (document.errors.length > 0) return { rules: [], problems };
  let list: unknown = document.contents;
  if (isMap(list)) {
    for (const { key } of list.items)
      if (isScalar(key) && key.value !== 'rules') say(key, `${String(key.value)} is not known here; expected rules`);
    list = list.get('rules', true);
  }
  if (list === null || list === undefined || (isScalar(list) && list.value === null)) return { rules: [], problems };
  if (!isSeq(list)) {
    say(list, 'expected a list of rules');
    return { rules: [], problems };
  }
  if (list.items.length > MAX_RULES) say(list, `more than ${MAX_RULES} rules`);
  const rules: Rule[] = [];
  const ids = new Set<string>();
  for (const [index, item] of list.items.slice(0, MAX_RULES).entries()) {
    const before = problems.length;
    const rule = readRule(item, index, say, vocabulary);
    if (rule === undefined || problems.length > before) continue;
    if (ids.has(rule.id)) say(item, `two rules have the id ${rule.id}`);
    else {
      ids.add(rule.id);
      rules.push(rule);
    }
  }
  return { rules, problems };
}

type Say = (node: unknown, message: string) => void;

function readRule(item: unknown, index: number, say: Say, vocabulary: Vocabulary | undefined): Rule | undefined {
  if (!isMap(item)) {
    say(item, 'a rule is a map with when and actions');
    return undefined;
  }
  const plain = readKeys(item, RULE_KEYS, 'a rule', say);
  const when = plain['when'];
  if (typeof when === 'string') {
    const filter = compileFilter(when, vocabulary);
    if (!filter.ok) say(item.get('when', true), `${filter.message} (at ${filter.at + 1} of the filter)`);
  }
  const actions = item.get('actions', true);
  const read: RuleAction[] = [];
  if (isSeq(actions)) read.push(...readActions(actions, say));
  else if (actions !== undefined) say(actions, 'actions must be a list');
  return { enabled: true, id: `rule-${index + 1}`, ...plain, actions: read } as unknown as Rule;
}

function readActions(list: YAMLSeq, say: Say): RuleAction[] {
  const read: RuleAction[] = [];
  for (const item of list.items) {
    let action: Record<string, unknown>;
    if (isScalar(item)) action = { do: item.value };
    else if (isMap(item)) action = { do: item.get('do') };
    else {
      say(item, 'an action is a word or a map with do');
      continue;
    }
    const name = action['do'];
    if (typeof name !== 'string' || !Object.hasOwn(ACTION_KEYS, name)) {
      say(item, `${JSON.stringify(name) ?? 'nothing'} is not an action; expected one of ${ACTIONS.join(', ')}`);
      continue;
    }
    const keys = ACTION_KEYS[name as RuleAction['do']];
    let isSound = true;
    const sayHere: Say = (node, message) => {
      isSound = false;
      say(node, message);
    };
    if (isMap(item)) action = { ...readKeys(item, { do: { check: text }, ...keys }, name, sayHere), do: name };
    else for (const [key, { required }] of Object.entries(keys)) if (required) sayHere(item, `${name} needs ${key}`);
    if (!isSound) continue;
    try {
      compileAction(action as unknown as RuleAction);
      read.push(action as unknown as RuleAction);
    } catch (error) {
      say(item, error instanceof Error ? error.message : String(error));
    }
  }
  return read;
}

function readKeys(map: YAMLMap, keys: Keys, what: string, say: Say): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (const { key, value } of map.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const spec = Object.hasOwn(keys, name) ? keys[name] : undefined;
    if (spec === undefined) {
      say(key, `${name} is not a key of ${what}; expected ${Object.keys(keys).join(', ')}`);
      continue;
    }
    const plain: unknown = (value as Node | null)?.toJSON() ?? null;
    const wrong = spec.check(plain);
    if (wrong === undefined) read[name] = plain;
    else say(value ?? key, `${name} ${wrong}`);
  }
  for (const [name, { required }] of Object.entries(keys))
    if (required && !map.has(name)) say(map, `${what} needs ${name}`);
  return read;
}

/** YAML that `parseRules` reads back to the same rules. */
export function printRules(rules: readonly Rule[]): string {
  const plain = rules.map((rule) => {
    const { actions, enabled, ...rest } = rule;
    return {
      ...rest,
      ...(enabled ? {} : { enabled }),
      actions: actions.map((action) => (Object.keys(action).length === 1 ? action.do : action)),
    };
  });
  return stringify({ rules: plain }, { lineWidth: 110 });
}
