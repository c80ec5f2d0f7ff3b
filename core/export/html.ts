/**
 * A session as one HTML file that opens from the disk and asks the network for nothing: rows and details are packed into it
 * (gzip, base64), a small viewer unpacks them. Everything that came from traffic stays data: none of it is ever written as markup.
 */
import { Gzip } from 'fflate';
import { utf8Bytes } from '../schema/characters.ts';
import { toHex } from '../schema/characters.ts';
import { toBase64 } from './base64.ts';
import { isGap } from '../traffic/frame.ts';
import type { ExportFrame, ExportSource } from './export-source.ts';
import { VIEWER_SCRIPT } from './html-script.ts';
import { VIEWER_STYLE } from './html-style.ts';
import { connectionText } from './json-lines.ts';
import { jsonValue } from './json-value.ts';

export interface HtmlOptions {
  /** Of Interpose. */
  readonly version: string;
  /** What replaced secrets, asked how often when the frames are through. */
  readonly redactor?: { readonly total: number };
  /** Notes shown under the title. */
  readonly notes?: string;
}

/** A browser holds the details of about so many frames well. */
export const MAX_HTML_FRAMES = 200_000;
const MAX_HEX_BYTES = 4096;
const MAX_FIELDS_CHARACTERS = 20_000;
const SEVERITY = { note: 1, warning: 2, error: 3 } as const;

export function* writeHtml(source: ExportSource, options: HtmlOptions): Generator<string> {
  const rows = new Packed();
  const details = new Packed();
  yield head(source.title);
  yield '<script type="text/plain" id="details">';
  const connections = new Set<number>();
  let count = 0;
  let left = 0;
  for (const frame of source.frames()) {
    if (count >= MAX_HTML_FRAMES) {
      left++;
      continue;
    }
    count++;
    connections.add(frame.frame.conn);
    rows.add(`${JSON.stringify(rowOf(frame, source.began))}\n`);
    details.add(`${detailOf(frame)}\n`);
    yield details.take();
  }
  yield `${details.end()}</script>\n<script type="text/plain" id="rows">${rows.end()}</script>\n`;
  const about = {
    title: source.title,
    began: source.began,
    version: options.version,
    frames: count,
    left,
    notes: options.notes ?? '',
    redacted: options.redactor?.total ?? null,
    connections: source.connections
      .filter(({ id }) => connections.has(id))
      .map((c) => [c.id, connectionText(c), c.transport, c.protocol, c.proxy ?? '', c.role ?? '', c.ending ?? '']),
  };
  const packed = new Packed();
  packed.add(JSON.stringify(about));
  yield `<script type="text/plain" id="about">${packed.end()}</script>\n<script>${VIEWER_SCRIPT}</script>\n</body>\n</html>\n`;
}

/** [n, at, conn, toClient, protocol, name, summary, size, worst, origin, fate, answerMs, waitedMs, mark, comment] */
function rowOf({ frame, protocol, messages, summary, answer, waitedMs, mark, comment }: ExportFrame, began: number) {
  return [
    frame.n,
    Math.round((frame.time - began) * 1e6) / 1e6,
    frame.conn,
    frame.direction === 'toClient' ? 1 : 0,
    protocol,
    messages.map((m) => m.name ?? '?').join(', ') ||
      (isGap(frame) ? 'gap' : 'opcode' in frame.carrier ? frame.carrier.opcode : ''),
    summary,
    frame.bytes.length,
    Math.max(0, ...frame.expert.map((info) => SEVERITY[info.severity])),
    frame.origin === 'wire' ? '' : frame.origin,
    frame.fate === 'forwarded' ? '' : frame.fate,
    answer === undefined ? null : answer.ms,
    waitedMs,
    mark ?? '',
    comment ?? '',
  ];
}

function detailOf({ frame, messages, answer }: ExportFrame): string {
  const fields = messages.map((m) => ({
    message: m.name,
    ...(m.id === undefined ? {} : { id: m.id }),
    fields: jsonValue(m.fields),
  }));
  const text = JSON.stringify(fields);
  return JSON.stringify({
    ...(text.length > MAX_FIELDS_CHARACTERS ? { cutFields: text.slice(0, MAX_FIELDS_CHARACTERS) } : { fields }),
    ...(frame.expert.length === 0 ? {} : { expert: frame.expert }),
    ...(Object.keys(frame.carrier).length === 0 ? {} : { carrier: frame.carrier }),
    ...(frame.sent === undefined ? {} : { sent: toHex(frame.sent.subarray(0, MAX_HEX_BYTES)) }),
    ...(frame.touchedBy === undefined || frame.touchedBy.length === 0 ? {} : { touchedBy: frame.touchedBy }),
    ...(answer === undefined ? {} : { answers: answer.request }),
    time: frame.time,
    hex: toHex(frame.bytes.subarray(0, MAX_HEX_BYTES)),
  });
}

/** gzip, then base64, both as it grows. */
class Packed {
  readonly #gzip: Gzip;
  #out = '';
  #rest: Uint8Array = new Uint8Array(0);
  #text = '';

  constructor() {
    // Level 6 packs rows well; a fixed time keeps equal exports equal.
    this.#gzip = new Gzip({ level: 6, mtime: 0 }, (chunk) => this.#encode(chunk, false));
  }
  add(text: string): void {
    this.#text += text;
    if (this.#text.length < 65_536) return;
    this.#gzip.push(utf8Bytes(this.#text));
    this.#text = '';
  }
  take(): string {
    const out = this.#out;
    this.#out = '';
    return out;
  }
  end(): string {
    this.#gzip.push(utf8Bytes(this.#text), true);
    this.#encode(new Uint8Array(0), true);
    return this.take();
  }
  #encode(chunk: Uint8Array, isLast: boolean): void {
    const all = new Uint8Array(this.#rest.length + chunk.length);
    all.set(this.#rest);
    all.set(chunk, this.#rest.length);
    const whole = isLast ? all.length : all.length - (all.length % 3);
    this.#out += toBase64(all.subarray(0, whole));
    this.#rest = all.slice(whole);
  }
}

function head(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${escaped(title || 'Session')} · Interpose</title>
<style>${VIEWER_STYLE}</style>
</head>
<body>
<header>
<div class="line"><h1 id="title"></h1><span id="count" class="muted"></span></div>
<p id="notes" class="muted" hidden></p>
<div class="line">
<input id="filter" type="search" spellcheck="false" autocomplete="off" aria-label="Filter" placeholder="Filter: words, conn:3, dir:c2s, msg:login, is:problem, !noise">
<label><input id="problems" type="checkbox"> problems only</label>
</div>
</header>
<main>
<div id="table" role="grid" aria-label="Frames" tabindex="0">
<div id="heads" role="row"><span class="n">#</span><span class="at">at (s)</span><span class="c">conn</span><span class="d"></span><span class="p">protocol</span><span class="m">message</span><span class="s">summary</span><span class="z">size</span></div>
<div id="scroll"><div id="height"><div id="rows-view"></div></div></div>
</div>
<section id="details-view" aria-label="Frame" aria-live="polite"><p class="muted">Reading…</p></section>
</main>
<noscript>This report needs JavaScript to show its rows. It loads nothing from the network.</noscript>
`;
}

export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
