/** A session file as a recording to replay. Read in slices, so that the engine goes on meanwhile. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Protocol } from '../protocol/protocol.ts';
import { type Recording, RecordingBuilder } from '../replay/recording.ts';
import { openSession } from '../session/session-reader.ts';
import { compileFilter } from '../traffic/filter/filter.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { vocabularyOf } from './vocabulary.ts';

export interface SessionRecording {
  readonly recording: Recording;
  /** Frames that fit the filter; undefined: no filter was given. */
  readonly fitting: ReadonlySet<number> | undefined;
}

const SLICE = 256;

/** @throws EngineError as opening a session does, and `bad-filter` */
export async function readRecording(
  path: string,
  protocols: readonly Protocol[],
  options: { readonly filter?: string; readonly upTo?: number } = {},
): Promise<SessionRecording> {
  const { filter: text = '', upTo } = options;
  const filter = compileFilter(text, vocabularyOf(protocols));
  if (!filter.ok) throw new EngineError('bad-filter', `${filter.message} (at character ${filter.at + 1})`);
  const session = openSession(path, protocols);
  try {
    const builder = new RecordingBuilder();
    const fitting = new Set<number>();
    for (const connection of session.connections()) builder.connection(connection);
    let since = 0;
    for (const read of session.read(upTo === undefined ? {} : { to: upTo })) {
      const { frame, connection, protocol, dissected, state, summary } = read;
      if (!filter.isEmpty && filter.test(read.subject)) fitting.add(frame.n);
      builder.add(frame, connection, { protocol, dissected, state, summary });
      if (++since % SLICE === 0) await turn();
    }
    return { recording: builder.build(), fitting: filter.isEmpty ? undefined : fitting };
  } finally {
    session.close();
  }
}
