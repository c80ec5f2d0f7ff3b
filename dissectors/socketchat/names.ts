/** What the seed document allows as a user name, and how it writes yes and no. */
import { type Meta, type Node, integer, string } from '../../core/schema/builders.ts';

/** Appendix 1 of the seed; the printed list ends in a comma, so it may be incomplete. */
export const RESERVED: readonly string[] = ['admin', 'administrator', 'guest', 'user', 'table'];

export const userName = (label: string, meta: Meta = {}): Node =>
  string({ label, role: 'name', pattern: '[A-Za-z0-9]{4,}', ...meta });

export const flag = (label: string, no: string, yes: string): Node =>
  integer({ label, values: [0, 1], names: { '0': no, '1': yes } });

/** Why the text is no user name although it has the right letters; undefined when nothing is wrong with it. */
export function reservedProblem(name: unknown): { severity: 'note' | 'warning'; text: string } | undefined {
  if (typeof name !== 'string') return undefined;
  if (RESERVED.includes(name)) return { severity: 'warning', text: `${name} is reserved and no user name.` };
  if (RESERVED.includes(name.toLowerCase())) {
    return { severity: 'note', text: `${name} differs from a reserved word in case only.` };
  }
  return undefined;
}
