/** Conditions between fields of a binary message, which decide what is there at all; those of states and invariants are filters. */
import type { Condition, Constant } from '../schema/nodes.ts';
import type { Cell } from './yaml-source.ts';

const TESTS = { '==': 'eq', '!=': 'ne', '<': 'lt', '>=': 'ge', '&': 'bit', '!&': 'nobit', in: 'in' } as const;

/** `kind == 2`, `flags & 4`, `flags !& 4`, `type in [1, 2]`: on an earlier field. */
export function conditionOf(cell: Cell): Condition | undefined {
  const text = cell.asText();
  if (text === undefined) return undefined;
  const match = /^(\^*[\w.-]+)\s*(==|!=|>=|<|!&|&|in)\s*(.+)$/.exec(text.trim());
  const [, on = '', operator = '', right = ''] = match ?? [];
  if (match === null)
    return cell.problem(`${text} is no condition. Write FIELD == VALUE (or !=, <, >=, in [..], & MASK, !& MASK).`);
  const test = TESTS[operator as keyof typeof TESTS];
  if (test === 'in') {
    const values = right
      .replace(/^\[|\]$/g, '')
      .split(',')
      .map((one) => constantOf(one.trim()));
    return { on, test, value: values };
  }
  return { on, test, value: constantOf(right.trim()) };
}

function constantOf(text: string): Constant {
  if (/^-?\d+(\.\d+)?$/.test(text) || /^0x[0-9a-f]+$/i.test(text)) return Number(text);
  if (text === 'true' || text === 'false') return text === 'true';
  if (text === 'null') return null;
  return text.replace(/^(["'])(.*)\1$/, '$2');
}
