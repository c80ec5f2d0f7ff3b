import type { MouseEvent } from 'react';
import { useApp } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { grouped } from '../format/number.ts';
import { Icon } from '../icons/icon.tsx';
import { useStore } from '../state/store.ts';
import { t } from '../strings/strings.ts';
import { Keys } from '../widgets/keys.tsx';
import { ProxyChips } from './proxy-chips.tsx';
import { RecordButton } from './record-button.tsx';
import { sessionMenu, themeMenu } from './top-menus.ts';

export function TopBar({ hasTraffic }: { readonly hasTraffic: boolean }) {
  const app = useApp();
  const isFollowing = useStore(app.view.follow);
  const menu =
    (label: string, entries: () => readonly MenuEntry[]) =>
    (event: MouseEvent<HTMLElement>): void =>
      app.overlays.showMenu(event.currentTarget, label, entries());
  return (
    <header className="top">
      <span className="brand">
        <Icon name="logo" />
        <span className="wide">{t.shell.appName}</span>
      </span>
      <span className="sep" />
      <SessionButton onMenu={menu(t.shell.session, () => sessionMenu(app))} />
      {hasTraffic && (
        <>
          <RecordButton />
          <button
            className="btn icon"
            aria-pressed={!isFollowing}
            aria-label={isFollowing ? t.shell.pauseLive : t.shell.resumeLive}
            title={isFollowing ? t.shell.pauseLive : t.shell.resumeLive}
            onClick={() => app.commands.run('follow.toggle')}
          >
            <Icon name={isFollowing ? 'pause' : 'play'} />
          </button>
          <span className="sep" />
          <ProxyChips />
          <HeldButton />
          <Exactness />
        </>
      )}
      <span className="grow" />
      <button className="btn pal" onClick={() => app.commands.run('palette')}>
        <span>
          <Icon name="search" />
          <span className={hasTraffic ? 'wide' : ''} aria-hidden={hasTraffic}>
            {hasTraffic ? t.shell.commands : t.shell.searchCommands}
          </span>
          {hasTraffic && <span className="sr">{t.shell.commands}</span>}
        </span>
        <Keys command="palette" />
      </button>
      <button
        className="btn bare icon"
        aria-label={t.shell.theme}
        title={t.shell.theme}
        onClick={menu(t.shell.theme, () => themeMenu(app))}
      >
        <Icon name="sun" />
      </button>
    </header>
  );
}

function SessionButton({ onMenu }: { readonly onMenu: (event: MouseEvent<HTMLElement>) => void }) {
  const { mirror } = useApp();
  const session = useStore(mirror.session);
  const isEmpty = session === null || (session.frames === 0 && session.title === '');
  return (
    <button
      className="btn bare session cut"
      title={session?.path ?? t.shell.noSession}
      onClick={onMenu}
      aria-haspopup="menu"
    >
      {isEmpty ? t.shell.noSession : session.title}
    </button>
  );
}

function HeldButton() {
  const app = useApp();
  const held = useStore(app.mirror.held);
  if (held.length === 0) return null;
  return (
    <button className="btn" title={t.shell.goToHeld} onClick={() => app.dock.show('holds')}>
      <Icon name="hold" className="c-warning" />
      <span>
        <b>{grouped(held.length)}</b> {t.shell.held}
      </span>
    </button>
  );
}

function Exactness() {
  const app = useApp();
  const meter = useStore(app.mirror.meter);
  if (meter === null || meter.frames === 0) return null;
  if (!meter.exact) {
    return (
      <button
        className="btn bare exact c-problem"
        title={t.shell.notExactTitle}
        onClick={() => app.commands.run('meter.show')}
      >
        <Icon name="differ" />
        <b>{t.shell.notExact}</b>
      </button>
    );
  }
  return (
    <span className="exact" title={t.shell.exactTitle}>
      <Icon name="equal" className="c-ok" />
      <b>{t.shell.exact}</b>
      {meter.changedOnPurpose > 0 && (
        <span className="wide cut">· {t.shell.changedOnPurpose(meter.changedOnPurpose)}</span>
      )}
    </span>
  );
}
