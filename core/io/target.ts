/** Connections of our own to a server, over every carrier: what replay, fuzzing and the library send through. */
import type { Scheme } from '../relay/endpoint-url.ts';
import type { ConnectHow, Target, TargetConnection, TargetEvents } from '../replay/target.ts';
import { EngineError } from '../traffic/engine-error.ts';
import { EnetHosts } from './target-enet.ts';
import { connectStream } from './target-stream.ts';
import { connectUdp } from './target-udp.ts';
import { connectWebSocket } from './target-websocket.ts';

export interface TargetOptions {
  /** Verify a TLS server's certificate. Default true. */
  readonly verify?: boolean;
  /** PEM of an authority to trust besides the usual ones. */
  readonly ca?: string;
  /** Name for SNI and verification when it is not the host of the URL. */
  readonly serverName?: string;
}

export const TARGET_SCHEMES: readonly Scheme[] = ['tcp', 'tls', 'ws', 'wss', 'enet', 'udp'];

/** Sockets are made on `connect`; `close` ends all that are left. */
export function createTarget(options: TargetOptions = {}): Target {
  const open = new Set<TargetConnection>();
  const hosts = new EnetHosts();
  return {
    async connect(how, events) {
      const connection = await connect(
        how,
        watching(events, () => open.delete(connection)),
        options,
        hosts,
      );
      if (connection.isOpen) open.add(connection);
      return connection;
    },
    async close() {
      // Those on their way out get there by themselves, within a second.
      for (const connection of open) if (connection.isOpen) connection.reset();
      open.clear();
      await hosts.close();
    },
  };
}

/** Tells us that a connection has ended before its user hears of it; an end during `connect` is kept until it is there. */
function watching(events: TargetEvents, gone: () => void): TargetEvents {
  return {
    frame: (frame) => events.frame(frame),
    ended: (ending) => {
      queueMicrotask(gone);
      events.ended(ending);
    },
  };
}

function connect(
  how: ConnectHow,
  events: TargetEvents,
  options: TargetOptions,
  hosts: EnetHosts,
): Promise<TargetConnection> {
  switch (how.url.scheme) {
    case 'tcp':
    case 'tls':
      return connectStream(how, events, options);
    case 'ws':
    case 'wss':
      return connectWebSocket(how, events, options);
    case 'enet':
      return hosts.connect(how, events);
    case 'udp':
      return connectUdp(how, events);
    default:
      throw new EngineError(
        'bad-url',
        `${how.url.scheme}:// cannot be connected to as a client; use ${TARGET_SCHEMES.join(', ')}`,
      );
  }
}
