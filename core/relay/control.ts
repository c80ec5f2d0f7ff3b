/**
 * The controls of all proxies: breakpoints, rules, faults, the panic switch, and the registry of held frames. Relays ask it
 * about frames; the engine sets it. Nothing here touches a socket.
 */
import type { Clock, Dice } from '../traffic/clock.ts';
import type {
  Breakpoint,
  ControlDecision,
  FaultPlan,
  HeldFrame,
  HoldDecision,
  Meter,
  Rule,
  RuleStatus,
} from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { type CompiledFilter, compileFilter, type Vocabulary } from '../traffic/filter/filter.ts';
import type { Connection, Direction } from '../traffic/frame.ts';
import { createMeter, type TransparencyMeter } from './meter.ts';
import type { Shape } from './outlet.ts';
import type { FrameSubject } from './subject.ts';
import { type ScriptDecision, Treatment, type WriteTemplate } from './treatment.ts';
import { createFaults, type FaultLane, type Faults, NO_FAULTS } from './faults.ts';
import { createRules, type RuleLane, type Rules } from './rules.ts';

/** A script's say, asked after the rules. */
export interface Interceptor {
  wants(connection: Connection, direction: Direction): boolean;
  /** Must answer once; after a second without an answer the frame goes on as it is. */
  frame(subject: FrameSubject, answer: (decision: ScriptDecision) => void): void;
}

/** What the engine is told. All optional; none may throw. */
export interface ControlEvents {
  held?(frames: readonly HeldFrame[]): void;
  decided?(decision: ControlDecision): void;
  rules?(status: readonly RuleStatus[]): void;
  panic?(on: boolean): void;
  /** Breakpoints, rules or faults are others now, whoever set them. */
  set?(): void;
  mark?(n: number, color: string | undefined, comment: string | undefined): void;
}

/** A connection as the controls know it. */
export interface ConnectionFacts {
  readonly connection: Connection;
  /** 1, 2, 3… within its proxy: what its dice are seeded with. */
  readonly ordinal: number;
  readonly write: WriteTemplate;
}

/** The controls' view of one direction of one connection. */
export interface LaneControl {
  /** True while something may act on frames of this direction. */
  readonly active: boolean;
  treat(subject: FrameSubject, now: number): Treatment | undefined;
  shape(): Shape | undefined;
  /** Milliseconds a close is put off. */
  closeDelay(): number;
  /** A fault that acts without a frame (reset after a time…): what is due, and when to ask again. */
  due(now: number): { readonly act: LaneAct | undefined; readonly next: number; readonly reshape: boolean };
}
export type LaneAct = 'reset' | 'end' | 'close';

interface HeldEntry {
  readonly frame: HeldFrame;
  readonly hands: HeldHands;
}

/** What can be done with a held frame: the relay's end of it. */
export interface HeldHands {
  decide(decision: HoldDecision): void;
  /** Milliseconds more; 0: no limit. */
  extend(ms: number): void;
}

/** A relay as the registry knows it. */
export interface Controlled {
  changed(): void;
  /** Everything that waits goes. */
  release(): void;
}

export interface Control {
  readonly meter: TransparencyMeter;
  setBreakpoints(breakpoints: readonly Breakpoint[]): void;
  breakpoints(): readonly Breakpoint[];
  setRules(rules: readonly Rule[]): readonly RuleStatus[];
  rules(): readonly Rule[];
  ruleStatus(): readonly RuleStatus[];
  setFaults(plan: FaultPlan): void;
  faults(): FaultPlan;
  /** The last decisions of rules and faults, oldest first. */
  decisions(): readonly ControlDecision[];
  setInterceptor(interceptor: Interceptor | undefined): void;
  held(): readonly HeldFrame[];
  /** Returns how many were still held. @throws EngineError `bad-request` for an edit without bytes. */
  decide(ns: readonly number[], decision: HoldDecision): number;
  /** Gives held frames so many milliseconds more, 0: no limit; returns how many were still held. */
  extend(ns: readonly number[], ms: number): number;
  releaseAll(): number;
  /** Forwards held frames in this order within one tick; returns those that were held. */
  release(order: readonly number[]): readonly number[];
  /** Releases everything and turns holds, rules and faults off; false restores rules and faults. */
  setPanic(on: boolean): void;
  readonly isPanic: boolean;
  /** False while nobody could decide (no UI, no script): nothing is held then, and what is held goes on. Default true. */
  setAttended(on: boolean): void;
  readMeter(): Meter;
  /** Words the filters may use; compiles all of them again. */
  setVocabulary(vocabulary: Vocabulary): void;

  // For relays.
  attach(controlled: Controlled): () => void;
  lane(facts: ConnectionFacts, direction: Direction): LaneControl;
  /** Should a new connection of this proxy be refused? */
  refuses(proxy: string, ordinal: number): boolean;
  /** A number for a held frame that nobody records. */
  unnumbered(): number;
  addHeld(frame: HeldFrame, hands: HeldHands): void;
  removeHeld(n: number): void;
}

export interface ControlOptions {
  readonly clock: Clock;
  /** For rules' `dice` and probabilities. */
  readonly dice: Dice;
  readonly events?: ControlEvents;
  readonly vocabulary?: Vocabulary;
}

const KEPT_DECISIONS = 10_000;
/** Far above what any session reaches. */
const UNNUMBERED = 2 ** 40;

interface CompiledBreakpoint {
  readonly breakpoint: Breakpoint;
  readonly filter: CompiledFilter;
}

/** @throws EngineError `bad-filter` with the place and a sentence. */
export function compileOrThrow(text: string, vocabulary: Vocabulary | undefined, what: string): CompiledFilter {
  const filter = compileFilter(text, vocabulary);
  if (!filter.ok) throw new EngineError('bad-filter', `${what}: ${filter.message} (at ${filter.at + 1})`);
  return filter;
}

export function createControl(options: ControlOptions): Control {
  const { clock, dice } = options;
  const events = options.events ?? {};
  let vocabulary = options.vocabulary;
  let breakpoints: readonly Breakpoint[] = [];
  let compiled: readonly CompiledBreakpoint[] = [];
  let interceptor: Interceptor | undefined;
  let panic = false;
  let attended = true;
  let version = 0;
  let lastUnnumbered = UNNUMBERED;
  const controlled = new Set<Controlled>();
  const held = new Map<number, HeldEntry>();
  const decisions: ControlDecision[] = [];
  const meter = createMeter();

  const decided = (decision: ControlDecision): void => {
    decisions.push(decision);
    if (decisions.length > KEPT_DECISIONS * 2) decisions.splice(0, KEPT_DECISIONS);
    events.decided?.(decision);
  };
  const rules: Rules = createRules({
    clock,
    dice: dice.fork('rules'),
    decided,
    changed: () => events.rules?.(rules.status()),
    mark: (n, color, comment) => events.mark?.(n, color, comment),
  });
  const faults: Faults = createFaults({ clock, decided });

  const changed = (): void => {
    version++;
    for (const c of controlled) c.changed();
  };
  const compileBreakpoints = (list: readonly Breakpoint[]): readonly CompiledBreakpoint[] =>
    list.map((breakpoint) => ({
      breakpoint,
      filter: compileOrThrow(breakpoint.filter, vocabulary, `Breakpoint ${breakpoint.id}`),
    }));
  const tellHeld = (): void => events.held?.(control.held());
  const decide = (ns: readonly number[], decision: HoldDecision): number => {
    let count = 0;
    for (const n of ns) {
      const entry = held.get(n);
      if (entry === undefined) continue;
      count++;
      entry.hands.decide(decision);
    }
    return count;
  };

  const control: Control = {
    meter,
    setBreakpoints(list) {
      compiled = compileBreakpoints(list);
      breakpoints = list;
      changed();
      events.set?.();
    },
    breakpoints: () => breakpoints,
    setRules(list) {
      rules.set(list, vocabulary);
      changed();
      events.set?.();
      events.rules?.(rules.status());
      return rules.status();
    },
    rules: () => rules.list(),
    ruleStatus: () => rules.status(),
    setFaults(plan) {
      faults.set(plan, vocabulary);
      changed();
      events.set?.();
    },
    faults: () => faults.plan(),
    decisions: () => decisions.slice(-KEPT_DECISIONS),
    setInterceptor(next) {
      interceptor = next;
      changed();
    },
    held: () => [...held.values()].map((entry) => entry.frame),
    decide(ns, decision) {
      if (decision.action === 'edit' && !(decision.bytes instanceof Uint8Array)) {
        throw new EngineError('bad-request', 'An edit needs the bytes to send.');
      }
      return decide(ns, decision);
    },
    extend(ns, ms) {
      let count = 0;
      for (const n of ns) {
        const entry = held.get(n);
        if (entry === undefined) continue;
        count++;
        entry.hands.extend(ms);
        const { until, ...rest } = entry.frame;
        const frame = ms === 0 || until === undefined ? rest : { ...rest, until: until + ms / 1000 };
        held.set(n, { ...entry, frame });
      }
      if (count > 0) tellHeld();
      return count;
    },
    releaseAll: () => decide([...held.keys()], { action: 'forward' }),
    release: (order) => order.filter((n) => decide([n], { action: 'forward' }) === 1),
    setPanic(on) {
      if (on === panic) return;
      panic = on;
      changed();
      if (on) for (const c of controlled) c.release();
      events.panic?.(on);
    },
    get isPanic() {
      return panic;
    },
    setAttended(on) {
      if (on === attended) return;
      attended = on;
      if (!on) control.releaseAll();
      changed();
    },
    readMeter: () => meter.read(),
    setVocabulary(next) {
      vocabulary = next;
      compiled = compileBreakpoints(breakpoints);
      rules.set(rules.list(), next);
      faults.set(faults.plan(), next, true);
      changed();
    },
    attach(c) {
      controlled.add(c);
      return () => controlled.delete(c);
    },
    lane: (facts, direction) => createLane(facts, direction),
    refuses: (proxy, ordinal) => !panic && faults.refuses(proxy, ordinal),
    unnumbered: () => ++lastUnnumbered,
    addHeld(frame, hands) {
      held.set(frame.n, { frame, hands });
      tellHeld();
    },
    removeHeld(n) {
      if (held.delete(n)) tellHeld();
    },
  };

  const createLane = (facts: ConnectionFacts, direction: Direction): LaneControl => {
    let known = -1;
    let stops: readonly CompiledBreakpoint[] = [];
    let ruleLane: RuleLane | undefined;
    let faultLane: FaultLane = NO_FAULTS;
    let scripted = false;
    const refresh = (): void => {
      known = version;
      stops =
        panic || !attended
          ? []
          : compiled.filter(
              ({ breakpoint }) =>
                breakpoint.enabled && (breakpoint.direction === undefined || breakpoint.direction === direction),
            );
      ruleLane = panic ? undefined : rules.lane(facts, direction);
      faultLane = panic ? NO_FAULTS : faults.lane(facts, direction);
      scripted = !panic && interceptor !== undefined && interceptor.wants(facts.connection, direction);
    };
    const fresh = (): void => {
      if (known !== version) refresh();
    };
    return {
      get active() {
        fresh();
        return stops.length > 0 || scripted || ruleLane !== undefined || faultLane.active;
      },
      treat(subject, now) {
        fresh();
        const treatment = new Treatment();
        ruleLane?.treat(subject, treatment, attended);
        if (faultLane.active) faultLane.treat(subject, treatment, now);
        if (!treatment.drop && treatment.hold === undefined) {
          const stop = stops.find(({ filter }) => filter.test(subject));
          if (stop !== undefined) {
            const { id, limitMs, onLimit } = stop.breakpoint;
            treatment.hold = { by: id, limitMs, onLimit };
          }
        }
        const script = interceptor;
        if (scripted && script !== undefined && !treatment.drop && treatment.hold === undefined) {
          treatment.ask = (answer) => script.frame(subject, answer);
        }
        return treatment.isPlain ? undefined : treatment;
      },
      shape: () => {
        fresh();
        return faultLane.shape();
      },
      closeDelay: () => {
        fresh();
        return faultLane.closeDelay();
      },
      due: (now) => {
        fresh();
        return faultLane.due(now);
      },
    };
  };
  return control;
}
