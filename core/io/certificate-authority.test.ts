import { existsSync, mkdtempSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Authority from './certificate-authority.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'interpose-authority-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Each as another process has it: nothing is shared but the files. */
async function engines(count: number): Promise<(typeof Authority)[]> {
  const all: (typeof Authority)[] = [];
  for (let i = 0; i < count; i++) {
    vi.resetModules();
    all.push(await import('./certificate-authority.ts'));
  }
  return all;
}

test('engines that make the authority at one moment share it', async () => {
  const all = await engines(4);
  const authorities = await Promise.all(all.map((one) => one.openAuthority(directory)));
  expect(new Set(authorities.map(({ fingerprint }) => fingerprint)).size).toBe(1);
  const [later] = await engines(1);
  expect((await later!.openAuthority(directory)).fingerprint).toBe(authorities[0]!.fingerprint);
  await expect(authorities[3]!.leaf('localhost')).resolves.toMatchObject({ cert: expect.stringContaining('BEGIN') });
  expect(readdirSync(directory).sort()).toEqual(['interpose-ca-key.pem', 'interpose-ca.pem']);
});

test('a key whose certificate was never written gives way to a new authority', async () => {
  const [first, second] = await engines(2);
  const { fingerprint, path } = await first!.openAuthority(directory);
  unlinkSync(path);
  const again = await second!.openAuthority(directory);
  expect(again.fingerprint).not.toBe(fingerprint);
  expect(existsSync(path)).toBe(true);
}, 30_000);
