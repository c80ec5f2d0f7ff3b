/** Numbers that count something: below zero they are wrong in whatever a client says, and odd in what a server says. */
import { leavesOf, metaAt } from '../replay/leaves.ts';
import type { DissectedMessage } from '../protocol/protocol.ts';
import type { ExpertInfo } from '../schema/expert-info.ts';
import { fieldsOf } from '../schema/describe.ts';
import type { Node } from '../schema/nodes.ts';
import { formatPath } from '../schema/path.ts';

/** Roles whose values nobody may make negative. */
export const AMOUNTS: ReadonlySet<string> = new Set(['money', 'quantity', 'score']);

const MAX_LEAVES = 200;
const counting = new WeakMap<Node, boolean>();

/** A remark on each amount below zero; those that the recording has too are no news. */
export function negativeAmounts({ fields, spec }: DissectedMessage): ExpertInfo[] {
  const node = spec?.node;
  if (node === undefined || !counts(node)) return [];
  const found: ExpertInfo[] = [];
  for (const { path, value } of leavesOf(fields).slice(0, MAX_LEAVES)) {
    if ((typeof value !== 'number' && typeof value !== 'bigint') || value >= 0) continue;
    const { role } = metaAt(node, path);
    if (role === undefined || !AMOUNTS.has(role)) continue;
    const at = formatPath(path);
    found.push({
      severity: 'error',
      group: 'invariant',
      code: NEGATIVE,
      path: at,
      text: `${at} is below zero: ${value}`,
    });
  }
  return found;
}

export const NEGATIVE = 'negative-amount';

function counts(node: Node): boolean {
  let known = counting.get(node);
  if (known === undefined) {
    known = fieldsOf(node).some(({ meta: { role } }) => role !== undefined && AMOUNTS.has(role));
    counting.set(node, known);
  }
  return known;
}
