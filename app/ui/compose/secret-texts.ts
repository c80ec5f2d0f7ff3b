/** The secret values of a message, as they stand in its JSON. Pure. */
import type { FormControl } from '../../../core/contract/verbs.ts';
import { valueAt } from './field-values.ts';

export function secretTexts(form: FormControl, fields: unknown): readonly string[] {
  const found = new Set<string>();
  const collect = (control: FormControl, isSecret: boolean): void => {
    const secret = isSecret || control.secret === true;
    const children = control.children ?? [];
    if (secret && children.length === 0) addTexts(valueAt(fields, control.path), found);
    for (const child of children) collect(child, secret);
  };
  collect(form, false);
  return [...found];
}

function addTexts(value: unknown, found: Set<string>): void {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach((each) => addTexts(each, found));
  else if (value !== undefined && value !== null && value !== '') found.add(JSON.stringify(value));
}
