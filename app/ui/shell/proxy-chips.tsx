import type { ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import type { App } from '../app.ts';
import { useApp } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { Icon } from '../icons/icon.tsx';
import type { IconName } from '../icons/icon-set.ts';
import { proxyMenu, shortUrl } from '../proxies/proxy-menu.ts';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { swatchClass } from '../timeline/swatch.ts';

type Shown = keyof typeof t.shell.proxyState;

/** Worst first: a group shows the first of these that one of its proxies is in. */
const GLYPH: Readonly<Record<Shown, readonly [IconName, string]>> = {
  failed: ['error', 'c-problem'],
  holding: ['hold', 'c-warning'],
  fault: ['clock', 'c-warning'],
  starting: ['clock', 'muted'],
  stopped: ['stop', 'muted'],
  running: ['check', 'c-ok'],
};
const STATES = Object.keys(GLYPH) as readonly Shown[];

/** Few proxies stand side by side; more are grouped by game, and more games fold behind a count. */
const MOST = 5;

interface Chip {
  readonly name: string;
  readonly proxies: readonly ProxyStatus[];
}

export function ProxyChips() {
  const app = useApp();
  const proxies = useStore(app.mirror.proxies);
  const held = useStore(app.mirror.held);
  const connections = useStore(app.mirror.connections);
  const isPanic = useStore(app.mirror.panic);
  const faults = useStore(app.mirror.faults)?.faults.filter((fault) => fault.enabled && !isPanic) ?? [];
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
  const chips = chipsOf(own);
  return (
    <div className="proxies" role="group" aria-label={t.shell.proxies}>
      {chips.slice(0, MOST).map((chip) => {
        const states = chip.proxies.map((proxy) =>
          shownState(
            proxy,
            holding.has(proxy.spec.name),
            faults.some((fault) => fault.proxy === undefined || fault.proxy === proxy.spec.name),
          ),
        );
        const state = STATES.find((each) => states.includes(each)) ?? 'running';
        const [icon, tone] = GLYPH[state];
        const word = t.shell.proxyState[state];
        const error = chip.proxies.find((proxy) => proxy.error !== undefined)?.error;
        return (
          <button
            key={chip.name}
            className={states.every((each) => each === 'stopped') ? 'off' : ''}
            title={`${chip.proxies.map((proxy) => proxy.spec.name).join(', ')}: ${word}${error === undefined ? '' : `. ${error}`}`}
            aria-haspopup="menu"
            onClick={(event) =>
              app.overlays.showMenu(event.currentTarget, chip.name, chipMenu(app, chip, event.currentTarget))
            }
          >
            <i className={swatchClass(chip.proxies[0]?.spec.protocol ?? '')} />
            <span className="cut">{chip.name}</span>
            {chip.proxies.length > 1 && <span className="muted num">{chip.proxies.length}</span>}
            <span className={tone}>
              <Icon name={icon} small />
            </span>
            <span className="sr">{word}</span>
          </button>
        );
      })}
      {chips.length > MOST && <button onClick={() => app.dock.show('connections')}>{`+${chips.length - MOST}`}</button>}
    </div>
  );
}

function chipsOf(own: readonly ProxyStatus[]): readonly Chip[] {
  if (own.length <= MOST) return own.map((proxy) => ({ name: proxy.spec.name, proxies: [proxy] }));
  const groups = Map.groupBy(own, (proxy) => proxy.spec.protocol ?? '');
  return [...groups].map(([protocol, proxies]) => ({
    name: protocol === '' || proxies.length === 1 ? (proxies[0]?.spec.name ?? protocol) : protocol,
    proxies,
  }));
}

function chipMenu(app: App, chip: Chip, anchor: Element): readonly MenuEntry[] {
  const [first, ...others] = chip.proxies;
  if (first === undefined) return [];
  if (others.length === 0) return proxyMenu(app, first);
  return chip.proxies.map((proxy) => ({
    title: proxy.spec.name,
    icon: GLYPH[shownState(proxy, false, false)][0],
    note: shortUrl(proxy.url ?? proxy.spec.listen),
    run: () => app.overlays.showMenu(anchor, proxy.spec.name, proxyMenu(app, proxy)),
  }));
}

function shownState(proxy: ProxyStatus, isHolding: boolean, isFaulty: boolean): Shown {
  if (proxy.state !== 'running') return proxy.state;
  return isHolding ? 'holding' : isFaulty ? 'fault' : 'running';
}
