/** Filter and time window as one filter: what every table and plot is about. */
import type { ViewSpec } from '../../../core/contract/rows.ts';
import { PINNED } from '../strip/strip-scale.ts';

export function scopeFilter({ filter, window }: Pick<ViewSpec, 'filter' | 'window'>): string {
  const parts: string[] = [];
  if (filter.trim() !== '') parts.push(`(${filter})`);
  if (window !== undefined) {
    parts.push(`frame.time >= ${window[0].toFixed(6)}`);
    if (window[1] < PINNED) parts.push(`frame.time <= ${window[1].toFixed(6)}`);
  }
  return parts.length === 1 && window === undefined ? filter : parts.join(' and ');
}

export function scopeArgs(spec: Pick<ViewSpec, 'filter' | 'window'>): { readonly filter?: string } {
  const filter = scopeFilter(spec);
  return filter === '' ? {} : { filter };
}
