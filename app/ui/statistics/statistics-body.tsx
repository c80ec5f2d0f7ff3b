import type { ReactNode } from 'react';
import { t } from '../strings/strings.ts';
import type { Requested } from '../widgets/use-request.ts';

/** Waits, says what went wrong or that there is nothing, then shows. */
export function StatisticsBody<T>({
  result,
  children,
  isEmpty,
}: {
  readonly result: Requested<T>;
  readonly children: (value: T) => ReactNode;
  readonly isEmpty?: (value: T) => boolean;
}) {
  if (result.value === undefined) {
    return <div className="pane empty in-dock">{result.error === '' ? t.shell.loading : result.error}</div>;
  }
  const nothing = isEmpty?.(result.value) ?? (Array.isArray(result.value) && result.value.length === 0);
  if (nothing) return <div className="pane empty in-dock">{t.statistics.nothing}</div>;
  return <div className="pane">{children(result.value)}</div>;
}
