import type { Conversation, LatencyTotal, MessageTotal } from '../../../core/contract/statistics-verbs.ts';
import { useApp } from '../app.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import { byteCount, grouped, milliseconds, percent } from '../format/number.ts';
import { t } from '../strings/strings.ts';
import { swatchClass } from '../timeline/swatch.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { StatisticsBody } from './statistics-body.tsx';
import { useStatistics } from './use-statistics.ts';

const { columns } = t.statistics;
const protocolColumn = {
  id: 'protocol',
  title: columns.protocol,
  width: '112px',
  text: (row: { readonly protocol: string }) => row.protocol,
  cell: (row: { readonly protocol: string }) => (
    <span className="with-swatch">
      <i className={swatchClass(row.protocol)} /> {row.protocol}
    </span>
  ),
};
const ms = (value: number): string => milliseconds(value) || '< 0.1 ms';

const MESSAGES: readonly TableColumn<MessageTotal>[] = [
  protocolColumn,
  {
    id: 'message',
    title: columns.message,
    width: 'minmax(140px, 1.6fr)',
    isMono: true,
    text: (row) => row.message || (row.isControl === true ? t.timeline.control : t.timeline.notUnderstood),
  },
  {
    id: 'direction',
    title: columns.direction,
    width: '76px',
    text: (row) => (t.timeline.direction as Readonly<Record<string, string>>)[row.direction] ?? row.direction,
  },
  {
    id: 'frames',
    title: columns.frames,
    width: '80px',
    isRight: true,
    text: (row) => grouped(row.frames),
    sort: (row) => row.frames,
  },
  {
    id: 'share',
    title: columns.share,
    width: '64px',
    isRight: true,
    text: (row) => percent(row.share),
    sort: (row) => row.share,
  },
  {
    id: 'rate',
    title: columns.perSecond,
    width: '72px',
    isRight: true,
    text: (row) => row.perSecond.toFixed(1),
    sort: (row) => row.perSecond,
  },
  {
    id: 'bytes',
    title: columns.bytes,
    width: '84px',
    isRight: true,
    text: (row) => byteCount(row.bytes),
    sort: (row) => row.bytes,
  },
  {
    id: 'mean',
    title: columns.mean,
    width: '64px',
    isRight: true,
    text: (row) => grouped(Math.round(row.bytes / Math.max(1, row.frames))),
    sort: (row) => row.bytes / Math.max(1, row.frames),
  },
  {
    id: 'size',
    title: columns.size,
    width: '92px',
    isRight: true,
    text: (row) => `${grouped(row.minSize)}–${grouped(row.maxSize)}`,
    sort: (row) => row.maxSize,
  },
];

export function MessagesTab() {
  const app = useApp();
  const totals = useStatistics((client, scope) => client.request('stats.messages', scope));
  const show = (row: MessageTotal): void =>
    void app.filter.add(`message == ${filterLiteral(row.message)}`).catch(app.notices.problem);
  return (
    <StatisticsBody result={totals}>
      {(rows) => (
        <Table
          label={t.statistics.tabs.messages}
          rows={[...rows].sort((a, b) => b.frames - a.frames)}
          columns={MESSAGES}
          rowKey={(row) => `${row.protocol}/${row.message}/${row.direction}/${row.isControl === true}`}
          onOpen={show}
          onSelect={(row) => app.statistics.message.set(`${row.protocol}/${row.message}`)}
          onMenu={(row, event) => {
            event.preventDefault();
            app.overlays.showMenu({ x: event.clientX, y: event.clientY }, row.message, [
              { title: t.commands.menu.filterBy, icon: 'filter', note: row.message, run: () => show(row) },
              {
                title: t.statistics.showBytes,
                icon: 'target',
                run: () => {
                  app.statistics.message.set(`${row.protocol}/${row.message}`);
                  app.statistics.tab.set('bytes');
                },
              },
            ]);
          }}
        />
      )}
    </StatisticsBody>
  );
}

const CONVERSATIONS: readonly TableColumn<Conversation>[] = [
  { id: 'conn', title: '', width: '46px', text: (row) => `c${row.conn}`, sort: (row) => row.conn },
  protocolColumn,
  {
    id: 'client',
    title: t.proxies.columns.client,
    width: 'minmax(120px, 1fr)',
    isMono: true,
    text: (row) => row.client,
  },
  {
    id: 'server',
    title: t.proxies.columns.server,
    width: 'minmax(120px, 1fr)',
    isMono: true,
    text: (row) => row.server,
  },
  {
    id: 'up',
    title: columns.framesUp,
    width: '76px',
    isRight: true,
    text: (row) => grouped(row.framesToServer),
    sort: (row) => row.framesToServer,
  },
  {
    id: 'down',
    title: columns.framesDown,
    width: '76px',
    isRight: true,
    text: (row) => grouped(row.framesToClient),
    sort: (row) => row.framesToClient,
  },
  {
    id: 'bytesUp',
    title: columns.bytesUp,
    width: '84px',
    isRight: true,
    text: (row) => byteCount(row.bytesToServer),
    sort: (row) => row.bytesToServer,
  },
  {
    id: 'bytesDown',
    title: columns.bytesDown,
    width: '84px',
    isRight: true,
    text: (row) => byteCount(row.bytesToClient),
    sort: (row) => row.bytesToClient,
  },
  {
    id: 'seconds',
    title: columns.lasted,
    width: '76px',
    isRight: true,
    text: (row) => ms(row.seconds * 1000),
    sort: (row) => row.seconds,
  },
];

export function ConversationsTab() {
  const app = useApp();
  const result = useStatistics((client, scope) => client.request('stats.conversations', scope));
  return (
    <StatisticsBody result={result}>
      {(rows) => (
        <Table
          label={t.statistics.tabs.conversations}
          rows={rows}
          columns={CONVERSATIONS}
          rowKey={(row) => row.conn}
          onOpen={(row) => void app.filter.add(`conn == ${row.conn}`).catch(app.notices.problem)}
        />
      )}
    </StatisticsBody>
  );
}

const LATENCY: readonly TableColumn<LatencyTotal>[] = [
  protocolColumn,
  { id: 'request', title: columns.request, width: 'minmax(120px, 1fr)', isMono: true, text: (row) => row.request },
  { id: 'reply', title: columns.reply, width: 'minmax(120px, 1fr)', isMono: true, text: (row) => row.reply },
  {
    id: 'count',
    title: columns.count,
    width: '72px',
    isRight: true,
    text: (row) => grouped(row.count),
    sort: (row) => row.count,
  },
  { id: 'p50', title: 'p50', width: '76px', isRight: true, text: (row) => ms(row.p50Ms), sort: (row) => row.p50Ms },
  { id: 'p95', title: 'p95', width: '76px', isRight: true, text: (row) => ms(row.p95Ms), sort: (row) => row.p95Ms },
  { id: 'p99', title: 'p99', width: '76px', isRight: true, text: (row) => ms(row.p99Ms), sort: (row) => row.p99Ms },
  {
    id: 'max',
    title: columns.max,
    width: '76px',
    isRight: true,
    text: (row) => ms(row.maxMs),
    sort: (row) => row.maxMs,
  },
  {
    id: 'unanswered',
    title: columns.unanswered,
    width: '84px',
    isRight: true,
    text: (row) => grouped(row.unanswered),
    sort: (row) => row.unanswered,
    cell: (row) => <span className={row.unanswered > 0 ? 'c-warning' : 'muted'}>{grouped(row.unanswered)}</span>,
  },
];

export function LatencyTab() {
  const app = useApp();
  const result = useStatistics((client, scope) => client.request('stats.latency', scope));
  return (
    <StatisticsBody result={result}>
      {(rows) => (
        <Table
          label={t.statistics.tabs.latency}
          rows={rows}
          columns={LATENCY}
          rowKey={(row) => `${row.protocol}/${row.request}/${row.reply}`}
          onOpen={(row) =>
            void app.filter
              .add(`message in {${filterLiteral(row.request)}, ${filterLiteral(row.reply)}}`)
              .catch(app.notices.problem)
          }
        />
      )}
    </StatisticsBody>
  );
}
