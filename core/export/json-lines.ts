/** One JSON object a line and frame: what `decode --format jsonl` prints, and what `import` reads back. */
import { toHex } from '../schema/characters.ts';
import type { Carrier, Connection, Direction, Endpoint } from '../traffic/frame.ts';
import type { ExportFrame, ExportMessage, ExportSource } from './export-source.ts';
import { type Hex, jsonValue } from './json-value.ts';

export function* writeJsonLines(source: ExportSource, hex: Hex = toHex): Generator<string> {
  for (const frame of source.frames()) yield `${jsonLine(frame, hex)}\n`;
}

/**
 * Written piece by piece: an object made for `JSON.stringify` alone costs more than the rest of a decoder.
 * @param hex a faster one than the portable default, where there is one
 */
export function jsonLine(exported: ExportFrame, hex: Hex = toHex): string {
  const { frame, connection, protocol, messages, mark, comment } = exported;
  const [first] = messages;
  let line = `{"n":${frame.n},"time":${Number.isFinite(frame.time) ? frame.time : null},${linkText(connection, frame.conn)[frame.direction]},"carrier":${carrierText(frame.carrier)},"protocol":${protocol === '' ? 'null' : JSON.stringify(protocol)},`;
  line += first === undefined ? '"message":null,"fields":null' : messageText(first, hex);
  if (messages.length > 1) line += `,"messages":[${messages.map((m) => `{${messageText(m, hex)}}`).join(',')}]`;
  line += frame.expert.length === 0 ? ',"expert":[]' : `,"expert":${JSON.stringify(frame.expert)}`;
  if (frame.origin !== 'wire') line += `,"origin":"${frame.origin}"`;
  if (frame.fate !== 'forwarded') line += `,"fate":"${frame.fate}"`;
  if (frame.sent !== undefined) line += `,"sent":"${hex(frame.sent)}"`;
  if (frame.gapBefore !== undefined) line += `,"gapBefore":${frame.gapBefore}`;
  if (mark !== undefined) line += `,"mark":${JSON.stringify(mark)}`;
  if (comment !== undefined) line += `,"comment":${JSON.stringify(comment)}`;
  if (LINE_ENDS.test(line)) line = line.replace(ALL_LINE_ENDS, (end) => ESCAPED[end]!);
  return `${line},"bytes":"${hex(frame.bytes)}"}`;
}

/** JSON has these bare in a string, but many readers of lines take them for the end of one. */
const LINE_ENDS = /[\u0085\u2028\u2029]/;
const ALL_LINE_ENDS = new RegExp(LINE_ENDS, 'g');
const ESCAPED: Readonly<Record<string, string>> = {
  '\u0085': '\\u0085',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
};

function messageText({ name, id, fields }: ExportMessage, hex: Hex): string {
  const number = id === undefined ? '' : `,"id":${id}`;
  return `"message":${JSON.stringify(name)}${number},"fields":${JSON.stringify(jsonValue(fields, hex)) ?? 'null'}`;
}

function carrierText(carrier: Carrier): string {
  if ('channel' in carrier)
    return `{"channel":${carrier.channel},"reliable":${carrier.reliable},"unsequenced":${carrier.unsequenced}}`;
  return 'opcode' in carrier ? JSON.stringify(carrier) : '{}';
}

/** What the lines of one connection share, either way. A connection that changes is another object. */
const links = new WeakMap<Connection, Record<Direction, string>>();

function linkText(connection: Connection, conn: number): Record<Direction, string> {
  let known = links.get(connection);
  if (known === undefined) {
    const client = JSON.stringify(endpointText(connection.client));
    const server = JSON.stringify(endpointText(connection.server));
    const before = (dir: string): string => `"conn":${conn},"dir":"${dir}","transport":"${connection.transport}"`;
    known = {
      toServer: `${before('c2s')},"src":${client},"dst":${server}`,
      toClient: `${before('s2c')},"src":${server},"dst":${client}`,
    };
    links.set(connection, known);
  }
  return known;
}

/** `host:port`, `[v6]:port`, or '' when nothing is known. */
export function endpointText({ address, port }: Endpoint): string {
  return address === '' && port === 0 ? '' : address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** How the connection reads in a report: `127.0.0.1:50000 → 127.0.0.1:7000`. */
export function connectionText({ client, server }: Connection): string {
  return `${endpointText(client) || 'client'} → ${endpointText(server) || 'server'}`;
}
