/** Which message answers which, over a whole recording: first in, first out per connection, or by equal fields. */
import type { DissectedMessage, Pair } from '../protocol/protocol.ts';
import { getPath } from '../schema/path.ts';
import { type ItemKey, itemKey } from './item-key.ts';
import type { RecordedConnection, RecordedFrame } from './recording.ts';

/** Requests nobody answers are forgotten beyond this. */
const MAX_WAITING = 10_000;

export function asks(pair: Pair, name: string): boolean {
  return pair.request === '*' || pair.request.includes(name);
}
export function answers(pair: Pair, name: string): boolean {
  return pair.replies === '*' || pair.replies.includes(name);
}

/** The values that must be equal, as text; undefined when the message lacks what the pair goes by. */
export function pairKey(message: DissectedMessage, pair: Pair, side: 0 | 1): string | undefined {
  const parts: string[] = [];
  for (const paths of pair.match ?? []) {
    const path = paths[side];
    const isBeside = path.startsWith('^');
    const value = getPath(isBeside ? message.beside : message.fields, isBeside ? path.slice(1) : path);
    if (isBeside && value === undefined) return undefined;
    parts.push(String(value));
  }
  return parts.join('\0');
}

export function tieReplies(
  frames: readonly RecordedFrame[],
  connections: ReadonlyMap<number, RecordedConnection>,
): Map<ItemKey, number> {
  const replies = new Map<ItemKey, number>();
  const waiting = new Map<string, number[]>();
  for (const frame of frames) {
    const protocol = connections.get(frame.conn)?.protocol;
    if (protocol === undefined || protocol.pairs.length === 0) continue;
    frame.messages.forEach((message, index) => {
      const { name } = message;
      if (name === null) return;
      // Pairs that name the message come before those that take any.
      const fitting = protocol.pairs
        .map((pair, i) => ({ pair, i }))
        .filter(({ pair }) => pair.direction !== frame.direction && answers(pair, name))
        .sort((a, b) => Number(a.pair.replies === '*') - Number(b.pair.replies === '*'));
      for (const { pair, i } of fitting) {
        const key = pairKey(message, pair, 1);
        if (key === undefined) continue;
        const request = waiting.get(roomOf(frame, protocol.id, pair, i, key))?.shift();
        if (request === undefined) continue;
        replies.set(itemKey(frame.n, index), request);
        break;
      }
      for (const [i, pair] of protocol.pairs.entries()) {
        if (pair.direction !== frame.direction || !asks(pair, name)) continue;
        const key = pairKey(message, pair, 0);
        if (key === undefined) continue;
        const room = roomOf(frame, protocol.id, pair, i, key);
        const queue = waiting.get(room) ?? [];
        waiting.set(room, queue);
        queue.push(frame.n);
        if (queue.length > MAX_WAITING) queue.shift();
      }
    });
  }
  return replies;
}

function roomOf(frame: RecordedFrame, protocol: string, pair: Pair, index: number, key: string): string {
  return `${pair.sameConnection === false ? protocol : frame.conn}\0${index}\0${key}`;
}
