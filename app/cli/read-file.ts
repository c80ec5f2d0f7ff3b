/** Reads any file of traffic for the commands, with progress for people. */
import { type ReadResult, readTraffic as readAny } from '../../core/engine/files/read-traffic.ts';
import type { TrafficSink } from '../../core/traffic/sink.ts';
import { progress } from './output.ts';
import type { ProtocolChoice } from './protocol-options.ts';

/** Shorter files are read before anyone could look at a percentage. */
const LONG_BYTES = 16 << 20;

/** @param afterChunk called between chunks, to let output drain */
export async function readTraffic(
  path: string,
  choice: ProtocolChoice,
  sink: TrafficSink,
  afterChunk: () => Promise<void> = async () => undefined,
): Promise<ReadResult> {
  const result = await readAny(path, choice, sink, {
    afterChunk,
    progress: (done, size) => {
      if (size > LONG_BYTES) progress(`${Math.round((100 * done) / size)} % of ${path}`);
    },
  });
  progress('');
  return result;
}
