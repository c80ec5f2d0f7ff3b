/**
 * Who may speak to the engine. The server is on loopback, but any page in any browser on this machine can reach that: so every
 * request must name our own host, come from our own page, and a WebSocket must bring the token as its first message.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

export interface Refusal {
  readonly status: number;
  readonly reason: string;
}

export interface GateOptions {
  readonly port: number;
  /** One more origin, for a development server that serves the page. */
  readonly devOrigin?: string;
}

/** Undefined when the request may go on; a WebSocket still has to bring its token. */
export function refusalOf(
  method: string,
  headers: IncomingHttpHeaders,
  kind: 'http' | 'websocket',
  options: GateOptions,
): Refusal | undefined {
  const { host, origin } = headers;
  const hosts = [`127.0.0.1:${options.port}`, `localhost:${options.port}`];
  // Another name that resolves to this machine (DNS rebinding) arrives with its own Host.
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    return { status: 421, reason: 'This server answers to its loopback address only.' };
  }
  const isRead = kind === 'http' && (method === 'GET' || method === 'HEAD');
  const origins = [...hosts.map((h) => `http://${h}`), ...(options.devOrigin === undefined ? [] : [options.devOrigin])];
  if (origin === undefined ? !isRead : !origins.includes(origin)) {
    return { status: 403, reason: 'Requests are taken from the page of this engine only.' };
  }
  const site = headers['sec-fetch-site'];
  const isNavigation = isRead && headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  const isDevelopment = options.devOrigin !== undefined && origin === options.devOrigin;
  const isOurs = site === undefined || site === 'same-origin' || site === 'none' || isDevelopment;
  if (!isOurs && !isNavigation) return { status: 403, reason: 'Requests from other sites are refused.' };
  return undefined;
}

/** 32 random bytes, as text for the URL fragment. */
export function createToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in a time that tells nothing about the token. */
export function isToken(given: unknown, token: string): boolean {
  if (typeof given !== 'string') return false;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}

/** Headers of everything the server sends. @param nonce lets one page add style elements of its own */
export function securityHeaders(nonce?: string): Record<string, string> {
  const style = nonce === undefined ? "'self'" : `'self' 'nonce-${nonce}'`;
  return {
    'Content-Security-Policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src ${style}`,
      "img-src 'self' data: blob:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
  };
}
