import type { App } from '../app.ts';
import { ACCEPTED, openBeside, openPicked } from '../dialogs/open-file.ts';
import { t } from '../strings/strings.ts';
import type { Command } from './command.ts';

const words = t.commands.titles;

export const SESSION_COMMANDS: readonly Command[] = [
  {
    id: 'record.toggle',
    title: words.record,
    icon: 'target',
    group: 'session',
    keys: ['Mod+R', 'Shift+R'],
    when: (app) => app.mirror.session.get()?.readOnly === false,
    run: async (app) => {
      const { recording } = app.mirror.session.get() ?? { recording: false };
      app.mirror.session.set(await app.client.request('session.record', { on: !recording }));
    },
  },
  {
    id: 'palette',
    title: words.palette,
    icon: 'search',
    group: 'session',
    keys: ['Mod+K'],
    whileTyping: true,
    run: (app) => app.overlays.open({ kind: 'palette' }),
  },
  {
    id: 'help',
    title: words.helpLong,
    icon: 'note',
    group: 'session',
    keys: ['?'],
    sheet: { title: words.help },
    run: (app) => app.overlays.open({ kind: 'help' }),
  },
  {
    id: 'file.open',
    title: words.open,
    icon: 'folder',
    group: 'session',
    keys: ['Mod+O'],
    whileTyping: true,
    run: openFile,
  },
  {
    id: 'session.new',
    title: words.newSession,
    icon: 'plus',
    group: 'session',
    run: async (app) => void app.mirror.session.set(await app.client.request('session.new', {})),
  },
  {
    id: 'session.saveAs',
    title: words.saveAs,
    icon: 'file',
    group: 'session',
    keys: ['Mod+Shift+S'],
    run: (app) => app.overlays.dialog('save-as'),
  },
  {
    id: 'export',
    title: words.export,
    icon: 'export',
    group: 'session',
    keys: ['Mod+S'],
    run: (app) => app.overlays.dialog('export'),
  },
  {
    id: 'proxy.add',
    title: words.addProxy,
    icon: 'plus',
    group: 'session',
    run: (app) => app.overlays.dialog('proxy'),
  },
  {
    id: 'demo.start',
    title: words.demo,
    icon: 'play',
    group: 'session',
    run: async (app) => void app.mirror.proxies.set(await app.client.request('demo.start', {})),
  },
  {
    id: 'demo.stop',
    title: words.demoStop,
    icon: 'stop',
    group: 'session',
    run: async (app) => void (await app.client.request('demo.stop', {})),
  },
  {
    id: 'capture',
    title: words.capture,
    icon: 'target',
    group: 'session',
    run: (app) => app.overlays.dialog('capture'),
  },
  {
    id: 'capture.stop',
    title: words.captureStop,
    icon: 'stop',
    group: 'session',
    when: (app) => app.mirror.capture.get()?.running === true,
    run: async (app) => void app.mirror.capture.set(await app.client.request('capture.stop', {})),
  },
  { id: 'script', title: words.script, icon: 'file', group: 'session', run: (app) => app.overlays.dialog('script') },
  { id: 'doctor', title: words.doctor, icon: 'shield', group: 'session', run: (app) => app.overlays.dialog('doctor') },
  {
    id: 'session.beside',
    title: words.sessionBeside,
    icon: 'screen',
    group: 'session',
    run: (app) => openBeside(app, null),
  },
  {
    id: 'file.openBeside',
    title: words.openBeside,
    icon: 'screen',
    group: 'session',
    run: async (app) => {
      const picked = await app.host.pickFile(ACCEPTED);
      if (picked !== null) await openBeside(app, picked);
    },
  },
  { id: 'window.new', title: words.window, icon: 'screen', group: 'session', run: (app) => app.host.openWindow() },
  { id: 'about', title: words.about, icon: 'logo', group: 'session', run: (app) => app.overlays.dialog('about') },
];

async function openFile(app: App): Promise<void> {
  const picked = await app.host.pickFile(ACCEPTED);
  if (picked !== null) await openPicked(app, picked);
}
