/** Recordings for replay and comparison: the open session, a session file, or any other file of traffic. */
import { closeSync, existsSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../traffic/engine-error.ts';
import type { Engine } from './engine.ts';
import type { FileWork } from './files/file-thread.ts';
import { readRecording, type SessionRecording } from './session-recording.ts';

const SQLITE = 'SQLite format 3\0';

/**
 * @param path undefined or '': the open session
 * @throws EngineError `not-found`, and as reading the file does
 */
export async function recordingAt(
  engine: Engine,
  work: FileWork,
  path: string | undefined,
  how: { readonly filter?: string } = {},
): Promise<SessionRecording> {
  const { protocols } = engine.protocols;
  if (path === undefined || path === '' || path === engine.session.path) {
    await engine.session.settle();
    return readRecording(engine.session.path, protocols, how);
  }
  if (!existsSync(path)) throw new EngineError('not-found', `There is no file ${path}.`);
  if (headOf(path) === SQLITE) return readRecording(path, protocols, how);
  const folder = mkdtempSync(join(tmpdir(), 'interpose-read-'));
  try {
    const output = join(folder, 'read.ipsession');
    await work({ kind: 'import', from: path, output, version: engine.options.version });
    return await readRecording(output, protocols, how);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function headOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(SQLITE.length);
    readSync(file, head, 0, head.length, 0);
    return head.toString('latin1');
  } finally {
    closeSync(file);
  }
}
