/** How a message like this one was answered last: for whoever answers in somebody's place. */
import { FLAG } from '../../session/frame-index.ts';
import type { SessionReader } from '../../session/session-reader.ts';

/** Frames looked at; with a game that is days. */
const LOOK_BACK = 500_000;

/** On the same connection rather than on another; undefined when no such message was answered yet. */
export function usualAnswer(reader: SessionReader, n: number): number | undefined {
  const { index } = reader;
  if (!reader.has(n) || index.message(n) === 0) return undefined;
  const message = index.message(n);
  const direction = index.flags(n) & FLAG.toClient;
  let elsewhere: number | undefined;
  for (let i = n - 1; i >= Math.max(1, n - LOOK_BACK); i--) {
    if (index.message(i) !== message || (index.flags(i) & FLAG.toClient) !== direction) continue;
    const isHere = index.conn(i) === index.conn(n);
    if (!isHere && elsewhere !== undefined) continue;
    const answer = reader.answeredBy(i)?.reply;
    if (answer === undefined) continue;
    if (isHere) return answer;
    elsewhere = answer;
  }
  return elsewhere;
}
