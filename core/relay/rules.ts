/** Rules: "when" a filter fits, "do" actions. Compiled once; counters live per rule and per connection. */
import type { Clock, Dice } from '../traffic/clock.ts';
import type { ControlDecision, Rule, RuleStatus } from '../traffic/control.ts';
import type { CompiledFilter, Vocabulary } from '../traffic/filter/filter.ts';
import { compileFilter } from '../traffic/filter/filter.ts';
import type { Direction } from '../traffic/frame.ts';
import type { ConnectionFacts } from './control.ts';
import { type ActionPlace, act, type CompiledAction, compileAction } from './rule-actions.ts';
import { explainRule } from './rule-sentence.ts';
import type { FrameSubject } from './subject.ts';
import type { Treatment } from './treatment.ts';

export interface RuleLane {
  /** `attended` false: nobody could decide, so nothing is held. */
  treat(subject: FrameSubject, treatment: Treatment, attended: boolean): void;
}

export interface Rules {
  set(rules: readonly Rule[], vocabulary: Vocabulary | undefined): void;
  list(): readonly Rule[];
  status(): readonly RuleStatus[];
  /** Undefined when no rule could act there. */
  lane(facts: ConnectionFacts, direction: Direction): RuleLane | undefined;
}

interface RulesSetup {
  readonly clock: Clock;
  readonly dice: Dice;
  decided(decision: ControlDecision): void;
  changed(): void;
  mark(n: number, color: string | undefined, comment: string | undefined): void;
}

interface CompiledRule {
  readonly rule: Rule;
  readonly filter: CompiledFilter | undefined;
  readonly actions: readonly CompiledAction[];
  readonly remembers: ReadonlySet<string>;
  /** Milliseconds of the clock when it was switched on. */
  readonly since: number;
  broken: string | undefined;
  /** It can never run, whatever comes. */
  readonly dead: boolean;
  hits: number;
  lastFrame: number | undefined;
  readonly dice: Dice;
}

/** What a rule remembers of one connection. */
interface Kept {
  readonly matches: Map<string, number>;
  readonly last: Map<string, unknown>;
}

/** Rule statuses are told at most this often. */
const TELL_EVERY_MS = 100;

export function createRules(setup: RulesSetup): Rules {
  let compiled: readonly CompiledRule[] = [];
  let list: readonly Rule[] = [];
  const kept = new WeakMap<ConnectionFacts, Kept>();
  let toldAt = Number.NEGATIVE_INFINITY;

  const tell = (): void => {
    const now = setup.clock.now();
    if (now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    setup.changed();
  };

  const compile = (rule: Rule, vocabulary: Vocabulary | undefined): CompiledRule => {
    const before = compiled.find((c) => c.rule.id === rule.id && c.rule.enabled && rule.enabled);
    const filter = compileFilter(rule.when, vocabulary);
    let broken = filter.ok ? undefined : `${filter.message} (at ${filter.at + 1} of the filter)`;
    const actions: CompiledAction[] = [];
    for (const action of rule.actions) {
      try {
        actions.push(compileAction(action));
      } catch (error) {
        broken ??= error instanceof Error ? error.message : String(error);
      }
    }
    return {
      rule,
      filter: filter.ok ? filter : undefined,
      actions,
      remembers: new Set(actions.flatMap((a) => a.remembers)),
      since: before?.since ?? setup.clock.now(),
      broken,
      dead: broken !== undefined,
      hits: before?.hits ?? 0,
      lastFrame: before?.lastFrame,
      dice: before?.dice ?? setup.dice.fork(rule.id),
    };
  };

  const mayRun = (c: CompiledRule): boolean => {
    const { rule } = c;
    if (c.dead || (rule.limit !== undefined && c.hits >= rule.limit)) return false;
    return rule.expiresAfter === undefined || setup.clock.now() - c.since < rule.expiresAfter * 1000;
  };

  const remember = (facts: ConnectionFacts): Kept => {
    let own = kept.get(facts);
    if (own === undefined) kept.set(facts, (own = { matches: new Map(), last: new Map() }));
    return own;
  };

  return {
    set(rules, vocabulary) {
      compiled = rules.map((rule) => compile(rule, vocabulary));
      list = rules;
    },
    list: () => list,
    status: () =>
      compiled.map((c) => ({
        id: c.rule.id,
        hits: c.hits,
        ...(c.lastFrame === undefined ? {} : { lastFrame: c.lastFrame }),
        ...(c.broken === undefined ? {} : { broken: c.broken }),
        sentence: explainRule(c.rule, c.filter),
      })),
    lane(facts, direction) {
      const { connection } = facts;
      const here = compiled.filter(
        ({ rule, dead }) =>
          rule.enabled &&
          !dead &&
          (rule.direction === undefined || rule.direction === direction) &&
          (rule.proxy === undefined || rule.proxy === connection.proxy) &&
          (rule.connection === undefined || rule.connection === connection.id),
      );
      const remembers = new Set(compiled.filter((c) => c.rule.enabled).flatMap((c) => [...c.remembers]));
      if (here.length === 0 && remembers.size === 0) return undefined;
      const own = remember(facts);
      return {
        treat(subject, treatment, attended) {
          for (const c of here) {
            if (mayRun(c) && one(c, subject, treatment, own, facts, attended) && c.rule.stop) break;
          }
          if (remembers.size === 0) return;
          for (const message of subject.meaning?.dissected.messages ?? [])
            if (message.name !== null && remembers.has(message.name)) own.last.set(message.name, message.fields);
        },
      };
    },
  };

  /** Returns whether the rule acted. */
  function one(
    c: CompiledRule,
    subject: FrameSubject,
    treatment: Treatment,
    own: Kept,
    facts: ConnectionFacts,
    attended: boolean,
  ): boolean {
    const { rule } = c;
    if (!c.filter!.test(subject)) return false;
    const match = (own.matches.get(rule.id) ?? 0) + 1;
    own.matches.set(rule.id, match);
    if (rule.nth !== undefined && match !== rule.nth) return false;
    if (rule.probability !== undefined && rule.probability < 1 && c.dice.next() >= rule.probability) return false;
    c.hits++;
    c.lastFrame = subject.n;
    tell();
    if (rule.dryRun) return true;
    const place: ActionPlace = {
      subject,
      treatment,
      dice: c.dice,
      last: own.last,
      write: facts.write,
      rule,
      attended,
      mark: setup.mark,
    };
    const done: string[] = [];
    try {
      for (const action of c.actions) done.push(act(action, place));
      c.broken = undefined;
    } catch (error) {
      c.broken = `at frame ${subject.n}: ${error instanceof Error ? error.message : String(error)}`;
      done.push(`failed: ${c.broken}`);
      tell();
    }
    const name = rule.title ?? rule.id;
    if (!treatment.touchedBy.includes(name)) treatment.touchedBy.push(name);
    setup.decided({ n: subject.n, by: rule.id, what: done.join('; ') });
    return true;
  }
}
