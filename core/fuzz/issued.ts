/** Where a value comes from in this run: the message of the server that issues it. */
import { getPath, parsePath } from '../schema/path.ts';
import type { LiveFrame } from './run.ts';
import type { Issue } from './script.ts';

/** Fields of the nth message of a name that came on a connection. */
export function issuedBy(frames: readonly LiveFrame[], conn: number, name: string, nth: number): unknown {
  let left = nth;
  for (const frame of frames) {
    if (frame.conn !== conn) continue;
    for (const message of frame.heard.messages) {
      if (message.name !== name) continue;
      if (left === 0) return message.fields;
      left -= 1;
    }
  }
  return undefined;
}

/**
 * Fields of the message that is about whoever the recorded one was about; where none says whom it is about, of the nth.
 * @param inThisRun what somebody who was called so is called now
 */
export function issuedAs(
  frames: readonly LiveFrame[],
  { conn, name, nth, named }: Issue,
  inThisRun: (value: string) => string,
): unknown {
  if (named === undefined) return issuedBy(frames, conn, name, nth);
  const path = parsePath(named.path);
  const wanted = inThisRun(named.value);
  let last: unknown;
  let left = named.nth;
  for (const frame of frames) {
    if (frame.conn !== conn) continue;
    for (const message of frame.heard.messages) {
      if (message.name !== name || getPath(message.fields, path) !== wanted) continue;
      last = message.fields;
      if (left-- === 0) return last;
    }
  }
  return last ?? issuedBy(frames, conn, name, nth);
}
