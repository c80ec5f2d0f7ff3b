/** Where secrets stand in the bytes. Pure. */
import type { FieldView } from '../../../core/contract/frames.ts';
import type { Span } from './byte-grid.ts';

export function hasSecret(field: FieldView): boolean {
  return field.secret === true || field.children.some(hasSecret);
}

/** Without what stands beside a value: its length may be seen. */
export function secretSpans(field: FieldView): readonly Span[] {
  const own = field.children.filter((child) => !child.name.startsWith('#'));
  if (own.length > 0) return own.flatMap(secretSpans);
  if (field.secret !== true) return [];
  const start = Math.max(field.start, ...field.children.filter(({ end }) => end < field.end).map(({ end }) => end));
  return field.end > start ? [{ start, end: field.end }] : [];
}
