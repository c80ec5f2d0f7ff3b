import { useEffect, useMemo, useRef } from 'react';
import type { VerdictRow } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { delta, grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { OUTCOME_LOOK } from './replay-banner.tsx';
import { isDifferent } from './replay-service.ts';
import { SideCell } from './side-cell.tsx';

interface Indexed {
  readonly index: number;
  readonly row: VerdictRow;
}

type Side = VerdictRow['recorded'];

function text(side: Side): string {
  return side === undefined ? '' : `${side.message} ${oneLine(side.summary)}`;
}

/** While it runs rows only say what was sent and what came: the verdict needs the end. */
const columnsOf = (isRunning: boolean, isOfBuilds = false): readonly TableColumn<Indexed>[] => [
  {
    id: 'n',
    title: '#',
    width: '52px',
    isRight: true,
    text: ({ row }) => (row.recorded === undefined ? '' : grouped(row.recorded.n)),
  },
  {
    id: 'recorded',
    title: isOfBuilds ? t.replay.firstBuild : t.replay.recorded,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.recorded),
    cell: ({ row }) => <SideCell side={row.recorded} absent={isRunning ? '' : '—'} />,
  },
  {
    id: 'verdict',
    title: t.replay.verdict,
    width: '104px',
    text: ({ row }) => (isRunning || isSent(row) ? progressOf(row) : t.replay.outcomes[row.outcome]),
    cell: ({ row }) =>
      isRunning || isSent(row) ? (
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
    title: isOfBuilds ? t.replay.secondBuild : t.replay.replayed,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.replayed),
    cell: ({ row }) => <SideCell side={row.replayed} absent={isRunning ? '' : t.replay.nothingCame} />,
  },
  {
    id: 'late',
    title: t.replay.deltaAnswer,
    width: '82px',
    isRight: true,
    text: ({ row }) => (row.deltaMs === undefined ? '' : delta(row.deltaMs / 1000)),
    cell: ({ row }) => (
      <span className={row.outcome === 'late' ? 'c-warning' : 'muted'}>
        {row.deltaMs === undefined ? '' : delta(row.deltaMs / 1000)}
      </span>
    ),
  },
];

/** A message of the client: there is nothing to judge about it. */
function isSent({ recorded, replayed }: VerdictRow): boolean {
  return (recorded ?? replayed)?.direction === 'toServer';
}

function progressOf(row: VerdictRow): string {
  return isSent(row) ? t.replay.sent : t.replay.came;
}

const WHILE_RUNNING = columnsOf(true);
const AT_THE_END = columnsOf(false);
const OF_BUILDS = columnsOf(false, true);

export function VerdictTable({
  rows,
  onlyDifferent,
  isRunning,
  isOfBuilds,
}: {
  readonly rows: readonly VerdictRow[];
  readonly onlyDifferent: boolean;
  readonly isRunning: boolean;
  readonly isOfBuilds: boolean;
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
        columns={isRunning ? WHILE_RUNNING : isOfBuilds ? OF_BUILDS : AT_THE_END}
        rowKey={({ index }) => index}
        selected={chosen}
        onSelect={({ index }) => replay.row.set(index)}
        isFixed
        className="align"
      />
    </div>
  );
}
