/** "Go on over there": which connections of a recording were opened because a message of another one said so. */
import type { Handoff } from '../protocol/protocol.ts';
import type { EndpointUrl, Scheme } from '../relay/endpoint-url.ts';
import { getPath } from '../schema/path.ts';
import type { Endpoint } from '../traffic/frame.ts';
import type { Recording } from './recording.ts';

/** The message, by frame number and index within it, and where it sent the client. */
export interface HandedOver {
  readonly n: number;
  readonly index: number;
  readonly handoff: Handoff;
  readonly to: Endpoint;
}

export function findHandoffs(recording: Recording): Map<number, HandedOver> {
  const found = new Map<number, HandedOver>();
  const began = new Map<number, number>();
  for (const frame of recording.frames) if (!began.has(frame.conn)) began.set(frame.conn, frame.n);
  for (const frame of recording.frames) {
    const protocol = recording.connections.get(frame.conn)?.protocol;
    if (protocol === undefined || protocol.handoffs.length === 0) continue;
    frame.messages.forEach((message, index) => {
      for (const handoff of protocol.handoffs) {
        if (handoff.message !== message.name || handoff.direction !== frame.direction) continue;
        const to = endpointAt(message.fields, handoff);
        if (to === undefined) continue;
        const led = [...recording.connections.values()].find(
          ({ connection }) =>
            connection.id !== frame.conn &&
            connection.server.port === to.port &&
            !found.has(connection.id) &&
            (began.get(connection.id) ?? 0) > frame.n,
        );
        if (led !== undefined) found.set(led.connection.id, { n: frame.n, index, handoff, to });
      }
    });
  }
  return found;
}

/** Where a handoff message sends its reader; undefined when it names no port. */
export function endpointAt(fields: unknown, handoff: Handoff): Endpoint | undefined {
  const port = Number(getPath(fields, handoff.port));
  const address = getPath(fields, handoff.address);
  if (!Number.isInteger(port) || port <= 0 || port > 65_535) return undefined;
  return { address: typeof address === 'string' ? address : '', port };
}

/** The URL to go on with: what the new server said, on the recorded carrier. */
export function handedUrl(to: Endpoint, scheme: Scheme, path: string, fallbackHost: string): EndpointUrl {
  const isAnywhere = to.address === '' || to.address === '0.0.0.0' || to.address === '::';
  return { scheme, host: isAnywhere ? fallbackHost : to.address, port: to.port, path };
}

/** `message\0path` of every field that says where to go on: it is the new server's to fill in. */
export function handoffFields(recording: Recording): Set<string> {
  const found = new Set<string>();
  for (const { protocol } of recording.connections.values()) {
    for (const { message, address, port } of protocol?.handoffs ?? []) {
      for (const path of [address, port]) found.add(`${message}\0${path}`);
    }
  }
  return found;
}
