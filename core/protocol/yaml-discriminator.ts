/** How a protocol file tells its messages apart: by a key of the JSON object, or by the number a binary message begins with. */
import * as b from '../schema/builders.ts';
import type { Discriminator } from './define-protocol.ts';
import { fieldNode, type FieldWorld } from './yaml-fields.ts';
import { type Entry, isGuarded, isGuardMet } from './yaml-messages.ts';
import type { Cell } from './yaml-source.ts';

export function discriminatorOf(cell: Cell | undefined, root: Cell): Discriminator {
  const usual: Discriminator = { key: 'type', by: 'name', keep: false };
  if (cell === undefined) {
    root.problem('A JSON protocol needs `json: { key: … }`, the key that says which message an object is.');
    return usual;
  }
  cell.allow('key', 'by', 'keep', 'digits', 'also', 'style', 'label');
  const key = cell.need('key', '`json` needs `key`, the key that says which message an object is.')?.asText();
  const by = cell.get('by')?.asWord(['name', 'id'] as const) ?? 'name';
  const keep = cell.get('keep')?.asBoolean() ?? false;
  const digits = cell.get('digits')?.asNumber();
  const label = cell.get('label')?.asText();
  const base: Discriminator = {
    key: key ?? 'type',
    by,
    keep,
    ...(label === undefined ? {} : { node: b.any({ label }) }),
  };
  if (digits === undefined) return base;
  if (by !== 'id') cell.get('digits')?.problem('`digits` goes with `by: id`.');
  const spelled = new RegExp(`^\\d{${digits}}$`);
  return {
    ...base,
    // Numbers written as text: "01", "1" and 1 are one number, only the first is spelled right.
    read: (raw) => {
      if (Number.isInteger(raw)) return raw as number;
      return typeof raw === 'string' && /^\d{1,9}$/.test(raw) ? Number(raw) : undefined;
    },
    write: (spec) => String(spec.id).padStart(digits, '0'),
    check: (raw) => {
      if (typeof raw === 'string' && spelled.test(raw)) return [];
      const text = `${base.key} should be ${digits} digits in a string.`;
      return [{ severity: 'warning', group: 'schema', code: 'discriminator-spelling', text, path: base.key }];
    },
  };
}

/** Several messages under one number are told apart by the keys they have. */
export function withPick(
  discriminator: Discriminator,
  entries: readonly Entry[],
  cell: Cell | undefined,
): Discriminator {
  const also = cell?.get('also')?.asTexts() ?? [];
  const guarded = entries.filter((entry) => entry.has !== undefined || entry.lacks !== undefined);
  if (guarded.length === 0 && also.length === 0) return discriminator;
  const read =
    discriminator.read ?? ((raw: unknown) => (typeof raw === 'string' || typeof raw === 'number' ? raw : undefined));
  const keys = [discriminator.key, ...also];
  const ambiguous = guarded.map(({ spec }) => (discriminator.by === 'id' ? (spec.id ?? -1) : spec.name));
  return {
    ...discriminator,
    ambiguous,
    pick: (value, direction) => {
      const key = keys.find((one) => Object.hasOwn(value, one));
      const found = key === undefined ? undefined : read(value[key]);
      if (found === undefined) return undefined;
      const fitting = entries.filter(
        ({ spec }) =>
          (spec.direction === direction || spec.direction === 'both') && (spec.id === found || spec.name === found),
      );
      const best = fitting.find((entry) => isGuardMet(entry, value)) ?? fitting.find((entry) => !isGuarded(entry));
      return best?.spec.name;
    },
  };
}

export function styleOf(root: Cell): 'compact' | 'python' {
  return (
    root
      .get('json')
      ?.get('style')
      ?.asWord(['compact', 'python'] as const) ?? 'compact'
  );
}

export function tagOf(cell: Cell | undefined, root: Cell, world: FieldWorld): ReturnType<typeof b.u16be> {
  cell?.allow('tag');
  const tag = cell?.get('tag');
  if (tag === undefined) {
    root.problem('A binary protocol needs `binary: { tag: u16be }`, the type of the number every message begins with.');
    return b.u16be();
  }
  const node = fieldNode(tag, world);
  if (node?.kind === 'int' || node?.kind === 'varint' || node?.kind === 'enum')
    return node as ReturnType<typeof b.u16be>;
  if (node !== undefined) tag.problem('The tag is an integer type such as u8, u16be or varint.');
  return b.u16be();
}
