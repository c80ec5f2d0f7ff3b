/**
 * Faults: toxiproxy's vocabulary, by proxy, connection, direction, message or field. Every draw comes from a dice seeded by the
 * plan, the fault, the proxy, the connection's ordinal and the direction, so the same seed and input give the same decisions.
 */
import { type Clock, createDice, type Dice } from '../traffic/clock.ts';
import type { ControlDecision, Fault, FaultPlan } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { type CompiledFilter, compileFilter, type Vocabulary } from '../traffic/filter/filter.ts';
import type { Direction } from '../traffic/frame.ts';
import type { ConnectionFacts, LaneAct } from './control.ts';
import { disturb } from './disturbance.ts';
import type { Shape } from './outlet.ts';
import type { FrameSubject } from './subject.ts';
import type { Treatment } from './treatment.ts';

export interface FaultLane {
  readonly active: boolean;
  treat(subject: FrameSubject, treatment: Treatment, now: number): void;
  shape(): Shape | undefined;
  closeDelay(): number;
  due(now: number): { readonly act: LaneAct | undefined; readonly next: number; readonly reshape: boolean };
}

export const NO_FAULTS: FaultLane = {
  active: false,
  treat: () => undefined,
  shape: () => undefined,
  closeDelay: () => 0,
  due: () => ({ act: undefined, next: Infinity, reshape: false }),
};

export interface Faults {
  /** @throws EngineError `bad-filter` or `bad-request` naming the fault. `keep`: same plan, other words. */
  set(plan: FaultPlan, vocabulary: Vocabulary | undefined, keep?: boolean): void;
  plan(): FaultPlan;
  lane(facts: ConnectionFacts, direction: Direction): FaultLane;
  refuses(proxy: string, ordinal: number): boolean;
}

export interface CompiledFault {
  readonly fault: Fault;
  readonly filter: CompiledFilter | undefined;
}

/** What one connection has seen, over both directions and for as long as the plan stays. */
interface Seen {
  readonly plan: FaultPlan;
  readonly counts: Map<string, { after: boolean; matches: number }>;
  readonly openedAt: number;
}

/** Faults that shape the way out or act on their own; the others act on single frames. */
const BY_CONNECTION = new Set<Fault['kind']>([
  'bandwidth',
  'slicer',
  'slow-close',
  'timeout',
  'reset',
  'stall',
  'half-close',
  'refuse',
]);
const ACTS: Partial<Record<Fault['kind'], LaneAct>> = { reset: 'reset', 'half-close': 'end', timeout: 'close' };

export function createFaults(setup: { clock: Clock; decided(decision: ControlDecision): void }): Faults {
  let plan: FaultPlan = { seed: 1, faults: [] };
  let compiled: readonly CompiledFault[] = [];
  let startedAt = setup.clock.now();
  const seenBy = new WeakMap<ConnectionFacts, Seen>();

  const diceFor = (fault: Fault, proxy: string, ordinal: number, direction: string): Dice =>
    createDice(plan.seed).fork(`${fault.id}/${proxy}/${ordinal}/${direction}`);

  /** Milliseconds since the scenario (or its current round) began. */
  const into = (now: number): number => {
    const elapsed = now - startedAt;
    return plan.repeatAfter === undefined || plan.repeatAfter <= 0 ? elapsed : elapsed % (plan.repeatAfter * 1000);
  };
  const isOpen = (fault: Fault, now: number): boolean => {
    if (fault.from === undefined && fault.to === undefined) return true;
    const at = into(now);
    return at >= (fault.from ?? 0) * 1000 && at < (fault.to ?? Infinity) * 1000;
  };
  /** When the fault next begins or ends to act, on the clock. */
  const nextEdge = (fault: Fault, now: number): number => {
    if (fault.from === undefined && fault.to === undefined) return Infinity;
    const at = into(now);
    const round = (plan.repeatAfter ?? Infinity) * 1000;
    const edges = [(fault.from ?? 0) * 1000, (fault.to ?? Infinity) * 1000, round, round + (fault.from ?? 0) * 1000];
    return now - at + Math.min(...edges.filter((edge) => edge > at), Infinity);
  };

  return {
    set(next, vocabulary, keep = false) {
      compiled = next.faults.map((fault) => compileFault(fault, vocabulary));
      plan = next;
      if (!keep) startedAt = setup.clock.now();
    },
    plan: () => plan,
    refuses(proxy, ordinal) {
      const now = setup.clock.now();
      return compiled.some(({ fault }) => {
        if (!fault.enabled || fault.kind !== 'refuse' || !isOpen(fault, now)) return false;
        if (fault.proxy !== undefined && fault.proxy !== proxy) return false;
        return drawn(fault, diceFor(fault, proxy, ordinal, 'both'));
      });
    },
    lane(facts, direction) {
      const { connection, ordinal } = facts;
      const proxy = connection.proxy ?? '';
      const here = compiled.filter(
        ({ fault }) =>
          fault.enabled &&
          fault.kind !== 'refuse' &&
          (fault.proxy === undefined || fault.proxy === proxy) &&
          (fault.connection === undefined || fault.connection === connection.id),
      );
      const mine = here
        .filter(({ fault }) => fault.direction === undefined || fault.direction === direction)
        .map((c) => {
          const dice = diceFor(c.fault, proxy, ordinal, direction);
          return { ...c, dice, takesPart: !BY_CONNECTION.has(c.fault.kind) || drawn(c.fault, dice) };
        })
        .filter((c) => c.takesPart);
      const awaited = new Set(here.flatMap(({ fault }) => (fault.after === undefined ? [] : [fault.after])));
      if (mine.length === 0 && awaited.size === 0) return NO_FAULTS;

      let seen = seenBy.get(facts);
      if (seen === undefined || seen.plan !== plan) {
        seen = { plan, counts: new Map(), openedAt: Math.max(startedAt, openedAt(facts, setup.clock)) };
        seenBy.set(facts, seen);
      }
      const kept = seen;
      const count = (id: string): { after: boolean; matches: number } => {
        let c = kept.counts.get(id);
        if (c === undefined) kept.counts.set(id, (c = { after: false, matches: 0 }));
        return c;
      };
      /** Acts that a fault without `when` does by itself, and those a frame has set off. */
      const planned = mine
        .filter(
          ({ fault }) =>
            ACTS[fault.kind] !== undefined && fault.when === undefined && !(fault.kind === 'timeout' && !fault.ms),
        )
        .map(({ fault }) => ({
          fault,
          at: Math.max(kept.openedAt, startedAt + (fault.from ?? 0) * 1000) + (fault.ms ?? 0),
          done: kept.counts.get(`${fault.id}/${direction}`)?.after ?? false,
        }));
      const frameFaults = mine.filter(
        ({ fault }) =>
          !['slow-close'].includes(fault.kind) &&
          !(fault.when === undefined && ['bandwidth', 'slicer', 'reset', 'half-close'].includes(fault.kind)),
      );
      const shaping = mine.filter(
        ({ fault }) => fault.when === undefined && (fault.kind === 'bandwidth' || fault.kind === 'slicer'),
      );
      let edge = Math.min(Infinity, ...mine.map(({ fault }) => nextEdge(fault, setup.clock.now())));

      return {
        get active() {
          if (awaited.size > 0) return true;
          const now = setup.clock.now();
          return frameFaults.some(({ fault }) => isOpen(fault, now)) || shaping.some(({ fault }) => isOpen(fault, now));
        },
        treat(subject, treatment, now) {
          if (awaited.size > 0) {
            const names = subject.names;
            for (const { fault } of here) {
              if (fault.after === undefined || !names.includes(fault.after)) continue;
              const c = count(fault.id);
              c.after = true;
              c.matches = 0;
            }
          }
          for (const { fault, filter, dice } of frameFaults) {
            if (treatment.drop) break;
            if (!isOpen(fault, now)) continue;
            if (filter !== undefined && !filter.test(subject)) continue;
            if (fault.after !== undefined || fault.nth !== undefined) {
              const c = count(fault.id);
              if (fault.after !== undefined && (!c.after || subject.names.includes(fault.after))) continue;
              c.matches++;
              if (fault.nth !== undefined && c.matches !== fault.nth) continue;
            }
            if (!BY_CONNECTION.has(fault.kind) && !drawn(fault, dice)) continue;
            const act = ACTS[fault.kind];
            if (act !== undefined && fault.when !== undefined) {
              planned.push({ fault, at: now + (fault.ms ?? 0), done: false });
            }
            const stallFrom = fault.when === undefined ? stallStart(fault, kept.openedAt, now) : now;
            const what = disturb(fault, subject, treatment, dice, now, stallFrom);
            if (what === undefined) continue;
            if (!treatment.touchedBy.includes(fault.id)) treatment.touchedBy.push(fault.id);
            setup.decided({ n: subject.n, by: fault.id, what });
          }
        },
        shape() {
          const now = setup.clock.now();
          const open = shaping.filter(({ fault }) => isOpen(fault, now));
          return open.length === 0 ? undefined : shapeOf(open);
        },
        closeDelay() {
          const now = setup.clock.now();
          return mine
            .filter(({ fault }) => fault.kind === 'slow-close' && isOpen(fault, now))
            .reduce((sum, { fault }) => sum + (fault.ms ?? 0), 0);
        },
        due(now) {
          let act: LaneAct | undefined;
          let next = Infinity;
          for (const p of planned) {
            if (p.done) continue;
            if (p.at <= now) {
              p.done = true;
              count(`${p.fault.id}/${direction}`).after = true;
              if (!isOpen(p.fault, now)) continue;
              act ??= ACTS[p.fault.kind];
              setup.decided({ n: 0, by: p.fault.id, what: `${p.fault.kind} of connection ${connection.id}` });
            } else next = Math.min(next, p.at);
          }
          const reshape = now >= edge;
          if (reshape) edge = Math.min(Infinity, ...mine.map(({ fault }) => nextEdge(fault, now)));
          return { act, next: Math.min(next, edge), reshape };
        },
      };
    },
  };

  function stallStart(fault: Fault, opened: number, now: number): number {
    if (fault.from === undefined) return opened;
    return now - into(now) + fault.from * 1000;
  }
}

function openedAt(facts: ConnectionFacts, clock: Clock): number {
  return clock.now() - Math.max(0, clock.wall() - facts.connection.opened) * 1000;
}

function drawn(fault: Fault, dice: Dice): boolean {
  return fault.toxicity === undefined || fault.toxicity >= 1 || dice.next() < fault.toxicity;
}

function shapeOf(faults: readonly { readonly fault: Fault; readonly dice: Dice }[]): Shape {
  const bandwidths = faults.filter(({ fault }) => fault.kind === 'bandwidth');
  const slicer = faults.find(({ fault }) => fault.kind === 'slicer');
  // kB/s and bytes per millisecond are the same number.
  const rate = Math.min(...bandwidths.map(({ fault }) => Math.max(0.001, fault.rateKBps ?? 0)));
  return {
    ...(bandwidths.length > 0 ? { rate } : {}),
    ...(slicer === undefined
      ? {}
      : {
          pieceSize: () => {
            const { sliceBytes = 64, sliceVariation = 0 } = slicer.fault;
            return sliceBytes + (sliceVariation === 0 ? 0 : (slicer.dice.next() * 2 - 1) * sliceVariation);
          },
          pieceGapMs: (slicer.fault.sliceDelayUs ?? 0) / 1000,
        }),
  };
}

/** Which figures a kind cannot do without. */
const NEEDS: Partial<Record<Fault['kind'], readonly (keyof Fault)[]>> = {
  latency: ['ms'],
  bandwidth: ['rateKBps'],
  slicer: ['sliceBytes'],
  stall: ['ms'],
  'slow-close': ['ms'],
};

function compileFault(fault: Fault, vocabulary: Vocabulary | undefined): CompiledFault {
  for (const key of NEEDS[fault.kind] ?? []) {
    if (typeof fault[key] !== 'number' || !((fault[key] as number) >= 0)) {
      throw new EngineError('bad-request', `Fault ${fault.id}: ${fault.kind} needs ${key}, a number of 0 or more.`);
    }
  }
  if (fault.toxicity !== undefined && !(fault.toxicity >= 0 && fault.toxicity <= 1)) {
    throw new EngineError('bad-request', `Fault ${fault.id}: toxicity is a share between 0 and 1.`);
  }
  if (fault.when === undefined || fault.when.trim() === '') return { fault, filter: undefined };
  const filter = compileFilter(fault.when, vocabulary);
  if (!filter.ok) throw new EngineError('bad-filter', `Fault ${fault.id}: ${filter.message} (at ${filter.at + 1})`);
  return { fault, filter };
}
