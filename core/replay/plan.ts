/** A recording as a script: which connections to open, what to send on them and what should come, in the recorded order. */
import type { DissectedMessage } from '../protocol/protocol.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { findHandoffs, type HandedOver } from './handoff.ts';
import { findHeartbeats } from './heartbeat.ts';
import { itemKey, type RecordedFrame, type Recording } from './recording.ts';

/** A message that should come: one message of a recorded server frame. */
export interface Expected {
  /** Its place in `Plan.expected`. */
  readonly id: number;
  readonly frame: RecordedFrame;
  readonly index: number;
  readonly message: DissectedMessage;
  readonly conn: number;
  /** Client frames before it in the recording. */
  readonly segment: number;
  /** Frame it answers, when it is a reply. */
  readonly answers: number | undefined;
  /** Comes by the clock, not by what was said: nobody waits for it, and how often it comes may differ. */
  readonly isHeartbeat: boolean;
}

interface BaseStep {
  readonly conn: number;
  /** Milliseconds since the recording began. */
  readonly at: number;
  /** How many of the expected messages came before. */
  readonly after: number;
}
export interface SendStep extends BaseStep {
  readonly kind: 'send';
  readonly frame: RecordedFrame;
}
export type Step =
  | (BaseStep & { readonly kind: 'open' })
  | SendStep
  | (BaseStep & { readonly kind: 'close'; readonly reset: boolean })
  /** The server closed here. */
  | (BaseStep & { readonly kind: 'closed' });

export interface Plan {
  readonly recording: Recording;
  /** In order. */
  readonly steps: readonly Step[];
  readonly expected: readonly Expected[];
  /** When each client frame was sent in the recording, ms, by its number among them. */
  readonly sentAt: readonly number[];
  /** Connections that were opened because a message said so. */
  readonly handedOver: ReadonlyMap<number, HandedOver>;
}

/** @throws EngineError `bad-request` when there is nothing to replay. */
export function makePlan(recording: Recording): Plan {
  const { frames, connections } = recording;
  if (!frames.some((frame) => frame.direction === 'toServer')) {
    const what = frames.length === 0 ? 'no frame is left' : 'there are frames from the server only';
    const how = 'Record with the client connected from its first message on, or widen the filter.';
    throw new EngineError('bad-request', `There is nothing to replay: ${what}. ${how}`);
  }
  const heartbeats = findHeartbeats(recording);
  const expected: Expected[] = [];
  const steps: Step[] = [];
  const sentAt: number[] = [];
  const openings = openingsOf(recording);
  const closings = closingsOf(recording);
  const isOpen = new Set<number>();
  const done = new Set<number>();
  const open = (conn: number, at: number): void => {
    if (isOpen.has(conn)) return;
    isOpen.add(conn);
    steps.push({ kind: 'open', conn, at, after: expected.length });
  };
  const close = (conn: number, at: number): void => {
    if (done.has(conn) || !isOpen.has(conn)) return;
    done.add(conn);
    const end = connections.get(conn)?.end;
    const step = { conn, at, after: expected.length };
    steps.push(
      end?.by === 'server' ? { kind: 'closed', ...step } : { kind: 'close', reset: end?.reset === true, ...step },
    );
  };
  for (const frame of frames) {
    for (; openings[0] !== undefined && openings[0].at <= frame.at; openings.shift()) {
      open(openings[0].conn, Math.max(0, openings[0].at));
    }
    open(frame.conn, frame.at);
    for (; closings[0] !== undefined && closings[0].at < frame.at; closings.shift())
      close(closings[0].conn, closings[0].at);
    if (frame.direction === 'toServer') {
      steps.push({ kind: 'send', conn: frame.conn, at: frame.at, after: expected.length, frame });
      sentAt.push(frame.at);
      continue;
    }
    frame.messages.forEach((message, index) => {
      expected.push({
        id: expected.length,
        frame,
        index,
        message,
        conn: frame.conn,
        segment: sentAt.length,
        answers: recording.replies.get(itemKey(frame.n, index)),
        isHeartbeat: heartbeats(frame, index),
      });
    });
  }
  for (const { conn, at } of closings) close(conn, at);
  // What the recording left open, we close.
  for (const conn of isOpen) close(conn, frames.at(-1)?.at ?? 0);
  return { recording, steps, expected, sentAt, handedOver: findHandoffs(recording) };
}

function openingsOf({ frames, connections, began }: Recording): { conn: number; at: number }[] {
  const used = new Set(frames.map((frame) => frame.conn));
  return [...connections.values()]
    .filter(({ connection }) => used.has(connection.id))
    .map(({ connection }) => ({ conn: connection.id, at: (connection.opened - began) * 1000 }))
    .sort((a, b) => a.at - b.at || a.conn - b.conn);
}

/** A client that closed within this of its last message closed because of it, ms. */
const PROMPT_MS = 500;

/**
 * Ends of connections in order, none before the last frame. A recorder sees an end when both sides are through with it, which
 * is later than the client closed: a prompt end is put right behind the last frame.
 */
function closingsOf({ frames, connections }: Recording): { conn: number; at: number }[] {
  const last = new Map(frames.map((frame) => [frame.conn, frame.at]));
  return [...connections.values()]
    .flatMap(({ connection: { id }, end }) => {
      const lastAt = last.get(id);
      if (end === undefined || lastAt === undefined) return [];
      const isPrompt = end.by === 'client' && end.at - lastAt < PROMPT_MS;
      return [{ conn: id, at: isPrompt ? lastAt : Math.max(end.at, lastAt) }];
    })
    .sort((a, b) => a.at - b.at);
}
