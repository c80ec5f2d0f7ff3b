/** A new session of what is readable of a damaged one, decoded anew. */
import { existsSync, rmSync } from 'node:fs';
import { salvageInto, type Salvaged } from '../../session/salvage/salvage.ts';
import { openSession } from '../../session/session-reader.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type WriteOptions, writeSession } from './write-session.ts';

/** @throws EngineError when nothing of a session is found in the file, or the new one cannot be written */
export async function salvageSession(from: string, options: Omit<WriteOptions, 'meta' | 'adds'>): Promise<Salvaged> {
  const { path } = options;
  if (existsSync(path)) throw new EngineError('not-allowed', `${path} exists already. Choose another name.`);
  let salvaged: Salvaged;
  try {
    salvaged = salvageInto(from, path);
  } catch (error) {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${path}${ending}`, { force: true });
    throw error;
  }
  const written = await writeSession({ ...options, meta: {}, adds: true });
  try {
    const reader = openSession(path, []);
    const connections = reader.connections();
    reader.close();
    for (const { id, protocol, options: chosen } of connections)
      await written.recorder.decodeAs(id, protocol, chosen ?? {});
    await written.finish();
  } catch (error) {
    await written.discard();
    throw error;
  }
  return salvaged;
}
