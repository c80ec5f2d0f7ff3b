/**
 * The layer law (docs/architecture.md): who may import whom, and which packages a folder may use. Read from the import lines of every
 * source file; the last tests prove that a planted violation is found and that the tree was really seen.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

interface Law {
  /** Folders of ours it may import, besides itself. */
  readonly ours: readonly string[];
  readonly packages: readonly string[];
}
const NODE = /^node:/;
const PURE_PACKAGES = ['pako', 'jsonc-parser', 'yaml', 'protobufjs', '@msgpack/msgpack', 'fflate'];
const CORE = [
  'core/schema',
  'core/protocol',
  'core/traffic',
  'core/relay',
  'core/enet-node',
  'core/capture',
  'core/replay',
  'core/fuzz',
  'core/export',
  'core/contract',
  'core/session',
  'core/io',
  'core/engine',
];
const PURE_CORE = CORE.slice(0, 10).filter((folder) => folder !== 'core/enet-node');

/** Longest prefix wins. `wire.ts` and the passive reader are the pure part of enet-node. */
const LAWS: Readonly<Record<string, Law>> = {
  'core/schema': { ours: [], packages: PURE_PACKAGES },
  'core/protocol': { ours: ['core/schema'], packages: PURE_PACKAGES },
  'core/traffic': { ours: ['core/schema', 'core/protocol'], packages: [] },
  'core/relay': { ours: ['core/schema', 'core/protocol', 'core/traffic'], packages: PURE_PACKAGES },
  'core/enet-node': { ours: [], packages: ['node:'] },
  'core/capture': {
    ours: ['core/schema', 'core/protocol', 'core/traffic', 'core/enet-node/wire.ts'],
    packages: PURE_PACKAGES,
  },
  'core/replay': { ours: ['core/schema', 'core/protocol', 'core/traffic', 'core/relay'], packages: PURE_PACKAGES },
  'core/fuzz': {
    ours: ['core/schema', 'core/protocol', 'core/traffic', 'core/relay', 'core/replay'],
    packages: PURE_PACKAGES,
  },
  'core/export': { ours: ['core/schema', 'core/protocol', 'core/traffic', 'core/capture'], packages: PURE_PACKAGES },
  'core/contract': { ours: ['core/schema', 'core/traffic'], packages: [] },
  'core/session': { ours: [...PURE_CORE, 'core/enet-node'], packages: ['node:', ...PURE_PACKAGES] },
  'core/io': {
    ours: [...PURE_CORE, 'core/enet-node'],
    packages: ['node:', 'ws', '@peculiar/x509', 'reflect-metadata', ...PURE_PACKAGES],
  },
  'core/engine': { ours: CORE, packages: ['node:', 'ws', ...PURE_PACKAGES] },
  'dissectors/json': { ours: ['core/schema', 'core/protocol'], packages: PURE_PACKAGES },
  // The demo's servers and clients are fixtures.
  'app/engine': { ours: [...CORE, 'dissectors', 'fixtures'], packages: ['node:'] },
  'app/cli': { ours: [...CORE, 'dissectors', 'app/engine'], packages: ['node:', 'commander', ...PURE_PACKAGES] },
  'app/ui': {
    ours: ['core/contract', 'core/traffic'],
    packages: ['react', 'react-dom', '@tanstack/react-virtual', '@codemirror/', '@lezer/', 'uplot', '@fontsource'],
  },
  'app/desktop': { ours: [], packages: ['node:', 'electron'] },
  library: { ours: [...CORE, 'dissectors'], packages: ['node:'] },
};

interface Violation {
  readonly file: string;
  readonly imported: string;
  readonly rule: string;
}

function lawOf(file: string): { folder: string; law: Law } | undefined {
  if (/^dissectors\/[^/]+\//.test(file) && !file.startsWith('dissectors/json/')) {
    const folder = file.split('/').slice(0, 2).join('/');
    return { folder, law: { ours: ['core/schema', 'core/protocol', 'dissectors/json'], packages: PURE_PACKAGES } };
  }
  const folder = Object.keys(LAWS)
    .filter((prefix) => file.startsWith(`${prefix}/`))
    .sort((a, b) => b.length - a.length)[0];
  return folder === undefined ? undefined : { folder, law: LAWS[folder]! };
}

function importsOf(source: string): string[] {
  const found: string[] = [];
  for (const match of source.matchAll(
    /(?:^|\n)\s*(?:import|export)\b[^'";]*?from\s*'([^']+)'|(?:^|\n)\s*import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/g,
  )) {
    found.push(match[1] ?? match[2] ?? match[3]!);
  }
  return found;
}

function check(file: string, source: string): Violation[] {
  const found = lawOf(file);
  if (found === undefined) return [];
  const { folder, law } = found;
  const violations: Violation[] = [];
  for (const imported of importsOf(source)) {
    if (imported.startsWith('.')) {
      const target = normalize(join(dirname(file), imported)).replaceAll('\\', '/');
      if (!target.startsWith(`${folder}/`) && !law.ours.some((o) => target === o || target.startsWith(`${o}/`))) {
        violations.push({
          file,
          imported,
          rule: `${folder} may import only itself${law.ours.length === 0 ? '' : `, ${law.ours.join(', ')}`}: move the code down a layer or pass it in as a parameter`,
        });
      }
    } else if (
      !law.packages.some((p) =>
        p.endsWith(':')
          ? NODE.test(imported)
          : imported === p || imported.startsWith(p.endsWith('/') || p.startsWith('@fontsource') ? p : `${p}/`),
      )
    ) {
      violations.push({
        file,
        imported,
        rule: `${folder} may use only these packages: ${law.packages.join(', ') || 'none'}`,
      });
    }
  }
  return violations;
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (e) =>
        e.isFile() &&
        /\.(ts|tsx|cts)$/.test(e.name) &&
        !/\.(test|e2e|bench)\.tsx?$/.test(e.name) &&
        !e.parentPath.includes('node_modules') &&
        !e.parentPath.includes('/testing') &&
        !e.parentPath.includes('/interop'),
    )
    .map((e) => relative(ROOT, join(e.parentPath, e.name)).replaceAll('\\', '/'));
}

const files = ['core', 'dissectors', 'app'].flatMap(sources);

test('every import keeps the layer law', () => {
  expect(files.flatMap((file) => check(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
});

test('no file imports itself in a circle', () => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(readFileSync(join(ROOT, file), 'utf8').replaceAll(/(import|export) type [^;]*;/g, ''))
        .filter((i) => i.startsWith('.'))
        .map((i) => normalize(join(dirname(file), i)).replaceAll('\\', '/')),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of files) visit(file, []);
  expect(circles).toEqual([]);
});

test('only the log, the command line and the process entries print', () => {
  const allowed = /^(core\/engine\/log\.ts|app\/cli\/|app\/engine\/|app\/e2e\/|app\/desktop\/)/;
  const printing = files.filter(
    (file) => !allowed.test(file) && /\bconsole\.\w+\(/.test(readFileSync(join(ROOT, file), 'utf8')),
  );
  expect(printing).toEqual([]);
});

test('the tree was seen, and a planted violation is found', () => {
  expect(files.length).toBeGreaterThan(100);
  expect(check('dissectors/mana/protocol.ts', "import { connect } from 'node:net';")).toHaveLength(1);
  expect(check('dissectors/mana/protocol.ts', "import { x } from '../fco/protocol.ts';")).toHaveLength(1);
  expect(check('app/ui/main.tsx', "import { relay } from '../../core/relay/relay.ts';")).toHaveLength(1);
  expect(check('core/capture/x.ts', "import { createHost } from '../enet-node/index.ts';")).toHaveLength(1);
  expect(check('core/capture/x.ts', "import type { Frame } from '../traffic/frame.ts';")).toEqual([]);
});
