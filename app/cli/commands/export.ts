import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILE_FORMATS, type FileFormat, runExportJob } from '../../../core/engine/files/file-work.ts';
import { isSessionFile } from '../../../core/engine/files/read-traffic.ts';
import { exportSession as writeExport, STREAM_FORMATS } from '../../../core/engine/files/run-export.ts';
import type { ProtocolSource } from '../../../core/session/recorder-messages.ts';
import { openSession } from '../../../core/session/session-reader.ts';
import { type Invocation, UsageError } from '../command.ts';
import { importAs } from '../import-file.ts';
import { printError } from '../output.ts';
import { type ProtocolChoice, readProtocolChoice } from '../protocol-options.ts';
import { protocolSources } from '../protocol-sources.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { VERSION } from '../version.ts';

/** Formats for people's eyes and other programs' pipes; the others need a file. */
const TEXTS: readonly string[] = ['jsonl', 'csv', 'har', 'html', 'markdown', 'test'];

/** Writes a session (or any file of traffic) as another format, to a file or to stdout. */
export async function exportSession(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const format = formatOf(invocation.text('format')!);
  const output = invocation.text('output');
  const isPiped = output === '-' || (output === undefined && TEXTS.includes(format));
  if (output === undefined && !isPiped) throw new UsageError(`--format ${format} is no text: name a file with -o FILE`);
  const choice = readProtocolChoice(invocation);
  const opened = await openAsSession(path!, invocation, choice);
  const filter = invocation.text('filter');
  const request = {
    version: VERSION,
    redact: invocation.flag('redact'),
    columns: (invocation.text('columns') ?? '').split(',').flatMap((c) => (c.trim() === '' ? [] : [c.trim()])),
    ...(filter === undefined ? {} : { filter }),
  };
  try {
    const { frames, redacted, notes } = isPiped
      ? await toStdout(opened.path, format, request, choice)
      : await toFile(opened.path, format, request, choice, output!, protocolSources(invocation));
    const secrets = request.redact ? `, ${redacted} secrets replaced` : '';
    process.stderr.write(`${frames} frames${secrets}\n`);
    for (const note of notes) printError(new Error(note));
    return 0;
  } finally {
    opened.remove();
  }
}

type Request = Omit<Parameters<typeof writeExport>[1], 'format'>;

async function toStdout(session: string, format: FileFormat, request: Request, choice: ProtocolChoice) {
  const stream = STREAM_FORMATS.find((known) => known === format);
  if (stream === undefined) throw new UsageError(`--format ${format} is a file: name it with -o FILE`);
  const reader = openSession(session, choice.protocols);
  try {
    return await writeExport(reader, { ...request, format: stream }, async (block) => {
      if (!process.stdout.write(block)) await once(process.stdout, 'drain');
    });
  } finally {
    reader.close();
  }
}

function toFile(
  session: string,
  format: FileFormat,
  request: Request,
  choice: ProtocolChoice,
  output: string,
  sources: readonly ProtocolSource[],
) {
  // A session is never written over; other formats can be made again at any time.
  if (format === 'ipsession' && existsSync(output))
    throw new UsageError(`${output} exists already; choose another name`);
  return runExportJob(
    { ...request, format, session, output },
    {
      protocols: choice.protocols,
      sources,
      recorderWorker: RECORDER_WORKER,
      now: () => performance.now(),
    },
  );
}

function formatOf(text: string): FileFormat {
  const format = FILE_FORMATS.find((known) => known === text);
  if (format === undefined) throw new UsageError(`--format is one of ${FILE_FORMATS.join(', ')}, not "${text}"`);
  return format;
}

/** What is no session, or is to be decoded otherwise than it was, is first made into one beside the others of this machine. */
async function openAsSession(
  path: string,
  invocation: Invocation,
  choice: ProtocolChoice,
): Promise<{ readonly path: string; remove(): void }> {
  const isOtherwise =
    choice.forced !== undefined || ['port', 'option'].some((name) => invocation.texts(name).length > 0);
  if (isSessionFile(path) && !isOtherwise) return { path, remove: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'interpose-'));
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const made = join(folder, 'imported.ipsession');
    const { problems } = await importAs(invocation, choice, path, made);
    for (const problem of problems) printError(new Error(`${path}: ${problem}`));
    return { path: made, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
