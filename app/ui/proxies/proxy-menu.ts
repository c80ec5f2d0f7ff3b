import type { ProxyStatus } from '../../../core/traffic/proxy-spec.ts';
import type { App } from '../app.ts';
import type { MenuEntry } from '../commands/overlays.ts';
import { filterLiteral } from '../filter/filter-draft.ts';
import { copyText } from '../inspector/field-menu.ts';
import { t } from '../strings/strings.ts';

/** An address of this machine by its port, as one reads it: `ws://127.0.0.1:8101/` → `:8101`. */
export function shortUrl(url: string): string {
  return url.replace(/^\w+:\/\/(127\.0\.0\.1|localhost|\[::1\])?(?=.)/, '').replace(/\/$/, '');
}

export function proxyMenu(app: App, proxy: ProxyStatus): readonly MenuEntry[] {
  const { name } = proxy.spec;
  const isRunning = proxy.state === 'running' || proxy.state === 'starting';
  const ask = (verb: 'proxy.stop' | 'proxy.restart' | 'proxy.remove') => () =>
    void app.client.request(verb, { name }).catch(app.notices.problem);
  const url = proxy.url ?? proxy.spec.listen;
  return [
    { heading: `${url} → ${proxy.spec.upstream ?? ''}` },
    isRunning
      ? { title: t.proxies.stop, icon: 'stop', run: ask('proxy.stop') }
      : { title: t.proxies.restart, icon: 'play', run: ask('proxy.restart') },
    { title: t.proxies.edit, icon: 'edit', run: () => app.overlays.dialog('proxy', proxy.spec) },
    { title: t.proxies.copyUrl, icon: 'copy', note: url, run: () => void copyText(app, url) },
    {
      title: t.proxies.onlyThis,
      icon: 'filter',
      run: () => void app.filter.apply(`proxy == ${filterLiteral(name)}`).catch(app.notices.problem),
    },
    'line',
    { title: t.proxies.remove, icon: 'trash', run: ask('proxy.remove') },
  ];
}
