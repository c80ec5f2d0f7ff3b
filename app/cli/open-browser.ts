/** Opens a page in the user's browser. The address (with its token) goes to the opener only, never to a shell. */
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** False when this machine has no desktop to open anything on. */
export function openBrowser(url: string): boolean {
  if (process.env['CI'] !== undefined) return false;
  const opener =
    { darwin: ['open'], win32: ['rundll32', 'url.dll,FileProtocolHandler'] }[process.platform as string] ??
    linuxOpener();
  if (opener === undefined) return false;
  const [command = '', ...rest] = opener;
  const child = spawn(command, [...rest, url], { stdio: 'ignore', detached: true });
  child.on('error', () => undefined);
  child.unref();
  return true;
}

function linuxOpener(): string[] | undefined {
  if (process.env['DISPLAY'] === undefined && process.env['WAYLAND_DISPLAY'] === undefined) return undefined;
  const isThere = (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, 'xdg-open'), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  return isThere ? ['xdg-open'] : undefined;
}
