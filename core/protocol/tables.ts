/** Message tables by direction and state, indexed once per array. */
import type { Direction, MessageSpec } from './protocol.ts';

export interface Index {
  readonly byName: ReadonlyMap<string, MessageSpec>;
  readonly byId: ReadonlyMap<number, MessageSpec>;
  /** What `classify` answers, made once. */
  readonly classes: ReadonlyMap<MessageSpec, { readonly name: string; readonly id?: number }>;
}

const indexes = new WeakMap<readonly MessageSpec[], Index>();

export function indexOf(table: readonly MessageSpec[]): Index {
  const known = indexes.get(table);
  if (known !== undefined) return known;
  const byName = new Map<string, MessageSpec>();
  const byId = new Map<number, MessageSpec>();
  const classes = new Map<MessageSpec, { name: string; id?: number }>();
  for (const spec of table) {
    if (!byName.has(spec.name)) byName.set(spec.name, spec);
    if (spec.id !== undefined && !byId.has(spec.id)) byId.set(spec.id, spec);
    classes.set(spec, Object.freeze(spec.id === undefined ? { name: spec.name } : { name: spec.name, id: spec.id }));
  }
  const made = { byName, byId, classes };
  indexes.set(table, made);
  return made;
}

export function opposite(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}

/** The default table of a protocol: its messages of one direction, whatever the state. */
export function tableByDirection(
  messages: readonly MessageSpec[],
): (state: unknown, direction: Direction) => readonly MessageSpec[] {
  const tables = {
    toServer: messages.filter((spec) => spec.direction !== 'toClient'),
    toClient: messages.filter((spec) => spec.direction !== 'toServer'),
  };
  return (_state, direction) => tables[direction];
}
