import type { VerdictRow } from '../../../core/contract/replay-verbs.ts';
import { useApp } from '../app.ts';
import { oneLine } from '../format/text.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { Table, type TableColumn } from '../widgets/table.tsx';

type Field = VerdictRow['fields'][number];

const state = (field: Field): string => {
  if (field.ignored !== undefined) return field.ignored;
  if (field.recorded === field.replayed) return t.replay.outcomes.same;
  if (field.recorded === '') return t.replay.extraField;
  return field.replayed === '' ? t.replay.missingField : t.replay.outcomes.different;
};
const isOff = (field: Field): boolean => field.ignored === undefined && field.recorded !== field.replayed;

const COLUMNS: readonly TableColumn<Field>[] = [
  {
    id: 'path',
    title: t.replay.field,
    width: 'minmax(90px, .8fr)',
    isMono: true,
    text: (field) => field.path || t.diff.wholeValue,
  },
  {
    id: 'recorded',
    title: t.replay.recorded,
    width: 'minmax(0, 1fr)',
    text: (field) => oneLine(field.recorded),
    cell: (field) => (
      <span className={isOff(field) ? 'del mono' : 'mono'}>
        {field.recorded === '' ? t.inspector.absent : oneLine(field.recorded)}
      </span>
    ),
  },
  {
    id: 'replayed',
    title: t.replay.replayed,
    width: 'minmax(0, 1fr)',
    text: (field) => oneLine(field.replayed),
    cell: (field) => (
      <span className={isOff(field) ? 'ins mono' : 'mono'}>
        {field.replayed === '' ? t.inspector.absent : oneLine(field.replayed)}
      </span>
    ),
  },
  {
    id: 'state',
    title: '',
    width: '92px',
    text: state,
    cell: (field) => <span className={isOff(field) ? 'c-problem' : 'muted'}>{state(field)}</span>,
  },
];

export function RowFields({ row }: { readonly row: VerdictRow | undefined }) {
  const { replay } = useApp();
  const chosen = useStore(replay.field);
  const side = row?.recorded ?? row?.replayed;
  return (
    <div className="pane">
      <div className="head">
        <h2 className="cut">{side === undefined ? t.replay.fields : t.replay.fieldsOf(side.message)}</h2>
        <span className="cut">{side === undefined ? '' : oneLine(side.summary)}</span>
        {row !== undefined && row.fields.length > 0 && (
          <span className="right">
            <Keys command="replay.ignore" /> {t.replay.ignoreField}
          </span>
        )}
      </div>
      {row === undefined || row.fields.length === 0 ? (
        <div className="empty in-dock">{row === undefined ? t.replay.chooseRow : t.replay.noFields}</div>
      ) : (
        <Table
          label={t.replay.fields}
          rows={row.fields}
          columns={COLUMNS}
          rowKey={(field) => field.path}
          selected={chosen}
          onSelect={(field) => replay.field.set(field.path)}
          isFixed
          className="fd"
        />
      )}
    </div>
  );
}
