/** `files.*`: exports, imports and the preview of a redaction, worked on in a thread of their own. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { CSV_COLUMNS } from '../../export/csv.ts';
import { printRules } from '../../relay/rule-yaml.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import type { Engine, VerbHandlers } from '../engine.ts';
import { safeName } from '../tickets.ts';
import { fileWork } from './file-thread.ts';
import { FILE_FORMATS, type FileFormat, FORMAT_ENDINGS } from './file-work.ts';

const TYPES: Readonly<Record<FileFormat, string>> = {
  pcapng: 'application/octet-stream',
  jsonl: 'application/x-ndjson',
  csv: 'text/csv; charset=utf-8',
  har: 'application/json',
  // Never shown as a page of ours: it is a file to keep.
  html: 'application/octet-stream',
  markdown: 'text/markdown; charset=utf-8',
  test: 'application/octet-stream',
  ipsession: 'application/octet-stream',
  bundle: 'application/zip',
};

/** @param worker entry of the thread; it brings the protocols */
export function fileVerbs(engine: Engine, worker: URL): VerbHandlers {
  const { session } = engine;
  const folders: string[] = [];
  const work = fileWork(engine, worker);
  engine.onClose(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
  });

  const selectionOf = (args: { readonly filter?: string; readonly frames?: readonly number[] }) => ({
    ...(args.filter === undefined || args.filter === '' ? {} : { filter: args.filter }),
    ...(args.frames === undefined ? {} : { frames: args.frames }),
  });

  return {
    'files.export': async (args) => {
      const format = formatOf(args.format);
      await session.settle();
      const folder = mkdtempSync(join(tmpdir(), 'interpose-export-'));
      folders.push(folder);
      const { title } = session.info();
      const name = safeName(`${title || 'session'}.${FORMAT_ENDINGS[format]}`);
      const columns = args.columns ?? [];
      const { frames, redacted, bytes, notes } = await work({
        kind: 'export',
        job: {
          format,
          session: session.path,
          output: join(folder, name),
          title,
          version: engine.options.version,
          redact: args.redact === true,
          ...selectionOf(args),
          // Columns of fields come behind the usual ones; naming one of the usual ones means exactly the list.
          columns: columns.some((c) => CSV_COLUMNS.includes(c)) || columns.length === 0 ? columns : ['+', ...columns],
          ...(format === 'bundle' ? { beside: inForce(engine) } : {}),
        },
      });
      for (const note of notes) engine.notice('info', note);
      const download = engine.tickets.offer({ name, type: TYPES[format], content: { path: join(folder, name) } });
      return { download, name, bytes, frames, redacted };
    },
    'files.import': async ({ path }) => {
      if (!existsSync(path)) throw new EngineError('unreadable-file', `There is no file ${path}.`);
      const sessions = join(engine.options.home, 'sessions');
      mkdirSync(sessions, { recursive: true });
      const name = safeName(basename(path)).replace(/\.[a-z0-9]+$/i, '') || 'imported';
      const output = freePlace(sessions, name);
      const { frames, problems } = await work({
        kind: 'import',
        from: path,
        output,
        version: engine.options.version,
      });
      await session.openFile(output);
      return { frames, problems };
    },
    'files.redactionPreview': async (args) => {
      await session.settle();
      return work({ kind: 'preview', session: session.path, selection: selectionOf(args) });
    },
  };
}

function formatOf(text: string): FileFormat {
  const format = FILE_FORMATS.find((known) => known === text);
  if (format === undefined)
    throw new EngineError(
      'bad-request',
      `A session cannot be exported as ${text}; there are ${FILE_FORMATS.join(', ')}.`,
    );
  return format;
}

/** What was done to the traffic, and with which dice: a bug may come from it. */
function inForce(engine: Engine): { name: string; text: string }[] {
  const { control } = engine;
  const rules = control.rules();
  const faults = control.faults();
  const breakpoints = control.breakpoints();
  return [
    ...(rules.length === 0 ? [] : [{ name: 'rules.yaml', text: printRules(rules) }]),
    ...(faults.faults.length === 0 ? [] : [{ name: 'faults.json', text: `${JSON.stringify(faults, null, 2)}\n` }]),
    ...(breakpoints.length === 0
      ? []
      : [{ name: 'breakpoints.json', text: `${JSON.stringify(breakpoints, null, 2)}\n` }]),
    {
      name: 'run.json',
      text: `${JSON.stringify({ seed: engine.options.seed ?? 1, proxies: engine.proxies.specs() }, null, 2)}\n`,
    },
  ];
}

function freePlace(folder: string, name: string): string {
  for (let i = 1; ; i++) {
    const place = join(folder, `${name}${i === 1 ? '' : ` (${i})`}.ipsession`);
    if (!existsSync(place)) return place;
  }
}
