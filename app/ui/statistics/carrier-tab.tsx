import { useState } from 'react';
import type { CarrierList, CarrierRow } from '../../../core/contract/frames.ts';
import { useApp } from '../app.ts';
import { grouped, seconds } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { FrameLink } from '../inspector/frame-link.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { type Requested, useRequest, useTick } from '../widgets/use-request.ts';
import { CarrierBytes } from './carrier-bytes.tsx';
import { StatisticsBody } from './statistics-body.tsx';

const words = t.statistics.carrier;
const PAGE = 1000;
const REFRESH_MS = 2000;
/** What can be asked for by name. */
const COMMANDS = [
  'acknowledge',
  'connect',
  'verifyConnect',
  'disconnect',
  'ping',
  'bandwidthLimit',
  'throttleConfigure',
  'sendReliable',
  'sendUnreliable',
  'sendUnsequenced',
  'sendFragment',
  'sendUnreliableFragment',
];

const COLUMNS: readonly TableColumn<CarrierRow>[] = [
  { id: 'time', title: t.inspector.time, width: '84px', isRight: true, text: (row) => seconds(row.at) },
  { id: 'conn', title: t.timeline.columns.conn, width: '84px', text: (row) => `c${row.conn}` },
  {
    id: 'direction',
    title: '',
    width: '28px',
    text: (row) => t.timeline.direction[row.direction],
    cell: (row) => (
      <span className={row.direction === 'toServer' ? 'c-s' : 'c-c'}>
        <Icon name={row.direction === 'toServer' ? 'right' : 'left'} />
      </span>
    ),
  },
  { id: 'commands', title: words.commands, width: 'minmax(160px, 1fr)', isMono: true, text: commandsText },
  { id: 'size', title: words.datagram, width: '80px', isRight: true, text: (row) => grouped(row.size) },
  {
    id: 'after',
    title: words.after,
    width: '84px',
    isRight: true,
    text: (row) => (row.after === 0 ? '' : `#${grouped(row.after)}`),
    cell: (row) => (row.after === 0 ? '' : <FrameLink n={row.after} />),
  },
];

/** Runs of the same command on one channel are told together: `acknowledge 4, 5 · channel 0`. */
function commandsText({ commands }: CarrierRow): string {
  const runs: { name: string; channel: number; texts: string[] }[] = [];
  for (const { name, channel, text } of commands) {
    const last = runs.at(-1);
    if (last?.name === name && last.channel === channel) last.texts.push(text);
    else runs.push({ name, channel, texts: [text] });
  }
  return runs.map(({ name, channel, texts }) => words.run(name, channel, texts.join(', '))).join(' · ');
}

/** What carriers said that brought no frame: for who looks for the reason below. */
export function CarrierTab() {
  const app = useApp();
  const connections = useStore(app.mirror.connections).filter(({ transport }) => transport === 'enet');
  const isLive = useStore(app.mirror.session, (session) => session?.recording === true);
  const [conn, setConn] = useState(0);
  const [command, setCommand] = useState('');
  const [pages, setPages] = useState(1);
  const [chosen, setChosen] = useState(0);
  const tick = useTick(REFRESH_MS, isLive);
  const asked = { ...(conn === 0 ? {} : { conn }), ...(command === '' ? {} : { command }) };
  const result: Requested<CarrierList> = useRequest(
    (client) => client.request('carrier.list', { ...asked, limit: Math.min(5000, pages * PAGE) }),
    `${conn} ${command} ${pages} ${tick}`,
  );
  return (
    <div className="pane">
      <div className="add-line carrier-tools">
        <select
          className="field"
          aria-label={t.timeline.columns.conn}
          value={conn}
          onChange={(event) => setConn(Number(event.target.value))}
        >
          <option value={0}>{words.anyConnection}</option>
          {connections.map(({ id, name }) => (
            <option key={id} value={id}>
              {`c${id} ${name}`}
            </option>
          ))}
        </select>
        <select
          className="field"
          aria-label={words.commands}
          value={command}
          onChange={(event) => setCommand(event.target.value)}
        >
          <option value="">{words.anyCommand}</option>
          {COMMANDS.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
        {result.value?.more === true && pages * PAGE < 5000 && (
          <button className="btn" onClick={() => setPages(pages + 1)}>
            {words.more}
          </button>
        )}
      </div>
      <StatisticsBody result={result} isEmpty={() => false}>
        {({ rows }) =>
          rows.length === 0 ? (
            <div className="empty in-dock">
              <b>{words.none}</b>
              <span>{words.noneText}</span>
            </div>
          ) : (
            <div className="carrier">
              <Table
                label={t.statistics.tabs.carrier}
                rows={rows}
                columns={COLUMNS}
                rowKey={(row) => row.id}
                isFixed
                selected={chosen === 0 ? undefined : chosen}
                onSelect={(row) => setChosen(row.id)}
              />
              {chosen > 0 && <CarrierBytes id={chosen} />}
            </div>
          )
        }
      </StatisticsBody>
    </div>
  );
}
