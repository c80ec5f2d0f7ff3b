import { useMemo } from 'react';
import type { MessagesTable } from '../../../core/contract/compare-verbs.ts';
import { useApp } from '../app.ts';
import { grouped, seconds } from '../format/number.ts';
import { oneLine } from '../format/text.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { selectOne } from '../timeline/selection.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { useRequest } from '../widgets/use-request.ts';

type Row = MessagesTable['rows'][number];

/** All messages of one name: what is the same in all is said once, the rest stands in columns. */
export function MessagesView() {
  const { diff, view } = useApp();
  const draft = useStore(diff.table);
  const { filter } = useStore(view.spec);
  const names = useRequest((client) => client.request('stats.messages', { filter }), filter);
  const known = [...new Set((names.value ?? []).map((each) => each.message).filter((name) => name !== ''))].sort();
  const table = useRequest(
    () => (draft.message === '' ? Promise.resolve(undefined) : diff.loadTable(draft, filter)),
    `${draft.message}/${draft.direction}/${filter}`,
  );
  const shown = draft.message === '' ? undefined : table.value;
  return (
    <div className="diff-body">
      <div className="diff-bar">
        <label className="inline">
          <span className="muted">{t.diff.message}</span>
          <select
            className="field mono"
            value={draft.message}
            onChange={(event) => diff.table.update((now) => ({ ...now, message: event.target.value }))}
          >
            <option value="">{t.diff.chooseMessage}</option>
            {(draft.message === '' || known.includes(draft.message) ? known : [draft.message, ...known]).map((name) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label className="inline">
          <span className="muted">{t.diff.direction}</span>
          <select
            className="field"
            value={draft.direction}
            onChange={(event) =>
              diff.table.update((now) => ({ ...now, direction: event.target.value as typeof draft.direction }))
            }
          >
            <option value="">{t.diff.eitherDirection}</option>
            <option value="toServer">{t.timeline.direction.toServer}</option>
            <option value="toClient">{t.timeline.direction.toClient}</option>
          </select>
        </label>
        <span className="muted cut">{shown === undefined ? '' : t.diff.rows(shown.rows.length, shown.total)}</span>
        <span className="muted cut right">{filter}</span>
      </div>
      {shown === undefined ? (
        <div className="empty in-dock">{table.error || t.diff.columnsText}</div>
      ) : (
        <Found table={shown} message={draft.message} />
      )}
    </div>
  );
}

function Found({ table, message }: { readonly table: MessagesTable; readonly message: string }) {
  const { selection } = useApp();
  const focus = useStore(selection, (now) => now.focus);
  const columns = useMemo(() => columnsOf(table), [table]);
  return (
    <>
      <div className="fill wide-table">
        <Table
          label={t.diff.table(message)}
          rows={table.rows}
          columns={columns}
          rowKey={(row) => row.n}
          selected={focus}
          onSelect={(row) => selection.set(selectOne(row.n))}
        />
      </div>
      {table.constant.length > 0 && (
        <div className="ignored">
          <Icon name="equal" small />
          <span className="cut" title={table.constant.map((each) => `${each.path} ${each.value}`).join('\n')}>
            {t.diff.constant(table.constant.length)}{' '}
            <span className="mono">
              {table.constant.map((each) => `${each.path} ${oneLine(each.value)}`).join(' · ')}
            </span>
          </span>
        </div>
      )}
    </>
  );
}

function columnsOf({ columns }: MessagesTable): TableColumn<Row>[] {
  return [
    { id: '#', title: '#', width: '64px', isRight: true, text: (row) => grouped(row.n), sort: (row) => row.n },
    {
      id: 'at',
      title: t.diff.time,
      width: '92px',
      isRight: true,
      text: (row) => seconds(row.at),
      sort: (row) => row.at,
    },
    { id: 'conn', title: t.diff.connection, width: '52px', text: (row) => `c${row.conn}`, sort: (row) => row.conn },
    ...columns.map(
      (path, i): TableColumn<Row> => ({
        id: `f ${path}`,
        title: path,
        width: columns.length > 8 ? '112px' : 'minmax(72px, 1fr)',
        isMono: true,
        text: (row) => oneLine(row.cells[i] ?? ''),
        sort: (row) => sortable(row.cells[i] ?? ''),
      }),
    ),
  ];
}

function sortable(text: string): number | string {
  const number = Number(text);
  return text !== '' && Number.isFinite(number) ? number : text;
}
