/** A recorded connection from the server's side: what the client said, and what was sent when. */
import type { RecordedFrame, Recording } from './recording.ts';
import { itemKey } from './recording.ts';

/** What the server did, and what made it do so. */
export interface Deed {
  readonly conn: number;
  /** Undefined: the server closed the connection. */
  readonly frame: RecordedFrame | undefined;
  /** The client frame it follows, on any connection; undefined: the opening of this one. */
  readonly trigger: RecordedFrame | undefined;
  /** Milliseconds after its trigger. */
  readonly delay: number;
  /** It answers its trigger: replies keep their order, other messages keep their time. */
  readonly isReply: boolean;
}

export interface Script {
  readonly conn: number;
  readonly clientFrames: readonly RecordedFrame[];
  readonly deeds: readonly Deed[];
}

/** What comes later than this after a client's message comes by itself, ms. */
const PROMPT_MS = 1000;

export function scriptsOf(recording: Recording): Map<number, Script> {
  const scripts = new Map<number, { conn: number; clientFrames: RecordedFrame[]; deeds: Deed[] }>();
  for (const { connection } of recording.connections.values()) {
    scripts.set(connection.id, { conn: connection.id, clientFrames: [], deeds: [] });
  }
  const opened = (conn: number): number => {
    const { connection } = recording.connections.get(conn)!;
    return (connection.opened - recording.began) * 1000;
  };
  const byNumber = new Map(recording.frames.map((frame) => [frame.n, frame]));
  const lastOf = new Map<number, RecordedFrame>();
  let last: RecordedFrame | undefined;
  for (const frame of recording.frames) {
    const script = scripts.get(frame.conn)!;
    if (frame.direction === 'toServer') {
      script.clientFrames.push(frame);
      lastOf.set(frame.conn, frame);
      last = frame;
      continue;
    }
    const request = requestOf(recording, frame, byNumber);
    const own = lastOf.get(frame.conn);
    // Before the client has spoken here, what others say elsewhere can still be the cause, unless it is a greeting.
    const trigger = request ?? (own === undefined && script.deeds.length === 0 ? undefined : (last ?? own));
    const since = trigger === undefined ? opened(frame.conn) : trigger.at;
    const delay = Math.max(0, frame.at - since);
    const isReply = request !== undefined || (trigger !== undefined && trigger === own && delay < PROMPT_MS);
    script.deeds.push({ conn: frame.conn, frame, trigger, delay, isReply });
  }
  for (const { connection, end } of recording.connections.values()) {
    const script = scripts.get(connection.id)!;
    if (end?.by !== 'server') continue;
    const trigger = lastOf.get(connection.id);
    const since = trigger?.at ?? opened(connection.id);
    script.deeds.push({
      conn: connection.id,
      frame: undefined,
      trigger,
      delay: Math.max(0, end.at - since),
      isReply: false,
    });
  }
  return scripts;
}

function requestOf(
  recording: Recording,
  frame: RecordedFrame,
  byNumber: ReadonlyMap<number, RecordedFrame>,
): RecordedFrame | undefined {
  for (let i = 0; i < frame.messages.length; i++) {
    const request = byNumber.get(recording.replies.get(itemKey(frame.n, i)) ?? 0);
    if (request !== undefined && request.direction === 'toServer') return request;
  }
  return undefined;
}
