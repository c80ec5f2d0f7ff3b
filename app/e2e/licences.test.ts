import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LICENCES } from '../ui/dialogs/licences.ts';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8')) as Record<string, unknown>;
const names = (key: string): string[] => Object.keys(read('package.json')[key] as Record<string, string>);

test('everything that ships is named in “about”, with the licence its package gives', () => {
  const told = new Map(LICENCES.flatMap(([packages, licence]) => packages.map((name) => [name, licence] as const)));
  const inPage = names('devDependencies').filter((name) =>
    /^(react|react-dom|uplot|electron)$|^@(codemirror|lezer|fontsource)/.test(name),
  );
  expect([...told.keys()].sort()).toEqual([...names('dependencies'), ...inPage].sort());
  for (const [name, licence] of told) expect(read(`node_modules/${name}/package.json`)['license'], name).toBe(licence);
});
