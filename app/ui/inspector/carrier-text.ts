import type { FrameView } from '../../../core/contract/frames.ts';
import { t } from '../strings/strings.ts';

/** What the carrier adds: `ENet channel 0 · reliable`, `WebSocket text · compressed`. */
export function carrierText(frame: FrameView): string {
  const { carrier } = frame;
  const words = t.inspector.carrier;
  if ('channel' in carrier) {
    const how = carrier.reliable ? words.reliable : carrier.unsequenced ? words.unsequenced : words.unreliable;
    return `${words.channel(carrier.channel as number)} · ${how}`;
  }
  if ('opcode' in carrier) {
    const parts = [words.webSocket(String(carrier.opcode))];
    if (carrier.compressed === true) parts.push(words.compressed);
    if ((carrier.fragments as number) > 1) parts.push(words.fragments(carrier.fragments as number));
    return parts.join(' · ');
  }
  return frame.connection.transport.toUpperCase();
}
