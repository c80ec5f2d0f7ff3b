import type { IconName } from '../icons/icon-set.ts';

/** Glyph and colour role of what a comparison finds; never the colour alone. */
export const DIFF_LOOK: Readonly<Record<'same' | 'different' | 'missing' | 'extra', readonly [IconName, string]>> = {
  same: ['check', 'c-ok'],
  different: ['differ', 'c-problem'],
  missing: ['missing', 'c-problem'],
  extra: ['plus', 'c-injected'],
};
