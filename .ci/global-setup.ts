/**
 * Builds the page and the packaged sources once per test run, if anything changed since they were last built: end-to-end and packaging
 * tests look at what users get. Runs at the same time on one checkout wait for each other.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const STAMP = join(ROOT, 'build/.built');
const LOCK = join(ROOT, '.tsbuild/building');
const STALE_LOCK_MS = 120_000;

export default async function setup(): Promise<void> {
  // One folder's tests need no build unless they are the ones that look at it.
  const named = process.argv.slice(2).filter((a) => !a.startsWith('-') && a !== 'run');
  if (named.length > 0 && !named.some((a) => /e2e|desktop|packaging|^app\/?$/.test(a))) return;
  mkdirSync(join(ROOT, '.tsbuild'), { recursive: true });
  while (!tryLock()) await new Promise((resolve) => setTimeout(resolve, 200));
  try {
    if (newest() <= modified(STAMP)) return;
    run('build:ui');
    run('build:node');
    writeFileSync(STAMP, '');
  } finally {
    rmdirSync(LOCK);
  }
}

/** A build that fails is told, and the tests that need it fail with what they miss. */
function run(script: string): void {
  const { status, stdout, stderr } = spawnSync('npm', ['run', '-s', script], {
    cwd: ROOT,
    // The page as users get it, not as a test runner would have it.
    env: { ...process.env, NODE_ENV: 'production' },
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.stderr.write(`${script} failed:\n${stdout}\n${stderr}\n`);
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    // Left behind by a killed run.
    if (Date.now() - modified(LOCK) > STALE_LOCK_MS) rmdirSync(LOCK);
    return false;
  }
}

function modified(path: string): number {
  try {
    return statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/** Time of the newest source file. */
function newest(): number {
  let latest = 0;
  for (const folder of ['core', 'dissectors', 'fixtures', 'library', 'app']) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && /\.(ts|tsx|cts|css|html)$/.test(entry.name))
        latest = Math.max(latest, modified(join(entry.parentPath, entry.name)));
    }
  }
  return Math.max(latest, modified(join(ROOT, 'package.json')), modified(join(ROOT, 'vite.config.ts')));
}
