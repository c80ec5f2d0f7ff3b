import { useApp } from '../app.ts';
import { byteCount, percent } from '../format/number.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { useRequest } from '../widgets/use-request.ts';
import { StatisticsBody } from './statistics-body.tsx';

interface FieldBytes {
  readonly path: string;
  readonly bytes: number;
  readonly unchanged: number;
}

const COLUMNS: readonly TableColumn<FieldBytes & { readonly share: number }>[] = [
  { id: 'path', title: t.statistics.columns.field, width: 'minmax(140px, 1fr)', isMono: true, text: (row) => row.path },
  {
    id: 'bytes',
    title: t.statistics.columns.bytes,
    width: '90px',
    isRight: true,
    text: (row) => byteCount(row.bytes),
    sort: (row) => row.bytes,
  },
  {
    id: 'share',
    title: t.statistics.columns.share,
    width: '72px',
    isRight: true,
    text: (row) => percent(row.share),
    sort: (row) => row.share,
  },
  {
    id: 'unchanged',
    title: t.statistics.columns.unchanged,
    width: '168px',
    isRight: true,
    text: (row) => t.statistics.unchanged(percent(row.unchanged)),
    sort: (row) => row.unchanged,
  },
];

/** Where the bytes of a message go, and how often a field says nothing new. */
export function FieldBytesTab() {
  const app = useApp();
  const chosen = useStore(app.statistics.message);
  const messages = useRequest((client) => client.request('stats.messages', {}), '');
  // A message that goes both ways is counted in two rows.
  const names = [
    ...new Set(
      [...(messages.value ?? [])]
        .filter((each) => each.message !== '')
        .sort((a, b) => b.bytes - a.bytes)
        .map((each) => `${each.protocol}/${each.message}`),
    ),
  ];
  const name = names.includes(chosen) ? chosen : (names[0] ?? '');
  const slash = name.indexOf('/');
  const result = useRequest(
    (client) =>
      name === ''
        ? Promise.resolve([])
        : client.request('stats.fieldBytes', { protocol: name.slice(0, slash), message: name.slice(slash + 1) }),
    name,
  );
  return (
    <div className="pane">
      <div className="add-line">
        <select
          className="field"
          aria-label={t.compose.message}
          value={name}
          onChange={(event) => app.statistics.message.set(event.target.value)}
        >
          {names.map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      </div>
      <StatisticsBody result={result}>
        {(fields) => {
          const all = fields.reduce((sum, field) => sum + field.bytes, 0);
          return (
            <Table
              label={t.statistics.tabs.bytes}
              rows={fields.map((field) => ({ ...field, share: all === 0 ? 0 : field.bytes / all }))}
              columns={COLUMNS}
              rowKey={(row) => row.path}
            />
          );
        }}
      </StatisticsBody>
    </div>
  );
}
