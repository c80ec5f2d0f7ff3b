/** Hands the open connections of a replay over to somebody else. */
import { wrapPayload } from '../protocol/framer.ts';
import type { Carrier, Direction, Origin } from '../traffic/frame.ts';
import type { LiveItem } from './live-item.ts';
import { isStream, type RunConnection } from './run-connection.ts';
import type { ForkedConnection, Sent } from './run-types.ts';
import type { TargetFrame } from './target.ts';

const NONE = new Uint8Array(0);

/**
 * @param listeners told of every message that comes from now on
 * @param record keeps what is sent in the run's own record
 */
export function fork(
  connections: ReadonlyMap<number, RunConnection>,
  sent: readonly Sent[],
  listeners: ((item: LiveItem) => void)[],
  record: (connection: RunConnection, direction: Direction, frame: TargetFrame, origin: Origin) => number,
): Map<number, ForkedConnection> {
  const open = new Map<number, ForkedConnection>();
  for (const [conn, connection] of connections) {
    const { live, recorded, conversation, recordId } = connection;
    if (live === undefined || !live.isOpen) continue;
    // As the last frame of the recorded client went: the same opcode, the same channel.
    const last = sent.findLast((one) => one.frame.conn === conn)?.frame.carrier;
    open.set(conn, {
      conn,
      recordId,
      get isOpen() {
        return live.isOpen;
      },
      get state() {
        return conversation.state;
      },
      onItem: (listener) => {
        listeners.push((item) => {
          if (item.conn === conn) listener(item);
        });
      },
      send: (bytes, wanted = {}) => {
        const carrier = { ...last, ...wanted } as Carrier;
        const wire = isStream(connection) ? { wire: wrapPayload(recorded.framing, bytes) } : {};
        live.send({ bytes, carrier, ...wire });
        conversation.see(bytes, 'toServer');
        return record(connection, 'toServer', { bytes, head: NONE, tail: NONE, carrier, expert: [] }, 'injected');
      },
      close: () => live.end(),
    });
  }
  return open;
}
