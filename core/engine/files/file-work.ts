/**
 * Exports, imports and previews as jobs for a thread of their own: however long they take, the proxies' thread is not held up. The
 * command line runs the same jobs in its own process.
 */

import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RedactedSecret, Redactor } from '../../export/redaction/redactor.ts';
import { describeProtocol } from '../../protocol/describe-protocol.ts';
import type { Protocol } from '../../protocol/protocol.ts';
import type { ProtocolSource } from '../../session/recorder-messages.ts';
import { openSession, type SessionReader } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type BundleFile, writeZip } from './bundle.ts';
import { copyInto } from './copy-session.ts';
import { learnSecrets, redactedSource } from './redacted-source.ts';
import {
  type ExportOutcome,
  type ExportRequest,
  exportSession,
  STREAM_FORMATS,
  type StreamFormat,
} from './run-export.ts';
import { type SelectionRequest, selectFrames } from './selection.ts';
import { sessionSource } from './session-source.ts';
import { writeSession } from './write-session.ts';

export const FILE_FORMATS = [...STREAM_FORMATS, 'ipsession', 'bundle'] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

export const FORMAT_ENDINGS: Readonly<Record<FileFormat, string>> = {
  pcapng: 'pcapng',
  jsonl: 'jsonl',
  csv: 'csv',
  har: 'har',
  html: 'html',
  markdown: 'md',
  test: 'test.ts',
  ipsession: 'ipsession',
  bundle: 'zip',
};

export interface ExportJob extends Omit<ExportRequest, 'format'> {
  readonly format: FileFormat;
  /** Session to read. */
  readonly session: string;
  /** File to write. */
  readonly output: string;
  readonly title?: string;
  /** Bundles: what stands beside the session, such as rules and faults in force, notes of the one who found the bug. */
  readonly beside?: readonly { readonly name: string; readonly text: string }[];
}

export interface ExportedFile extends ExportOutcome {
  readonly bytes: number;
}

export interface WorkTools {
  readonly protocols: readonly Protocol[];
  readonly sources: readonly ProtocolSource[];
  readonly recorderWorker: URL;
  readonly now: () => number;
}

/** @throws EngineError */
export async function runExportJob(job: ExportJob, tools: WorkTools): Promise<ExportedFile> {
  const reader = openSession(job.session, tools.protocols);
  try {
    const outcome = await write(job, reader, tools);
    return { ...outcome, bytes: statSync(job.output).size };
  } catch (error) {
    rmSync(job.output, { force: true });
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC')
      throw new EngineError(
        'disk-full',
        `There is no room for ${job.output}. Free some space or choose another place.`,
      );
    throw error;
  } finally {
    reader.close();
  }
}

async function write(job: ExportJob, reader: SessionReader, tools: WorkTools): Promise<ExportOutcome> {
  const { format } = job;
  if (format === 'ipsession')
    return writeSlice(job, reader, tools, job.redact === true ? learnSecrets(reader) : undefined);
  if (format === 'bundle') return writeBundle(job, reader, tools);
  return writeStream({ ...job, format }, reader);
}

async function writeStream(job: ExportJob & { format: StreamFormat }, reader: SessionReader): Promise<ExportOutcome> {
  const out = createWriteStream(job.output, { mode: 0o600 });
  const failed = once(out, 'error').then(([error]) => {
    throw new EngineError('unreadable-file', `Cannot write ${job.output}: ${(error as Error).message}.`);
  });
  failed.catch(() => undefined);
  // Without the mark, Excel takes a file for one of the system's own characters and shows Chinese and Japanese as rubbish.
  if (job.format === 'csv') out.write('\uFEFF');
  const outcome = await exportSession(reader, job, async (block) => {
    if (!out.write(block)) await Promise.race([once(out, 'drain'), failed]);
  });
  out.end();
  await Promise.race([once(out, 'close'), failed]);
  return outcome;
}

async function writeSlice(
  job: ExportJob,
  reader: SessionReader,
  tools: WorkTools,
  redactor: Redactor | undefined,
): Promise<ExportOutcome> {
  const selected = selectFrames(reader, job);
  const title = job.title ?? reader.meta.title;
  const written = await writeSession({
    ...tools,
    path: job.output,
    meta: {
      began: String(reader.began),
      title: redactor?.redactText(title) ?? title,
      engineVersion: reader.meta.engineVersion,
    },
  });
  try {
    const { frames, forState } = await copyInto(
      written,
      [{ reader, selected, ...(redactor === undefined ? {} : { redactor }) }],
      reader.began,
    );
    await written.finish();
    const notes =
      forState === 0
        ? []
        : [`${forState} earlier frames came along: they set the state of connections in the selection`];
    return { frames, redacted: redactor?.total ?? 0, notes };
  } catch (error) {
    await written.discard();
    throw error;
  }
}

async function writeBundle(job: ExportJob, reader: SessionReader, tools: WorkTools): Promise<ExportOutcome> {
  const folder = mkdtempSync(join(tmpdir(), 'interpose-bundle-'));
  try {
    const redactor = job.redact === true ? learnSecrets(reader) : undefined;
    const clean = (text: string): string => redactor?.redactText(text) ?? text;
    const session = join(folder, 'session.ipsession');
    const slice = await writeSlice({ ...job, format: 'ipsession', output: session }, reader, tools, redactor);
    const report = join(folder, 'report.html');
    // From the slice, which holds no secret any more.
    const copy = openSession(session, tools.protocols);
    try {
      await writeStream({ format: 'html', session, output: report, version: job.version }, copy);
      const beside = (job.beside ?? []).map(({ name, text }) => ({ name, text: clean(text) }));
      const files: BundleFile[] = [
        { name: 'README.md', content: { text: readme(job, copy, slice, beside) } },
        { name: 'report.html', content: { path: report } },
        { name: 'session.ipsession', content: { path: session } },
        ...tools.sources.map(({ path, text }, i) => ({
          name: `protocols/${i + 1}-${path.replace(/^.*[/\\]/, '')}`,
          content: { text: clean(text) },
        })),
        {
          name: 'protocols.md',
          content: {
            text: usedProtocols(copy)
              .map((p) => describeProtocol(p))
              .join('\n'),
          },
        },
        ...keptReports(copy),
        ...beside.map(({ name, text }) => ({ name, content: { text } })),
      ];
      writeZip(job.output, files);
    } finally {
      copy.close();
    }
    return slice;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function usedProtocols(reader: SessionReader): Protocol[] {
  const used = new Set(reader.connections().map((c) => c.protocol));
  return reader.protocols.filter((p) => used.has(p.id));
}

function keptReports(reader: SessionReader): BundleFile[] {
  return (['replay_verdicts', 'fuzz_findings'] as const).flatMap((table) => {
    const rows = reader.db.prepare(`SELECT * FROM ${table}`).all();
    const name = table === 'replay_verdicts' ? 'verdicts.json' : 'findings.json';
    return rows.length === 0 ? [] : [{ name, content: { text: `${JSON.stringify(rows, null, 2)}\n` } }];
  });
}

function readme(
  job: ExportJob,
  reader: SessionReader,
  { frames, redacted, notes }: ExportOutcome,
  beside: readonly { readonly name: string }[],
): string {
  const lines = [
    `# ${reader.meta.title || 'Session'}`,
    '',
    `${plural(frames, 'frame')} on ${plural(reader.connections().length, 'connection')}, recorded ${new Date(reader.began * 1000).toISOString()}.`,
    ...(job.filter ? [`Filter: \`${job.filter}\``] : []),
    ...(job.redact === true
      ? [`${redacted} places that held secrets were written over by placeholders; equal secrets share one.`]
      : ['Nothing was redacted: this bundle may hold passwords and tokens.']),
    ...notes.map((note) => `${note}.`),
    '',
    '- `report.html`: the frames, to look at in any browser, without a network',
    '- `session.ipsession`: the session, for Interpose (`interpose start --session session.ipsession`)',
    "- `protocols.md`: the messages of the protocols it uses; files of one's own protocols are in `protocols/`",
    '- `verdicts.json`, `findings.json`: what replay and fuzzing found, where they ran',
    ...beside.map(({ name }) => `- \`${name}\``),
    '',
    `Written by Interpose ${job.version}.`,
    '',
  ];
  return lines.join('\n');
}

/** What `redact` would replace, without writing anything. */
export function previewRedaction(
  session: string,
  selection: SelectionRequest,
  protocols: readonly Protocol[],
): RedactedSecret[] {
  const reader = openSession(session, protocols);
  try {
    const redactor = learnSecrets(reader);
    const source = redactedSource(sessionSource(reader, selectFrames(reader, selection)), reader, redactor);
    let frames = 0;
    for (const _frame of source.frames()) frames++;
    return frames === 0 ? [] : redactor.list().filter((secret) => secret.count > 0);
  } finally {
    reader.close();
  }
}

const plural = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
