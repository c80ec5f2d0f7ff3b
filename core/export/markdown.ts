/** Frames as Markdown for a bug tracker: what the session is, a table of its frames, and the details of the few that matter. */
import { toHex } from '../schema/characters.ts';
import { connectionText } from './json-lines.ts';
import { isGap } from '../traffic/frame.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';
import { jsonValue } from './json-value.ts';

/** Trackers refuse or cut longer texts. */
const MAX_ROWS = 300;
const MAX_DETAILS = 30;
const MAX_DETAIL_CHARACTERS = 4000;
const MAX_HEX_BYTES = 256;

export function* writeMarkdown(source: ExportSource, about: { readonly version: string }): Generator<string> {
  const rows: string[] = [];
  const details: string[] = [];
  const connections = new Map<number, string>();
  let frames = 0;
  for (const exported of source.frames()) {
    frames++;
    if (rows.length >= MAX_ROWS) continue;
    rows.push(row(exported, source.began));
    const { connection, protocol } = exported;
    connections.set(
      connection.id,
      `- connection ${connection.id}: ${code(connectionText(connection))}, ${connection.transport}${protocol === '' ? '' : `, ${protocol}`}${connection.ending === undefined ? '' : `, ${plain(connection.ending)}`}`,
    );
    if (details.length < MAX_DETAILS && isOfInterest(exported) && !isGap(exported.frame))
      details.push(detail(exported));
  }
  yield `## ${plain(source.title) || 'Session'}\n\n`;
  const when = source.began > 0 ? `, recorded ${new Date(source.began * 1000).toISOString()}` : '';
  yield `${frames} frame${frames === 1 ? '' : 's'} on ${connections.size} connection${connections.size === 1 ? '' : 's'}${when} (Interpose ${about.version}).\n\n`;
  if (connections.size <= 20) yield `${[...connections.values()].join('\n')}\n\n`;
  yield '| # | at (s) | | protocol | message | summary | remarks |\n|--:|--:|---|---|---|---|---|\n';
  for (const line of rows) yield line;
  if (frames > rows.length)
    yield `\nThe first ${rows.length} of ${frames} frames are shown. Attach the session or an HTML report for all of them.\n`;
  for (const text of details) yield text;
}

function row({ frame, protocol, messages, summary, answer, comment }: ExportFrame, began: number): string {
  const arrow = frame.direction === 'toServer' ? '→' : '←';
  const remarks = [
    ...(frame.origin === 'wire' ? [] : [frame.origin]),
    ...(frame.fate === 'forwarded' ? [] : [frame.fate]),
    ...frame.expert.slice(0, 3).map(({ severity, text }) => `**${severity}**: ${plain(text)}`),
    ...(answer === undefined ? [] : [`answers frame ${answer.request} after ${answer.ms} ms`]),
    ...(comment === undefined ? [] : [plain(comment)]),
  ];
  const name = isGap(frame) ? 'gap' : messages.map((m) => m.name ?? 'not understood').join(', ');
  return `| ${frame.n} | ${(frame.time - began).toFixed(3)} | ${arrow} c${frame.conn} | ${plain(protocol)} | ${code(name)} | ${plain(summary)} | ${remarks.join('; ')} |\n`;
}

/** Details of everything would drown the report: those of frames that somebody or something remarked on. */
function isOfInterest({ frame, mark, comment }: ExportFrame): boolean {
  return (
    mark !== undefined ||
    comment !== undefined ||
    frame.origin !== 'wire' ||
    frame.fate !== 'forwarded' ||
    frame.expert.some((info) => info.severity !== 'note')
  );
}

function detail({ frame, messages }: ExportFrame): string {
  const fields = messages.map((m) => ({ message: m.name, fields: jsonValue(m.fields) }));
  const json = JSON.stringify(fields.length === 1 ? fields[0] : fields, null, 2);
  const hex = toHex(frame.bytes.subarray(0, MAX_HEX_BYTES))
    .replaceAll(/(.{2})/g, '$1 ')
    .replaceAll(/(.{48})/g, '$1\n');
  const more = frame.bytes.length > MAX_HEX_BYTES ? `… (${frame.bytes.length} bytes)` : '';
  const sent =
    frame.sent === undefined
      ? ''
      : `\nSent on as ${frame.sent.length} bytes:\n\n${fenced(toHex(frame.sent.subarray(0, MAX_HEX_BYTES)))}`;
  return `\n<details><summary>Frame ${frame.n}</summary>\n\n${fenced(json.slice(0, MAX_DETAIL_CHARACTERS), 'json')}\n${fenced(hex.trimEnd() + more)}${sent}\n</details>\n`;
}

/** A fence longer than any run of backticks inside. */
function fenced(text: string, language = ''): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}\n`;
}

function code(text: string): string {
  const clean = text.replaceAll(/[\r\n|]/g, ' ');
  return clean === '' ? '' : clean.includes('`') ? plain(clean) : `\`${clean}\``;
}

/** Text of the traffic must not become mark-up, mentions or links. */
function plain(text: string): string {
  return (
    text
      .replaceAll(/\s+/g, ' ')
      // Marks that turn the direction of writing would make a row read as another.
      .replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, '')
      .replaceAll(/[\\`*_{}[\]<>#|~!]/g, '\\$&')
      .replaceAll('@', '@\u200b')
      .replaceAll('://', ':\u200b//')
  );
}
