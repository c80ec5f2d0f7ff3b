/**
 * `interpose.yaml`: proxies, protocols of one's own, breakpoints, rules, faults and a script, as a file that can be kept with
 * the game. Read as a whole or not at all; every problem is told with its line.
 */
import { dirname, resolve } from 'node:path';
import type { TextProblem } from '../contract/verbs.ts';
import type { Breakpoint, Fault, FaultPlan, Rule } from '../traffic/control.ts';
import type { ProxySpec } from '../traffic/proxy-spec.ts';
import { type Check, list, object, optional, text } from './arguments.ts';
import { breakpointShape, faultPlanShape, proxyShape, ruleShape } from './traffic-shapes.ts';
import { checkYaml, readYaml, type YamlText } from './yaml-text.ts';

export interface Config {
  readonly proxies: readonly ProxySpec[];
  /** Files of protocols written as YAML, as absolute paths. */
  readonly protocols: readonly string[];
  /** Absent sections leave what is set in the app alone. */
  readonly breakpoints?: readonly Breakpoint[];
  readonly rules?: readonly Rule[];
  readonly faults?: FaultPlan;
  readonly script?: string;
  readonly session?: string;
}

export type ConfigResult =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly TextProblem[] };

const shape = {
  proxies: optional(list(object(proxyShape), 1000)),
  protocols: optional(list(text, 1000)),
  breakpoints: optional(list(object(breakpointShape), 1000)),
  rules: optional(list(object(ruleShape), 1000)),
  faults: optional(object(faultPlanShape)),
  script: optional(text),
  session: optional(text),
} satisfies Record<string, Check>;

/** What an item has when its file does not say. */
export const USUAL = {
  rules: { enabled: true },
  breakpoints: { enabled: true, limitMs: 30_000, onLimit: 'forward' },
  faults: { enabled: true },
} as const;

export const CONFIG_KEYS = Object.keys(shape);

/** @param path of the file, for the paths within it, which are relative to it */
export function readConfig(source: string, path: string): ConfigResult {
  const yaml = readYaml(source);
  if (yaml.problems.length > 0) return { ok: false, problems: yaml.problems };
  const value = withDefaults(yaml.value ?? {});
  const problems = [...checkYaml(yaml, value, object(shape), ''), ...twice(yaml, value)];
  if (problems.length > 0) return { ok: false, problems };
  const folder = dirname(path);
  const at = (file: string): string => resolve(folder, file);
  const config = value as Partial<Config>;
  return {
    ok: true,
    config: {
      ...config,
      proxies: (config.proxies ?? []).map((spec) => withPaths(spec, at)),
      protocols: (config.protocols ?? []).map(at),
      ...(config.script === undefined ? {} : { script: at(config.script) }),
      ...(config.session === undefined ? {} : { session: at(config.session) }),
    },
  };
}

export function describeProblems(path: string, problems: readonly TextProblem[]): string {
  return problems.map((p) => `${path}:${p.line}:${p.column}: ${p.message}`).join('\n');
}

/** A fault plan as YAML: a list of faults, a plan, or a file with a `faults:` section that holds either. */
export function readFaults(source: string): { plan: FaultPlan | undefined; problems: readonly TextProblem[] } {
  const yaml = readYaml(source);
  if (yaml.problems.length > 0) return { plan: undefined, problems: yaml.problems };
  const given: unknown = yaml.value ?? [];
  const inner = given !== null && typeof given === 'object' && 'faults' in given ? given.faults : undefined;
  const isSection = inner !== null && typeof inner === 'object' && !Array.isArray(inner);
  const { faults } = withDefaults({ faults: isSection ? inner : given }) as { faults: unknown };
  const problems = checkYaml(yaml, faults, object(faultPlanShape), isSection ? 'faults' : '');
  return problems.length > 0 ? { plan: undefined, problems } : { plan: faults as FaultPlan, problems: [] };
}

/** What nobody wants to write: ids, `enabled: true`, the usual limits. Anything of the wrong shape is left for the check. */
function withDefaults(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  const config = { ...(value as Record<string, unknown>) };
  if (config.rules !== undefined) config.rules = rulesWithDefaults(config.rules);
  if (config.breakpoints !== undefined) {
    config.breakpoints = each(config.breakpoints, (item, i) => ({
      id: `breakpoint-${i + 1}`,
      ...USUAL.breakpoints,
      ...item,
    }));
  }
  if (config.faults !== undefined) {
    if (Array.isArray(config.faults)) config.faults = { faults: config.faults };
    const plan = config.faults as Partial<FaultPlan> | null;
    if (plan !== null && typeof plan === 'object') {
      config.faults = {
        seed: 1,
        ...plan,
        faults: each(plan.faults ?? [], (item, i) => ({ id: `fault-${i + 1}`, ...USUAL.faults, ...item })) as Fault[],
      };
    }
  }
  return config;
}

/** As in a file of rules, an action that needs nothing more may be a word: `- drop`. */
function rulesWithDefaults(value: unknown): unknown {
  return each(value, (item, i) => {
    const { actions } = item;
    const written = Array.isArray(actions)
      ? actions.map((a: unknown) => (typeof a === 'string' ? { do: a } : a))
      : actions;
    return { id: `rule-${i + 1}`, ...USUAL.rules, ...item, actions: written };
  });
}

function each(value: unknown, make: (item: Record<string, unknown>, i: number) => unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map((item: unknown, i) =>
    item !== null && typeof item === 'object' && !Array.isArray(item) ? make(item as Record<string, unknown>, i) : item,
  );
}

/** Names and ids that stand for two things. */
function twice(yaml: YamlText, value: unknown): TextProblem[] {
  const problems: TextProblem[] = [];
  if (value === null || typeof value !== 'object') return problems;
  const lists = [
    ['proxies', 'name'],
    ['rules', 'id'],
    ['breakpoints', 'id'],
  ] as const;
  for (const [section, key] of lists) {
    const items: unknown = (value as Record<string, unknown>)[section];
    if (!Array.isArray(items)) continue;
    const seen = new Set<unknown>();
    for (const [i, item] of items.entries()) {
      const name = (item as Record<string, unknown> | null)?.[key];
      if (typeof name !== 'string') continue;
      if (seen.has(name)) {
        problems.push({
          ...yaml.locate(`${section}[${i}].${key}`),
          message: `Two ${section} have the ${key} ${name}.`,
        });
      }
      seen.add(name);
    }
  }
  return problems;
}

function withPaths(spec: ProxySpec, at: (file: string) => string): ProxySpec {
  if (spec.tls === undefined) return spec;
  const tls: Record<string, unknown> = { ...spec.tls };
  for (const key of ['ca', 'cert', 'key', 'keyLog']) {
    const file = tls[key];
    // A certificate may also stand in the file itself.
    if (typeof file === 'string' && !file.includes('-----BEGIN')) tls[key] = at(file);
  }
  return { ...spec, tls: tls as NonNullable<ProxySpec['tls']> };
}
