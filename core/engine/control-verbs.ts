/** Verbs that take traffic in hand: breakpoints, held frames, injection, rules, faults, panic, the meter. */
import { FAULT_PRESETS } from '../relay/fault-presets.ts';
import { parseRules, printRules } from '../relay/rule-yaml.ts';
import type { HoldDecision, Injection } from '../traffic/control.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from './engine.ts';

export function controlVerbs(engine: Engine): VerbHandlers {
  const { control, proxies } = engine;
  const rules = (): { rules: ReturnType<typeof control.rules>; status: ReturnType<typeof control.ruleStatus> } => ({
    rules: control.rules(),
    status: control.ruleStatus(),
  });
  return {
    'breakpoints.list': () => control.breakpoints(),
    'breakpoints.set': ({ breakpoints }) => {
      refuseTwice(breakpoints, 'breakpoints');
      control.setBreakpoints(breakpoints);
      return control.breakpoints();
    },
    'held.list': () => control.held(),
    'held.decide': ({ n, action, hex, times }) => {
      const decision = decisionOf(action, hex, times);
      return { decided: control.decide(n, decision) };
    },
    'held.extend': ({ n, ms }) => ({ extended: control.extend(n, ms) }),
    'held.releaseAll': () => ({ released: control.releaseAll() }),
    panic: ({ on }) => {
      control.setPanic(on);
      return { on: control.isPanic };
    },
    'race.release': ({ order }) => ({ released: control.release(order) }),
    inject: ({ conn, hex, ...rest }) => {
      const guest = engine.guests.get(conn);
      if (guest !== undefined && rest.direction === 'toServer') return { frames: [guest(bytesOf(hex), rest.carrier)] };
      const injection: Injection = { ...rest, connection: conn, bytes: bytesOf(hex) };
      return { frames: proxies.of(conn).inject(injection, 'injected') };
    },
    'rules.list': rules,
    'rules.set': ({ rules: list }) => {
      refuseTwice(list, 'rules');
      control.setRules(list);
      return rules();
    },
    'rules.parse': ({ yaml }) => parseRules(yaml, engine.protocols.vocabulary),
    'rules.print': ({ rules: list }) => ({ yaml: printRules(list) }),
    'faults.get': () => control.faults(),
    'faults.set': ({ plan }) => {
      refuseTwice(plan.faults, 'faults');
      control.setFaults(plan);
      return control.faults();
    },
    'faults.presets': () => FAULT_PRESETS,
    meter: () => control.readMeter(),
  };
}

function decisionOf(action: HoldDecision['action'], hex: string | undefined, times: number | undefined): HoldDecision {
  switch (action) {
    case 'edit':
      if (hex === undefined)
        throw new EngineError('bad-request', 'held.decide: an edit needs `hex`, the bytes to send.');
      return { action, bytes: bytesOf(hex) };
    case 'duplicate':
      return { action, times: times ?? 1 };
    case 'forward':
    case 'drop':
      return { action };
  }
}

function bytesOf(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replaceAll(/\s/g, ''), 'hex'));
}

function refuseTwice(list: readonly { readonly id: string }[], what: string): void {
  const seen = new Set<string>();
  for (const { id } of list) {
    if (seen.has(id)) throw new EngineError('bad-request', `Two ${what} have the id ${id}.`);
    seen.add(id);
  }
}
