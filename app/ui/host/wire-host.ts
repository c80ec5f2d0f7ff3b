/** The desktop's menus and file openings are the command list seen from outside. */
import type { App } from '../app.ts';
import { openHere } from '../dialogs/open-file.ts';
import { t } from '../strings/strings.ts';

export function wireHost(app: App): void {
  const { host, commands } = app;
  host.onCommand((id) => commands.run(id));
  // The shell speaks as soon as the page is there, which may be before the engine is.
  host.onOpenFile((file) => app.client.whenReady(() => void openHere(app, file)));
  host.onNotice((text) => app.notices.say(text, 'warning'));
  const nameWindow = (): void => {
    const title = app.mirror.session.get()?.title ?? '';
    document.title = title === '' ? t.shell.appName : `${title} – ${t.shell.appName}`;
  };
  app.mirror.session.subscribe(nameWindow);
  const show = (): void =>
    host.showMenu(
      commands.all.map((command) => ({
        id: command.id,
        title: command.title,
        keys: commands.keysOf(command)[0] ?? '',
        menu: t.commands.menus[command.group],
        enabled: true,
      })),
    );
  show();
  let keys = app.settings.get().keys;
  app.settings.subscribe(() => {
    if (app.settings.get().keys === keys) return;
    keys = app.settings.get().keys;
    show();
  });
}
