/** A frame as one line: JSON for machines (a contract, see the user guide) or text for people. */
import type { DecodedFrame } from './frame-decoder.ts';
import { hex, toJson } from './json-value.ts';

export function jsonLine({ frame, connection, protocol, meaning, expert }: DecodedFrame): string {
  const toServer = frame.direction === 'toServer';
  const client = endpoint(connection.client);
  const server = endpoint(connection.server);
  const [first] = meaning.messages;
  return JSON.stringify({
    n: frame.n,
    time: frame.time,
    conn: frame.conn,
    dir: toServer ? 'c2s' : 's2c',
    transport: connection.transport,
    src: toServer ? client : server,
    dst: toServer ? server : client,
    carrier: frame.carrier,
    protocol: protocol?.id ?? null,
    message: first?.name ?? null,
    ...(first?.id === undefined ? {} : { id: first.id }),
    fields: first === undefined ? null : toJson(first.fields),
    ...(meaning.messages.length > 1
      ? {
          messages: meaning.messages.map((m) => ({
            message: m.name,
            ...(m.id === undefined ? {} : { id: m.id }),
            fields: toJson(m.fields),
          })),
        }
      : {}),
    expert,
    ...(frame.origin === 'wire' ? {} : { origin: frame.origin }),
    ...(frame.fate === 'forwarded' ? {} : { fate: frame.fate }),
    ...(frame.sent === undefined ? {} : { sent: hex(frame.sent) }),
    ...(frame.gapBefore === undefined ? {} : { gapBefore: frame.gapBefore }),
    bytes: hex(frame.bytes),
  });
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

function endpoint({ address, port }: { address: string; port: number }): string {
  return address === '' && port === 0 ? '' : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
