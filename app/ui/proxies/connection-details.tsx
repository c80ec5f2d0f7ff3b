import type { ConnectionStatus } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';
import { wallTime } from '../format/number.ts';
import { t } from '../strings/strings.ts';

export function ConnectionDetails({ connection }: { readonly connection: ConnectionStatus }) {
  const app = useApp();
  const isOpen = connection.closed === undefined;
  const end = (reset: boolean) => () =>
    void app.client.request('connection.close', { id: connection.id, reset }).catch(app.notices.problem);
  const facts: readonly (readonly [string, string])[] = [
    [t.proxies.calledItself, connection.clientName ?? ''],
    [t.proxies.transport, connection.transport],
    [t.proxies.proxy, connection.proxy ?? ''],
    [t.proxies.role, connection.role ?? ''],
    [t.proxies.journey, connection.journey === undefined ? '' : String(connection.journey)],
    [t.proxies.opened, wallTime(connection.opened)],
    [t.proxies.closed, connection.closed === undefined ? '' : wallTime(connection.closed)],
    [t.proxies.ending, connection.ending ?? ''],
    ...Object.entries(connection.details).map(([name, value]) => [name, String(value)] as const),
  ];
  return (
    <div className="pane">
      <div className="head">
        <h2>{t.proxies.details}</h2>
        <span className="cut">{`c${connection.id} · ${connection.name}`}</span>
      </div>
      <div className="details scroll" tabIndex={0} role="region" aria-label={t.proxies.details}>
        <dl className="facts">
          {facts.map(([name, value]) =>
            value === '' ? null : (
              <div className="fact" key={name}>
                <dt className="cut" title={name}>
                  {name}
                </dt>
                <dd className="wrap">{value}</dd>
              </div>
            ),
          )}
        </dl>
      </div>
      <div className="acts">
        <button
          className="btn"
          onClick={() => void app.filter.apply(`conn == ${connection.id}`).catch(app.notices.problem)}
        >
          {t.proxies.showFrames}
        </button>
        <button className="btn" onClick={() => app.overlays.dialog('decode-as', connection.id)}>
          {t.proxies.decodeAs}
        </button>
        <button className="btn" disabled={!isOpen} onClick={end(false)}>
          {t.proxies.close}
        </button>
        <button className="btn quiet-danger" disabled={!isOpen} onClick={end(true)}>
          {t.proxies.reset}
        </button>
      </div>
    </div>
  );
}
