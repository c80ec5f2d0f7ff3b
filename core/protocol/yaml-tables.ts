/** Which messages of a protocol file hold in which state and dialect, what is said when one comes elsewhere, and summaries. */
import type { ExpertInfo } from '../schema/expert-info.ts';
import type { ProtocolDefinition } from './define-protocol.ts';
import type { Direction, MessageSpec } from './protocol.ts';
import { type Entry, isGuarded } from './yaml-messages.ts';
import { closest } from './yaml-source.ts';

/** What a connection's state holds in a protocol made from a file. */

export interface State {
  readonly state: string;
  readonly dialect: string;
}

/** Messages of a state first, so that one number can mean two things in two states; the others still decode, with a remark. */
export function tables(entries: readonly Entry[]): (state: State, direction: Direction) => readonly MessageSpec[] {
  const made = new Map<string, readonly MessageSpec[]>();
  return ({ state, dialect }, direction) => {
    const key = `${state}\u0000${dialect}\u0000${direction}`;
    const known = made.get(key);
    if (known !== undefined) return known;
    const ways = entries.filter(({ spec }) => spec.direction === direction || spec.direction === 'both');
    const spoken = ways.filter(
      ({ spec }) => dialect === '' || spec.dialects === undefined || spec.dialects.includes(dialect),
    );
    const here = spoken.filter((entry) => entry.states === undefined || entry.states.includes(state));
    const elsewhere = spoken.filter((entry) => !here.includes(entry));
    const guardless = (entry: Entry): boolean => isGuarded(entry) || !taken(here, entry.spec);
    const table = [...here, ...elsewhere.filter(guardless)].map((entry) => entry.spec);
    made.set(key, table);
    return table;
  };
}

function taken(entries: readonly Entry[], spec: MessageSpec): boolean {
  return entries.some((entry) => (spec.id !== undefined && entry.spec.id === spec.id) || entry.spec.name === spec.name);
}

export function checkStates(entries: readonly Entry[], names: readonly string[]): void {
  for (const entry of entries) {
    for (const state of entry.states ?? []) {
      if (names.includes(state)) continue;
      const near = closest(state, names);
      entry.cell.problem(
        `Message ${entry.spec.name} names the state ${state}, which \`states\` does not have.${near === undefined ? '' : ` Did you mean ${near}?`}`,
      );
    }
  }
}

export function outOfState(
  entries: readonly Entry[],
  name: string | null,
  direction: Direction,
  state: string,
): readonly ExpertInfo[] {
  if (name === null) return [];
  const own = entries.filter(
    ({ spec }) => spec.name === name && (spec.direction === direction || spec.direction === 'both'),
  );
  if (own.length === 0 || own.some((entry) => entry.states === undefined || entry.states.includes(state))) return [];
  const due = [...new Set(own.flatMap((entry) => entry.states ?? []))].join(' or ');
  const text = `${name} belongs to the state ${due}; the connection is in ${state}.`;
  return [{ severity: 'warning', group: 'sequence', code: 'out-of-state', text }];
}

export function summaryOf(entries: readonly Entry[]): NonNullable<ProtocolDefinition<State>['summary']> {
  const templates = new Map(
    entries.flatMap(({ spec, template }) => (template === undefined ? [] : [[spec, template] as const])),
  );
  return (message) => (message.spec === undefined ? undefined : templates.get(message.spec)?.(message.fields));
}
