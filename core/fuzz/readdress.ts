/**
 * A recording in which "go on over there" leads to listeners of ours. It is done before anything is mutated: whatever becomes of
 * such a message later, cut, doubled or half, no client is sent to the recorded server.
 */
import type { Replacement } from '../replay/binding-table.ts';
import { Conversation } from '../replay/conversation.ts';
import { endpointAt } from '../replay/handoff.ts';
import type { RecordedConnection, RecordedFrame, Recording } from '../replay/recording.ts';
import type { DissectedMessage } from '../protocol/protocol.ts';
import { getPath, parsePath } from '../schema/path.ts';
import { EngineError } from '../traffic/engine-error.ts';
import type { Endpoint } from '../traffic/frame.ts';

/** @throws EngineError `not-encodable` when the address in a message cannot be written anew */
export function readdressed(recording: Recording, addressOf: (to: Endpoint) => Endpoint): Recording {
  const frames = recording.frames.map((frame) => {
    const recorded = recording.connections.get(frame.conn);
    return recorded === undefined ? frame : rewritten(frame, recorded, addressOf);
  });
  return { ...recording, frames };
}

function rewritten(
  frame: RecordedFrame,
  recorded: RecordedConnection,
  addressOf: (to: Endpoint) => Endpoint,
): RecordedFrame {
  const { protocol, framing } = recorded;
  const replacements = frame.messages.map((message) => replacementsIn(message, frame, recorded, addressOf));
  if (protocol === undefined || replacements.every((list) => list.length === 0)) return frame;
  const facts = new Map<string, unknown>();
  const memory = { recall: (key: string) => facts.get(key), remember: (k: string, v: unknown) => void facts.set(k, v) };
  const { bytes, failed } = new Conversation(recorded, memory).rewrite(frame, replacements);
  if (failed.length > 0) {
    throw new EngineError(
      'not-encodable',
      `Frame ${frame.n} (${frame.summary || '?'}) tells the client where to go on, and ${failed.join(', ')} in it cannot be written anew: it would go to the recorded server.`,
    );
  }
  const dissected = protocol.dissect(bytes, frame.direction, frame.state as never);
  // A length in front of the payload is another one now.
  const keeps = framing.kind === 'lines' || framing.kind === 'nul' || framing.kind === 'json';
  const wrapping = keeps || bytes.length === frame.bytes.length ? {} : { head: NONE, tail: NONE };
  return { ...frame, ...wrapping, bytes, dissected, messages: dissected.messages };
}

const NONE = new Uint8Array(0);

function replacementsIn(
  { name, fields }: DissectedMessage,
  { direction }: RecordedFrame,
  { protocol }: RecordedConnection,
  addressOf: (to: Endpoint) => Endpoint,
): Replacement[] {
  const found: Replacement[] = [];
  for (const handoff of protocol?.handoffs ?? []) {
    if (handoff.message !== name || handoff.direction !== direction) continue;
    const to = endpointAt(fields, handoff);
    if (to === undefined) continue;
    const { address, port } = addressOf(to);
    const put = (text: string, value: unknown): void => {
      const path = parsePath(text);
      if (getPath(fields, path) !== undefined) found.push({ path, value, binding: 'handoff' });
    };
    put(handoff.address, address);
    put(handoff.port, typeof getPath(fields, handoff.port) === 'string' ? String(port) : port);
  }
  return found;
}
