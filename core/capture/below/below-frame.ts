/**
 * What is below a frame: the WebSocket frames or ENet commands that carried it, read from the headers kept beside it. As values
 * for lines of JSON, and as a tree over the bytes that crossed the wire, for the inspector.
 */
import type { Frame } from '../../traffic/frame.ts';
import { enetValues, enetView } from './enet.ts';
import type { BelowView } from './page.ts';
import { webSocketValues, webSocketView } from './websocket.ts';

type Carried = Pick<Frame, 'carrier' | 'headers' | 'bytes'>;

/** What carried the frame, first to last, as JSON takes it; empty when nothing is known. */
export function belowValues({ carrier, headers }: Carried): Readonly<Record<string, unknown>>[] {
  if (headers === undefined) return [];
  return 'opcode' in carrier ? webSocketValues(headers) : enetValues(headers);
}

/** The tree of what carried the frame; undefined when nothing is known. */
export function belowView({ carrier, headers, bytes }: Carried): BelowView | undefined {
  if (headers === undefined) return undefined;
  return 'opcode' in carrier ? webSocketView(headers, bytes, carrier.compressed) : enetView(headers, bytes);
}
