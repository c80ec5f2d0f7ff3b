/** What made the client connect: most often what the server said last, wherever that was. */
import type { Recording } from '../replay/recording.ts';
import type { OpenedBehind } from './scene.ts';

/** By connection of a mirrored recording; the first one that was made is behind nothing. */
export function openedBehind({ connections, frames, began }: Recording): ReadonlyMap<number, OpenedBehind> {
  const found = new Map<number, OpenedBehind>();
  for (const [conn, { connection }] of connections) {
    const opened = (connection.opened - began) * 1000;
    const first = frames.find((frame) => frame.conn === conn)?.at ?? Infinity;
    const at = Math.min(opened, first);
    const last = frames.findLast((frame) => frame.direction === 'toServer' && frame.conn !== conn && frame.at <= at);
    if (last !== undefined) found.set(conn, { conn: last.conn, ms: at - last.at });
  }
  return found;
}
