/** A frame as one line: JSON for machines (a contract, see the user guide) or text for people. */
import { jsonLine as frameJson } from '../../core/export/json-lines.ts';
import type { DecodedFrame } from './frame-decoder.ts';
import { hex } from './json-value.ts';

export function jsonLine({ frame, connection, protocol, meaning, expert }: DecodedFrame): string {
  return frameJson(
    {
      frame: frame.expert === expert ? frame : { ...frame, expert },
      connection,
      protocol: protocol?.id ?? '',
      messages: meaning.messages,
      summary: meaning.summary,
      waitedMs: 0,
    },
    hex,
  );
}

export function textLine({ frame, connection, protocol, meaning, expert }: DecodedFrame, began: number): string {
  const arrow = frame.direction === 'toServer' ? '→' : '←';
  const worst = expert.find((e) => e.severity === 'error') ?? expert.find((e) => e.severity === 'warning');
  const name =
    meaning.messages[0]?.name ??
    ('opcode' in frame.carrier && meaning.dissected === undefined && protocol === undefined
      ? frame.carrier.opcode
      : 'not understood');
  const more = meaning.messages.length > 1 ? ` (+${meaning.messages.length - 1})` : '';
  return `${String(frame.n).padStart(6)}  ${(frame.time - began).toFixed(6).padStart(12)}  c${connection.id} ${arrow} ${(protocol?.id ?? connection.transport).padEnd(10)} ${name}${more}  ${meaning.summary}${worst === undefined ? '' : `  ! ${worst.text}`}`.trimEnd();
}
