/** The desktop window, where Electron's binary is installed. It brings the engine with it. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const ROOTS = ['../..', '../../..'].map((up) => join(import.meta.dirname, up));

/** Resolves to the app's exit code; undefined when there is no binary, or nothing was built for it, or no screen. */
export function startDesktop(settings: Readonly<Record<string, unknown>>): Promise<number> | undefined {
  const root = ROOTS.find((r) => existsSync(join(r, 'package.json')));
  const binary = root === undefined ? undefined : electronBinary(root);
  const hasScreen =
    process.platform !== 'linux' ||
    process.env['DISPLAY'] !== undefined ||
    process.env['WAYLAND_DISPLAY'] !== undefined;
  if (root === undefined || binary === undefined || !hasScreen || !isBuilt(root)) return undefined;
  return new Promise((resolve, reject) => {
    const child = spawn(binary, [root], {
      stdio: 'inherit',
      env: { ...process.env, INTERPOSE_DESKTOP: JSON.stringify(absolute(settings)) },
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Paths as seen from here: an app that is running already takes the settings over, and it was started elsewhere. */
function absolute(settings: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { session, open, config, protocolFiles } = settings;
  const paths = { session, open, config };
  return {
    ...settings,
    ...Object.fromEntries(
      Object.entries(paths).flatMap(([name, path]) => (typeof path === 'string' ? [[name, resolve(path)]] : [])),
    ),
    ...(Array.isArray(protocolFiles) ? { protocolFiles: protocolFiles.map((path) => resolve(String(path))) } : {}),
  };
}

/** Electron runs built files; in a checkout they are made now if they are missing. */
function isBuilt(root: string): boolean {
  const main = join(root, 'build/app/desktop/main.js');
  if (!existsSync(main) && existsSync(join(root, 'tsconfig.build.json'))) {
    spawnSync('npm', ['run', '-s', 'build:node'], { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  }
  return existsSync(main);
}

/** Asked of the file system: importing `electron` would try to download it. */
function electronBinary(root: string): string | undefined {
  const folder = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(root, 'node_modules/electron/dist');
  const name =
    { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron';
  const path = join(folder, name);
  return existsSync(path) ? path : undefined;
}
