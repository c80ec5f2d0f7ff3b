/** The HTTP upgrade that opens a WebSocket (RFC 6455 section 4, RFC 7692 for compression), read from both sides' first bytes. */

export interface HttpHead {
  /** Bytes of the head, its blank line included. */
  readonly size: number;
  /** `GET /path HTTP/1.1` or `HTTP/1.1 101 Switching Protocols`. */
  readonly startLine: string;
  /** Lower-case names; repeated headers joined by `, `. */
  readonly headers: ReadonlyMap<string, string>;
}

const MAX_HEAD = 64 * 1024;

/** `incomplete`: the blank line has not come; `no`: this is not an HTTP head. */
export function readHttpHead(bytes: Uint8Array): HttpHead | 'incomplete' | 'no' {
  let end = -1;
  for (let i = 0; i + 3 < bytes.length && i < MAX_HEAD; i++) {
    if (bytes[i] === 13 && bytes[i + 1] === 10 && bytes[i + 2] === 13 && bytes[i + 3] === 10) {
      end = i + 4;
      break;
    }
  }
  const start = latin1(bytes.subarray(0, 16));
  if (!/^(?:[A-Z]{3,7} |[A-Z]{0,7}$|HTTP\/1\.|HTTP?\/?1?\.?$)/.test(start)) return 'no';
  if (end < 0) return bytes.length >= MAX_HEAD ? 'no' : 'incomplete';
  const [startLine = '', ...lines] = latin1(bytes.subarray(0, end - 4)).split('\r\n');
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value);
  }
  return { size: end, startLine, headers };
}

export function isUpgradeRequest(head: HttpHead): boolean {
  return head.startLine.startsWith('GET ') && /(^|,)\s*websocket\s*(,|$)/i.test(head.headers.get('upgrade') ?? '');
}

export function isUpgradeResponse(head: HttpHead): boolean {
  return /^HTTP\/1\.1 101\b/.test(head.startLine);
}

/** What both sides agreed on for permessage-deflate. */
export interface DeflateParameters {
  readonly serverNoContextTakeover: boolean;
  readonly clientNoContextTakeover: boolean;
  readonly serverMaxWindowBits: number;
  readonly clientMaxWindowBits: number;
}

/** From the server's `Sec-WebSocket-Extensions`; undefined when nothing was agreed. */
export function deflateParameters(header: string | undefined): DeflateParameters | undefined {
  const extension = header
    ?.split(',')
    .map((e) => e.split(';').map((p) => p.trim()))
    .find(([name]) => name === 'permessage-deflate');
  if (extension === undefined) return undefined;
  const parameters = new Map<string, string>();
  for (const parameter of extension.slice(1)) {
    const [name = '', value = ''] = parameter.split('=').map((part) => part.trim().replaceAll('"', ''));
    parameters.set(name, value);
  }
  const bits = (name: string): number => Number(parameters.get(name) ?? 15) || 15;
  return {
    serverNoContextTakeover: parameters.has('server_no_context_takeover'),
    clientNoContextTakeover: parameters.has('client_no_context_takeover'),
    serverMaxWindowBits: bits('server_max_window_bits'),
    clientMaxWindowBits: bits('client_max_window_bits'),
  };
}

/** What is worth keeping of an upgrade, as `Connection.details`. */
export function handshakeDetails(request: HttpHead, response: HttpHead): Record<string, string> {
  const details: Record<string, string> = { request: request.startLine, response: response.startLine };
  for (const [name, value] of request.headers)
    if (!/^(connection|upgrade|sec-websocket-(key|version))$/.test(name)) details[`request.${name}`] = value;
  for (const [name, value] of response.headers)
    if (!/^(connection|upgrade|sec-websocket-accept)$/.test(name)) details[`response.${name}`] = value;
  return details;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return text;
}
