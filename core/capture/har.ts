/** HAR 1.2 with WebSocket messages, as browsers' developer tools export them (`_webSocketMessages`). */
import { utf8Bytes } from '../schema/characters.ts';
import { scanJson } from '../schema/json-text.ts';
import { applyInOrder, type Happening } from './happenings.ts';
import type { FrameDraft, TrafficSink } from '../traffic/sink.ts';
import type { Connection, ExpertInfo } from '../traffic/frame.ts';

interface HarMessage {
  readonly type?: string;
  /** Seconds since 1970 (Chromium, Firefox), or milliseconds (Playwright). */
  readonly time?: number;
  readonly opcode?: number;
  readonly data?: string;
}
interface HarEntry {
  readonly startedDateTime?: string;
  readonly request?: { readonly url?: string; readonly headers?: readonly { name: string; value: string }[] };
  readonly response?: { readonly status?: number; readonly headers?: readonly { name: string; value: string }[] };
  readonly serverIPAddress?: string;
  readonly connection?: string;
  readonly _webSocketMessages?: readonly HarMessage[];
}

export function isHar(start: string): boolean {
  return /^\s*\{\s*"log"\s*:/.test(start);
}

const NONE = new Uint8Array(0);
const MOST = Number.MAX_SAFE_INTEGER;
const NO_LIMITS = { maxBytes: MOST, maxNodes: MOST, maxItems: MOST, maxDepth: 100 };
const OPCODES: Readonly<Record<number, 'text' | 'binary' | 'ping' | 'pong' | 'close'>> = {
  1: 'text',
  2: 'binary',
  8: 'close',
  9: 'ping',
  10: 'pong',
};

/** Feeds every WebSocket connection of the file; plain requests have no frames and are counted in `problems`. */
export function readHar(text: string, sink: TrafficSink): { problems: string[]; began: number } {
  const problems: string[] = [];
  const entries = entriesOf(text, problems);
  if (entries === undefined) return { problems, began: 0 };
  const sockets = entries.filter((entry) => Array.isArray(entry?._webSocketMessages));
  const began = Math.min(...sockets.map((s) => started(s)), Number.POSITIVE_INFINITY);
  // Sockets stand one after the other in the file; in a session frames stand as they happened.
  applyInOrder(sockets.map((entry) => socketHappenings(entry, sink, began, problems)));
  if (sockets.length === 0)
    problems.push(
      'the HAR file holds no WebSocket messages: export it with the messages (Chromium: Network panel, "Export HAR (with sensitive data)")',
    );
  return { problems, began: Number.isFinite(began) ? began : 0 };
}

/** Of a file that breaks off, what came before; undefined when that holds no entries. */
function entriesOf(text: string, problems: string[]): readonly HarEntry[] | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    const { root, end, expert } = scanJson(utf8Bytes(text), NO_LIMITS);
    problems.push(`the HAR file breaks off or is damaged at byte ${end}: ${expert.at(-1)?.text ?? 'it is no JSON'}`);
    parsed = root?.value;
    dropTorn(entriesIn(parsed)?.at(-1));
  }
  const entries = entriesIn(parsed);
  if (entries === undefined && problems.length === 0) problems.push('the HAR file has no log.entries');
  return entries;
}

function entriesIn(parsed: unknown): readonly HarEntry[] | undefined {
  const entries = (parsed as { log?: { entries?: unknown } } | null | undefined)?.log?.entries;
  return Array.isArray(entries) ? (entries as HarEntry[]) : undefined;
}

/** The message the file breaks off in is no message. */
function dropTorn(entry: HarEntry | undefined): void {
  const messages = entry?._webSocketMessages as HarMessage[] | undefined;
  if (Array.isArray(messages) && typeof messages.at(-1)?.data !== 'string') messages.pop();
}

function socketHappenings(entry: HarEntry, sink: TrafficSink, began: number, problems: string[]): Happening[] {
  const match = /^(wss?):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?(\/.*)?$/.exec(entry.request?.url ?? '');
  const secure = match?.[1] === 'wss';
  const port = Number(match?.[3] ?? (secure ? 443 : 80));
  const conn = sink.nextConnectionId();
  const opened = started(entry);
  const clientPort = Number(entry.connection) || 0;
  const connection: Connection = {
    id: conn,
    transport: secure ? 'wss' : 'ws',
    client: { address: '', port: clientPort },
    server: { address: entry.serverIPAddress ?? match?.[2] ?? '', port },
    protocol: '',
    opened,
    details: {
      path: match?.[4] ?? '/',
      url: entry.request?.url ?? '',
      ...headerDetails(entry.request?.headers, 'request.'),
      ...headerDetails(entry.response?.headers, 'response.'),
    },
  };
  const happenings: Happening[] = [{ time: opened, apply: () => sink.opened(connection) }];
  let last = opened;
  for (const [i, message] of entry._webSocketMessages!.entries()) {
    const { bytes, problem } = payload(message);
    if (problem !== undefined) problems.push(`message ${i + 1} of ${entry.request?.url ?? 'a WebSocket'}: ${problem}`);
    const expert: ExpertInfo[] =
      problem === undefined ? [] : [{ severity: 'warning', group: 'transport', code: 'unreadable', text: problem }];
    last = typeof message.time === 'number' ? inSeconds(message.time) : last;
    const time = last;
    const draft: FrameDraft = {
      conn,
      direction: message.type === 'send' ? 'toServer' : 'toClient',
      time,
      mono: Math.max(0, Math.round((time - began) * 1e6)),
      carrier: { opcode: OPCODES[message.opcode ?? 1] ?? 'binary', compressed: false, fragments: 1 },
      bytes,
      head: NONE,
      tail: NONE,
      origin: 'wire',
      fate: 'forwarded',
      expert,
    };
    happenings.push({ time, apply: () => sink.frame(draft) });
  }
  happenings.push({ time: last, apply: () => sink.closed(conn, last, 'log ended') });
  return happenings;
}

type Headers = readonly { readonly name: string; readonly value: string }[] | undefined;

function headerDetails(headers: Headers, prefix: string): Record<string, string> {
  const details: Record<string, string> = {};
  for (const header of Array.isArray(headers) ? (headers as NonNullable<Headers>) : []) {
    const name = String(header?.name ?? '').toLowerCase();
    if (name !== '' && !/^(connection|upgrade|sec-websocket-(key|version|accept))$/.test(name))
      details[`${prefix}${name}`] = String(header.value);
  }
  return details;
}

/** No clock says seconds beyond the year 5000. */
function inSeconds(time: number): number {
  return time > 1e11 ? time / 1000 : time;
}

function started(entry: HarEntry): number {
  const ms = Date.parse(entry.startedDateTime ?? '');
  return Number.isNaN(ms) ? 0 : ms / 1000;
}

/** Text as UTF-8; binary messages are base64 in the file. */
function payload(message: HarMessage): { bytes: Uint8Array; problem?: string } {
  const data = typeof message.data === 'string' ? message.data : '';
  if ((message.opcode ?? 1) === 1) return { bytes: new TextEncoder().encode(data) };
  const bytes = fromBase64(data);
  return bytes === undefined ? { bytes: new TextEncoder().encode(data), problem: 'its data is not base64' } : { bytes };
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function fromBase64(text: string): Uint8Array | undefined {
  const clean = text.replaceAll(/\s|=+$/g, '');
  const bytes = new Uint8Array(Math.floor((clean.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const c of clean) {
    const value = ALPHABET.indexOf(c);
    if (value < 0) return undefined;
    bits = ((bits << 6) | value) & 0xffffff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 255;
    }
  }
  return bytes;
}
