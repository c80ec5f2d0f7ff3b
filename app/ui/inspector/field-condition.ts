import type { FieldView } from '../../../core/contract/frames.ts';
import { filterLiteral } from '../filter/filter-draft.ts';

/** The path as filters and columns use it: any item of a list. */
export function filterPath(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '');
}

/** The condition that a frame holds this value here. */
export function fieldCondition(field: FieldView): string {
  const path = filterPath(field.path);
  const isGroup = field.value === undefined || (typeof field.value === 'object' && field.children.length > 0);
  return isGroup ? `exists(${path})` : `${path} == ${filterLiteral(field.value)}`;
}
