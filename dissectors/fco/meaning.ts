/** Which message a number is where its meaning changed over time: told by the revision, or by the fields that are there. */
import { messages } from './messages.ts';
import { type Revision, REVISIONS } from './entry.ts';

export type RevisionOption = Revision | 'auto';
export const REVISION_OPTIONS: readonly RevisionOption[] = ['auto', ...REVISIONS];

export function revisionOf(value: string | undefined): RevisionOption {
  return REVISION_OPTIONS.find((one) => one === value) ?? 'auto';
}

/** `102`, and with a warning `"102"`. */
export function commandNumber(raw: unknown): number | undefined {
  if (Number.isInteger(raw)) return raw as number;
  return typeof raw === 'string' && /^-?\d{1,9}$/.test(raw.trim()) ? Number(raw) : undefined;
}

/** Numbers that mean several things in one direction. */
export const AMBIGUOUS: readonly number[] = [
  ...new Set(
    messages
      .filter((spec) =>
        messages.some((other) => other !== spec && other.id === spec.id && other.direction === spec.direction),
      )
      .flatMap((spec) => spec.id ?? []),
  ),
];

/** The meaning the fields speak for; the last revision's when they are silent. */
export function meaning(
  command: number | undefined,
  value: Readonly<Record<string, unknown>>,
  direction: 'toServer' | 'toClient',
): string | undefined {
  const has = (key: string): boolean => Object.hasOwn(value, key);
  switch (command) {
    case 203:
      return direction === 'toServer' ? 'enemy_list_request' : undefined;
    case 204:
      if (direction === 'toServer') return undefined;
      return !has('enemys') && has('user_id') ? 'first_login' : 'enemy_list';
    case 705:
      if (direction === 'toServer') return undefined;
      return has('skills') || has('version') ? 'skill_master' : 'item_error';
    case 713:
      if (direction === 'toClient') return undefined;
      return has('user_id') && !has('model_id') ? 'quest_master_call' : 'save_model_type';
    default:
      return undefined;
  }
}
