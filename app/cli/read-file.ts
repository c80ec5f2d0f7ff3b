/** Reads any file of traffic for the commands, with progress for people. */
import { statSync } from 'node:fs';
import { isSessionFile, type ReadResult, readTraffic as readAny } from '../../core/engine/files/read-traffic.ts';
import type { TrafficSink } from '../../core/traffic/sink.ts';
import type { Invocation } from './command.ts';
import { progress } from './output.ts';
import type { ProtocolChoice } from './protocol-options.ts';
import { readOnThread } from './read-on-thread.ts';

/** Shorter files are read before anyone could look at a percentage. */
const LONG_BYTES = 16 << 20;
/** Shorter files are read before a thread has started. */
const THREAD_BYTES = 4 << 20;

interface Reading {
  /** The command's options, which the choice was made from: with them a long file is read on a thread of its own. */
  readonly given?: Invocation['given'];
  /** As of `ReadHow`. */
  readonly keepCarrier?: boolean;
  /** Called between chunks, to let output drain. */
  readonly afterChunk?: (() => Promise<void>) | undefined;
}

export async function readTraffic(
  path: string,
  choice: ProtocolChoice,
  sink: TrafficSink,
  { given, keepCarrier = false, afterChunk }: Reading = {},
): Promise<ReadResult> {
  const how = {
    keepCarrier,
    ...(afterChunk === undefined ? {} : { afterChunk }),
    progress: (done: number, size: number) => {
      if (size > LONG_BYTES) progress(`${Math.round((100 * done) / size)} % of ${path}`);
    },
  };
  // A session's frames stand in it ready to use.
  const isLong = (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= THREAD_BYTES && !isSessionFile(path);
  const result = await (isLong && given !== undefined
    ? readOnThread(path, given, sink, how)
    : readAny(path, choice, sink, how));
  progress('');
  return result;
}
