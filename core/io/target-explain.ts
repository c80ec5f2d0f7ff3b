/** Why a server could not be reached, for somebody who is about to replay or fuzz. */
import { type EndpointUrl, printEndpointUrl } from '../relay/endpoint-url.ts';
import { EngineError } from '../traffic/engine-error.ts';

export const CONNECT_LIMIT_MS = 5_000;
/** How long an orderly end may take before the socket is destroyed. */
export const END_LIMIT_MS = 1_000;

export function explainConnect(url: EndpointUrl, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  const where = printEndpointUrl(url);
  const code = codeOf(error);
  const options = { cause: error };
  switch (code) {
    case 'ECONNREFUSED':
      return new EngineError(
        'connect-failed',
        `Nothing listens on ${where}: start the server, or correct the URL.`,
        options,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new EngineError('connect-failed', `The name ${url.host} could not be looked up (${code}).`, options);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return new EngineError('connect-failed', `There is no way to ${where} (${code}).`, options);
    case 'EMFILE':
    case 'ENFILE':
      return new EngineError('connect-failed', 'No more sockets can be opened: raise the limit (ulimit -n).', options);
    case 'EADDRNOTAVAIL':
      return new EngineError('connect-failed', `No local port is left to connect to ${where} from.`, options);
    default:
  }
  const text = error instanceof Error ? error.message : String(error);
  if (isTrust(code)) {
    const what = `The certificate of ${where} is not trusted (${code}): give its authority, or allow it with --insecure.`;
    return new EngineError('tls-failed', what, options);
  }
  if (isNoTls(code, text)) {
    const plain = url.scheme === 'wss' ? 'ws' : 'tcp';
    const what = `${where} does not answer in TLS: is it another port, or ${plain}://?`;
    return new EngineError('tls-failed', what, options);
  }
  return new EngineError('connect-failed', `Could not connect to ${where}: ${text || code}.`, options);
}

export function timedOut(url: EndpointUrl, ms: number): EngineError {
  return new EngineError('timeout', `${printEndpointUrl(url)} did not answer within ${ms / 1000} s.`);
}

export function codeOf(error: unknown): string {
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: readonly { code?: unknown }[] };
  if (typeof code === 'string') return code;
  const inner = errors?.[0]?.code;
  return typeof inner === 'string' ? inner : '';
}

/** What OpenSSL says in many words. */
function isNoTls(code: string, text: string): boolean {
  return /^ERR_SSL|^EPROTO$/.test(code) || /SSL routines/.test(text);
}

function isTrust(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ALTNAME/.test(code);
}
