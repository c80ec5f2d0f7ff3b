/** The state machine of a protocol file: which state a connection is in, and what each message does to it. */
import type { Direction, Dissected, MessageSpec } from './protocol.ts';
import { type CompileCondition, conditionTest, type Test } from './yaml-conditions.ts';
import type { Cell } from './yaml-source.ts';

export interface StateMachine {
  readonly first: string;
  readonly names: readonly string[];
  next(state: string, direction: Direction, dissected: Dissected): string;
}

interface Step {
  readonly test?: Test | undefined;
  readonly go: string;
}

export function statesOf(
  cell: Cell | undefined,
  messages: readonly MessageSpec[],
  protocol: string,
  compile: CompileCondition,
): StateMachine {
  if (cell === undefined) return { first: '', names: [''], next: (state) => state };
  cell.allow('start', 'transitions');
  const first = cell.need('start', '`states` needs `start`, the state a connection begins in.')?.asText() ?? '';
  const rules = new Map<string, Map<string, readonly Step[]>>();
  const names = new Set([first]);
  const known = new Set(messages.map((spec) => spec.name));
  for (const { key: state, value } of cell.get('transitions')?.entries() ?? []) {
    if (state !== '*') names.add(state);
    const steps = new Map<string, readonly Step[]>();
    for (const { key: message, keyCell, value: target } of value.entries()) {
      if (!known.has(message)) keyCell.problem(`There is no message ${message}.`);
      const list = target.isList ? target.items() : [target];
      steps.set(
        message,
        list.flatMap((one) => stepOf(one, protocol, compile) ?? []),
      );
    }
    rules.set(state, steps);
  }
  for (const steps of rules.values()) for (const list of steps.values()) for (const step of list) names.add(step.go);
  return {
    first,
    names: [...names],
    next: (state, direction, dissected) => {
      let here = state;
      for (const message of dissected.messages) {
        if (message.name === null) continue;
        const steps = rules.get(here)?.get(message.name) ?? rules.get('*')?.get(message.name) ?? [];
        const step = steps.find((one) => one.test === undefined || one.test(message, direction));
        if (step !== undefined) here = step.go;
      }
      return here;
    },
  };
}

function stepOf(cell: Cell, protocol: string, compile: CompileCondition): Step | undefined {
  if (!cell.isMap) {
    const go = cell.asText();
    return go === undefined ? undefined : { go };
  }
  cell.allow('if', 'go');
  const go = cell.need('go', 'A conditional step needs `go`, the state it leads to.')?.asText();
  const condition = cell.get('if');
  const test = condition === undefined ? undefined : conditionTest(condition, protocol, compile);
  return go === undefined ? undefined : { go, test };
}
