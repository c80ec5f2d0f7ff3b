/** One connection of a running replay: the recorded one it stands for, the live one, and what became of it. */
import type { Protocol } from '../protocol/protocol.ts';
import type { Conversation } from './conversation.ts';
import type { LiveItem } from './live-item.ts';
import type { RecordedConnection } from './recording.ts';
import type { Ending, TargetConnection } from './target.ts';

export interface RunConnection {
  readonly recorded: RecordedConnection;
  readonly conversation: Conversation;
  /** The server says one thing at a time and wants an answer to each. */
  readonly isStrict: boolean;
  live: TargetConnection | undefined;
  /** Its number in the run's own record; 0 when nothing is recorded. */
  recordId: number;
  ending: Ending | undefined;
  /** We closed it, as the recording has it. */
  isLeft: boolean;
  /** No longer played: why. */
  abandoned: string | undefined;
  /** A question of the server that the recording has no answer to. */
  unanswerable: LiveItem | undefined;
}

/** Whether every message of the server is a question to be answered before the next: then order is everything. */
export function isStrict(protocol: Protocol | undefined): boolean {
  return (
    protocol?.pairs.some(
      (pair) =>
        pair.direction === 'toClient' && pair.replies === '*' && pair.required !== false && pair.request !== '*',
    ) ?? false
  );
}

/** Whether the server waits for an answer to this message. */
export function wantsAnswer(protocol: Protocol | undefined, name: string | null): boolean {
  if (protocol === undefined || name === null) return false;
  return protocol.pairs.some(
    (pair) =>
      pair.direction === 'toClient' && pair.required !== false && (pair.request === '*' || pair.request.includes(name)),
  );
}

export function isStream({ recorded }: RunConnection): boolean {
  const { transport } = recorded.connection;
  return transport === 'tcp' || transport === 'tls';
}

/** What the recorded client asked its carrier for. */
export function carrierOf({ connection }: RecordedConnection): {
  channels?: number;
  data?: number;
  protocols?: string[];
  headers?: Record<string, string>;
} {
  const { details } = connection;
  const found: { channels?: number; data?: number; protocols?: string[]; headers?: Record<string, string> } = {};
  const { channels, 'connect data': data, 'request.sec-websocket-protocol': protocols } = details;
  if (typeof channels === 'number' && channels > 0) found.channels = channels;
  if (typeof data === 'number') found.data = data;
  if (typeof protocols === 'string') found.protocols = protocols.split(',').map((name) => name.trim());
  const headers = Object.entries(details).flatMap(([name, value]) => {
    const header = /^request\.(origin|cookie|authorization|user-agent)$/.exec(name)?.[1];
    return header === undefined ? [] : [[header, String(value)] as const];
  });
  if (headers.length > 0) found.headers = Object.fromEntries(headers);
  return found;
}
