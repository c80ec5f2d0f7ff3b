/** One message that came from the new server. */
import type { DissectedMessage } from '../protocol/protocol.ts';

export interface LiveItem {
  /** Frame number in the run's own record; 0 when it is not recorded. */
  readonly n: number;
  /** Connection, by its number in the recording. */
  readonly conn: number;
  readonly index: number;
  readonly message: DissectedMessage;
  readonly bytes: Uint8Array;
  readonly summary: string;
  /** Milliseconds since the run began. */
  readonly at: number;
  /** Wall clock, seconds. */
  readonly time: number;
  /** Client frames sent before it. */
  readonly segment: number;
}
