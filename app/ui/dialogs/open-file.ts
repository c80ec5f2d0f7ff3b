/** Opens a session or imports a capture: by path where the engine can read it, by upload from a browser. */
import type { App } from '../app.ts';
import type { PickedFile } from '../host/host.ts';
import { t } from '../strings/strings.ts';

export const ACCEPTED = '.ipsession,.pcap,.pcapng,.cap,.har,.jsonl,.json,.log';

export async function openPicked(app: App, picked: PickedFile): Promise<void> {
  try {
    await openPath(app, await pathOf(app, picked));
  } catch (error) {
    app.notices.problem(error);
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
