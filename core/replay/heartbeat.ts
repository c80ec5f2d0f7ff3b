/** Messages a server sends by its clock. They come when they come: a replay neither waits for them nor counts them. */

import type { DissectedMessage, Protocol } from '../protocol/protocol.ts';
import { itemKey, type RecordedFrame, type Recording } from './recording.ts';
import { answers } from './replies.ts';

const NAMED = /heart.?beat|keep.?alive|^(?:ping|pong|tick|noop)$/i;
/** So many of one content on one connection are taken for a clock. */
const OFTEN = 3;

/** Says of a server's message whether it is one. */
export function findHeartbeats(recording: Recording): (frame: RecordedFrame, index: number) => boolean {
  const counts = new Map<string, number>();
  for (const frame of recording.frames) {
    if (frame.direction !== 'toClient') continue;
    frame.messages.forEach((message, index) => {
      if (recording.replies.has(itemKey(frame.n, index)) || !isBare(message.fields)) return;
      const key = `${frame.conn}\0${message.name ?? ''}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    });
  }
  return (frame, index) => {
    const message = frame.messages[index];
    if (frame.direction !== 'toClient' || message?.name == null) return false;
    const { name } = message;
    if (recording.replies.has(itemKey(frame.n, index)) || !isBare(message.fields)) return false;
    if (NAMED.test(name)) return true;
    if (isAnswer(recording.connections.get(frame.conn)?.protocol, name)) return false;
    return (counts.get(`${frame.conn}\0${name}`) ?? 0) >= OFTEN;
  };
}

/** By its name alone: a short recording may have none. */
export function isCalledHeartbeat({ name, fields }: DissectedMessage, protocol: Protocol | undefined): boolean {
  return name !== null && NAMED.test(name) && isBare(fields) && !isAnswer(protocol, name);
}

function isAnswer(protocol: Protocol | undefined, name: string): boolean {
  const pairs = protocol?.pairs ?? [];
  return pairs.some((pair) => pair.direction === 'toServer' && pair.replies !== '*' && answers(pair, name));
}

/** Nothing is said beyond that it came. */
function isBare(fields: unknown): boolean {
  if (fields === undefined || fields === null || fields === '') return true;
  return typeof fields === 'object' && !(fields instanceof Uint8Array) && Object.keys(fields).length === 0;
}
