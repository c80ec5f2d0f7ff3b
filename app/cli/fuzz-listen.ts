import type { Recording } from '../../core/replay/recording.ts';

/** A free port of this machine, on the carrier of the first recorded connection. */
export function anyPortFor({ connections, frames }: Recording): string {
  const transport = connections.get(frames[0]?.conn ?? 0)?.connection.transport ?? 'tcp';
  return `${transport}://127.0.0.1:0`;
}
