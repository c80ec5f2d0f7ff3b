/** What a step puts on the wire, and how its connection is asked for. */
import { wrapPayload } from '../protocol/framer.ts';
import type { Framing } from '../protocol/framing.ts';
import type { SceneConnection } from './scene.ts';
import type { SendStep } from './script.ts';

/** Bytes on a stream: with the delimiters the frame had where they still fit. Message carriers: the payload itself. */
export function wireOf(
  framing: Framing,
  { head, tail, bytes: recorded, mutated }: SendStep,
  bytes: Uint8Array,
): Uint8Array {
  if (framing.kind === 'message') return bytes;
  const keeps = framing.kind === 'lines' || framing.kind === 'nul' || framing.kind === 'json';
  const was = head.length + tail.length > 0;
  const isSame = !mutated && bytes.length === recorded.length;
  if (!was || (!keeps && !isSame)) return wrapPayload(framing, bytes);
  const wire = new Uint8Array(head.length + bytes.length + tail.length);
  wire.set(head);
  wire.set(bytes, head.length);
  wire.set(tail, head.length + bytes.length);
  return wire;
}

export function howOf({ recorded }: SceneConnection): {
  channels?: number;
  data?: number;
  protocols?: readonly string[];
} {
  const { channels, 'connect data': data, 'request.sec-websocket-protocol': protocols } = recorded.connection.details;
  return {
    ...(typeof channels === 'number' ? { channels } : {}),
    ...(typeof data === 'number' ? { data } : {}),
    ...(typeof protocols === 'string' ? { protocols: protocols.split(',').map((one) => one.trim()) } : {}),
  };
}
