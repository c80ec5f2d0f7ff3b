/** Chooses the host, connects to the engine this page came from, mounts the shell. */
import { createRoot } from 'react-dom/client';
import './theme/styles.css';
import { AppProvider, createApp } from './app.ts';
import { listenForKeys } from './commands/dispatch.ts';
import { openPath } from './dialogs/open-file.ts';
import { takeToken } from './engine-client/token.ts';
import { createBrowserHost } from './host/browser-host.ts';
import { wireHost } from './host/wire-host.ts';
import { chooseHost } from './host/desktop-host.ts';
import { mountSprite } from './icons/sprite.ts';
import { Shell } from './shell/shell.tsx';
import { applyTheme } from './theme/theme.ts';

const arrival = takeToken({
  hash: location.hash,
  storage: sessionStorage,
  erase: () => history.replaceState(null, '', location.pathname + location.search),
});
const line = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api`;
const app = createApp(chooseHost(createBrowserHost()), line, () => arrival.token, {
  local: localStorage,
  session: sessionStorage,
});
applyTheme(app.settings);
mountSprite(document);
listenForKeys(document, app);
wireHost(app);
const { open } = arrival;
if (open !== undefined) app.client.whenReady(() => void openPath(app, open).catch(app.notices.problem));

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
createRoot(root).render(
  <AppProvider value={app}>
    <Shell />
  </AppProvider>,
);
