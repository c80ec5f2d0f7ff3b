import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importFile } from '../../../core/engine/files/import-file.ts';
import { isSessionFile } from '../../../core/engine/files/read-traffic.ts';
import {
  exportSession as writeExport,
  STREAM_FORMATS,
  type StreamFormat,
} from '../../../core/engine/files/run-export.ts';
import { openSession } from '../../../core/session/session-reader.ts';
import { type Invocation, UsageError } from '../command.ts';
import { printError } from '../output.ts';
import { type ProtocolChoice, readProtocolChoice } from '../protocol-options.ts';
import { RECORDER_WORKER } from '../recorder-entry.ts';
import { VERSION } from '../version.ts';

const BINARY: readonly string[] = ['pcapng'];

/** Writes a session (or any file of traffic) as another format, to a file or to stdout. */
export async function exportSession(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const format = formatOf(invocation.text('format')!);
  const output = invocation.text('output');
  if (output === undefined && BINARY.includes(format))
    throw new UsageError(`--format ${format} is no text: name a file with -o FILE, or - for stdout`);
  const choice = readProtocolChoice(invocation);
  const opened = await openAsSession(path!, invocation, choice);
  try {
    const reader = openSession(opened.path, choice.protocols);
    try {
      const out = output === undefined || output === '-' ? process.stdout : createWriteStream(output);
      const failed = once(out, 'error').then(([error]) => {
        throw new UsageError(`cannot write ${output ?? 'stdout'}: ${(error as Error).message}`);
      });
      failed.catch(() => undefined);
      const { frames, redacted, notes } = await writeExport(
        reader,
        {
          format,
          version: VERSION,
          redact: invocation.flag('redact'),
          ...(invocation.text('filter') === undefined ? {} : { filter: invocation.text('filter')! }),
          columns: (invocation.text('columns') ?? '').split(',').flatMap((c) => (c.trim() === '' ? [] : [c.trim()])),
        },
        async (block) => {
          if (!out.write(block)) await Promise.race([once(out, 'drain'), failed]);
        },
      );
      if (out !== process.stdout) {
        out.end();
        await Promise.race([once(out, 'finish'), failed]);
      }
      const secrets = invocation.flag('redact') ? `, ${redacted} secrets replaced` : '';
      process.stderr.write(`${frames} frames${secrets}\n`);
      for (const note of notes) printError(new Error(note));
      return 0;
    } finally {
      reader.close();
    }
  } finally {
    opened.remove();
  }
}

function formatOf(text: string): StreamFormat {
  const format = STREAM_FORMATS.find((known) => known === text);
  if (format === undefined) throw new UsageError(`--format is one of ${STREAM_FORMATS.join(', ')}, not "${text}"`);
  return format;
}

/** What is no session, or is to be decoded otherwise than it was, is first made into one beside the others of this machine. */
export async function openAsSession(
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
    const { problems } = await importFile({
      from: path,
      path: made,
      choice,
      options: choice.options,
      version: VERSION,
      recorderWorker: RECORDER_WORKER,
      now: () => performance.now(),
    });
    for (const problem of problems) printError(new Error(`${path}: ${problem}`));
    return { path: made, remove };
  } catch (error) {
    remove();
    throw error;
  }
}
