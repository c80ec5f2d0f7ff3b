import { existsSync } from 'node:fs';
import { startEngine, type StartedEngine } from '../../engine/start-engine.ts';
import type { Invocation } from '../command.ts';
import { startDesktop } from '../desktop.ts';
import { openBrowser } from '../open-browser.ts';
import { print } from '../output.ts';
import { untilEnded } from '../until-ended.ts';
import { VERSION } from '../version.ts';

/** Engine and timeline: a desktop window where Electron is there, else a browser page. */
export async function start(invocation: Invocation): Promise<number> {
  const session = invocation.text('session');
  const config = invocation.text('config');
  const protocolFiles = invocation.texts('protocol-file');
  const port = invocation.number('port');
  const isOpen = !invocation.flag('no-open');
  const settings = {
    ...(config === undefined ? {} : { config }),
    // A session that is there is looked at; a new name is recorded into.
    ...(session === undefined ? {} : existsSync(session) ? { open: session } : { session }),
    ...(protocolFiles.length === 0 ? {} : { protocolFiles }),
    ...(port === undefined ? {} : { port }),
  };
  if (isOpen) {
    const desktop = startDesktop(settings);
    if (desktop !== undefined) return desktop;
  }
  const started = await startEngine({ ...settings, isUsual: true, version: VERSION });
  return serve(started, isOpen);
}

/** Prints where the page is, opens it if asked, and stays until a signal. */
export async function serve(started: StartedEngine, isOpen: boolean, seconds?: number): Promise<number> {
  // Before anything is printed: whoever reads it may send a signal at once.
  const ended = untilEnded(seconds);
  for (const { spec, url } of started.engine.proxies.list()) if (url !== undefined) print(`ready ${spec.name} ${url}`);
  print(`Interpose is at ${started.url}`);
  if (isOpen && !openBrowser(started.url!)) print('Open that address in a browser on this machine. Ctrl+C ends.');
  await ended;
  await started.close();
  return 0;
}
