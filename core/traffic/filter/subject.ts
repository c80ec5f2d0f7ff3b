/** What a filter is asked about. Costly parts are getters: a filter that does not need them never calls them. */
import type { ExpertInfo } from '../../schema/expert-info.ts';
import type { Carrier, Direction, Endpoint, Fate, Origin, Transport } from '../frame.ts';

export interface FilterSubject {
  readonly n: number;
  readonly conn: number;
  readonly direction: Direction;
  /** Seconds since the session began. */
  readonly at: number;
  readonly size: number;
  readonly origin: Origin;
  readonly fate: Fate;
  readonly protocol: string;
  /** Message names, one per message of the frame; '' for one that was not understood. */
  readonly names: readonly string[];
  /** Numbers of the messages, where they have one. */
  readonly ids: readonly (number | undefined)[];
  readonly summary: string;
  readonly expert: readonly ExpertInfo[];
  readonly carrier: Carrier;
  readonly transport: Transport;
  readonly proxy: string;
  readonly role: string;
  readonly journey: number | undefined;
  readonly client: Endpoint;
  readonly server: Endpoint;
  /** Milliseconds between request and this answer; NaN when it is not an answer. */
  readonly answerMs: number;
  readonly waitedMs: number;
  readonly mark: string | undefined;
  readonly comment: string | undefined;
  readonly touchedBy: readonly string[];
  /** Payload. */
  readonly bytes: Uint8Array;
  /** Decoded value of each message. */
  readonly fields: readonly unknown[];
  /** What stands beside each message's fields (`sn` in an envelope): asked when the fields have no such name. */
  readonly beside?: readonly unknown[];
}
