/** Opens a session or imports a capture: by path where the engine can read it, by upload from a browser. */
import type { App } from '../app.ts';
import type { PickedFile } from '../host/host.ts';
import { RequestError } from '../engine-client/engine-client.ts';
import { t } from '../strings/strings.ts';

export const ACCEPTED = '.ipsession,.pcap,.pcapng,.cap,.har,.jsonl,.json,.log';

/** Where it belongs: the desktop puts a file into a window of its own unless this one is empty. */
export async function openPicked(app: App, picked: PickedFile): Promise<void> {
  if (picked.path !== undefined && app.host.openPath !== undefined) app.host.openPath(picked.path);
  else await openHere(app, picked);
}

export async function openHere(app: App, picked: PickedFile): Promise<void> {
  try {
    await openPath(app, await pathOf(app, picked));
  } catch (error) {
    app.notices.problem(error);
  }
}

/**
 * A session of its own in a window of its own: the desktop's shell does it; in a browser the engine starts another, if it can.
 * @param picked null: an empty one
 */
export async function openBeside(app: App, picked: PickedFile | null): Promise<void> {
  const { host, client } = app;
  if (host.openSession !== undefined && host.openPath !== undefined) {
    if (picked?.path === undefined) host.openSession();
    else host.openPath(picked.path);
    return;
  }
  // Opened at once: a browser lets a click open a window, and an answer that comes later does not.
  const page = host.blankWindow();
  try {
    const path = picked === null ? undefined : await pathOf(app, picked);
    const isSession = path !== undefined && /\.ipsession$/i.test(path);
    const { url } = await client.request('session.beside', isSession ? { path } : {});
    page.go(path === undefined || isSession ? url : `${url}&open=${encodeURIComponent(path)}`);
  } catch (error) {
    page.close();
    const isMissing = error instanceof RequestError && error.code === 'not-found';
    app.notices.problem(isMissing ? new Error(t.dialogs.besideByHand) : error);
  }
}

export async function openPath(app: App, path: string): Promise<void> {
  if (/\.ipsession$/i.test(path)) {
    app.mirror.session.set(await app.client.request('session.open', { path }));
    return;
  }
  const { frames, problems } = await app.client.request('files.import', { path });
  app.notices.say(t.dialogs.imported(frames, problems.length), problems.length > 0 ? 'warning' : 'info');
  for (const problem of problems.slice(0, 2)) app.notices.say(problem, 'warning');
}

/** A path the engine can read. */
export function pathOf(app: App, picked: PickedFile): Promise<string> {
  return picked.path === undefined ? upload(app, picked) : Promise.resolve(picked.path);
}

async function upload(app: App, { file, name }: PickedFile): Promise<string> {
  if (file === undefined) throw new Error(t.dialogs.noFile);
  const { ticket } = await app.client.request('files.upload', { name, bytes: file.size });
  const answer = await fetch(`/upload/${ticket}`, { method: 'POST', body: file });
  if (!answer.ok) throw new Error(t.dialogs.uploadFailed(name, await answer.text()));
  const body = (await answer.json()) as { readonly path?: string };
  if (body.path === undefined) throw new Error(t.dialogs.uploadFailed(name, ''));
  return body.path;
}
