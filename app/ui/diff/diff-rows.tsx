import type { VerdictRow, VerdictSide } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { grouped } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { SideCell } from '../replay/side-cell.tsx';
import { t } from '../strings/strings.ts';
import { selectOne } from '../timeline/selection.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { DIFF_LOOK } from './outcome-look.ts';

export interface Indexed {
  readonly index: number;
  readonly row: VerdictRow;
}

const number = (side: VerdictSide | undefined): string => (side === undefined ? '' : grouped(side.n));
const text = (side: VerdictSide | undefined): string =>
  side === undefined ? '' : `${side.message} ${oneLine(side.summary)}`;
type DiffOutcome = keyof typeof DIFF_LOOK;
const outcomeOf = ({ outcome }: VerdictRow): DiffOutcome =>
  outcome in DIFF_LOOK ? (outcome as DiffOutcome) : 'different';

const COLUMNS: readonly TableColumn<Indexed>[] = [
  { id: 'a', title: '#', width: '52px', isRight: true, text: ({ row }) => number(row.recorded) },
  {
    id: 'first',
    title: t.diff.first,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.recorded),
    cell: ({ row }) => <SideCell side={row.recorded} absent={t.diff.nothingHere} />,
  },
  {
    id: 'outcome',
    title: '',
    width: '100px',
    text: ({ row }) => t.diff.outcomes[outcomeOf(row)],
    cell: ({ row }) => {
      const [icon, tone] = DIFF_LOOK[outcomeOf(row)];
      return (
        <span className={`verd ${tone}`}>
          <Icon name={icon} small />
          {t.diff.outcomes[outcomeOf(row)]}
        </span>
      );
    },
  },
  {
    id: 'second',
    title: t.diff.second,
    width: 'minmax(0, 1fr)',
    text: ({ row }) => text(row.replayed),
    cell: ({ row }) => <SideCell side={row.replayed} absent={t.diff.nothingHere} />,
  },
  { id: 'b', title: '#', width: '52px', isRight: true, text: ({ row }) => number(row.replayed) },
];

export function DiffRows({
  rows,
  selected,
  onSelect,
}: {
  readonly rows: readonly Indexed[];
  readonly selected: number;
  onSelect(index: number): void;
}) {
  const { diff, selection } = useApp();
  // A double click leads to the frame, when it is one of the open session.
  const open = ({ row }: Indexed): void => {
    const { a, b } = diff.compared.get()?.draft ?? { a: '', b: '' };
    const side = a === '' ? row.recorded : b === '' ? row.replayed : undefined;
    if (side !== undefined) selection.set(selectOne(side.n));
  };
  return (
    <Table
      label={t.diff.alignment}
      rows={rows}
      columns={COLUMNS}
      rowKey={({ index }) => index}
      selected={selected}
      onSelect={({ index }) => onSelect(index)}
      onOpen={open}
      isFixed
      className="diff-rows"
    />
  );
}
