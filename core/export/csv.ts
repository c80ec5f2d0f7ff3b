/** Comma-separated values (RFC 4180) with columns of one's choice, for spreadsheets and data tools. */
import { toHex } from '../schema/characters.ts';
import { getPath } from '../schema/path.ts';
import { connectionText, endpointText } from './json-lines.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';
import { jsonValue } from './json-value.ts';

type Cell = (frame: ExportFrame, began: number) => unknown;

/** Columns besides field paths. `at` counts from the session's beginning. */
const COLUMNS: Readonly<Record<string, Cell>> = {
  n: ({ frame }) => frame.n,
  time: ({ frame }) => new Date(frame.time * 1000).toISOString(),
  at: ({ frame }, began) => (frame.time - began).toFixed(6),
  conn: ({ frame }) => frame.conn,
  dir: ({ frame }) => (frame.direction === 'toServer' ? 'c2s' : 's2c'),
  transport: ({ connection }) => connection.transport,
  client: ({ connection }) => endpointText(connection.client),
  server: ({ connection }) => endpointText(connection.server),
  connection: ({ connection }) => connectionText(connection),
  proxy: ({ connection }) => connection.proxy,
  role: ({ connection }) => connection.role,
  journey: ({ connection }) => connection.journey,
  carrier: ({ frame }) => (Object.keys(frame.carrier).length === 0 ? '' : JSON.stringify(frame.carrier)),
  protocol: ({ protocol }) => protocol,
  message: ({ messages }) => messages.map((m) => m.name ?? '').join(' '),
  id: ({ messages }) => messages[0]?.id,
  summary: ({ summary }) => summary,
  size: ({ frame }) => frame.bytes.length,
  origin: ({ frame }) => frame.origin,
  fate: ({ frame }) => frame.fate,
  touchedBy: ({ frame }) => frame.touchedBy?.join(' '),
  request: ({ answer }) => answer?.request,
  answer_ms: ({ answer }) => answer?.ms,
  waited_ms: ({ waitedMs }) => (waitedMs === 0 ? '' : waitedMs),
  expert: ({ frame }) => frame.expert.map(({ severity, text }) => `${severity}: ${text}`).join('; '),
  mark: ({ mark }) => mark,
  comment: ({ comment }) => comment,
  fields: ({ messages }) => (messages.length === 0 ? '' : JSON.stringify(jsonValue(messages[0]!.fields))),
  bytes: ({ frame }) => toHex(frame.bytes),
};

export const CSV_COLUMNS: readonly string[] = Object.keys(COLUMNS);
const DEFAULT_COLUMNS: readonly string[] = [
  'n',
  'time',
  'at',
  'conn',
  'dir',
  'transport',
  'client',
  'server',
  'protocol',
  'message',
  'summary',
  'size',
  'origin',
  'fate',
  'answer_ms',
  'expert',
  'comment',
];

/** @param columns names of `CSV_COLUMNS` or paths of fields (`fields.id` where both exist); `+` stands for the usual columns */
export function* writeCsv(source: ExportSource, columns: readonly string[] = []): Generator<string> {
  const wanted = columns.length === 0 ? DEFAULT_COLUMNS : columns.flatMap((c) => (c === '+' ? DEFAULT_COLUMNS : [c]));
  const cells = wanted.map((name): Cell => COLUMNS[name] ?? fieldCell(name.replace(/^fields\./, '')));
  yield `${wanted.map(quoted).join(',')}\r\n`;
  for (const frame of source.frames()) yield `${cells.map((cell) => text(cell(frame, source.began))).join(',')}\r\n`;
}

function fieldCell(path: string): Cell {
  return ({ messages }) => {
    for (const { fields } of messages) {
      const value = getPath(fields, path);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'object') return quoted(JSON.stringify(jsonValue(value)));
  const written = String(value);
  // What a peer sent must not become a formula where the file is opened. Numbers stay numbers.
  const isFormula = /^[=+\-@\t\r]/.test(written) && !/^[+-]?\d+(?:\.\d+)?$/.test(written);
  return quoted(isFormula ? `'${written}` : written);
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
