import { useEffect, useMemo, useRef } from 'react';
import type { VerdictRow } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { languageOf, oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { OUTCOME_LOOK } from './replay-banner.tsx';
import { isDifferent } from './replay-service.ts';

interface Indexed {
  readonly index: number;
  readonly row: VerdictRow;
}

type Side = VerdictRow['recorded'];

function text(side: Side): string {
  return side === undefined ? '' : `${side.message} ${oneLine(side.summary)}`;
}

function SideCell({ side, absent }: { readonly side: Side; readonly absent: string }) {
  if (side === undefined) return <span className="absent">{absent}</span>;
  const summary = oneLine(side.summary);
  return (
    <span className="cut">
      <span className="mono">{side.message}</span>{' '}
      <span className="muted" lang={languageOf(summary)}>
        {summary}
      </span>
    </span>
  );
}

/** While it runs rows only say what was sent and what came: the verdict needs the end. */
const columnsOf = (isRunning: boolean): readonly TableColumn<Indexed>[] => [
  {
    id: 'n',
    title: '#',
    width: '52px',
    isRight: true,
    text: ({ row }) => (row.recorded === undefined ? '' : grouped(row.recorded.n)),
  },
  {
    id: 'recorded',
    title: t.replay.recorded,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.recorded),
    cell: ({ row }) => <SideCell side={row.recorded} absent={isRunning ? '' : '—'} />,
  },
  {
    id: 'verdict',
    title: t.replay.verdict,
    width: '104px',
    text: ({ row }) => (isRunning ? progressOf(row) : t.replay.outcomes[row.outcome]),
    cell: ({ row }) =>
      isRunning ? (
        <span className="muted">{progressOf(row)}</span>
      ) : (
        <span className={`verd ${OUTCOME_LOOK[row.outcome][1]}`}>
          <Icon name={OUTCOME_LOOK[row.outcome][0]} small />
          {t.replay.outcomes[row.outcome]}
        </span>
      ),
  },
  {
    id: 'replayed',
    title: t.replay.replayed,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.replayed),
    cell: ({ row }) => <SideCell side={row.replayed} absent={isRunning ? '' : t.replay.nothingCame} />,
  },
  {
    id: 'late',
    title: t.replay.deltaAnswer,
    width: '82px',
    isRight: true,
    text: ({ row }) => (row.lateMs === undefined ? '' : `+${Math.round(row.lateMs)} ms`),
  },
];

function progressOf(row: VerdictRow): string {
  return row.replayed === undefined ? t.replay.sent : t.replay.came;
}

const WHILE_RUNNING = columnsOf(true);
const AT_THE_END = columnsOf(false);

export function VerdictTable({
  rows,
  onlyDifferent,
  isRunning,
}: {
  readonly rows: readonly VerdictRow[];
  readonly onlyDifferent: boolean;
  readonly isRunning: boolean;
}) {
  const { replay } = useApp();
  const chosen = useStore(replay.row);
  const host = useRef<HTMLDivElement>(null);
  const shown = useMemo(
    () => rows.map((row, index) => ({ index, row })).filter(({ row }) => !onlyDifferent || isDifferent(row)),
    [rows, onlyDifferent],
  );
  useEffect(() => replay.field.set(''), [replay, chosen]);
  return (
    <div className="fill" ref={host}>
      <Table
        label={t.replay.alignment}
        rows={shown}
        columns={isRunning ? WHILE_RUNNING : AT_THE_END}
        rowKey={({ index }) => index}
        selected={chosen}
        onSelect={({ index }) => replay.row.set(index)}
        isFixed
        className="align"
      />
    </div>
  );
}
