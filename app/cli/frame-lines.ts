/** A frame as one line: JSON for machines (a contract, see the user guide) or text for people. */
import { belowValues } from '../../core/capture/below/below-frame.ts';
import { enetValues } from '../../core/capture/below/enet.ts';
import { endpointText, jsonLine as frameJson } from '../../core/export/json-lines.ts';
import type { Connection, Frame } from '../../core/traffic/frame.ts';
import type { CarrierCommands } from '../../core/traffic/sink.ts';
import type { DecodedFrame } from './frame-decoder.ts';
import { isGap } from '../../core/traffic/frame.ts';
import { hex } from './json-value.ts';

/** @param hasCarrier also what carried it, as `below` */
export function jsonLine({ frame, connection, protocol, meaning, expert }: DecodedFrame, hasCarrier = false): string {
  const line = frameJson(
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
  return hasCarrier ? `${line.slice(0, -1)},"below":${JSON.stringify(belowValues(frame))}}` : line;
}

/** What a carrier said that brought no frame: a line without number and bytes. */
export function commandsJson({ direction, time, headers }: CarrierCommands, connection: Connection): string {
  const { client, server } = connection;
  const isToServer = direction === 'toServer';
  return JSON.stringify({
    time,
    conn: connection.id,
    dir: isToServer ? 'c2s' : 's2c',
    transport: connection.transport,
    src: endpointText(isToServer ? client : server),
    dst: endpointText(isToServer ? server : client),
    commands: enetValues(headers),
  });
}

/** What carried a frame, a line each, to stand under it. */
export function carrierText(frame: Frame): string[] {
  return belowValues(frame).map((value) => `${INDENT}${plainText(value)}`);
}

export function commandsText({ conn, direction, headers }: CarrierCommands, at: number): string {
  const arrow = direction === 'toServer' ? '→' : '←';
  const commands = enetValues(headers).map((value) => plainText(value));
  return `${' '.repeat(6)}  ${at.toFixed(6).padStart(12)}  c${conn} ${arrow} ${commands.join(' | ')}`;
}

const INDENT = ' '.repeat(22);

/** `sendReliable channel 0 reliableSequence 7 …`: the name first, flags that are set by name, bytes left out. */
function plainText(value: Readonly<Record<string, unknown>>): string {
  const words: string[] = [];
  for (const [name, field] of Object.entries(value)) {
    if (name === 'bytes' || field === false) continue;
    if (name === 'command' || name === 'opcode') words.unshift(String(field));
    else if (field === true) words.push(name);
    else if (field !== null && typeof field === 'object') words.push(`(${name} ${plainText({ ...field })})`);
    else words.push(`${name} ${String(field)}`);
  }
  return words.join(' ');
}

export function textLine({ frame, connection, protocol, meaning, expert }: DecodedFrame, began: number): string {
  const arrow = frame.direction === 'toServer' ? '→' : '←';
  const worst = expert.find((e) => e.severity === 'error') ?? expert.find((e) => e.severity === 'warning');
  const name =
    meaning.messages[0]?.name ??
    (isGap(frame)
      ? 'gap'
      : 'opcode' in frame.carrier && meaning.dissected === undefined && protocol === undefined
        ? frame.carrier.opcode
        : 'not understood');
  const more = meaning.messages.length > 1 ? ` (+${meaning.messages.length - 1})` : '';
  return `${String(frame.n).padStart(6)}  ${(frame.time - began).toFixed(6).padStart(12)}  c${connection.id} ${arrow} ${(protocol?.id ?? connection.transport).padEnd(10)} ${name}${more}  ${meaning.summary}${worst === undefined ? '' : `  ! ${worst.text}`}`.trimEnd();
}
