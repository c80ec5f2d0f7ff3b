import { useState } from 'react';
import type { ConnectionStatus } from '../../../core/contract/verbs.ts';
import type { ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import { useApp } from '../app.ts';
import { byteCount, grouped, percent } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { swatchClass } from '../timeline/swatch.ts';
import { Table, type TableColumn } from '../widgets/table.tsx';
import { ConnectionDetails } from './connection-details.tsx';
import { proxyMenu, shortUrl } from './proxy-menu.ts';

const endpoint = ({ address, port }: { readonly address: string; readonly port: number }): string =>
  `${address}:${port}`;

const COLUMNS: readonly TableColumn<ConnectionStatus>[] = [
  { id: 'id', title: t.proxies.columns.id, width: '46px', text: (c) => `c${c.id}`, sort: (c) => c.id },
  {
    id: 'protocol',
    title: t.proxies.columns.protocol,
    width: '112px',
    text: (c) => c.protocol,
    cell: (c) => (
      <span className="with-swatch">
        <i className={swatchClass(c.protocol)} /> {c.protocol === '' ? '—' : c.protocol}
      </span>
    ),
  },
  {
    id: 'client',
    title: t.proxies.columns.client,
    width: 'minmax(110px, 1fr)',
    text: (c) => endpoint(c.client),
    isMono: true,
  },
  {
    id: 'server',
    title: t.proxies.columns.server,
    width: 'minmax(110px, 1fr)',
    text: (c) => endpoint(c.server),
    isMono: true,
  },
  {
    id: 'frames',
    title: t.proxies.columns.frames,
    width: '72px',
    isRight: true,
    text: (c) => grouped(c.frames),
    sort: (c) => c.frames,
  },
  {
    id: 'up',
    title: t.proxies.columns.toServer,
    width: '82px',
    isRight: true,
    text: (c) => byteCount(c.bytesToServer),
    sort: (c) => c.bytesToServer,
  },
  {
    id: 'down',
    title: t.proxies.columns.toClient,
    width: '82px',
    isRight: true,
    text: (c) => byteCount(c.bytesToClient),
    sort: (c) => c.bytesToClient,
  },
  {
    id: 'understood',
    title: t.proxies.columns.understood,
    width: '84px',
    isRight: true,
    text: (c) => percent(c.understood),
    sort: (c) => c.understood,
  },
  {
    id: 'state',
    title: t.proxies.columns.state,
    width: 'minmax(104px, .8fr)',
    text: (c) => (c.closed === undefined ? t.proxies.open : (c.ending ?? t.proxies.closed)),
  },
];

export function Connections() {
  const app = useApp();
  const connections = useStore(app.mirror.connections);
  const [chosen, setChosen] = useState<number | null>(null);
  const open = connections.filter((each) => each.closed === undefined).length;
  const selected = connections.find((each) => each.id === chosen) ?? connections[0];
  return (
    <div className="dock connections">
      <ProxyList />
      <div className="pane">
        <div className="head">
          <h2>{t.proxies.connections}</h2>
          <span>{`${t.proxies.count(connections.length)} · ${t.proxies.openCount(open)}`}</span>
        </div>
        {connections.length === 0 ? (
          <div className="empty in-dock">
            <b>{t.proxies.noConnections}</b>
            <span>{t.proxies.noConnectionsAdvice}</span>
          </div>
        ) : (
          <Table
            label={t.proxies.connections}
            rows={connections}
            columns={COLUMNS}
            rowKey={(row) => row.id}
            selected={selected?.id}
            onSelect={(row) => setChosen(row.id)}
          />
        )}
      </div>
      {selected !== undefined && <ConnectionDetails connection={selected} />}
    </div>
  );
}

const STATE_ICON = {
  running: ['check', 'c-ok'],
  starting: ['clock', 'muted'],
  stopped: ['stop', 'muted'],
  failed: ['error', 'c-problem'],
} as const;

function ProxyList() {
  const app = useApp();
  const proxies = useStore(app.mirror.proxies);
  return (
    <div className="pane">
      <div className="head">
        <h2>{t.proxies.proxies}</h2>
        <span className="right">
          <button className="btn bare small" onClick={() => app.commands.run('proxy.add')}>
            <Icon name="plus" small />
            {t.filter.add}
          </button>
        </span>
      </div>
      <ul className="scroll proxy-list">
        {proxies.length === 0 && <li className="empty in-dock">{t.proxies.noProxies}</li>}
        {proxies.map((proxy) => (
          <ProxyItem key={proxy.spec.name} proxy={proxy} />
        ))}
      </ul>
    </div>
  );
}

function ProxyItem({ proxy }: { readonly proxy: ProxyStatus }) {
  const app = useApp();
  const [icon, tone] = STATE_ICON[proxy.state];
  const url = proxy.url ?? proxy.spec.listen;
  const [scheme = ''] = url.split('://');
  const route = `${scheme} ${shortUrl(url)} → ${proxy.spec.upstream === undefined ? '…' : shortUrl(proxy.spec.upstream)}`;
  return (
    <li className="proxy-item">
      <span className={tone}>
        <Icon name={icon} />
        <span className="sr">{t.shell.proxyState[proxy.state]}</span>
      </span>
      <span className="cut">
        <b>{proxy.spec.name}</b>{' '}
        <span className="muted">{proxy.followedFrom === undefined ? '' : t.proxies.followed(proxy.followedFrom)}</span>
      </span>
      <span className="muted num">{grouped(proxy.frames)}</span>
      <button
        className="btn bare icon small"
        aria-label={t.proxies.editTitle(proxy.spec.name)}
        aria-haspopup="menu"
        onClick={(event) => app.overlays.showMenu(event.currentTarget, proxy.spec.name, proxyMenu(app, proxy))}
      >
        <Icon name="more" />
      </button>
      <small className="mono cut" title={`${url} → ${proxy.spec.upstream ?? ''}`}>
        {route}
      </small>
      {proxy.error !== undefined && <small className="c-problem">{proxy.error}</small>}
    </li>
  );
}
