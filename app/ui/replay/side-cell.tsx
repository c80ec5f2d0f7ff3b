import type { VerdictSide } from '../../../core/contract/replay-verbs.ts';
import { languageOf, oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { t } from '../strings/strings.ts';

/** A message in one line: where it went, its name, what it says. */
export function SideCell({ side, absent }: { readonly side: VerdictSide | undefined; readonly absent: string }) {
  if (side === undefined) return <span className="absent">{absent}</span>;
  const summary = oneLine(side.summary);
  const isToServer = side.direction === 'toServer';
  return (
    <span className="lft">
      <span className={isToServer ? 'c-s' : 'c-c'}>
        <Icon name={isToServer ? 'right' : 'left'} small />
        <span className="sr">{t.timeline.direction[side.direction]}</span>
      </span>
      <span className="cut">
        <span className="mono">{side.message}</span>{' '}
        <span className="muted" lang={languageOf(summary)}>
          {summary}
        </span>
      </span>
    </span>
  );
}
