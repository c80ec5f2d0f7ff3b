/** A target for fuzzing: as for replay, but what is asked to be written goes out as it is over WebSocket too. */
import type { Target, TargetConnection } from '../replay/target.ts';
import { createTarget, type TargetOptions } from './target.ts';
import { connectRawWebSocket } from './target-raw-websocket.ts';

export function createFuzzTarget(options: TargetOptions = {}): Target {
  const usual = createTarget(options);
  const open = new Set<TargetConnection>();
  return {
    async connect(how, events) {
      if (how.url.scheme !== 'ws' && how.url.scheme !== 'wss') return usual.connect(how, events);
      const connection = await connectRawWebSocket(
        how,
        {
          frame: (frame) => events.frame(frame),
          ended: (ending) => {
            queueMicrotask(() => open.delete(connection));
            events.ended(ending);
          },
        },
        options,
      );
      if (connection.isOpen) open.add(connection);
      return connection;
    },
    async close() {
      for (const connection of open) connection.reset();
      await usual.close();
    },
  };
}
