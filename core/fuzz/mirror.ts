/**
 * A recording seen from the other side: what the server said is what is mutated, and the client is what is judged. Everything
 * a campaign does to a server it can then do to a client, with the same words for the two directions changed over.
 */
import type { Direction, Protocol, Watcher } from '../protocol/protocol.ts';
import type { RecordedConnection, RecordedFrame, Recording } from '../replay/recording.ts';

export function mirrorDirection(direction: Direction): Direction {
  return direction === 'toServer' ? 'toClient' : 'toServer';
}

export function mirrored(recording: Recording): Recording {
  const protocols = new Map<Protocol, Protocol>();
  const connections = new Map<number, RecordedConnection>();
  for (const [id, { end, protocol, ...rest }] of recording.connections) {
    let other = protocol === undefined ? undefined : protocols.get(protocol);
    if (protocol !== undefined && other === undefined) protocols.set(protocol, (other = mirrorProtocol(protocol)));
    const by = end?.by === 'server' ? 'client' : 'server';
    connections.set(id, { ...rest, protocol: other, ...(end === undefined ? {} : { end: { ...end, by } }) });
  }
  const frames = recording.frames.map(
    (frame): RecordedFrame => ({ ...frame, direction: mirrorDirection(frame.direction) }),
  );
  return { ...recording, connections, frames };
}

function mirrorProtocol(protocol: Protocol): Protocol {
  const { watch } = protocol;
  return {
    ...protocol,
    messages: protocol.messages.map((spec) =>
      spec.direction === 'both' ? spec : { ...spec, direction: mirrorDirection(spec.direction) },
    ),
    pairs: protocol.pairs.map((pair) => ({ ...pair, direction: mirrorDirection(pair.direction) })),
    examples: protocol.examples.map((one) => ({ ...one, direction: mirrorDirection(one.direction) })),
    // Where the client goes on to is for us to say, and no longer for the recording.
    handoffs: [],
    correlations: [],
    dissect: (bytes, direction, state, limits) => protocol.dissect(bytes, mirrorDirection(direction), state, limits),
    classify: (bytes, direction, state) => protocol.classify(bytes, mirrorDirection(direction), state),
    next: (state, direction, dissected, bytes, memory) =>
      protocol.next(state, mirrorDirection(direction), dissected, bytes, memory),
    summary: (message, direction) => protocol.summary(message, mirrorDirection(direction)),
    encode: (composed, direction, state, how) => protocol.encode(composed, mirrorDirection(direction), state, how),
    ...(watch === undefined
      ? {}
      : {
          watch: (link, options): Watcher => {
            const watcher = watch.call(protocol, link, options);
            return { see: (frame) => watcher.see({ ...frame, direction: mirrorDirection(frame.direction) }) };
          },
        }),
  };
}
