/** Chooses the host, connects to the engine this page came from, mounts the shell. */
import { createRoot } from 'react-dom/client';
import './theme/styles.css';
import { AppProvider, createApp } from './app.ts';
import { listenForKeys } from './commands/dispatch.ts';
import { takeToken } from './engine-client/token.ts';
import { createBrowserHost } from './host/browser-host.ts';
import { wireHost } from './host/wire-host.ts';
import { chooseHost } from './host/desktop-host.ts';
import { mountSprite } from './icons/sprite.ts';
import { Shell } from './shell/shell.tsx';
import { applyTheme } from './theme/theme.ts';

const token = takeToken({
  hash: location.hash,
  storage: sessionStorage,
  erase: () => history.replaceState(null, '', location.pathname + location.search),
});
const line = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api`;
const app = createApp(chooseHost(createBrowserHost()), line, () => token, {
  local: localStorage,
  session: sessionStorage,
});
applyTheme(app.settings);
mountSprite(document);
listenForKeys(document, app);
wireHost(app);

const root = document.getElementById('root');
if (root === null) throw new Error('The page has no root element.');
createRoot(root).render(
  <AppProvider value={app}>
    <Shell />
  </AppProvider>,
);
