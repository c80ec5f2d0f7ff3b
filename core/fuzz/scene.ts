/** Where a case is played: the connections of the recording, and where each goes now. */
import type { Handoff } from '../protocol/protocol.ts';
import type { RecordedConnection } from '../replay/recording.ts';
import type { EndpointUrl } from '../relay/endpoint-url.ts';

export interface SceneConnection {
  readonly id: number;
  readonly recorded: RecordedConnection;
  /** Undefined: only the handoff says. */
  readonly url: EndpointUrl | undefined;
  /** The message that leads here: the nth of that name on that connection. */
  readonly handoff?: { readonly conn: number; readonly nth: number; readonly handoff: Handoff };
  /** Connections of earlier visits to the same server: they were over. */
  readonly gone?: readonly number[];
  /** Of a client under test; absent: it began with this one. */
  readonly openedBehind?: OpenedBehind;
}

/** On which connection something was said to the client last before it made another one, and how long before, ms. */
export interface OpenedBehind {
  readonly conn: number;
  readonly ms: number;
}

export interface Scene {
  /** Which side is under test. Default: the server. The client's scene is a mirrored one. */
  readonly side?: 'client';
  readonly connections: ReadonlyMap<number, SceneConnection>;
  readonly fallbackHost: string;
  /** Names of messages that come by the clock. */
  readonly heartbeats: ReadonlySet<string>;
  /** Names of messages that the server sends in the recorded session; what has another name is an answer. Absent: not known yet. */
  readonly usual?: ReadonlySet<string>;
  /** Names of those that come because others are at work on the same server. Absent: not known yet. */
  readonly chatter?: ReadonlySet<string>;
  /** Values each case replaces by its own, so that cases do not meet as the same user. ASCII letters and digits. */
  readonly identities: readonly string[];
}

/** What is under test, in a word. */
export function whoIs({ side }: Scene): 'server' | 'client' {
  return side ?? 'server';
}
