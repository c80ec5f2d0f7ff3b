/** Presentation and meaning of a field in a protocol file: label, doc, unit, role, limits, names of values. */
import type { Meta } from '../schema/nodes.ts';
import type { Cell } from './yaml-source.ts';

/** Keys any long form may have besides its own. */

export const META_KEYS = [
  'label',
  'doc',
  'unit',
  'display',
  'names',
  'secret',
  'volatile',
  'role',
  'fuzz',
  'min',
  'max',
  'pattern',
  'lang',
  'markup',
  'severity',
] as const;
const ROLES = [
  'id',
  'owner',
  'token',
  'password',
  'money',
  'quantity',
  'position',
  'speed',
  'cooldown',
  'sequence',
  'time',
  'name',
  'text',
  'address',
  'port',
  'score',
] as const;

/** Value → name; a list numbers its names from 0. */
export function namesOf(cell: Cell): Readonly<Record<string, string>> {
  if (cell.isList) return Object.fromEntries(cell.asTexts().map((name, at) => [String(at), name]));
  return Object.fromEntries(
    cell.entries().flatMap((entry) => {
      const key = /^0x[0-9a-f]+$/i.test(entry.key) ? String(Number(entry.key)) : entry.key;
      const name = entry.value.asText();
      return name === undefined ? [] : [[key, name] as const];
    }),
  );
}

/** Presentation and meaning; keys that are not there are left out. */
export function metaOf(cell: Cell): Meta {
  const texts = (['label', 'doc', 'unit', 'pattern', 'lang', 'markup'] as const).flatMap((key) => {
    const text = cell.get(key)?.asText();
    return text === undefined ? [] : [[key, text] as const];
  });
  const pattern = cell.get('pattern');
  if (pattern !== undefined && !isPattern(String(pattern.scalar))) pattern.problem('This is no regular expression.');
  const meta: Record<string, unknown> = Object.fromEntries(texts);
  for (const key of ['min', 'max'] as const) meta[key] = cell.get(key)?.asNumber();
  for (const key of ['secret', 'volatile'] as const) meta[key] = cell.get(key)?.asBoolean();
  meta['display'] = cell.get('display')?.asWord(['dec', 'hex', 'bin', 'char'] as const);
  meta['role'] = cell.get('role')?.asWord(ROLES);
  meta['fuzz'] = cell.get('fuzz')?.asWord(['never'] as const);
  meta['severity'] = cell.get('severity')?.asWord(['note', 'warning', 'error'] as const);
  const names = cell.get('names');
  if (names !== undefined) meta['names'] = namesOf(names);
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined)) as Meta;
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
