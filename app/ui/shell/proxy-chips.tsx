import type { ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import { useApp } from '../app.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { proxyMenu } from '../proxies/proxy-menu.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { swatchClass } from '../timeline/swatch.ts';

type Shown = keyof typeof t.shell.proxyState;

const GLYPH: Readonly<Record<Shown, readonly [IconName, string]>> = {
  running: ['check', 'c-ok'],
  holding: ['hold', 'c-warning'],
  fault: ['clock', 'c-warning'],
  starting: ['clock', 'muted'],
  stopped: ['stop', 'muted'],
  failed: ['error', 'c-problem'],
};

/** Few proxies stand side by side; more fold behind a count. */
const MOST = 5;

export function ProxyChips() {
  const app = useApp();
  const proxies = useStore(app.mirror.proxies);
  const held = useStore(app.mirror.held);
  const connections = useStore(app.mirror.connections);
  const own = proxies.filter((proxy) => proxy.followedFrom === undefined);
  if (own.length === 0) {
    return (
      <button className="btn" onClick={() => app.commands.run('proxy.add')}>
        <Icon name="plus" small />
        {t.proxies.start}
      </button>
    );
  }
  const holding = new Set(
    held.map((frame) => connections.find((connection) => connection.id === frame.conn)?.proxy ?? ''),
  );
  return (
    <div className="proxies" role="group" aria-label={t.shell.proxies}>
      {own.slice(0, MOST).map((proxy) => {
        const state = shownState(proxy, holding.has(proxy.spec.name));
        const [icon, tone] = GLYPH[state];
        const word = t.shell.proxyState[state];
        return (
          <button
            key={proxy.spec.name}
            className={proxy.state === 'stopped' ? 'off' : ''}
            title={`${proxy.spec.name}: ${word}${proxy.error === undefined ? '' : `. ${proxy.error}`}`}
            aria-haspopup="menu"
            onClick={(event) => app.overlays.showMenu(event.currentTarget, proxy.spec.name, proxyMenu(app, proxy))}
          >
            <i className={swatchClass(proxy.spec.protocol ?? '')} />
            {proxy.spec.name}
            <span className={tone}>
              <Icon name={icon} small />
            </span>
            <span className="sr">{word}</span>
          </button>
        );
      })}
      {own.length > MOST && <button onClick={() => app.dock.show('connections')}>{`+${own.length - MOST}`}</button>}
    </div>
  );
}

function shownState(proxy: ProxyStatus, isHolding: boolean): Shown {
  if (proxy.state !== 'running') return proxy.state;
  return isHolding ? 'holding' : 'running';
}
