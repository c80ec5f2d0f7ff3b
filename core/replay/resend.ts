/** Some messages of a recording once more, with what must be said before them. */
import { EngineError } from '../traffic/engine-error.ts';
import { findHandoffs } from './handoff.ts';
import { narrowRecording, type Recording } from './recording.ts';

/**
 * The recording cut down to the frames asked for: on their connections everything before the first of them (the login, the
 * entering of the world), then only they; of the connections that led there, everything up to the handoff.
 * @throws EngineError `unknown-frame`, or `bad-request` when none of them is the client's
 */
export function selectFrames(recording: Recording, frames: readonly number[]): Recording {
  const wanted = new Set(frames);
  const chosen = recording.frames.filter((frame) => wanted.has(frame.n));
  const missing = frames.find((n) => !chosen.some((frame) => frame.n === n));
  if (missing !== undefined)
    throw new EngineError('unknown-frame', `There is no frame ${missing} that could be sent again.`);
  const first = new Map<number, number>();
  for (const { conn, n, direction } of chosen) {
    if (direction === 'toServer' && !first.has(conn)) first.set(conn, n);
  }
  if (first.size === 0) throw new EngineError('bad-request', 'None of these frames was sent by the client.');
  const handedOver = findHandoffs(recording);
  const byNumber = new Map(recording.frames.map((frame) => [frame.n, frame]));
  // Whoever opened a connection because of a message must be told by that message again.
  for (const conn of first.keys()) {
    const cause = handedOver.get(conn);
    const from = cause === undefined ? undefined : byNumber.get(cause.n);
    if (cause === undefined || from === undefined) continue;
    first.set(from.conn, Math.max(first.get(from.conn) ?? 0, cause.n + 1));
  }
  return narrowRecording(recording, ({ conn, n }) => n < (first.get(conn) ?? 0) || wanted.has(n));
}
